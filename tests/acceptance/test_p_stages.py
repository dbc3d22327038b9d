"""Pausable stages and checkpoints: every promise seen from outside, against real workers that relieve each other."""

import json

import pytest

from tests.acceptance.outside import ends, waits
from tests.domain.story import bad_line
from tests.effects import effects_of
from tests.engine.watching import data, events, finished_steps, fresh, kinds, wait_for, wait_until

BY = "reviewer (acceptance)"
"""A token acts for its owner, and says so."""


@pytest.mark.parametrize(("amount", "pauses"), [(100, 0), (700, 1)])
def test_p1_a_stage_that_returns_a_question_pauses_and_one_that_returns_nothing_goes_on(
    amount, pauses, operator, reviewer, worker
):
    run = operator.launch("refund", {"amount": amount})
    if pauses:
        waits(run)
        assert reviewer.question(run)["title"] == f"Approve {amount}?"
        assert f"Approve {amount}?" in reviewer.page(run)
        reviewer.answer(run, {"answer": True})
    assert ends(run).payload["paid"] is True
    assert kinds(run).count("suspension.opened") == pauses
    assert effects_of(run.pk) == ["looked", *["handled True"] * pauses, f"paid {amount}"]


def test_p2_a_checkpoint_is_a_document_that_a_person_can_read(operator, reviewer, shift):
    run = waits(operator.launch("gated", {"amount": 700}))
    document = reviewer.look(run, "/checkpoint")
    assert (document["format"], document["execution"]) == ("holdpoint.checkpoint/1", str(run.pk))
    # Shared state, the step paused at, pause data, the tree of what ran.
    assert document["payload"] == {"amount": 700, "to": "ACME"}
    assert (document["at"]["step"], document["at"]["position"], document["ahead"]) == ("pay", 1, ["pay"])
    (asked,) = document["waiting_for"]["suspensions"]
    assert (asked["key"], asked["kind"], asked["title"]) == ("gate", "approval", "May “pay” run?")
    assert asked["input"] == {"amount": 700, "to": "ACME"}
    assert asked["context_digest"] == reviewer.question(run)["context_digest"]
    (ran,) = document["ran"]
    assert (ran["step"], ran["finished"], ran["changes"]) == ("prepare", True, {"amount": 700, "to": "ACME"})
    # It says the same when nobody who ever saw the run is alive, and after the answer it tells of that.
    shift.change()
    assert reviewer.look(run, "/checkpoint") == document
    reviewer.answer(run, {"decision": "approve", "changes": {"amount": 70}})
    ends(run)
    prepared, paid = reviewer.look(run, "/checkpoint")["ran"]
    assert prepared == ran
    assert [record["key"] for record in paid["recorded"]] == ["once:pay"]
    (answer,) = paid["answers"]
    assert (answer["key"], answer["answered_by_name"], answer["answer"]["changes"]) == (
        "gate",
        BY,
        {"amount": 70},
    )
    raw = reviewer.api.get(f"/v1/async-executions/{run.pk}/checkpoint")
    assert raw["Content-Type"] == "application/json"
    assert json.loads(raw.content)["state"] == "succeeded"


def test_p3_a_fresh_process_runs_the_handler_on_the_restored_state_then_the_next_step(operator, reviewer, shift):
    run = waits(operator.launch("refund", {"amount": 700, "order": "A-1"}))
    shift.change()
    reviewer.answer(run, {"answer": False}, comment="never bought")
    assert ends(run).payload == {"amount": 700, "order": "A-1", "approved": False, "by": BY, "paid": False}
    assert effects_of(run.pk) == ["looked", "handled False"]
    (answered,) = events(run, "suspension.answered")
    assert (answered.reason, answered.actor_name, answered.via) == ("never bought", BY, "api")


def test_p5_after_a_resume_history_tree_and_progress_are_continuous(operator, reviewer, shift):
    run = waits(operator.launch("refund", {"amount": 700}))
    shown = operator.look(run)
    shift.change()
    reviewer.answer(run, {"answer": True})
    ends(run)
    history = operator.history(run)
    assert [event["seq"] for event in history] == list(range(1, len(history) + 1))
    kinds_seen = [event["kind"] for event in history]
    assert kinds_seen == [
        "execution.launched",
        "lease.acquired",
        "suspension.opened",
        "suspension.answered",
        "lease.acquired",
        "step.finished",
        "step.finished",
        "execution.succeeded",
    ]
    leases = [event["data"] for event in history if event["kind"] == "lease.acquired"]
    assert [lease["epoch"] for lease in leases] == [1, 2]
    assert [lease["position"] for lease in leases] == [0, 0]
    after = operator.look(run)
    assert (after["created_at"], after["steps_done"], shown["steps_done"]) == (shown["created_at"], 2, 0)
    assert [step["name"] for step in after["steps"]] == [step["name"] for step in shown["steps"]]
    assert bad_line(run.pk) is None


def test_p6_chained_pauses_reach_the_next_pause_or_the_end(operator, reviewer, shift):
    run = waits(operator.launch("refund", {"amount": 7000}))
    assert reviewer.question(run)["key"] == "ask:1"
    shift.change()
    reviewer.answer(run, {"answer": True})
    wait_until(lambda: fresh(run).state == "suspended", "asks again")
    assert (reviewer.question(run)["key"], reviewer.question(run)["title"]) == ("ask:2", "Really?")
    shift.change()
    reviewer.answer(run, {"answer": True})
    ends(run)
    assert effects_of(run.pk) == ["looked", "handled True", "handled True", "paid 7000"]


