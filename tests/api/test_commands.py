"""Commands by HTTP: what they do, and what they refuse."""

import pytest

from executions.models import Event, Execution, Hold
from tests.api.conftest import ACTIVE_REASON, events_of, facts_of, problem

pytestmark = pytest.mark.django_db


def test_h8_pause_then_resume_by_the_api(program, launch, path):
    run, operator = launch(), program("operator")
    paused = operator.post(path(run, "pause"), {"reason": ACTIVE_REASON, "reason_code": "data-error", "ticket": "T-1"})
    assert paused.status_code == 200, paused.content
    told = paused.json()
    assert told["state"] == "paused"
    assert told["hold"]["reason"] == ACTIVE_REASON
    assert told["hold"]["placed_by"]["name"] == "operator (test)"
    assert "resume" in told["allowed"]
    assert paused["ETag"] == f'"{told["version"]}"'

    resumed = operator.post(path(run, "resume"), {"note": "Corrected"})
    assert resumed.status_code == 200, resumed.content
    assert resumed.json()["state"] == "queued"
    assert Hold.objects.get(execution=run).release_reason == "Corrected"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": " \n\t"}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": 5}, "reason"),
        ({"reason": "x" * 10_000}, "reason"),
        ({"reason": "half \ud800 pair"}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
        ({"reason": "fine", "before_step": "nowhere"}, "before_step"),
        ({"reason": "fine", "scope": "galaxy"}, "scope"),
        ({"reason": "fine", "resume_when": {"kind": "cron"}}, "resume_when.kind"),
        ({"reason": "fine", "resume_when": {"kind": "manual", "at": "now"}}, "resume_when"),
        ({"reason": "fine", "resumewhen": "typo"}, "resumewhen"),
    ],
)
def test_h8_pause_without_a_good_body_is_refused_and_recorded(program, launch, path, body, field):
    run, operator = launch(), program("operator")
    before = facts_of(run)
    told = problem(operator.post(path(run, "pause"), body), 422)
    assert field in told["errors"], told
    assert facts_of(run) == before
    (denied,) = events_of(run, "command.denied")
    assert denied.actor_name == "operator (test)"
    assert denied.via == "api"
    assert denied.reason == told["detail"]


def test_h8_a_manual_condition_and_both_scopes_are_understood(program, launch, path):
    operator = program("operator")
    for scope in ("this", "tree"):
        body = {"reason": "why", "scope": scope, "resume_when": {"kind": "manual"}}
        assert operator.post(path(launch(), "pause"), body).status_code == 200


def test_resume_takes_no_body_at_all(program, launch, path):
    run, operator = launch(), program("operator")
    operator.post(path(run, "pause"), {"reason": "why"})
    assert operator.client.post(path(run, "resume"), content_type="application/json").status_code == 200


def test_a_pause_before_a_step_shows_the_breakpoint(program, launch, path):
    run, operator = launch(), program("operator")
    told = operator.post(path(run, "pause"), {"reason": "look first", "before_step": "step_2"}).json()
    assert told["state"] == "queued"
    assert told["hold"]["before_step"] == "step_2"


def test_h6_without_the_scope_pause_and_resume_are_refused_and_recorded(program, launch, path):
    run, auditor = launch(), program("auditor")
    before = facts_of(run)
    for command in ("pause", "resume"):
        told = problem(auditor.post(path(run, command), {"reason": "why"} if command == "pause" else {}), 403)
        assert "executions:pause" in told["detail"]
        assert told["state"] == "queued"
    assert facts_of(run) == before
    assert [event.reason for event in events_of(run, "command.denied")] == [told["detail"]] * 2


def test_h6_cancel_and_status_have_scopes_of_their_own(program, launch, path):
    run = launch()
    pauser = program("operator", ["executions:pause"])
    assert problem(pauser.post(path(run, "cancel"), {"reason": "why"}), 403)
    assert problem(pauser.get(path(run)), 403)
    assert pauser.post(path(run, "pause"), {"reason": "why"}).status_code == 200
    canceller = program("operator", ["executions:cancel"])
    assert problem(canceller.post(path(run, "resume")), 403)
    assert canceller.post(path(run, "cancel"), {"reason": "why"}).json()["state"] == "cancelled"


def test_a7_resume_after_cancel_is_refused(program, launch, path):
    run, operator = launch(), program("operator")
    operator.post(path(run, "pause"), {"reason": "why"})
    assert operator.post(path(run, "cancel"), {"reason": "no longer wanted"}).json()["state"] == "cancelled"
    told = problem(operator.post(path(run, "resume")), 409)
    assert told["state"] == "cancelled"


def test_a_hold_of_another_kind_says_whose_it_is(program, launch, path):
    run = launch()
    hold = program("reviewer").post("/v1/holds", {"execution": str(run.pk), "reason": "Suspicious"}).json()
    told = problem(program("operator").post(path(run, "resume")), 409)
    assert told["holds"] == [hold["id"]]
    assert "reviewer (test)" in told["detail"]
    assert "pause" in told["allowed"]


def test_resume_with_data_needs_amend_too(program, launch, path):
    run, operator = launch(), program("operator")
    operator.post(path(run, "pause"), {"reason": "why"})
    told = problem(operator.post(path(run, "resume"), {"data": {"amount": 5}}), 403)
    assert "executions:amend" in told["detail"]
    reviewer = program("reviewer")
    body = {"data": {"amount": 5}, "additional_context": {"seen": True}, "trigger": "ticket T-1"}
    assert reviewer.post(path(run, "resume"), body).status_code == 200
    run.refresh_from_db()
    assert run.payload["amount"] == 5
    assert run.resumed["additional_context"] == {"seen": True}
    assert run.resumed["trigger"] == "ticket T-1"


