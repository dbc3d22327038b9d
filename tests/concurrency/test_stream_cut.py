"""The event stream under load: cut hundreds of times while many write, and with hundreds of clients at once."""

import random
import selectors
import socket
import threading
import time
from contextlib import ExitStack

import psycopg
import pytest
from django.db import connection

from executions import commands
from executions.actors import SYSTEM
from executions.engine.post import office
from executions.models import Event
from executions.provenance import append
from tests.concurrency.test_tail import WRITE, in_order
from tests.engine.watching import wait_until
from tests.support.services import SERVICES
from tests.support.streams import following, request
from tests.support.web import Web

pytestmark = pytest.mark.usefixtures("live_db")

STREAM = "/v1/events/stream?routine=true"
CUTS = 200
WRITERS = 20
STREAMS = 500


@pytest.fixture(scope="module")
def other_web(django_db_setup):
    """A second web process, which lets one person have very many streams."""
    server = Web(HOLDPOINT_MAX_STREAMS=str(STREAMS + 20)).start()
    yield server
    server.stop()


@pytest.fixture
def token(cast) -> str:
    return commands.create_token(SYSTEM, cast.auditor, name="follows")[1]


@pytest.fixture
def runs(cast) -> list[str]:
    admin = cast.actor("admin")
    made = [commands.launch(admin, "noop", {}) for _ in range(WRITERS)]
    for run in made:
        commands.cancel(admin, run.pk, reason="only its ledger is wanted")
    return [str(run.pk) for run in made]


def write(mine: str, everybody: list[str], seed: int, stop: threading.Event) -> None:
    """Write in transactions of any length: begun early, committed late, rolled back, over several histories."""
    chance = random.Random(seed)
    with psycopg.connect(SERVICES.postgres.url) as own:
        while not stop.is_set():
            if chance.random() < 0.5:
                own.execute("SELECT pg_current_xact_id()")
                time.sleep(chance.random() * 0.05)
            # In one order, as every writer of several runs does, so that none waits for the other.
            for run in sorted({mine, chance.choice(everybody)}):
                own.execute(WRITE, [run, chance.choice([1, 1, 1, 2, 8])])
            time.sleep(chance.random() * 0.02)
            if chance.random() < 0.15:
                own.rollback()
            else:
                own.commit()
                office.changed(mine, 1)
            time.sleep(chance.random() * 0.15)


def test_a_client_that_is_cut_200_times_has_every_event_once_and_in_order(web, other_web, token, runs):
    chance = random.Random(1)
    with following(web, STREAM, token) as stream:
        last = stream.beat()
    before = set(Event.objects.filter(ledger__in=runs).values_list("ledger", "seq"))
    stop = threading.Event()
    writers = [
        threading.Thread(target=write, args=(run, runs, seed, stop), daemon=True) for seed, run in enumerate(runs)
    ]
    for writer in writers:
        writer.start()
    seen: list[tuple[str, int]] = []
    try:
        for cut in range(CUTS):
            with following((web, other_web)[cut % 2], STREAM, token, last) as stream:
                for _ in range(chance.choice([0, 1, 1, 2, 3, 5, 12])):
                    message = stream.next()
                    assert message is not None
                    assert message.name == "message", message
                    seen.append(message.key)
                last = stream.last or last
    finally:
        stop.set()
        for writer in writers:
            writer.join(60)
    with following(web, f"{STREAM}&follow=false", token, last) as stream:
        seen += [message.key for message in stream.rest()]

    told = [key for key in seen if key[0] in runs]
    stored = set(Event.objects.filter(ledger__in=runs).values_list("ledger", "seq")) - before
    assert len(stored) > 500
    assert len(told) == len(set(told)), "something was told twice"
    assert set(told) == {(str(ledger), seq) for ledger, seq in stored}
    assert in_order(told)


def test_500_streams_are_told_an_event_and_hold_no_database_connection(other_web, token, runs):
    asking = f"GET {STREAM}&run={runs[0]} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    with ExitStack() as opened, selectors.DefaultSelector() as selector:
        for _ in range(STREAMS):
            client = opened.enter_context(socket.create_connection(("127.0.0.1", other_web.port), timeout=60))
            client.sendall(asking)
            selector.register(client, selectors.EVENT_READ, bytearray())
        _wait_for(selector, b": still here", STREAMS)

        wait_until(lambda: _connections()[0] <= 2, "no stream keeps a connection")
        assert _connections()[1] < 50, "a connection for each pool's place, none for a stream"
        seq = append(runs[0], "hold.noted", SYSTEM, reason="to all of you", data={"hold": "x"})
        _wait_for(selector, b'"seq":%d,' % seq, STREAMS)
        assert request(other_web, "/v1/async-executions?limit=1", Authorization=f"Bearer {token}").status == 200


def _connections() -> tuple[int, int]:
    """Return how many connections web processes use just now, and how many they have."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE state <> 'idle'), count(*) FROM pg_stat_activity"
            " WHERE application_name = 'holdpoint-web'"
        )
        busy, held = cursor.fetchone()
    return busy, held


def _wait_for(selector: selectors.BaseSelector, what: bytes, count: int) -> None:
    """Read from all sockets until each of them has received something."""
    told: set[int] = set()
    deadline = time.monotonic() + 180
    while len(told) < count:
        assert time.monotonic() < deadline, f"{len(told)} of {count} were told"
        for key, _ in selector.select(1):
            received = key.fileobj.recv(65536)
            assert received, f"a stream ended: {bytes(key.data[:300])!r}"
            key.data.extend(received)
            if what in key.data:
                told.add(key.fd)
                key.data.clear()
