"""Execution lifecycle with human authority: every promise seen from outside, against real workers.

The ids are those of the acceptance list: H from the lifecycle with human authority, P from pausable stages.
"""

import pytest

from executions import commands
from executions.engine.sweeper import messages_waiting
from executions.errors import Conflict, Invalid, NotAllowed
from tests.effects import effects_of
from tests.engine.watching import (
    QUICK,
    data,
    events,
    finished_steps,
    fresh,
    kinds,
    launch,
    settle,
    wait_for,
    wait_for_effect,
    wait_until,
)
from tests.pace import LONG, go_on


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


@pytest.fixture
def reviewer(cast):
    return cast.actor("reviewer")


def test_h1_a_queued_run_that_is_paused_never_starts_not_even_after_a_worker_restart(cast, operator, workers, valkey):
    valkey.flush()
    run = launch(cast, "counting", {"items": 3})
    commands.pause(operator, run.pk, reason="wrong month")
    assert fresh(run).state == "paused"
    (worker,) = workers(1, **QUICK)
    settle(cast)
    wait_until(lambda: messages_waiting() == 0, "the job left the queue")
    worker.restart()
    settle(cast)
    assert fresh(run).state == "paused"
    assert kinds(run) == ["execution.launched", "hold.placed"]
    assert effects_of(run.pk) == []

    commands.resume(operator, run.pk)
    wait_for(run, "succeeded")
    assert effects_of(run.pk) == ["item 0", "item 1", "item 2", "reported"]


def test_h2_a_pause_lets_the_current_step_finish_and_no_other_start(cast, operator, worker):
    run = launch(cast, "slow", {"seconds": LONG})
    wait_for_effect(run, "start first")
    commands.pause(operator, run.pk, reason="look first")
    assert fresh(run).state == "pausing"
    go_on(run)
    wait_for(run, "paused")
    settle(cast)
    assert effects_of(run.pk) == ["start first", "end first"]
    assert finished_steps(run) == ["first"]
    assert fresh(run).next_step == "second"


def test_h2_a_step_that_looks_up_sees_the_pause_with_its_reason_and_yields(cast, operator, worker):
    run = launch(cast, "obedient", {"seconds": 60})
    wait_for_effect(run, "began")
    commands.pause(operator, run.pk, reason="totals differ")
    wait_for(run, "paused")
    settle(cast)
    assert effects_of(run.pk) == ["began", "saw pause: totals differ"]
    commands.cancel(operator, run.pk, reason="seen enough")
    wait_for(run, "cancelled")


@pytest.mark.parametrize("restarted", [False, True], ids=["same-worker", "fresh-worker"])
def test_h3_p3_a_resumed_run_goes_on_from_its_boundary_and_repeats_nothing(restarted, cast, operator, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "counting", {"items": 100, "seconds": 0.2, "label": "march"}, priority=7)
    wait_for_effect(run, "item 3")
    commands.pause(operator, run.pk, reason="wait")
    paused = wait_for(run, "paused")
    done = effects_of(run.pk)
    assert done == [f"item {number}" for number in range(len(done))]
    assert len(done) < 100
    go_on(run)
    if restarted:
        worker.kill9()
        workers(1, **QUICK)
    commands.resume(operator, run.pk)
    resumed = wait_for(run, "succeeded")
    assert effects_of(run.pk) == [*[f"item {number}" for number in range(100)], "reported"]
    assert (resumed.workflow, resumed.priority, resumed.payload["label"]) == ("counting", 7, "march")
    assert paused.payload.items() <= resumed.payload.items()


def test_h4_a_paused_run_keeps_position_payload_and_context_to_be_looked_at(cast, operator, worker):
    run = launch(cast, "slow", {"seconds": LONG}, labels={"client": "acme"}, title="March")
    go_on(run, "first")
    wait_for_effect(run, "start second")
    commands.pause(operator, run.pk, reason="look", ticket="T-1", reason_code="data-error")
    go_on(run)
    paused = wait_for(run, "paused")
    assert paused.payload == {"seconds": LONG, "first": "done", "second": "done"}
    assert (paused.steps_done, paused.ahead, paused.title) == (2, ["third"], "March")
    assert paused.labels == {"client": "acme"}
    (hold,) = paused.holds.all()
    assert (hold.reason, hold.ticket, hold.reason_code, hold.placed_by_name) == (
        "look",
        "T-1",
        "data-error",
        "operator",
    )


