"""What people arrange for themselves and each other: preferences, views, words for reasons, rules for labels."""

import pytest

from tests.api.conftest import problem

pytestmark = pytest.mark.django_db


def test_preferences_are_the_persons_own(program, cast):
    operator = program("operator")
    answer = operator.client.patch("/v1/me", {"time_zone": "Europe/Berlin"}, content_type="application/json")
    assert answer.json() == {"time_zone": "Europe/Berlin", "theme": "system", "density": "comfortable", "columns": []}
    assert operator.get("/v1/me").json()["preferences"]["time_zone"] == "Europe/Berlin"
    assert program("reviewer").get("/v1/me").json()["preferences"]["time_zone"] == "UTC"
    problem(operator.send("PATCH", "/v1/me", {"time_zone": "Mars/Olympus"}), 422)
    problem(operator.send("PATCH", "/v1/me", {"theme": "pink"}), 422)


def test_a_view_is_saved_changed_shared_and_deleted(program, launch, path):
    run = launch(title="November")
    operator, admin = program("operator"), program("admin")
    operator.post(path(run, "pause"), {"reason": "look"})
    made = operator.post("/v1/views", {"name": "Stuck", "query": "nonsense=1&sort=since&state=paused&columns=labels"})
    view, address = made.json(), made["Location"]
    assert (view["query"], view["columns"]) == ("state=paused&sort=since&columns=labels", ["labels"])
    assert str(run.pk) in [item["id"] for item in operator.get(view["runs"]).json()["items"]]
    problem(admin.get(address), 404)
    problem(operator.send("PATCH", address, {"shared": True}), 403)
    problem(operator.post("/v1/views", {"name": "Stuck", "query": ""}), 422)
    assert operator.send("PATCH", address, {"name": "Held"}).json()["name"] == "Held"
    shared = admin.post("/v1/views", {"name": "Failed", "query": "state=failed", "shared": True}).json()
    assert [view["name"] for view in operator.get("/v1/views").json()["items"]] == ["Held", "Failed"]
    problem(operator.send("DELETE", f"/v1/views/{shared['id']}"), 403)
    gone = operator.send("DELETE", address)
    assert (gone.status_code, gone.content) == (204, b"")
    problem(operator.get(address), 404)


def test_words_for_reasons_are_offered_moved_and_taken_back(program):
    admin, operator = program("admin"), program("operator")
    before = operator.get("/v1/reason-templates").json()["items"]
    made = admin.post("/v1/reason-templates", {"text": "The bank is down.", "commands": ["pause"]})
    assert admin.send("PATCH", made["Location"], {"reason_code": "bank"}).json()["commands"] == ["pause"]
    assert admin.post(f"{made['Location']}/move", {"places": -100}).json()["position"] == 0
    there = operator.get("/v1/reason-templates").json()["items"]
    assert (len(there), there[0]["text"], there[0]["reason_code"]) == (len(before) + 1, "The bank is down.", "bank")
    problem(admin.post("/v1/reason-templates", {"text": "x", "commands": ["dance"]}), 422)
    assert admin.send("DELETE", made["Location"]).status_code == 204
    problem(admin.get(made["Location"]), 404)


def test_the_rule_of_a_label_narrows_its_values(program, launch, path):
    run, admin = launch(labels={"team": "north"}), program("admin")
    rule = admin.send("PUT", "/v1/labels/team", {"description": "Who looks after it", "values": ["north", "south"]})
    assert rule.json()["values"] == ["north", "south"]
    problem(admin.send("PATCH", path(run, "labels"), {"set": {"team": "east"}, "reason": "why"}), 422)
    told = admin.get("/v1/labels").json()
    assert [each["name"] for each in told["rules"]] == ["team"]
    assert "team" in [each["name"] for each in told["in_use"]]
    assert admin.send("DELETE", "/v1/labels/team").status_code == 204
    problem(admin.send("DELETE", "/v1/labels/team"), 404)
