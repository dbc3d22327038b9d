"""What waits for somebody, and how everything is: the inbox, holds, figures, the installation, people."""

import pytest

from executions import commands
from tests.api.conftest import problem

pytestmark = pytest.mark.django_db


def test_the_inbox_is_the_consoles(program, launch, ask, cast):
    asked = ask(urgency="high")
    reviewer = program("reviewer")
    hold = reviewer.post("/v1/holds", {"execution": str(launch().pk), "reason": "Totals differ"}).json()
    items = reviewer.get("/v1/inbox").json()["items"]
    assert [(item["kind"], item["urgency"]) for item in items] == [("question", "high"), ("hold", "low")]
    assert reviewer.get(items[0]["href"]).json()["id"] == str(asked.pk)
    assert reviewer.get(items[1]["href"]).json()["reason"] == items[1]["title"] == "Totals differ"
    assert reviewer.get("/v1/inbox/count").json() == {"number": 2, "capped": False}
    assert program("auditor").get("/v1/inbox/count").json()["number"] == 0
    reviewer.post(f"/v1/holds/{hold['id']}/release", {"reason": "checked"})
    assert [item["id"] for item in reviewer.get("/v1/inbox?done=mine").json()["items"]] == [hold["id"]]
    for query in ("kind=cats", "urgency=now", "cursor=x", "done=all&cursor=x"):
        problem(reviewer.get(f"/v1/inbox?{query}"), 422)


def test_holds_are_filtered_as_on_their_page(program, launch, path, cast):
    reviewer, operator = program("reviewer"), program("operator")
    run, other = launch(title="November"), launch(title="December")
    operator.post(path(run, "pause"), {"reason": "Totals differ"})
    theirs = reviewer.post("/v1/holds", {"execution": str(other.pk), "reason": "Sanctions"}).json()

    def reasons(query):
        return [hold["reason"] for hold in operator.get(f"/v1/holds?{query}").json()["items"]]

    assert reasons("q=novem") == reasons("placed_by=operator (test)") == ["Totals differ"]
    assert reasons("workflow=noop") == ["Totals differ", "Sanctions"]
    assert reasons("workflow=filing") == []
    assert operator.get("/v1/holds/counts").json()["holds"] == {"number": 2, "capped": False}
    heirs = operator.get(f"/v1/holds/{theirs['id']}/heirs").json()["items"]
    assert ("reviewer" in heirs, "operator" in heirs) == (True, False)


def test_figures_are_of_every_workflow_and_of_one(program, launch):
    launch()
    operator = program("operator")
    found = {item["workflow"]: item for item in operator.get("/v1/figures?period=7d").json()["items"]}
    assert (found["noop"]["runs"], found["noop"]["known"], len(found["noop"]["parts"])) == (1, True, 28)
    assert operator.get("/v1/workflows/noop/figures").json()["parts"][-1]["unfinished"] == 1
    problem(operator.get("/v1/workflows/nothing/figures"), 404)
    problem(operator.get("/v1/figures?cursor=x"), 422)


def test_the_installation_tells_of_itself_and_of_its_people(program, cast):
    seen = program("operator").get("/v1/system").json()
    assert {"Holdpoint", "PostgreSQL"} <= set(seen["versions"])
    assert any("No worker is alive" in trouble["what"] for trouble in seen["troubles"]) or seen["workers"]
    admin = program("admin")
    first = admin.get("/v1/people?limit=2").json()
    second = admin.get("/v1/people", data={"limit": 200, "cursor": first["next"]}).json()
    names = [person["name"] for person in first["items"] + second["items"]]
    assert (names == sorted(names), {"admin", "operator", "outsider"} <= set(names)) == (True, True)
    assert next(person["role"] for person in second["items"] if person["name"] == "operator") == "operator"
    problem(admin.get("/v1/people?cursor=x"), 422)


def test_the_record_names_people_and_its_lines(program, launch, cast):
    run, auditor = launch(), program("auditor")
    assert "admin" in [person["name"] for person in auditor.get("/v1/audit/people").json()["items"]]
    line = auditor.get(f"/v1/audit/lines/{run.pk}/1").json()
    assert (line["kind"], line["ledger"], line["data"]["workflow"]) == ("execution.launched", str(run.pk), "noop")
    problem(auditor.get("/v1/audit/lines/nowhere/1"), 404)
    assert b"sha256" in auditor.get("/v1/audit/verifier").content
    commands.pause(cast.actor("operator"), run.pk, reason="look")
    listed = auditor.get("/v1/audit/verifications").json()
    assert (listed["under_way"], listed["items"]) == (None, [])
