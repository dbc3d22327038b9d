"""Valkey flushed, restarted, stopped or frozen: commands go on, nothing is lost, nothing is done twice."""

import signal
import time

import pytest

from console.stack.services import broker_options
from executions import commands
from executions.engine.database import rows
from executions.engine.post import SIGNALS, STALE_SECONDS
from executions.engine.statements import UNCLAIMED
from executions.engine.sweeper import messages_waiting, queue_keys
from tests.effects import effects_of
from tests.engine.watching import (
    QUICK,
    fresh,
    kill,
    kinds,
    launch,
    nothing_waits,
    owns,
    wait_for,
    wait_for_effect,
    wait_for_sweep,
    wait_until,
)
from tests.pace import LONG, go_on

LONG_SECONDS = STALE_SECONDS + 1
"""Longer than anything waits for Valkey, and than a message is kept for it."""


@pytest.fixture
def own_worker(workers, own_valkey):
    """A worker on a Valkey of its own, which the test may break; the test's own commands use the session's."""
    return lambda count=1, **more: workers(count, REDIS_URL=own_valkey.url, **{**QUICK, **more})


def hears(client) -> bool:
    """Tell whether somebody listens to signals."""
    return dict(client.pubsub_numsub(SIGNALS))[SIGNALS.encode()] > 0


def test_runs_whose_messages_never_arrived_are_found(cast, own_worker):
    """The test's commands send to another Valkey than the worker's: every message is lost."""
    runs = [launch(cast, "noop") for _ in range(20)]
    own_worker()
    for run in runs:
        wait_for(run, "succeeded")
        assert kinds(run).count("step.finished") == 3


def test_a_flush_in_mid_run_loses_nothing(cast, workers, valkey):
    workers(2, **QUICK)
    runs = [launch(cast, "counting", {"items": 5, "seconds": 0.05}) for _ in range(6)]
    wait_for_effect(runs[0], "item 1")
    valkey.flush()
    for run in runs:
        wait_for(run, "succeeded")
        assert effects_of(run.pk) == [*[f"item {number}" for number in range(5)], "reported"]


def test_a_pause_reaches_a_step_by_the_heartbeat_when_no_signal_does(cast, own_worker):
    own_worker()
    run = launch(cast, "obedient", {"seconds": 60})
    wait_for_effect(run, "began")
    commands.pause(cast.actor("operator"), run.pk, reason="stop please")
    wait_for(run, "paused")
    assert effects_of(run.pk) == ["began", "saw pause: stop please"]
    commands.cancel(cast.actor("operator"), run.pk, reason="done with it")
    wait_for(run, "cancelled")


def test_valkey_gone_for_long(cast, workers, valkey):
    """One long outage with all that may happen in it."""
    operator = cast.actor("operator")
    (worker,) = workers(1, **QUICK)
    running = launch(cast, "obedient", {"seconds": 600})
    wait_for_effect(running, "began")
    gone_at = time.monotonic()
    valkey.kill9()

    launched = [launch(cast, "noop") for _ in range(3)]
    commands.pause(operator, running.pk, reason="while you were out")
    wait_for(running, "paused")
    commands.resume(operator, running.pk)
    commands.pause(operator, launched[0].pk, reason="not this one")

    time.sleep(max(0, LONG_SECONDS - (time.monotonic() - gone_at)))
    valkey.start()
    for run in launched[1:]:
        wait_for(run, "succeeded")
    wait_until(lambda: effects_of(running.pk).count("began") == 1 and fresh(running).state == "processing", "goes on")
    assert fresh(launched[0]).state == "paused"
    assert "lease.acquired" not in kinds(launched[0])
    with valkey.client() as client:
        wait_until(lambda: hears(client), "workers hear signals again")
    commands.pause(operator, running.pk, reason="heard again")
    wait_for(running, "paused")
    assert "saw pause: heard again" in effects_of(running.pk)
    assert worker.alive()
    commands.cancel(operator, running.pk, reason="done with it")
    wait_for(running, "cancelled")


def test_valkey_frozen_for_longer_than_anybody_waits_for_it(cast, workers, valkey):
    operator = cast.actor("operator")
    (worker,) = workers(1, **QUICK)
    running = launch(cast, "obedient", {"seconds": 600})
    wait_for_effect(running, "began")
    valkey.freeze()
    launched = [launch(cast, "counting", {"items": 3, "seconds": 0}) for _ in range(3)]
    commands.pause(operator, running.pk, reason="frozen")
    wait_for(running, "paused")
    time.sleep(broker_options("worker")["socket_timeout"] + 0.5)  # everybody has given up once
    valkey.thaw()
    for run in launched:
        wait_for(run, "succeeded")
        assert effects_of(run.pk) == ["item 0", "item 1", "item 2", "reported"]
    assert worker.alive()
    commands.cancel(operator, running.pk, reason="done with it")
    wait_for(running, "cancelled")


def test_a_lease_is_taken_over_while_valkey_is_away(cast, own_worker, own_valkey):
    """Who is on a run is settled by the database alone; only the start elsewhere needs a message."""
    pair = own_worker(2)
    run = launch(cast, "slow", {"seconds": LONG})
    wait_for_effect(run, "start first")
    doomed, other = sorted(pair, key=lambda worker: not owns(worker, run))
    own_valkey.freeze()
    kill(doomed)
    go_on(run)
    wait_until(lambda: "lease.expired" in kinds(run), "lease expired although the broker is frozen")
    own_valkey.thaw()
    wait_for(run, "succeeded")
    assert other.alive()


def test_a_worker_ends_on_term_although_valkey_is_away(cast, own_worker, own_valkey):
    (worker,) = own_worker()
    own_valkey.kill9()
    worker.signal(signal.SIGTERM)
    wait_until(lambda: not worker.alive(), "worker process ended")


def test_waiting_messages_are_counted_over_all_priorities(cast, live_db, valkey):
    valkey.flush()
    for priority in (0, 5, 9):
        launch(cast, "noop", priority=priority)
    wait_until(lambda: messages_waiting() == 3, "three messages")
    with valkey.client() as client:
        assert sorted(key.decode() for key in client.keys("holdpoint:runs*")) == sorted(
            [queue_keys()[9], queue_keys()[4], queue_keys()[0]]
        )


def test_a_long_queue_is_not_flooded_with_duplicates(cast, workers, valkey):
    valkey.flush()
    nothing_waits()
    (worker,) = workers(1, **QUICK)
    busy = launch(cast, "slow", {"seconds": LONG})
    wait_for_effect(busy, "start first")
    runs = [launch(cast, "noop") for _ in range(10)]
    wait_until(lambda: messages_waiting() == 10, "ten messages")
    wait_until(lambda: len(rows(UNCLAIMED, {"limit": 100})) == 10, "a sweep would find all of them")
    for _ in range(3):
        wait_for_sweep(worker)
        assert messages_waiting() == 10
    go_on(busy)
    for run in [busy, *runs]:
        wait_for(run, "succeeded")


def test_one_lost_message_is_found_although_the_queue_is_never_empty(cast, workers, valkey):
    valkey.flush()
    nothing_waits()
    lost = launch(cast, "noop")
    wait_until(lambda: messages_waiting() == 1, "one message")
    valkey.flush()
    forged = [launch(cast, "slow", {"seconds": 0.3}) for _ in range(6)]
    wait_until(lambda: messages_waiting() == 6, "six messages")
    workers(1, **QUICK)
    wait_for(lost, "succeeded")
    for run in forged:
        wait_for(run, "succeeded")
