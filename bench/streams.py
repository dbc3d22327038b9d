"""How soon an event reaches five hundred open streams of one web process, and what a stream costs."""

import selectors
import socket
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import urlsplit

import psutil
import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection

from bench.authority import superuser_actor
from bench.bare_streams import CHANNEL
from bench.figures import Figure, percentile, spread
from bench.stack import Stack
from executions import commands
from executions.actors import SYSTEM

STREAMS = 500
WAVE = 50
EVENTS = 60
WARM_UP = 10
PATH = "/v1/events/stream"


class Clients:
    """Open streams, read by one thread that notes when each of them gets something."""

    def __init__(self, address: str, token: str) -> None:
        self._host, self._port = str(urlsplit(address).hostname), int(urlsplit(address).port or 80)
        self._request = f"GET {PATH} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        self._opened = ExitStack()
        self._selector = self._opened.enter_context(selectors.DefaultSelector())

    def open(self, count: int) -> None:
        """Open so many streams and wait until each has begun."""
        for _ in range(0, count, WAVE):
            for _ in range(min(WAVE, count)):
                client = self._opened.enter_context(socket.create_connection((self._host, self._port), timeout=60))
                client.sendall(self._request)
                self._selector.register(client, selectors.EVENT_READ, bytearray())
            self.arrivals(b": still here", min(WAVE, count))

    def arrivals(self, what: bytes, count: int) -> list[float]:
        """Return when it came at each of so many streams, in seconds of the performance counter."""
        times: dict[int, float] = {}
        deadline = time.monotonic() + 60
        while len(times) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(times)} of {count} streams got {what!r}")
            for key, _ in self._selector.select(1):
                received = key.fileobj.recv(65536)  # type: ignore[union-attr]
                now = time.perf_counter()
                if not received:
                    raise RuntimeError(f"a stream ended: {bytes(key.data[-300:])!r}")
                key.data.extend(received)
                if what in key.data:
                    times[key.fd] = now
                    key.data.clear()
        return list(times.values())

    def close(self) -> None:
        """Close them all."""
        self._opened.close()


def streams(stack: Stack) -> list[Figure]:
    """Open 500 streams of one person on one process and have one event after the other reach them all.

    Beside it the bare server of ``bench.bare_streams``, which passes on as much text.
    """
    ours = stack.web(HOLDPOINT_MAX_STREAMS=str(STREAMS + 10))
    our_process = psutil.Process(stack.processes[-1].pid)
    bare = stack.web("bench.bare_streams:application", ready="/")
    bare_process = psutil.Process(stack.processes[-1].pid)
    owner = get_user_model().objects.create_superuser(f"streams-{uuid.uuid4()}", "streams@example.org", "bench")
    _, token = commands.create_token(SYSTEM, owner, name="streams")
    run = commands.launch(superuser_actor(), "bench-short", {})
    client = redis.Redis.from_url(settings.REDIS_URL)

    def write(mark: str) -> bytes:
        commands.label(superuser_actor(), run.pk, set={"turn": mark}, reason="measuring")
        return mark.encode()

    def publish(mark: str) -> bytes:
        client.publish(CHANNEL, f"id: 0\ndata: {'x' * 400} {mark}\n\n")
        return mark.encode()

    one = Clients(ours, token)
    one.open(1)
    alone = _delays(one, write, 1)
    one.close()
    crowd, bare_crowd = Clients(ours, token), Clients(bare, token)
    before, bare_before = our_process.memory_info().rss, bare_process.memory_info().rss
    began = time.perf_counter()
    crowd.open(STREAMS)
    opened_in = time.perf_counter() - began
    bare_crowd.open(STREAMS)
    costs = (our_process.memory_info().rss - before) / STREAMS / 1024
    bare_costs = (bare_process.memory_info().rss - bare_before) / STREAMS / 1024
    told = _delays(crowd, write, STREAMS)
    told_bare = _delays(bare_crowd, publish, STREAMS)
    busy = _busy_connections()
    crowd.close()
    bare_crowd.close()
    commands.cancel(superuser_actor(), run.pk, reason="measured")
    p99 = percentile(told, 99)
    detail = {
        **spread(told),
        "one stream, p99": round(percentile(alone, 99), 1),
        "bare server, p99": round(percentile(told_bare, 99), 1),
        "opened in, s": round(opened_in, 1),
    }
    return [
        Figure(f"event → {STREAMS} streams, p99", p99, "ms", "≤ 500 ms", p99 <= 500, detail),
        Figure("memory per stream", costs, "KiB", "reported", True, {"bare server, KiB": round(bare_costs, 1)}),
        Figure(f"database connections busy for {STREAMS} streams", busy, "connections", "none", busy == 0),
    ]


def _delays(clients: Clients, write: Callable[[str], bytes], count: int) -> list[float]:
    """Return the milliseconds from each commit to each stream."""
    delays: list[float] = []
    for turn in range(EVENTS + WARM_UP):
        what = write(f"t{time.monotonic_ns()}")
        written = time.perf_counter()
        arrived = clients.arrivals(what, count)
        if turn >= WARM_UP:
            delays += [max(at - written, 0) * 1e3 for at in arrived]
        # Longer than hints are gathered, so that each event is one of its own.
        time.sleep(0.15)
    return delays


def _busy_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'holdpoint-web' AND state <> 'idle'"
        )
        return int(cursor.fetchone()[0])
