"""Freezes against real workers: they stop between two items, outlive every worker, and let go at their rate."""

from itertools import pairwise

import pytest

from executions import commands
from executions.models import Freeze
from tests.effects import effects_of
from tests.engine.watching import (
    QUICK,
    data,
    events,
    finished_steps,
    fresh,
    kinds,
    launch,
    nothing_waits,
    wait_for,
    wait_for_effect,
    wait_until,
)
from tests.pace import LONG, go_on

ITEMS = [f"item {number}" for number in range(120)]


@pytest.fixture
def freeze(cast, live_db):
    """Place freezes; what a test has left open is lifted when it ends, so that no other test's run is stopped."""

    def place(**selector):
        return commands.freeze(cast.actor("operator"), reason="The bank is down", **selector)

    yield place
    for left in Freeze.objects.filter(lifted_at__isnull=True):
        commands.lift(cast.actor("admin"), left.pk, reason="the test is over")


def lift(cast, placed, **how):
    return commands.lift(cast.actor("operator"), placed.pk, reason="The bank is back", **how)


def test_a_freeze_stops_a_running_batch_between_two_items_and_outlives_the_worker(cast, workers, freeze):
    (first,) = workers(1, **QUICK)
    run = launch(cast, "counting", {"items": len(ITEMS), "seconds": 0.15}, labels={"bank": "north"})
    wait_for_effect(run, "item 3")
    placed = freeze(labels={"bank": "north"})
    wait_until(lambda: "freeze.applied" in kinds(run), "stopped")
    stopped = wait_for(run, "queued")
    (event,) = events(run, "freeze.applied")
    assert data(event) == {"freeze": str(placed.pk), "step": "count", "mid_step": True}
    done = effects_of(run.pk)
    assert done == ITEMS[: len(done)]
    assert len(done) < len(ITEMS)
    go_on(run)

    later = launch(cast, "counting", {"items": 1, "seconds": 0}, labels={"bank": "north"})
    first.kill9()
    workers(1, **QUICK)
    other = launch(cast, "noop")
    wait_for(other, "succeeded")
    for kept in (run, later):
        assert fresh(kept).state == "queued"
    assert fresh(run).version == stopped.version

    lift(cast, placed)
    wait_for(run, "succeeded")
    wait_for(later, "succeeded")
    assert effects_of(run.pk) == [*ITEMS, "reported"]
    assert finished_steps(run) == ["count", "report"]


def test_a_step_that_looks_up_sees_who_froze_it_and_why(cast, worker, freeze):
    run = launch(cast, "obedient", {"seconds": 60})
    wait_for_effect(run, "began")
    placed = freeze(workflow="obedient")
    wait_until(lambda: "saw freeze: The bank is down" in effects_of(run.pk), "the step saw the freeze")
    wait_for(run, "queued")
    assert kinds(run)[-1] == "freeze.applied"
    commands.cancel(cast.actor("operator"), run.pk, reason="end of the test")
    wait_for(run, "cancelled")
    assert "tidied" in effects_of(run.pk)
    lift(cast, placed)


def test_a_step_that_never_looks_up_is_stopped_at_its_boundary(cast, worker, freeze):
    run = launch(cast, "slow", {"seconds": LONG})
    wait_for_effect(run, "start first")
    placed = freeze(workflow="slow")
    go_on(run)
    wait_for(run, "queued")
    assert effects_of(run.pk) == ["start first", "end first"]
    assert [data(event)["step"] for event in events(run, "freeze.applied")] == ["second"]
    lift(cast, placed)
    wait_for(run, "succeeded")


def test_lifting_at_a_rate_lets_the_oldest_go_first_and_keeps_to_it(cast, workers, freeze):
    nothing_waits()
    placed = freeze(workflow="noop")
    runs = [launch(cast, "noop") for _ in range(60)]
    workers(2, **QUICK)
    lift(cast, placed, rate=20)
    later = launch(cast, "noop")
    wait_for(later, "succeeded")
    wait_until(lambda: not Freeze.objects.get(pk=placed.pk).is_open, "lifted by itself")
    for run in runs:
        wait_for(run, "succeeded")
    starts = [events(run, "lease.acquired")[0].at for run in runs]
    assert sum(one <= other for one, other in pairwise(starts)) > 40, "oldest first, all in all"
    began = Freeze.objects.get(pk=placed.pk).lifting_since
    for number, at in enumerate(sorted(starts), 1):
        assert number <= 20 * ((at - began).total_seconds() + 0.25) + 1
    ended = Freeze.objects.get(pk=placed.pk)
    assert ended.admitted == 60


def test_a_freeze_of_others_keeps_no_lost_message_from_being_sent_again(cast, workers, freeze, valkey):
    """The queue is full of runs that are frozen: what else is in it is found nevertheless."""
    nothing_waits()
    placed = freeze(workflow="slow")
    for _ in range(30):
        launch(cast, "slow", {"seconds": 0})
    lost = launch(cast, "noop")
    with valkey.client() as client:
        client.flushall()
    workers(1, **QUICK)
    wait_for(lost, "succeeded")
    lift(cast, placed)
