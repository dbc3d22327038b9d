"""Launch, query, stop, and tool calls that people see first: from outside, against real workers."""

import pytest

from tests.acceptance.outside import ends, waits
from tests.effects import effects_of
from tests.engine.watching import data, events, fresh, kinds, wait_for, wait_for_effect
from tests.pace import LONG, go_on


@pytest.mark.parametrize("who", ["operator", "admin"])
def test_f1_one_call_by_a_person_or_a_program_makes_a_running_execution(who, cast, worker):
    from tests.acceptance.outside import Outside

    outside = Outside(cast, who)
    by_program = outside.launch("counting", {"items": 2})
    sent = outside.browser.post("/launch/counting", {"input-items": 2, "input-seconds": 0})
    assert sent.status_code == 303, sent.content
    from executions.models import Execution

    by_person = Execution.objects.get(pk=sent["Location"].rstrip("/").rpartition("/")[2])
    for run, via in ((by_program, "api"), (by_person, "console")):
        assert ends(run).payload["counted"] == 2
        launched = events(run, "execution.launched")[0]
        assert (launched.actor_name.startswith(who), launched.via) == (True, via)


def test_f9_a_running_execution_can_be_queried_and_stopped(operator, worker):
    run = operator.launch("obedient", {"seconds": 60})
    wait_for_effect(run, "began")
    seen = operator.look(run)
    assert (seen["state"], seen["next_step"]) == ("processing", "spin")
    assert "cancel" in seen["allowed"]
    assert operator.send(run, "cancel", {"reason": "enough"})["state"] == "cancelling"
    wait_for(run, "cancelled")
    assert effects_of(run.pk)[-1] == "tidied"
    assert "after" not in effects_of(run.pk)


def test_f10_what_is_not_awaited_unknown_or_bad_is_told_apart(operator, reviewer, worker):
    run = waits(operator.launch("refund", {"amount": 700}))
    asked = reviewer.question(run)
    bad = reviewer.answer(run, {"answer": "perhaps"}, status=422)
    assert list(bad["errors"]) == ["answer"]
    address = "/v1/suspensions/00000000-0000-0000-0000-000000000000/answer"
    body = {"data": {"answer": True}, "context_digest": asked["context_digest"]}
    assert reviewer.api.post(address, body).status_code == 404
    assert reviewer.api.post("/v1/suspensions/none/answer", body).status_code == 404
    reviewer.answer(run, {"answer": True})
    ends(run)
    again = reviewer.api.post(f"/v1/suspensions/{asked['id']}/answer", body)
    assert (again.status_code, "answered this question already" in again.json()["detail"]) == (409, True)
    by_key = reviewer.api.post(f"/v1/async-executions/{run.pk}/answers/ask:1", {"data": {"answer": True}})
    assert by_key.status_code == 409


ARGUMENTS = {"amount": 40, "to": "ann"}
BY = "reviewer (acceptance)"
"""A token acts for its owner, and says so."""


def test_f8_a_selected_call_is_seen_with_its_exact_arguments_and_has_not_run(operator, reviewer, shift):
    run = waits(operator.launch("agent", {"amount": 40}))
    asked = reviewer.question(run)
    exact = {**ARGUMENTS, "run": str(run.pk)}
    assert asked["context"] == {"tool": "transfer", "description": "Send money to somebody.", "arguments": exact}
    assert asked["title"] == "May the run call transfer?"
    page = reviewer.page(run)
    assert "Send money to somebody." in page
    assert "ann" in page
    assert effects_of(run.pk) == ["selected"]

    shift.change()
    reviewer.answer(run, {"decision": "approve"})
    assert ends(run).payload["did"] == {"transferred": 40, "to": "ann"}
    assert effects_of(run.pk) == ["selected", "transferred 40 to ann", "went on"]
    (executed,) = events(run, "tool.executed")
    assert (data(executed)["arguments"], data(executed)["allowed_by"]) == (exact, BY)
    assert "Tool executed" in reviewer.page(run)


