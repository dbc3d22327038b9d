"""Who can write to Redis can hasten or disturb, never decide: holds and cancels are what the database says."""

import json

import pytest

from executions import commands
from executions.engine import life
from executions.engine.leases import Lease
from executions.engine.post import SIGNALS
from tests.effects import effects_of, effects_table  # noqa: F401  (a fixture)
from tests.engine.watching import come_to_end, kinds, launch, wait_for, wait_for_effect, wait_until

NEVER_YET = 10**12


@pytest.fixture
def forge(valkey):
    """Publish a signal as an intruder would; return when a worker has received it."""

    def publish(run, **facts):
        news = {"id": str(run.pk), "version": NEVER_YET, "cancelling": False, "holds": 0, "reason": "", "by": ""}
        with valkey.client() as client:
            wait_until(lambda: client.publish(SIGNALS, json.dumps(news | facts)), "a worker listens")

    return publish


def test_a_forged_cancel_cancels_nothing_and_runs_no_clean_up(cast, worker, forge, effects_table):  # noqa: F811
    run = launch(cast, "obedient", {"seconds": 600})
    wait_for_effect(run, "began")
    forge(run, cancelling=True)
    wait_for_effect(run, "saw cancel: ")
    come_to_end(cast, run, seconds=0)
    assert "tidied" not in effects_of(run.pk)
    assert "execution.cancelled" not in kinds(run)


def test_a_forged_version_cannot_hide_a_pause(cast, worker, forge, effects_table):  # noqa: F811
    run = launch(cast, "obedient", {"seconds": 600})
    wait_for_effect(run, "began")
    forge(run)
    commands.pause(cast.actor("operator"), run.pk, reason="stop now")
    wait_for(run, "paused")
    assert "saw pause: stop now" in effects_of(run.pk)
    commands.cancel(cast.actor("operator"), run.pk, reason="end of the test")
    wait_for(run, "cancelled")


def test_a_forged_freeze_keeps_no_run_from_going_on(cast, worker, forge, effects_table):  # noqa: F811
    run = launch(cast, "obedient", {"seconds": 600})
    wait_for_effect(run, "began")
    forge(run, freeze="x", workflow=None, labels={}, reason="stop", by="nobody")
    wait_for_effect(run, "saw freeze: stop")
    come_to_end(cast, run, seconds=0)
    assert "freeze.applied" not in kinds(run)


def test_a_freeze_heard_of_is_confirmed_or_forgotten_with_the_next_heartbeat():
    lease = Lease("a run")
    lease.epoch, lease.workflow, lease.labels = 1, "noop", {"a": "b"}
    for workflow, labels in (("other", {}), (None, {"a": "c"}), ("noop", {"a": "b", "c": "d"})):
        lease.overhear_freeze(workflow, labels, "stop", "somebody")
        assert lease.signal is None
    lease.overhear_freeze("noop", {"a": "b"}, "stop", "somebody")
    assert (lease.signal.kind, lease.signal.reason, lease.beat_at) == ("freeze", "stop", float("-inf"))
    lease.hear(2, cancelling=False, holds=1, reason="mine")
    assert lease.signal.kind == "pause"
    lease.hear(3, cancelling=False, holds=0)
    assert lease.signal.kind == "freeze"
    lease.freeze(None)
    assert lease.signal is None


def test_what_redis_says_takes_no_flag_down_and_the_row_is_asked_at_once():
    lease = Lease("a run")
    lease.hear(7, cancelling=False, holds=1, reason="stop")
    lease.overhear(NEVER_YET, cancelling=False, holds=0)
    assert lease.signal.kind == "pause"
    assert lease.beat_at == float("-inf")
    lease.hear(8, cancelling=False, holds=0, known=7)
    assert lease.signal is None


def test_a_version_that_the_row_never_had_is_forgotten_with_the_next_heartbeat():
    lease = Lease("a run")
    lease.overhear(NEVER_YET, cancelling=False, holds=1)
    lease.hear(7, cancelling=True, holds=0, known=NEVER_YET)
    assert (lease.version, lease.signal.kind) == (7, "cancel")


def test_news_that_overtook_the_heartbeat_still_counts():
    lease = Lease("a run")
    lease.hear(7, cancelling=False, holds=0)
    lease.overhear(8, cancelling=False, holds=1, reason="stop")  # between the heartbeat's question and its answer
    lease.hear(7, cancelling=False, holds=0, known=7)
    assert lease.signal.reason == "stop"


@pytest.mark.parametrize(
    "version", ["1e999", "-1e999", '"x"', "null", "[]", "9" * 5000], ids=["inf", "-inf", "text", "null", "list", "long"]
)
def test_a_signal_that_makes_no_sense_is_dropped(version, monkeypatch):
    lease = Lease("a run")
    monkeypatch.setattr("executions.engine.leases._held", {"a run": lease})
    life._take_in(f'{{"id":"a run","version":{version},"cancelling":1,"holds":1,"reason":"","by":""}}'.encode())
    life._take_in(b"[" * 100_000)
    life._take_in(b'{"freeze":"x","workflow":null,"labels":7,"reason":"","by":""}')
    life._take_in(b'{"freeze":"x","workflow":null,"labels":{"a":{}}}')
    assert lease.signal is None