def test_h4_progress_of_an_interrupted_step_can_be_looked_at(cast, operator, worker):
    run = launch(cast, "counting", {"items": 50, "seconds": 0.3})
    wait_for_effect(run, "item 3")
    commands.pause(operator, run.pk, reason="look")
    paused = wait_for(run, "paused")
    assert paused.progress == {"done": len(effects_of(run.pk)), "total": 50, "note": ""}


@pytest.mark.parametrize("before", ["processing", "paused"])
def test_h5_cancel_discards_cleans_up_once_and_is_terminal_for_ever(before, cast, operator, reviewer, worker):
    run = launch(cast, "obedient", {"seconds": 60})
    wait_for_effect(run, "began")
    if before == "paused":
        commands.pause(operator, run.pk, reason="first a pause")
        wait_for(run, "paused")
    commands.cancel(operator, run.pk, reason="wrong client")
    wait_for(run, "cancelled")
    assert effects_of(run.pk).count("tidied") == 1
    assert "after" not in effects_of(run.pk)
    assert "spun" not in fresh(run).payload
    for refused in (
        lambda: commands.resume(operator, run.pk),
        lambda: commands.pause(operator, run.pk, reason="again"),
        lambda: commands.cancel(operator, run.pk, reason="again"),
        lambda: commands.retry(operator, run.pk, reason="again"),
        lambda: commands.amend_payload(reviewer, run.pk, changes={"seconds": 1}, reason="again"),
    ):
        with pytest.raises(Conflict):
            refused()
    settle(cast)
    assert fresh(run).state == "cancelled"
    assert effects_of(run.pk).count("tidied") == 1


def test_h5_a_step_that_finishes_after_the_cancel_has_its_result_discarded(cast, operator, worker):
    run = launch(cast, "slow", {"seconds": LONG})
    wait_for_effect(run, "start first")
    commands.cancel(operator, run.pk, reason="too late for this one")
    go_on(run)
    cancelled = wait_for(run, "cancelled")
    assert cancelled.payload == {"seconds": LONG}
    assert "step.finished" not in kinds(run)
    assert "start second" not in effects_of(run.pk)


def test_h6_without_the_scope_pause_and_resume_are_refused_and_the_refusal_is_recorded(cast, operator, worker):
    run = launch(cast, "obedient", {"seconds": 60})
    wait_for_effect(run, "began")
    with pytest.raises(NotAllowed):
        commands.pause(cast.actor("auditor"), run.pk, reason="let me")
    assert fresh(run).state == "processing"
    commands.pause(operator, run.pk, reason="mine")
    wait_for(run, "paused")
    with pytest.raises(NotAllowed):
        commands.resume(cast.actor("outsider"), run.pk)
    with pytest.raises(NotAllowed):
        commands.cancel(cast.actor("reviewer"), run.pk, reason="no scope of my own for this")
    assert fresh(run).state == "paused"
    denied = events(run, "command.denied")
    assert [(event.actor_name, data(event)["command"]) for event in denied] == [
        ("auditor", "pause"),
        ("outsider", "resume"),
        ("reviewer", "cancel"),
    ]
    commands.cancel(operator, run.pk, reason="done")
    wait_for(run, "cancelled")


def test_h7_who_when_and_why_of_every_pause_resume_and_cancel_are_on_record(cast, operator, reviewer, worker):
    run = launch(cast, "obedient", {"seconds": 60})
    wait_for_effect(run, "began")
    commands.pause(operator, run.pk, reason="totals differ")
    wait_for(run, "paused")
    commands.resume(reviewer, run.pk, note="checked with the supplier")
    wait_for(run, "processing")
    commands.cancel(operator, run.pk, reason="client left")
    wait_for(run, "cancelled")
    told = [(event.kind, event.actor_name, event.actor_role, event.via, event.reason) for event in events(run)]
    assert ("hold.placed", "operator", "operator", "console", "totals differ") in told
    assert ("execution.resumed", "reviewer", "reviewer", "console", "checked with the supplier") in told
    assert ("execution.cancel_requested", "operator", "operator", "console", "client left") in told
    times = [event.at for event in events(run)]
    assert times == sorted(times)