def test_f8_changed_arguments_are_what_the_tool_is_called_with(operator, reviewer, shift):
    run = waits(operator.launch("agent", {"amount": 4000}))
    changed = {"run": str(run.pk), "amount": 4, "to": "bob"}
    refused = reviewer.answer(run, {"decision": "approve", "arguments": {"amount": 4}}, status=422)
    assert refused["errors"]["arguments"] == ["Name exactly the tool's arguments: amount, run, to."]
    shift.change()
    reviewer.answer(run, {"decision": "approve", "arguments": changed})
    assert ends(run).payload["did"] == {"transferred": 4, "to": "bob"}
    assert effects_of(run.pk) == ["selected", "transferred 4 to bob", "went on"]
    assert data(events(run, "suspension.opened")[0])["context"]["arguments"]["amount"] == 4000
    assert data(events(run, "suspension.answered")[0])["answer"]["arguments"] == changed
    assert data(events(run, "tool.executed")[0])["arguments"] == changed


def test_f8_a_refusal_comes_back_as_feedback_and_the_tool_does_not_run(operator, reviewer, shift):
    run = waits(operator.launch("agent"))
    reviewer.answer(run, {"decision": "reject"}, status=422)
    shift.change()
    reviewer.answer(run, {"decision": "reject", "reason": "ask her first"})
    payload = ends(run).payload
    assert (payload["did"], payload["refused"], payload["feedback"], payload["by"]) == (
        None,
        True,
        "ask her first",
        BY,
    )
    assert effects_of(run.pk) == ["selected", "went on"]
    assert "tool.executed" not in kinds(run)


def test_f8_an_executed_call_is_not_executed_again_when_its_worker_is_killed(operator, reviewer, shift):
    run = waits(operator.launch("agent", {"seconds": LONG}))
    reviewer.answer(run, {"decision": "approve"})
    wait_for_effect(run, "went on")
    shift.change()
    go_on(run)
    assert ends(run).payload["did"] == {"transferred": 40, "to": "ann"}
    assert effects_of(run.pk) == ["selected", "transferred 40 to ann", "went on", "went on"]
    assert kinds(run).count("tool.executed") == 1


def test_a_gate_is_bound_to_the_exact_input(operator, reviewer, shift):
    run = waits(operator.launch("gated", {"amount": 700}))
    seen = reviewer.question(run)
    assert seen["input"] == {"amount": 700, "to": "ACME"}
    assert "700" in reviewer.page(run)
    amended = reviewer.api.send(
        "patch",
        f"/v1/async-executions/{run.pk}/payload",
        {"changes": {"amount": 99_123}, "reason": "a better offer"},
        headers={"if-match": "*"},
    )
    assert amended.status_code == 200, amended.content
    body = {"data": {"decision": "approve"}, "context_digest": seen["context_digest"]}
    stale = reviewer.api.post(f"/v1/suspensions/{seen['id']}/answer", body)
    assert stale.status_code == 409
    assert stale.json()["suspension"]["input"] == {"amount": 99_123, "to": "ACME"}
    form = {"answer-decision": "approve", "context_digest": seen["context_digest"]}
    again = reviewer.browser.post(f"/executions/{run.pk}/questions/{seen['id']}", form)
    assert again.status_code in (409, 412), again.content
    assert "99123" in reviewer.page(run)
    assert (fresh(run).state, effects_of(run.pk)) == ("suspended", [])
    shift.change()
    reviewer.answer(run, {"decision": "approve", "changes": {"amount": 99}})
    assert ends(run).payload["paid"] == 99
    assert effects_of(run.pk) == ["paid 99"]


def test_a_gate_that_is_refused_leaves_its_step_out_where_the_author_chose_so(operator, reviewer, worker):
    run = waits(operator.launch("bonus"))
    reviewer.answer(run, {"decision": "reject", "reason": "not this month"})
    assert ends(run).payload == {}
    assert effects_of(run.pk) == []
    assert "refused the step pay: not this month" in data(events(run, "step.logged")[0])["text"]
