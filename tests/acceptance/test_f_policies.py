"""F6: a run pauses itself with a reason code, and goes on from storage once a person has looked."""

import pytest

from executions import commands
from tests.effects import effects_of
from tests.engine.watching import QUICK, kinds, launch, wait_for

pytestmark = pytest.mark.usefixtures("live_db")


@pytest.mark.parametrize(
    ("workflow", "payload", "code", "before", "after"),
    [
        ("dependent", {}, "external-dependency", ["before"], ["before", "leaned"]),
        (
            "faulty",
            {"items": ["bad 1", "bad 2", "bad 3", "good"]},
            "error-threshold",
            ["bad 1", "bad 2"],
            ["bad 1", "bad 2", "bad 3", "good"],
        ),
        (
            "spending",
            {"amounts": [9000, 2000]},
            "budget-exceeded",
            ["turn 0, 1000 left"],
            ["turn 0, 1000 left", "turn 1, 9000 left"],
        ),
    ],
)
def test_f6_a_run_holds_itself_and_a_fresh_worker_takes_it_up_again(
    workflow, payload, code, before, after, cast, workers
):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, workflow, payload)
    held = wait_for(run, "paused")
    hold = held.holds.get()
    assert (hold.kind, hold.reason_code, effects_of(run.pk)) == ("policy", code, before)
    worker.kill9()
    commands.resume(cast.actor("operator"), run.pk, note="seen to")
    workers(1, **QUICK)
    wait_for(run, "succeeded")
    assert effects_of(run.pk) == after
    assert kinds(run).count("hold.placed") == 1


def test_f6_too_many_failed_attempts_hold_the_run_instead_of_the_next_retry(cast, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "shaky", {"failures": 4})
    held = wait_for(run, "paused")
    assert (held.holds.get().reason_code, held.attempt) == ("error-threshold", 3)
    worker.kill9()
    commands.resume(cast.actor("operator"), run.pk)
    workers(1, **QUICK)
    assert wait_for(run, "succeeded").payload["attempts"] == 4


def test_f6_an_approval_that_is_needed_stops_the_run_and_says_so(cast, worker):
    run = wait_for(launch(cast, "approving"), "suspended")
    question = run.suspensions.get()
    assert (question.kind, question.key) == ("approval", "payment")