def test_h11_a_corrected_file_is_used_and_nothing_done_is_done_again(cast, operator, reviewer, workers):
    """Paused in mid-batch, corrected, annotated, resumed: by another worker even, for nothing lives in memory."""
    (worker,) = workers(1, **QUICK)
    names = [f"{letter}.txt" for letter in "abcdef"]
    # Should the pause be heard only after c.txt, then certainly in the five seconds of d.txt.
    run = launch(cast, "charging", {"seconds": 5}, files=[(name, b"amount 1") for name in names])
    go_on(run, "a.txt", "b.txt")
    wait_for_effect(run, "charged b.txt v1")
    hold = commands.pause(reviewer, run.pk, reason="e.txt has the wrong total")
    go_on(run, "c.txt")
    wait_for(run, "paused")
    done = effects_of(run.pk)
    assert "charged e.txt v1" not in done
    commands.replace_file(reviewer, run.pk, "e.txt", b"amount 2", reason="corrected by the supplier")
    commands.annotate(reviewer, hold.pk, text="new file arrived by mail")
    go_on(run)
    worker.kill9()
    workers(1, **QUICK)
    commands.resume(reviewer, run.pk, note="correct now")
    wait_for(run, "succeeded")
    versions = {name: "v2" if name == "e.txt" else "v1" for name in names}
    assert [what for what in effects_of(run.pk) if what.startswith("charged")] == [
        f"charged {name} {versions[name]}" for name in names
    ]
    assert [what for what in effects_of(run.pk) if what.startswith("ingested")] == [
        f"ingested {name} {versions[name]}" for name in names
    ]
    assert [(note.text, note.author_name) for note in hold.notes.all()] == [("new file arrived by mail", "reviewer")]
    assert {"file.replaced", "hold.noted", "hold.released"} <= set(kinds(run))


def test_h12_a_run_paused_while_its_approval_is_pending_needs_both(cast, operator, reviewer, worker):
    run = launch(cast, "approving")
    waiting = wait_for(run, "suspended")
    (question,) = waiting.suspensions.all()
    commands.pause(operator, run.pk, reason="month is closed")
    assert fresh(run).state == "paused"
    commands.answer(reviewer, question.pk, data={"decision": "approve"}, context_digest=question.context_digest)
    settle(cast)
    assert fresh(run).state == "paused"
    assert "paid" not in effects_of(run.pk)
    commands.resume(operator, run.pk)
    assert wait_for(run, "succeeded").payload["approver"] == "reviewer"
    assert effects_of(run.pk) == ["gathered", "paid"]


def test_h12_resumed_first_the_run_still_waits_for_its_approval(cast, operator, reviewer, worker):
    run = launch(cast, "approving")
    (question,) = wait_for(run, "suspended").suspensions.all()
    commands.pause(operator, run.pk, reason="month is closed")
    commands.resume(operator, run.pk)
    settle(cast)
    assert fresh(run).state == "suspended"
    assert effects_of(run.pk) == ["gathered"]
    commands.answer(reviewer, question.pk, data={"decision": "approve"}, context_digest=question.context_digest)
    wait_for(run, "succeeded")


@pytest.mark.parametrize(("decision", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_h13_an_approval_ends_with_the_approvers_identity(decision, status, cast, reviewer, worker):
    run = launch(cast, "approving")
    (question,) = wait_for(run, "suspended").suspensions.all()
    given = {"decision": decision, "reason": "as discussed"}
    commands.answer(reviewer, question.pk, data=given, context_digest=question.context_digest, comment="on the phone")
    done = wait_for(run, "succeeded").payload
    assert (done["status"], done["approver"], done["why"]) == (status, "reviewer", "as discussed")
    assert ("paid" in effects_of(run.pk)) is (status == "approved")
    (answered,) = events(run, "suspension.answered")
    assert (answered.actor_id, answered.reason) == (reviewer.id, "on the phone")
    question.refresh_from_db()
    assert (question.kind, question.answered_by, question.outcome) == ("approval", reviewer.id, "answered")


def test_h13_a_rejection_says_why(cast, reviewer, worker):
    run = launch(cast, "approving")
    (question,) = wait_for(run, "suspended").suspensions.all()
    with pytest.raises(Invalid) as refused:
        commands.answer(reviewer, question.pk, data={"decision": "reject"}, context_digest=question.context_digest)
    assert "reason" in refused.value.errors
    assert fresh(run).state == "suspended"


def test_h13_an_approval_that_nobody_gives_expires_by_its_deadline(cast, reviewer, worker):
    run = launch(cast, "approving", {"deadline": 0.2})
    done = wait_for(run, "succeeded").payload
    assert (done["status"], done["approver"], done["approved"]) == ("expired", "deadline", False)
    assert "paid" not in effects_of(run.pk)
    (question,) = run.suspensions.all()
    assert (question.outcome, question.answered_by) == ("expired", "policy:deadline")
    (expired,) = events(run, "suspension.expired")
    assert expired.actor_id == "policy:deadline"
    with pytest.raises(Conflict):
        commands.answer(reviewer, question.pk, data={"decision": "approve"}, context_digest=question.context_digest)
