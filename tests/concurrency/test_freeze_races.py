"""A freeze against claims and boundaries, which share no row with it: once it is confirmed, no run starts a step."""

# ruff: noqa: B023  (every race ends within its round, so no closure outlives its loop variables)

import random
import sys
import threading
import time

import psycopg
import pytest
from django.db import connection

from executions import commands
from executions.engine import grace, lifting
from executions.errors import Unconfirmed
from executions.models import SYSTEM_LEDGER, Freeze
from tests.concurrency.races import ROUNDS, bury, contenders
from tests.domain import story
from tests.engine.watching import wait_until

pytestmark = pytest.mark.usefixtures("live_db")


@pytest.fixture
def admin(cast):
    return cast.actor("admin")


@pytest.fixture
def freeze(admin):
    """Freeze a workflow; whatever a test has left open is lifted when it ends."""
    placed = []

    def place(workflow="noop"):
        placed.append(commands.freeze(admin, workflow=workflow, reason="x"))
        return placed[-1]

    yield place
    for one in placed:
        one.refresh_from_db()
        if one.is_open:
            commands.lift(admin, one.pk, reason="the race is over")


def _now():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _confirmed(freeze):
    """Freeze, and say when it was confirmed by the database's clock."""
    placed = freeze()
    return placed, _now()


def _later(act, *args):
    """Act after a moment that chance chooses: a freeze takes some milliseconds, and either side must win at times."""
    time.sleep(random.random() * 0.03)
    return act(*args)


def test_no_run_starts_after_a_freeze_is_confirmed_freeze_against_claim(cast, admin, freeze):
    claimed_first = 0
    with contenders() as race:
        for _ in range(ROUNDS):
            run = story.launch(cast)
            (placed, confirmed), claim = race(lambda: _confirmed(freeze), lambda: _later(story.claim, run))
            claimed_first += claim is not None
            acquired = [event.at for event in story.events(run) if event.kind == "lease.acquired"]
            assert len(acquired) == (claim is not None)
            assert all(at < confirmed for at in acquired)
            assert story.claim(run) is None
            commands.lift(admin, placed.pk, reason="x")
            bury(run, admin)
    assert 0 < claimed_first < ROUNDS


def test_no_step_starts_after_a_freeze_is_confirmed_freeze_against_boundary(cast, admin, freeze):
    stopped_here = 0
    with contenders() as race:
        for _ in range(ROUNDS):
            run = story.launch(cast)
            lease = story.claim(run)
            (placed, confirmed), boundary = race(
                lambda: _confirmed(freeze), lambda: story.boundary(run, lease.epoch, 0, ["step_1", "step_2"])
            )
            finished = [event.at for event in story.events(run) if event.kind == "step.finished"]
            assert len(finished) == 1
            if boundary == "queued":
                stopped_here += 1
                assert story.kinds(run)[-1] == "freeze.applied"
            else:  # the next step had begun before the freeze was confirmed; it is the last one that does
                assert finished[0] < confirmed
                assert story.boundary(run, lease.epoch, 1, ["step_2"]) == "queued"
            assert story.claim(run) is None
            commands.lift(admin, placed.pk, reason="x")
            bury(run, admin)
    assert 0 < stopped_here < ROUNDS


class Elsewhere:
    """A callable that runs in a thread with a connection of its own."""

    def __init__(self, act):
        self.result = None
        self.error = None
        self.ended_at = None
        self._act = act
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self.result = self._act()
        except Exception as error:
            self.error = error
        finally:
            self.ended_at = time.monotonic()
            connection.close()

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None

    def wait(self):
        self._thread.join(60)
        assert self.is_over
        return self.result


@pytest.fixture
def stranger(live_db):
    """Hold a run's row lock from a connection that has nothing to do with ours."""
    settings = connection.get_connection_params()
    with psycopg.connect(
        **{key: settings[key] for key in ("host", "port", "dbname", "user", "password") if key in settings}
    ) as raw:
        yield raw


def _wait_until_blocked(stranger) -> None:
    def look() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))", [stranger.info.backend_pid]
            )
            return cursor.fetchone() is not None

    wait_until(look, "the older statement waits for the row")


