"""What a step pays for being able to go on: re-entry with many records, and a walk over a large batch."""

import os
import statistics
import time
import uuid
from collections.abc import Callable

import psycopg

from bench.figures import Figure
from bench.stack import Stack
from bench.steps import launcher
from executions import commands
from executions.actors import Actor
from executions.authoring.context import Context
from executions.engine import recording, statements
from executions.engine.backing import EngineBacking
from executions.engine.database import rows
from executions.engine.leases import Lease

KEYS = 10_000
ITEMS = 100_000
PARTS = 10
"""The walk and the bare writes take turns, a part each, so that a busy machine slows both."""
WORKER = Actor.worker("bench")
LEASE_SECONDS = 3600


def records(stack: Stack) -> list[Figure]:
    """Measure the engine's own context on a claimed run, in this process: no worker is needed to write records."""
    return [*_re_entry(), *_walk()]


def _re_entry() -> list[Figure]:
    lease = _claimed_run()
    first = _context(lease)
    for number in range(KEYS):
        first.once(f"key {number}", lambda number=number: {"number": number})

    def enter_again() -> None:
        ctx = _context(lease)
        for number in range(KEYS):
            ctx.once(f"key {number}", _never)

    def read_bare() -> None:
        parameters = {"id": lease.execution_id, "position": 0, "pass_no": 0, "step": "step_0"}
        assert len(rows(recording.RECORDS, parameters)) == KEYS

    took, bare = _in_turn(enter_again, read_bare, rounds=15)
    detail = {"records": KEYS, "bare query, ms": round(bare * 1e3, 1)}
    return [Figure("re-entry with 10,000 recorded keys", took * 1e3, "ms", "< 200 ms", took < 0.2, detail)]


def _walk() -> list[Figure]:
    ctx = _context(_claimed_run())
    part = ITEMS // PARTS
    url, row = os.environ["DATABASE_URL"], str(uuid.uuid4())
    with psycopg.connect(url, autocommit=True, prepare_threshold=0) as connection, connection.cursor() as cursor:
        parts = iter(range(PARTS))
        bare_parts = iter(range(PARTS))

        def walk() -> None:
            number = next(parts)
            for _ in ctx.each(range(number * part, (number + 1) * part)):
                pass

        def write() -> None:
            number = next(bare_parts)
            for item in range(number * part, (number + 1) * part):
                cursor.execute(
                    "INSERT INTO executions_record (execution_id, position, pass_no, step, key, value, at)"
                    " VALUES (%s, 0, 0, 'bare', %s, NULL, now())",
                    (row, f"each::{item}"),
                )

        took, bare = _in_turn(walk, write, rounds=PARTS)
    detail = {"items": ITEMS, "items/s": round(part / took), "bare INSERTs/s, one commit each": round(part / bare)}
    ratio = took / bare
    return [Figure("ctx.each over 100,000 items, of its bare writes", ratio, "×", "≤ 2 ×", ratio <= 2, detail)]


def _in_turn(ours: Callable[[], None], bare: Callable[[], None], rounds: int) -> tuple[float, float]:
    """Return the median seconds of each, taken in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for function, taken in zip((ours, bare), times, strict=True):
            began = time.perf_counter()
            function()
            taken.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


def _claimed_run() -> Lease:
    run = commands.launch(launcher(), "bench-20", {})
    parameters = {"id": run.pk, "owner": WORKER.name, "actor": WORKER.id, "lease": LEASE_SECONDS, "through": "{}"}
    (claimed,) = rows(statements.CLAIM, parameters)
    lease = Lease(str(run.pk))
    lease.epoch = claimed.epoch
    return lease


def _context(lease: Lease) -> Context:
    return Context(EngineBacking(lease, "step_0", 0, 0, 0, WORKER))


def _never() -> None:
    raise AssertionError("a recorded key was done again")