def test_retry_of_a_failed_run(program, launch, path, cast):
    run, operator = launch(), program("operator")
    told = problem(operator.post(path(run, "retry"), {"reason": "why"}), 409)
    assert told["state"] == "queued"
    from django.db.models.functions import Now

    from executions.actors import SYSTEM
    from executions.provenance import append

    Execution.objects.filter(pk=run.pk).update(outcome="failed", finished_at=Now())
    append(run.pk, "execution.failed", SYSTEM)
    assert operator.post(path(run, "retry"), {"reason": "fixed"}).json()["state"] == "queued"
    assert problem(operator.post(path(run, "retry"), {"reason": "fixed", "from_stage": "step_1"}), 422)


def test_amend_is_bound_to_the_version_that_was_seen(program, launch, path):
    run, reviewer = launch(payload={"amount": 1}), program("reviewer")
    body = {"changes": {"amount": 2}, "reason": "typo"}
    assert (
        problem(reviewer.send("patch", path(run, "payload"), body, headers={"If-Match": "*"}), 409)["state"] == "queued"
    )
    reviewer.post(path(run, "pause"), {"reason": "why"})
    seen = reviewer.get(path(run))["ETag"]
    assert problem(reviewer.send("patch", path(run, "payload"), body), 428)
    assert problem(reviewer.send("patch", path(run, "payload"), body, headers={"If-Match": "nonsense"}), 422)
    told = reviewer.send("patch", path(run, "payload"), body, headers={"If-Match": seen})
    assert told.status_code == 200, told.content
    problem(reviewer.send("patch", path(run, "payload"), body, headers={"If-Match": seen}), 412)
    run.refresh_from_db()
    assert run.payload == {"amount": 2}
    assert problem(
        reviewer.send("patch", path(run, "payload"), {**body, "changes": {}}, headers={"If-Match": "*"}), 422
    )
    assert len(events_of(run, "command.denied")) == 5


def test_an_amendment_can_be_looked_at_before_it_is_made(program, launch, path):
    run, reviewer = launch(payload={"amount": 1, "to": {"name": "Ann"}}), program("reviewer")
    body = {"changes": {"amount": 2, "to": {"name": "Bob"}}, "reason": "typo", "dry_run": True}
    problem(reviewer.send("patch", path(run, "payload"), body, headers={"If-Match": "*"}), 409)
    reviewer.post(path(run, "pause"), {"reason": "why"})
    seen, before = reviewer.get(path(run))["ETag"], Event.objects.filter(ledger=run.pk).count()
    told = reviewer.send("patch", path(run, "payload"), body, headers={"If-Match": seen})
    assert (told.status_code, told["ETag"]) == (200, seen)
    assert told.json()["payload"] == body["changes"]
    changes = {(each["path"], each["before"], each["after"]) for each in told.json()["changes"]}
    assert changes == {("/amount", "1", "2"), ("/to/name", '"Ann"', '"Bob"')}
    run.refresh_from_db()
    assert (run.payload["amount"], Event.objects.filter(ledger=run.pk).count()) == (1, before)
    blind = program("reviewer", ["executions:amend"])
    told = problem(blind.send("patch", path(run, "payload"), body, headers={"If-Match": seen}), 403)
    assert "executions:read" in told["detail"]
    made = reviewer.send("patch", path(run, "payload"), {**body, "dry_run": False}, headers={"If-Match": seen})
    assert made.status_code == 200
    problem(reviewer.send("patch", path(run, "payload"), body, headers={"If-Match": seen}), 412)


def test_f10_unknown_ids_are_404_and_leave_no_trace(program, launch):
    admin, before = program("admin"), Event.objects.count()
    for wrong in ("0198c0de-0000-7000-8000-000000000000", "no-id", "%20", "é"):
        for command, body in (("pause", {"reason": "why"}), ("resume", {}), ("cancel", {"reason": "why"})):
            problem(admin.post(f"/v1/async-executions/{wrong}/{command}", body), 404)
        problem(admin.get(f"/v1/async-executions/{wrong}"), 404)
        problem(admin.get(f"/v1/async-executions/{wrong}/events"), 404)
        problem(admin.post(f"/v1/holds/{wrong}/release", {"reason": "why"}), 404)
        problem(admin.post(f"/v1/suspensions/{wrong}/answer", {"data": {}, "context_digest": ""}), 404)
    problem(admin.get("/v1/workflows/nothing"), 404)
    problem(admin.post("/v1/holds", {"execution": "no-id", "reason": "why"}), 404)
    assert Event.objects.count() == before


def test_h7_the_history_names_who_when_why_and_the_door(program, launch, path):
    run, operator = launch(), program("operator")
    operator.post(path(run, "pause"), {"reason": "first look"}, headers={"User-Agent": "holdpoint-cli/1"})
    operator.post(path(run, "resume"), {"note": "fine"})
    operator.post(path(run, "cancel"), {"reason": "not wanted"})
    events = operator.get(path(run, "events")).json()["items"]
    told = [(event["kind"], event["actor"]["name"], event["via"], event["reason"]) for event in events]
    assert ("hold.placed", "operator (test)", "cli", "first look") in told
    assert ("execution.resumed", "operator (test)", "api", "fine") in told
    assert ("execution.cancel_requested", "operator (test)", "api", "not wanted") in told
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
