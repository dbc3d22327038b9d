"""Every route of the API: the scopes that open it, and a request that is good. Whoever adds a route adds its line."""

READ = {"executions:read"}
AUDIT = {"audit:read"}
MANAGE = {"console:manage"}
HOOKS = {"webhooks:manage"}
RUN = "/v1/async-executions/{id}"
HOOK = "/v1/webhooks/{id}"
WHY = {"reason": "why"}
ANYBODY: set[str] = set()
"""No scope is needed: whoever is signed in may, or something else is the permission."""
OPEN = {("POST", "/v1/triggers/{token}")}
"""Nobody signs in: the address is the permission."""
ALSO = {RUN + "/fork": {"executions:launch"}}
"""Scopes that are needed besides."""

# method and path → the scopes of which one is needed, and a body that is good. `{id}` in a body is the run's id.
TABLE = {
    ("GET", "/v1/workflows"): (READ, None),
    ("GET", "/v1/workflows/{name}"): (READ, None),
    ("POST", "/v1/async-executions"): ({"executions:launch"}, {"workflow": "noop", "title": "November", "payload": {}}),
    ("GET", "/v1/async-executions"): (READ, None),
    ("GET", "/v1/async-executions/counts"): (READ, None),
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
    ("POST", RUN + "/answers/{key}"): ({"suspensions:answer"}, {"data": {}}),
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
    ("POST", "/v1/suspensions/{id}/answer"): ({"suspensions:answer"}, {"data": {}, "context_digest": "x"}),
    ("POST", "/v1/events"): ({"events:emit"}, {"name": "order.shipped"}),
    ("POST", "/v1/triggers/{token}"): (ANYBODY, {}),
    ("GET", "/v1/audit"): (AUDIT, None),
    ("GET", "/v1/audit/verify"): (AUDIT, None),
    ("GET", "/v1/audit/export"): (AUDIT, None),
    ("POST", "/v1/audit/verifications"): (AUDIT, {}),
    ("GET", "/v1/audit/verifications/{id}"): (AUDIT, None),
    ("GET", "/v1/me"): (ANYBODY, None),
    ("PATCH", "/v1/me"): (ANYBODY, {"theme": "dark"}),
    ("GET", "/v1/tokens"): (ANYBODY, None),
    ("POST", "/v1/tokens"): (ANYBODY, {"name": "nightly export", "expires_at": "2099-01-01T00:00:00Z"}),
    ("GET", "/v1/tokens/{id}"): (ANYBODY, None),
    ("POST", "/v1/tokens/{id}/revoke"): (ANYBODY, {}),
    ("GET", "/v1/views"): (READ, None),
    ("POST", "/v1/views"): (READ, {"name": "Stuck", "query": "state=paused&sort=since"}),
    ("GET", "/v1/views/{id}"): (READ, None),
    ("PATCH", "/v1/views/{id}"): (READ, {"query": "state=failed"}),
    ("DELETE", "/v1/views/{id}"): (READ, None),
    ("GET", "/v1/reason-templates"): (READ, None),
    ("POST", "/v1/reason-templates"): (MANAGE, {"text": "The bank is down.", "commands": ["pause"]}),
    ("GET", "/v1/reason-templates/{id}"): (READ, None),
    ("PATCH", "/v1/reason-templates/{id}"): (MANAGE, {"reason_code": "bank"}),
    ("POST", "/v1/reason-templates/{id}/move"): (MANAGE, {"places": -1}),
    ("DELETE", "/v1/reason-templates/{id}"): (MANAGE, None),
    ("GET", "/v1/labels"): (READ, None),
    ("PUT", "/v1/labels/{name}"): (MANAGE, {"description": "Who looks after it", "values": ["north", "south"]}),
    ("DELETE", "/v1/labels/{name}"): (MANAGE, None),
    ("GET", "/v1/webhooks"): (HOOKS, None),
    ("POST", "/v1/webhooks"): (HOOKS, {"url": "https://8.8.8.8/", "kinds": ["hold.*"]}),
    ("GET", HOOK): (HOOKS, None),
    ("PATCH", HOOK): (HOOKS, {"description": "Chat"}),
    ("DELETE", HOOK): (HOOKS, None),
    ("POST", HOOK + "/rotate"): (HOOKS, {}),
    ("POST", HOOK + "/disable"): (HOOKS, {"reason": "why"}),
    ("POST", HOOK + "/enable"): (HOOKS, {}),
    ("POST", HOOK + "/test"): (HOOKS, {}),
    ("GET", HOOK + "/deliveries"): (HOOKS, None),
    ("GET", HOOK + "/deliveries/{delivery}"): (HOOKS, None),
    ("POST", HOOK + "/deliveries/{delivery}/replay"): (HOOKS, {}),
    ("POST", HOOK + "/replay-failed"): (HOOKS, {"since": "2026-01-01T00:00:00Z"}),
}
