"""Steps that raise, return what cannot be stored, or that this worker does not know."""

import datetime

import pytest

from executions import commands
from tests.effects import effects_of
from tests.engine.watching import (
    QUICK,
    data,
    events,
    execute,
    fresh,
    kinds,
    launch,
    story,
    wait_for,
    wait_for_effect,
    wait_until,
)


def test_retries_wait_in_the_row_and_the_worker_does_other_things_meanwhile(cast, workers):
    workers(1, **QUICK)
    run = launch(cast, "retrying", {"failures": 2, "message": "not yet"})
    done = wait_for(run, "succeeded")
    assert done.payload["fine"] is True
    failed = [data(event) for event in events(run, "step.failed")]
    assert [(told["attempt"], told["retry_in_seconds"]) for told in failed] == [(1, 0.05), (2, 0.1)]
    assert effects_of(run.pk) == ["before trouble"]
    assert done.error is None


def test_while_a_retry_waits_nobody_sleeps_for_it(cast, workers):
    workers(1, **QUICK)
    run = launch(cast, "patient", {"failures": 1, "message": "later"})
    waiting = wait_until(lambda: fresh(run).not_before and fresh(run), "a stored time")
    assert (waiting.state, waiting.owner, waiting.lease_until) == ("queued", None, None)
    wait_for(launch(cast, "noop"), "succeeded")
    assert fresh(run).state == "queued"
    execute("UPDATE executions_execution SET not_before = now() WHERE id = %s", [run.pk])
    wait_for(run, "succeeded")


def test_used_up_retries_fail_the_run_with_its_traceback_and_retry_takes_it_up_again(cast, workers):
    workers(1, **QUICK)
    run = launch(cast, "retrying", {"failures": 100, "message": "never"})
    failed = wait_for(run, "failed")
    assert (failed.error["type"], failed.error["message"], failed.error["step"]) == ("ValueError", "never", "trouble")
    assert "workflows_for_tests.py" in failed.error["traceback"]
    assert kinds(run).count("step.failed") == 4
    commands.amend_payload(cast.actor("reviewer"), run.pk, changes={"failures": 0}, reason="cause is gone")
    commands.retry(cast.actor("operator"), run.pk, reason="cause is gone")
    wait_for(run, "succeeded")
    assert effects_of(run.pk) == ["before trouble"]


def test_on_error_hold_asks_a_person_and_resume_tries_again(cast, worker):
    run = launch(cast, "holding", {"failures": 1, "message": "bank is closed"})
    held = wait_for(run, "paused")
    (hold,) = held.holds.all()
    assert (hold.kind, hold.reason_code) == ("policy", "step-failed")
    assert "bank is closed" in hold.reason
    commands.amend_payload(cast.actor("reviewer"), run.pk, changes={"failures": 0}, reason="it opened")
    commands.resume(cast.actor("operator"), run.pk)
    wait_for(run, "succeeded")
    assert effects_of(run.pk) == ["before trouble"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("list", "Step odd returned list"),
        ("set", "Step odd, field 'field' is not JSON"),
        ("large", "Step odd, field 'field' is 300,002 bytes"),
        ("nan", "Step odd, field 'field' is not JSON"),
        ("nul", "Step odd, field 'field'"),
    ],
)
def test_what_cannot_be_stored_is_named_with_step_and_field(kind, words, cast, worker):
    run = launch(cast, "unruly", {"kind": kind})
    failed = wait_for(run, "failed")
    assert words in failed.error["message"]
    assert failed.payload == {"kind": kind}
    assert failed.ahead == ["odd"]


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("exit", "SystemExit", "3"),
        ("cancelled", "CancelledError", ""),
        ("unprintable", "Unprintable", "cannot be printed"),
        ("other-database", "OperationalError", "/nowhere"),
        ("question", "TypeError", "set"),
        ("once", "NotStorable", "Step raise_it, result of 'once:large'"),
    ],
)
def test_odd_ways_out_of_a_step_fail_it_and_leave_the_worker_alive(kind, error, words, cast, worker):
    run = launch(cast, "odder", {"kind": kind})
    failed = wait_for(run, "failed")
    assert failed.error["type"] == error, story(run)
    assert words in failed.error["message"]
    assert worker.alive()


