"""Every route × every role and every scope, in one table."""

import re

import pytest

from console.api.v1 import api
from executions.access import ROLES, SCOPES

pytestmark = pytest.mark.django_db

READ = {"executions:read"}
RUN = "/v1/async-executions/{id}"
WHY = {"reason": "why"}
ANYBODY: set[str] = set()
"""No scope is needed: something else is the permission."""
ALSO = {RUN + "/fork": {"executions:launch"}}
"""Scopes that are needed besides."""
# method and path → the scopes of which one is needed, and a body that is good
TABLE = {
    ("GET", "/v1/workflows"): (READ, None),
    ("GET", "/v1/workflows/{name}"): (READ, None),
    ("POST", "/v1/async-executions"): ({"executions:launch"}, {"workflow": "noop"}),
    ("GET", "/v1/async-executions"): (READ, None),
    ("GET", RUN): (READ, None),
    ("GET", RUN + "/checkpoint"): (READ, None),
    ("GET", RUN + "/events"): (READ, None),
    ("GET", RUN + "/files"): (READ, None),
    ("GET", RUN + "/files/{name}"): (READ, None),
    ("PUT", RUN + "/files/{name}"): ({"executions:amend"}, b"two"),
    ("POST", RUN + "/pause"): ({"executions:pause"}, WHY),
    ("POST", RUN + "/resume"): ({"executions:pause"}, {}),
    ("POST", RUN + "/cancel"): ({"executions:cancel"}, WHY),
    ("POST", RUN + "/retry"): ({"executions:control"}, WHY),
    ("POST", RUN + "/skip"): ({"executions:control"}, WHY),
    ("POST", RUN + "/fork"): ({"executions:control"}, WHY),
    ("POST", RUN + "/extend"): ({"executions:control"}, {"seconds": 5, **WHY}),
    ("PATCH", RUN + "/labels"): ({"executions:label"}, {"set": {"team": "north"}, "reason": "why"}),
    ("PATCH", RUN + "/payload"): ({"executions:amend"}, {"changes": {"a": 1}, "reason": "why"}),
    ("POST", "/v1/bulk"): ({"executions:pause"}, {"command": "pause", "ids": ["{id}"], "reason": "why"}),
    ("GET", "/v1/bulk"): (READ, None),
    ("GET", "/v1/bulk/{id}"): (READ, None),
    ("GET", "/v1/bulk/{id}/items"): (READ, None),
    ("POST", "/v1/bulk/{id}/stop"): ({"executions:cancel"}, {}),
    ("GET", "/v1/holds"): (READ | {"holds:place", "holds:release"}, None),
    ("POST", "/v1/holds"): ({"holds:place"}, {"execution": "{id}", "reason": "why"}),
    ("POST", "/v1/holds/{id}/notes"): ({"executions:pause", "holds:place"}, {"text": "note"}),
    ("POST", "/v1/holds/{id}/hand-over"): ({"holds:release", "holds:place"}, {"to": "reviewer2", "reason": "why"}),
    ("POST", "/v1/holds/{id}/release"): ({"holds:release"}, WHY),
    ("GET", "/v1/freezes"): (READ | {"holds:freeze", "holds:release"}, None),
    ("GET", "/v1/freezes/preview"): (READ | {"holds:freeze", "holds:release"}, None),
    ("POST", "/v1/freezes"): ({"holds:freeze"}, {"workflow": "nobody knows", "reason": "why"}),
    ("POST", "/v1/freezes/{id}/lift"): ({"holds:release"}, WHY),
    ("GET", "/v1/suspensions"): (READ | {"suspensions:answer"}, None),
    ("POST", RUN + "/answers/{key}"): ({"suspensions:answer"}, {"data": {}}),
    ("GET", "/v1/audit"): ({"audit:read"}, None),
    ("GET", "/v1/audit/verify"): ({"audit:read"}, None),
    ("GET", "/v1/audit/export"): ({"audit:read"}, None),
    ("POST", "/v1/audit/verifications"): ({"audit:read"}, {}),
    ("GET", "/v1/audit/verifications/{id}"): ({"audit:read"}, None),
    ("POST", "/v1/triggers/{token}"): (ANYBODY, {}),
    ("POST", "/v1/events"): ({"events:emit"}, {"name": "order.shipped"}),
    ("POST", "/v1/suspensions/{id}/answer"): ({"suspensions:answer"}, {"data": {}, "context_digest": "x"}),
}


@pytest.fixture
def knock(launch, ask, program):
    """Return the status that a program gets at a route, with things there that it could act on."""
    run = launch("filing", files=[("a.txt", b"one")])
    hold = program("admin").post("/v1/holds", {"execution": str(run.pk), "reason": "Suspicious"}).json()
    body = {"workflow": "nobody", "reason": "why", "kind": "compliance"}
    freeze = program("admin").post("/v1/freezes", body).json()
    asked = ask(run)
    body = {"command": "cancel", "ids": [str(run.pk)], "reason": "why", "rate": 0.01}
    job = program("admin").post("/v1/bulk", body).json()

    def status(client, method, route, body):
        address = route.replace(RUN, f"/v1/async-executions/{run.pk}").replace("/workflows/{name}", "/workflows/noop")
        address = address.replace("/holds/{id}", f"/holds/{hold['id']}").replace(
            "/suspensions/{id}", f"/suspensions/{asked.pk}"
        )
        address = address.replace("/freezes/{id}", f"/freezes/{freeze['id']}")
        address = address.replace("/bulk/{id}", f"/bulk/{job['id']}")
        address = address.replace("{name}", "a.txt") + ("?reason=why" if method == "PUT" else "")
        if isinstance(body, dict):
            there = {"{id}": str(run.pk)}
            body = {name: there.get(v, v) if isinstance(v, str) else v for name, v in body.items()}
            body = {name: [str(run.pk)] if value == ["{id}"] else value for name, value in body.items()}
        return client.send(method, address, body, headers={"If-Match": "*"}).status_code

    return status


@pytest.mark.parametrize("scope", SCOPES)
def test_h6_a_scope_opens_its_routes_and_no_other(program, knock, scope):
    client = program("admin", [scope])
    for (method, route), (needed, body) in TABLE.items():
        refused = knock(client, method, route, body) == 403
        closed = needed is not ANYBODY and (scope not in needed or route in ALSO)
        assert refused == closed, f"{scope} at {method} {route}"


@pytest.mark.parametrize("role", [*ROLES, "outsider"])
def test_a_role_opens_what_its_scopes_open(program, knock, role):
    client = program(role)
    scopes = set(ROLES.get(role, ()))
    for (method, route), (needed, body) in TABLE.items():
        refused = knock(client, method, route, body) == 403
        closed = needed is not ANYBODY and not (scopes & needed and ALSO.get(route, set()) <= scopes)
        assert refused == closed, f"{role} at {method} {route}"


def test_every_route_is_in_the_table():
    published = {
        (method.upper(), re.sub(r"/$", "", path))
        for path, methods in api.get_openapi_schema(path_prefix="/v1/")["paths"].items()
        for method in methods
    }
    assert published == set(TABLE)
