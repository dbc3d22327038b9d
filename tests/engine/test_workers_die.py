"""Workers that are killed, frozen or stopped: another one goes on, and nothing is done twice."""

import signal

from executions import commands
from tests.effects import effects_of
from tests.engine.watching import (
    QUICK,
    SHORT,
    data,
    events,
    finished_steps,
    fresh,
    kill,
    kinds,
    launch,
    name_of,
    run_out,
    stand_still,
    wait_for,
    wait_for_effect,
    wait_until,
)
from tests.pace import LONG, go_on

ITEMS = [f"item {number}" for number in range(12)]


def launch_batch(cast):
    """Launch a run that comes to its fourth item and stays at it."""
    run = launch(cast, "counting", {"items": len(ITEMS), "seconds": LONG})
    go_on(run, *ITEMS[:3])
    return run


def die_one_after_the_other(victims):
    """Wait until each has died of a run, and let the time of its lease pass, so that the next one takes it."""
    left = list(victims)
    while left:
        dead = wait_until(lambda: next((worker for worker in left if not worker.alive()), None), "another one dies")
        run_out(dead)
        left.remove(dead)


def test_a_step_of_a_killed_worker_goes_on_elsewhere_after_its_last_finished_item(cast, workers):
    (doomed,) = workers(1, **QUICK)
    run = launch_batch(cast)
    wait_for_effect(run, "item 3")
    kill(doomed)
    go_on(run)
    workers(1, **QUICK)
    wait_for(run, "succeeded")
    assert effects_of(run.pk) == [*ITEMS, "reported"]
    assert kinds(run).count("lease.expired") == 1
    assert finished_steps(run) == ["count", "report"]


def test_s7_a_finished_step_is_not_repeated_when_the_next_ones_worker_dies(cast, workers):
    (doomed,) = workers(1, **QUICK)
    run = launch(cast, "slow", {"seconds": LONG})
    go_on(run, "first")
    wait_for_effect(run, "start second")
    kill(doomed)
    go_on(run)
    workers(1, **QUICK)
    assert wait_for(run, "succeeded").payload == {"seconds": LONG, "first": "done", "second": "done", "third": "done"}
    done = effects_of(run.pk)
    assert [data(event)["step"] for event in events(run, "lease.expired")] == ["second"]
    for step in ("first", "second", "third"):
        assert done.count(f"end {step}") == 1
        assert done.count(f"start {step}") == 1 + (step == "second")
    assert finished_steps(run) == ["first", "second", "third"]


def test_a_step_that_kills_its_worker_each_time_is_held_instead_of_killing_for_ever(cast, workers):
    run = launch(cast, "poison", {"failures": 5, "message": "x"})
    die_one_after_the_other(workers(5, **QUICK))
    workers(1, **QUICK)
    held = wait_for(run, "paused")
    (hold,) = held.holds.all()
    assert (hold.kind, hold.reason_code) == ("policy", "worker-lost")
    assert "swallow lost its worker 5 times" in hold.reason
    assert effects_of(run.pk) == ["tasted", *["swallowed"] * 5]

    commands.resume(cast.actor("operator"), run.pk, note="the poison is used up")
    assert wait_for(run, "succeeded").payload["survived"] is True
    assert fresh(run).interrupted == 0


def test_a_frozen_worker_that_thaws_after_its_lease_writes_nothing_more(cast, workers):
    """The lease runs out by itself."""
    (frozen,) = workers(1, **SHORT)
    run = launch_batch(cast)
    wait_for_effect(run, "item 3")
    stand_still(frozen)
    workers(1, **QUICK)
    wait_until(lambda: "lease.expired" in kinds(run), "lease expired")
    go_on(run)
    frozen.thaw()
    wait_for(run, "succeeded")
    frozen.wait_for_output("the lease was lost; this worker stops", 60)
    assert effects_of(run.pk) == [*ITEMS, "reported"]

    other = launch(cast, "noop")
    wait_for(other, "succeeded")
    assert frozen.alive()


def test_a_worker_frozen_while_another_finished_its_run_is_refused(cast, workers):
    (frozen,) = workers(1, **QUICK)
    run = launch(cast, "slow", {"seconds": LONG})
    go_on(run, "first")
    wait_for_effect(run, "start second")
    stand_still(frozen)
    run_out(frozen)
    go_on(run)
    workers(1, **QUICK)
    finished = wait_for(run, "succeeded")
    seen = kinds(run)
    frozen.thaw()
    frozen.wait_for_output("the lease was lost; this worker stops", 60)
    assert kinds(run) == seen
    assert fresh(run).version == finished.version


