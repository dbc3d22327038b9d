"""Who goes first: time slices, priorities, and any number of sweepers."""

import time

from executions import commands
from executions.engine import statements, sweeper
from executions.engine.database import rows
from executions.engine.sweeper import messages_waiting
from tests.effects import effects_of
from tests.engine.watching import (
    QUICK,
    data,
    events,
    fresh,
    kill,
    kinds,
    launch,
    nothing_waits,
    wait_for,
    wait_for_effect,
    wait_until,
)
from tests.pace import LONG, go_on

SLICES = {**QUICK, "HOLDPOINT_TIME_SLICE_SECONDS": "0.5"}


def test_two_long_runs_on_one_worker_do_not_starve_a_third(cast, workers):
    """Runs of many short steps give up their slice at a boundary, a step that looks up in its midst."""
    workers(1, **SLICES)
    steps = launch(cast, "many-steps", {"seconds": 0.5})
    looks = launch(cast, "obedient", {"seconds": 600})
    wait_for_effect(steps, "part_0")
    third = launch(cast, "noop")
    wait_for(third, "succeeded")
    assert fresh(steps).outcome is None
    assert fresh(looks).outcome is None
    wait_for_effect(looks, "began")
    assert any(kind == "execution.yielded" for kind in kinds(steps))
    commands.cancel(cast.actor("operator"), looks.pk, reason="seen enough")
    commands.cancel(cast.actor("operator"), steps.pk, reason="seen enough")
    wait_for(steps, "cancelled")
    wait_for(looks, "cancelled")
    done = effects_of(steps.pk)
    assert len(done) == len(set(done))


def test_a_slice_is_kept_while_nobody_waits(cast, workers, valkey):
    valkey.flush()
    nothing_waits()
    workers(1, **SLICES)
    run = launch(cast, "counting", {"items": 20, "seconds": 0.1})
    wait_for(run, "succeeded")
    assert kinds(run).count("lease.acquired") == 1


def test_priority_9_goes_before_0_when_both_wait(cast, workers, valkey):
    valkey.flush()
    runs = {priority: launch(cast, "noop", priority=priority) for priority in (0, 5, 9, 3)}
    wait_until(lambda: messages_waiting() == 4, "four messages")
    workers(1, HOLDPOINT_SWEEP_SECONDS="60")
    for run in runs.values():
        wait_for(run, "succeeded")
    order = sorted(runs, key=lambda priority: events(runs[priority], "lease.acquired")[0].at)
    assert order == [9, 5, 3, 0]


def test_runs_of_a_high_priority_give_way_to_each_other_and_to_no_lower_one(cast, workers, valkey):
    valkey.flush()
    nothing_waits()
    urgent = [launch(cast, "obedient", {"seconds": 600}, priority=9) for _ in range(2)]
    modest = [launch(cast, "noop", priority=2) for _ in range(3)]
    wait_until(lambda: messages_waiting() == 5, "five messages")
    workers(1, **SLICES)
    for run in urgent:
        wait_until(lambda run=run: kinds(run).count("execution.yielded") >= 2, "gave way twice")
    assert [kinds(run) for run in modest] == [["execution.launched"]] * 3
    for run in urgent:
        commands.cancel(cast.actor("operator"), run.pk, reason="seen enough")
    for run in modest:
        wait_for(run, "succeeded")


def test_five_sweepers_and_one_come_to_the_same(cast, workers, valkey):
    """Expired leases, due times and lost messages, with five workers that sweep ten times a second."""
    valkey.flush()
    eager = {**QUICK, "HOLDPOINT_SWEEP_SECONDS": "0.1"}
    doomed = workers(1, **eager)[0]
    run = launch(cast, "counting", {"items": 8, "seconds": LONG})
    go_on(run, "item 0", "item 1")
    wait_for_effect(run, "item 2")
    kill(doomed)
    go_on(run)
    late = launch(cast, "retrying", {"failures": 2, "message": "x"})
    lost = [launch(cast, "noop") for _ in range(10)]
    wait_until(lambda: messages_waiting() >= 10, "messages")
    valkey.flush()
    workers(5, **eager)
    for each in [run, late, *lost]:
        wait_for(each, "succeeded")
    assert kinds(run).count("lease.expired") == 1
    assert kinds(late).count("step.failed") == 2
    for each in lost:
        assert kinds(each).count("step.finished") == 3
        assert kinds(each).count("lease.acquired") == 1
    assert effects_of(run.pk) == [*[f"item {number}" for number in range(8)], "reported"]


def test_without_any_sweeper_all_that_has_its_message_runs(cast, workers):
    workers(1, HOLDPOINT_SWEEP_SECONDS="60")
    run = launch(cast, "slow", {"seconds": 0.1})
    wait_for(run, "succeeded")


def test_sweeping_from_here_too_changes_nothing(cast, worker):
    """A sweep is no more than compare-and-set: anybody may do it at any time."""
    run = launch(cast, "counting", {"items": 10, "seconds": 0.05})
    wait_for_effect(run, "item 0")
    while fresh(run).outcome is None:
        sweeper.sweep()
        time.sleep(0.02)
    assert kinds(run).count("lease.acquired") == 1
    assert [data(event)["step"] for event in events(run, "step.finished")] == ["count", "report"]
    wait_until(lambda: rows(statements.SWEEPER_LOCK, {})[0][0], "no sweep keeps the lock")
    rows(statements.SWEEPER_UNLOCK, {})