UNREADABLE = b'{"data": {"answer": true'


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (UNREADABLE, 422, "JSON"),
        ([], 422, ""),
        ({}, 422, "data"),
        ({"data": "yes", "context_digest": "D"}, 422, "object"),
        ({"data": {"answer": "perhaps"}, "context_digest": "D"}, 422, "answer"),
        ({"data": {"answer": True, "more": 1}, "context_digest": "D"}, 422, "more"),
        ({"data": {"answer": True}, "context_digest": "0" * 64}, 409, "changed"),
        ({"data": {"answer": True}, "context_digest": "D", "step": "pay"}, 422, "step"),
    ],
    ids=["no-json", "array", "empty", "text", "bad-value", "unknown-field", "stale", "unknown-member"],
)
def test_p7_malformed_input_is_answered_exactly_and_leaves_the_checkpoint_untouched(
    body, status, says, operator, reviewer, worker
):
    run = waits(operator.launch("refund", {"amount": 700}))
    before = reviewer.look(run, "/checkpoint")
    asked = reviewer.question(run)
    if isinstance(body, dict) and body.get("context_digest") == "D":
        body = {**body, "context_digest": asked["context_digest"]}
    refused = reviewer.api.post(f"/v1/suspensions/{asked['id']}/answer", body)
    assert refused.status_code == status, refused.content
    assert says in json.dumps(refused.json())
    assert reviewer.look(run, "/checkpoint") == before
    reviewer.answer(run, {"answer": True})
    ends(run)


@pytest.mark.parametrize(
    ("key", "status", "says"), [("ask:2", 404, "Open: ask:1."), ("pay", 404, "Open: ask:1."), ("%00", 422, "NUL")]
)
def test_p7_an_unknown_key_names_those_that_are_open(key, status, says, operator, reviewer, worker):
    run = waits(operator.launch("refund", {"amount": 700}))
    before = reviewer.look(run, "/checkpoint")
    refused = reviewer.api.post(f"/v1/async-executions/{run.pk}/answers/{key}", {"data": {"answer": True}})
    assert refused.status_code == status
    assert says in refused.json()["detail"]
    assert reviewer.look(run, "/checkpoint") == before


def test_p7_a_step_without_a_resume_handler_fails_before_anybody_is_asked(operator, worker):
    run = wait_for(operator.launch("handlerless", {"kept": 1}), "failed")
    seen = operator.look(run)
    assert (seen["error"]["type"], seen["payload"]) == ("HandlerMissing", {"kept": 1})
    assert "Write one: @alone.on_resume" in seen["error"]["message"]
    assert "@alone.on_resume" in operator.page(run)
    assert (seen["suspensions"], seen["steps_done"]) == ([], 0)


def test_p7_a_step_that_is_gone_from_the_code_holds_the_run_and_says_so(operator, reviewer, cast, worker):
    from tests.engine.watching import execute

    run = waits(operator.launch("static-shallow", {"topic": "rain"}))
    execute("UPDATE executions_execution SET ahead = '{review,gone}' WHERE id = %s", [run.pk])
    before = fresh(run).payload
    reviewer.answer(run, {"verdict": "good"})
    held = wait_for(run, "paused")
    hold = held.holds.get(released_at=None)
    assert hold.reason_code in ("step-unknown", "workflow-changed")
    assert held.payload == {**before, "verdict": "good", "stars": 3, "meta": None}
    assert (held.next_step, held.steps_done) == ("gone", 2)


def test_p10_an_answer_whose_handler_raises_is_kept_and_need_not_be_given_again(operator, reviewer, shift):
    run = waits(operator.launch("refund", {"amount": 700, "broken": True}))
    reviewer.answer(run, {"answer": True}, comment="paid twice")
    held = wait_for(run, "paused")
    seen = operator.look(run)
    assert seen["error"]["message"] == "the ledger is closed"
    (hold,) = [hold for hold in seen["holds"] if hold["released_at"] is None]
    assert (hold["kind"], hold["reason_code"]) == ("policy", "handler-failed")
    assert "could not take the answer: the ledger is closed. The answer is kept." in hold["reason"]
    assert "the ledger is closed" in operator.page(run)
    assert reviewer.look(run, "/checkpoint")["ran"][0]["answers"][0]["answer"] == {"answer": True}

    operator.send(run, "resume", {})
    wait_until(lambda: fresh(run).holds.filter(reason_code="handler-failed").count() == 2, "held again")
    wait_for(run, "paused")
    shift.change()
    amended = reviewer.api.send(
        "patch",
        f"/v1/async-executions/{run.pk}/payload",
        {"changes": {"broken": False}, "reason": "opened"},
        headers={"if-match": "*"},
    )
    assert amended.status_code == 200, amended.content
    operator.send(run, "resume", {"note": "the ledger is open again"})
    assert ends(run).payload["approved"] is True
    assert effects_of(run.pk) == ["looked", *["handled True"] * 3, "paid 700"]
    assert kinds(run).count("suspension.opened") == 1
    assert [data(event)["message"] for event in events(run, "step.failed")] == ["the ledger is closed"] * 2
    assert finished_steps(run) == ["approve", "pay"]
    assert held.suspensions.get().comment == "paid twice"