def test_a_frozen_sweeper_does_not_keep_the_others_from_sweeping(cast, workers, live_db):
    """Its session may hold the sweeper's lock all the while."""
    from executions.engine.database import rows
    from executions.engine.statements import SWEEPER_LOCK

    wait_until(lambda: rows(SWEEPER_LOCK, {})[0][0], "no worker of another test keeps the lock")
    (doomed,) = workers(1, **QUICK)
    run = launch(cast, "slow", {"seconds": LONG})
    wait_for_effect(run, "start first")
    kill(doomed)
    go_on(run)
    workers(1, **QUICK)
    wait_for(run, "succeeded")
    assert kinds(run).count("lease.expired") == 1


def test_term_lets_a_step_that_looks_up_yield_and_another_worker_goes_on(cast, workers):
    (stopping,) = workers(1, **QUICK)
    run = launch_batch(cast)
    wait_for_effect(run, "item 3")
    stopping.signal(signal.SIGTERM)
    go_on(run, "item 3")
    wait_until(lambda: not stopping.alive(), "worker process ended")
    assert stopping.popen.returncode == 0
    (yielded,) = events(run, "execution.yielded")
    assert data(yielded) == {"step": "count", "mid_step": True, "because": "shutdown"}
    assert fresh(run).state == "queued"
    assert effects_of(run.pk)[-1] in ("item 3", "item 4")
    go_on(run)
    workers(1, **QUICK)
    wait_for(run, "succeeded")
    assert effects_of(run.pk) == [*ITEMS, "reported"]
    assert "lease.expired" not in kinds(run)


def test_term_lets_a_step_that_never_looks_up_finish_and_starts_no_other(cast, workers):
    (stopping,) = workers(1, **QUICK)
    run = launch(cast, "slow", {"seconds": LONG})
    wait_for_effect(run, "start first")
    stopping.signal(signal.SIGTERM)
    go_on(run)
    wait_until(lambda: not stopping.alive(), "worker process ended")
    assert effects_of(run.pk) == ["start first", "end first"]
    assert fresh(run).state == "queued"
    workers(1, **QUICK)
    wait_for(run, "succeeded")
    assert finished_steps(run) == ["first", "second", "third"]


def test_an_idle_worker_ends_on_term_and_signs_off(cast, workers):
    from executions.models import Worker

    before = set(Worker.objects.values_list("name", flat=True))
    (idle,) = workers(1, **QUICK)
    listed = Worker.objects.filter(name__startswith=name_of(idle)).exclude(name__in=before)
    name = wait_until(lambda: listed.first(), "worker listed").name
    idle.signal(signal.SIGTERM)
    wait_until(lambda: not idle.alive(), "worker process ended")
    assert not Worker.objects.filter(name=name).exists()


def test_term_during_a_clean_up_lets_another_worker_go_on_with_it(cast, workers):
    (stopping,) = workers(1, **QUICK)
    run = launch(cast, "cleaning", {"seconds": 60, "failures": 0, "kind": "raise", "clean_up_seconds": 600})
    go_on(run, "corner 0", "corner 1")
    wait_for_effect(run, "began")
    commands.cancel(cast.actor("operator"), run.pk, reason="not wanted")
    wait_for_effect(run, "swept 2")
    stopping.signal(signal.SIGTERM)
    go_on(run, "corner 2")
    wait_until(lambda: not stopping.alive(), "worker process ended")
    assert fresh(run).state == "cancelling"
    go_on(run)
    workers(1, **QUICK)
    wait_for(run, "cancelled")
    swept = [what for what in effects_of(run.pk) if what.startswith("swept")]
    assert swept == [*[f"swept {number}" for number in range(10)], "swept"]
    assert kinds(run).count("execution.cancelled") == 1


def test_a_clean_up_that_kills_its_worker_each_time_ends_and_says_so(cast, workers):
    run = launch(cast, "cleaning", {"seconds": 60, "failures": 5, "kind": "crash", "clean_up_seconds": 0})
    commands.cancel(cast.actor("operator"), run.pk, reason="not wanted")
    die_one_after_the_other(workers(5, **QUICK))
    workers(1, **QUICK)
    ended = wait_for(run, "cancelled")
    assert "The clean-up lost its worker 5 times" in ended.error["message"]
    assert data(events(run, "execution.cancelled")[0])["clean_up_failed"] is True