def test_a_result_too_deep_for_the_database_is_the_steps_failure(cast, worker):
    run = launch(cast, "odder", {"kind": "deep"})
    ended = wait_for(run, "failed", "succeeded")
    if ended.state == "failed":
        assert ended.error["step"] == "raise_it"
    assert "lease.expired" not in kinds(run)
    wait_for(launch(cast, "noop"), "succeeded")


def test_a_workflow_this_worker_does_not_know_is_held_and_goes_on_once_it_is_deployed(cast, workers):
    run = launch(cast, "counting", {"items": 2})
    (old,) = workers(1, HOLDPOINT_WORKFLOWS="workflows", **QUICK)
    held = wait_for(run, "paused")
    (hold,) = held.holds.all()
    assert (hold.kind, hold.reason_code) == ("policy", "workflow-unknown")
    assert "counting" in hold.reason
    assert "HOLDPOINT_WORKFLOWS" in hold.reason
    old.stop()
    workers(1, **QUICK)
    commands.resume(cast.actor("operator"), run.pk, note="deployed")
    wait_for(run, "succeeded")
    assert effects_of(run.pk) == ["item 0", "item 1", "reported"]


def test_a_step_that_the_code_has_no_more_is_held_and_said(cast, workers):
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    run = launch(cast, "counting", {"items": 1}, not_before=tomorrow)
    execute("UPDATE executions_execution SET ahead = '{gone,report}', not_before = NULL WHERE id = %s", [run.pk])
    workers(1, **QUICK)
    (hold,) = wait_for(run, "paused").holds.all()
    assert hold.reason_code == "step-unknown"
    assert "gone" in hold.reason
    execute("UPDATE executions_execution SET ahead = '{count,report}' WHERE id = %s", [run.pk])
    commands.resume(cast.actor("operator"), run.pk, note="deployed")
    wait_for(run, "succeeded")


def test_a_clean_up_that_raises_is_tried_again_and_its_failure_recorded(cast, workers):
    workers(1, **QUICK)
    operator = cast.actor("operator")
    mends = launch(cast, "cleaning", {"seconds": 60, "failures": 1, "kind": "raise", "clean_up_seconds": 0})
    wait_for_effect(mends, "began")
    commands.cancel(operator, mends.pk, reason="no")
    breaks = launch(cast, "cleaning", {"seconds": 60, "failures": 99, "kind": "raise", "clean_up_seconds": 0})
    commands.cancel(operator, breaks.pk, reason="no")
    for _ in range(3):  # the stored waits of seconds are not what is tested
        for run in (mends, breaks):
            wait_until(lambda run=run: fresh(run).not_before or fresh(run).outcome, "next try stored")
            if fresh(run).outcome is None:
                failed = kinds(run).count("clean_up.failed")
                execute(
                    "UPDATE executions_execution SET not_before = now() WHERE id = %s AND outcome IS NULL", [run.pk]
                )
                wait_until(
                    lambda run=run, failed=failed: fresh(run).outcome or kinds(run).count("clean_up.failed") > failed,
                    "tried again",
                )
    assert wait_for(mends, "cancelled").error["message"] == "the broom broke"
    assert data(events(mends, "execution.cancelled")[0]) == {"clean_up": True, "clean_up_failed": False}
    assert effects_of(mends.pk)[-1] == "swept"
    wait_for(breaks, "cancelled")
    assert data(events(breaks, "execution.cancelled")[0])["clean_up_failed"] is True
    assert kinds(breaks).count("clean_up.failed") == 4


def test_cancel_while_a_retry_waits_cleans_up_at_once(cast, workers):
    workers(1, **QUICK)
    run = launch(cast, "patient", {"failures": 100, "message": "later"})
    wait_until(lambda: fresh(run).not_before, "a stored time")
    commands.cancel(cast.actor("operator"), run.pk, reason="not wanted")
    wait_for(run, "cancelled")
    assert effects_of(run.pk)[-1] == "tidied"