@pytest.mark.parametrize("statement", ["claim", "boundary"])
def test_a_statement_older_than_the_freeze_is_waited_for(cast, admin, freeze, stranger, statement, monkeypatch):
    """It has looked for freezes and waits for the run's row: nothing it will see then tells it of the freeze."""
    monkeypatch.setattr(grace, "GRACE_SECONDS", 60)
    run = story.launch(cast)
    lease = story.claim(run) if statement == "boundary" else None
    stranger.execute("SELECT FROM executions_execution WHERE id = %s FOR UPDATE", [run.pk])
    older = Elsewhere(
        (lambda: story.claim(run)) if lease is None else (lambda: story.boundary(run, lease.epoch, 0, ["step_1"]))
    )
    _wait_until_blocked(stranger)
    freezing = Elsewhere(freeze)
    wait_until(lambda: story.kinds(str(SYSTEM_LEDGER))[-1] == "freeze.placed", "the freeze is committed")
    time.sleep(0.2)
    assert not freezing.is_over, "confirmed while an older statement could still start a step"
    stranger.rollback()
    freezing.wait()
    assert freezing.error is None
    assert older.wait() is not None, "it looked before the freeze, and so it goes through"
    assert story.fresh(run).state == "processing"
    bury(run, admin)


def test_one_that_does_not_end_is_told_and_the_freeze_stands(cast, admin, freeze, stranger, monkeypatch):
    monkeypatch.setattr(grace, "GRACE_SECONDS", 0.3)
    run = story.launch(cast)
    stranger.execute("SELECT FROM executions_execution WHERE id = %s FOR UPDATE", [run.pk])
    older = Elsewhere(lambda: story.claim(run))
    _wait_until_blocked(stranger)
    with pytest.raises(Unconfirmed, match="1 statements"):
        freeze()
    stranger.rollback()
    assert older.wait() is not None
    placed = Freeze.objects.get(lifted_at__isnull=True)
    other = story.launch(cast)
    assert story.claim(other) is None
    commands.lift(admin, placed.pk, reason="x")
    for each in (run, other):
        bury(each, admin)


def test_what_only_reads_or_only_waits_for_its_client_is_not_waited_for(cast, admin, freeze, stranger):
    run = story.launch(cast)
    stranger.execute("UPDATE executions_execution SET title = 'x' WHERE id = %s", [run.pk])  # idle in its transaction
    reading = Elsewhere(_sleep_over_the_table)
    wait_until(_reading, "the long look has begun")
    freeze()
    assert not reading.is_over
    stranger.rollback()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = %s", [LONG_LOOK])
    reading.wait()
    bury(run, admin)


LONG_LOOK = "SELECT pg_sleep(600), count(*) FROM executions_execution"


def _reading() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_stat_activity WHERE query = %s AND state = 'active'", [LONG_LOOK])
        return cursor.fetchone() is not None


def _sleep_over_the_table():
    with connection.cursor() as cursor:
        cursor.execute(LONG_LOOK)


def test_leaves_are_never_given_twice(cast, admin, freeze):
    """Workers that ask at the same time together keep to the rate, by the database's clock."""
    runs = [story.launch(cast) for _ in range(120)]
    placed = freeze()
    placed = commands.lift(admin, placed.pk, reason="slowly", rate=50)

    def work(mine):
        deadline = time.monotonic() + 50
        while len(mine) > 20 and time.monotonic() < deadline:
            wanted = {"id": mine[0].pk, "owner": "w1", "actor": "worker:w1", "lease": 60, "through": "{}"}
            if lifting.claim_with_leave(wanted):
                mine.pop(0)

    shares = [runs[0::3], runs[1::3], runs[2::3]]
    workers = [Elsewhere(lambda share=share: work(share)) for share in shares]
    for worker in workers:
        worker.wait()
        assert worker.error is None
    starts = sorted(event.at for run in runs for event in story.events(run) if event.kind == "lease.acquired")
    assert len(starts) == 60
    for number, at in enumerate(starts, 1):
        assert number <= 50 * ((at - placed.lifting_since).total_seconds() + 0.25) + 1
    placed.refresh_from_db()
    assert placed.admitted == len(starts)
    commands.lift(admin, placed.pk, reason="x")
    for run in runs:
        bury(run, admin)


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}], ids=["plain", "with a key"])
def test_a_freeze_that_is_not_confirmed_is_told_so_by_http(cast, admin, monkeypatch, headers):
    monkeypatch.setattr(sys.modules["executions.commands.freeze"], "await_older_statements", lambda: 2)
    client = cast.client("operator")
    body = {"workflow": "nobody", "reason": "x"}
    answers = [client.post("/v1/freezes", body, content_type="application/json", headers=headers) for _ in range(2)]
    assert [(answer.status_code, answer.json()["type"].rpartition(":")[2]) for answer in answers] == [
        (503, "unconfirmed")
    ] * 2
    placed = Freeze.objects.filter(lifted_at__isnull=True, workflow="nobody")
    assert placed.count() == (1 if headers else 2)
    assert story.kinds(str(SYSTEM_LEDGER))[-1] == "freeze.placed", "what was carried out was not denied"
    for one in placed:
        commands.lift(admin, one.pk, reason="x")
