"""A freeze over a million queued runs: how soon it is in force, that nothing starts after it, and lifting at a rate."""

import random
import time
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from bench.figures import Figure, spread
from bench.stack import Stack
from executions import commands
from executions.access import SCOPES
from executions.actors import Actor
from executions.models import Event, Freeze

RUNS = 1_000_000
ROUNDS = 20
BETWEEN_SECONDS = 1.5
RATE = 50.0
LIFTING_SECONDS = 10.0
WORKERS = 2
WORKFLOW = "bench-20"

# Triggers are off: what is measured needs the rows alone. Ids sort by time, as real ones do.
FILL = """
INSERT INTO executions_execution (id, workflow, title, payload, labels, launched_by, launched_by_name, created_at,
    ahead, passes, breakpoints, state_since)
SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - 9000000 + n), 12, '0')
        || '7000' || 'b' || lpad(to_hex(n), 15, '0'))::uuid,
    %s, 'frozen ' || n, '{}', '{"bank": "north"}', 'freezing', 'freezing', now(), '{step_19}', '{}', '{}', now()
FROM generate_series(1, %s) AS n
"""


def freezing(stack: Stack) -> list[Figure]:
    """Freeze and lift while workers take runs from a queue of a million; then lift at a rate."""
    actor = Actor("system", "bench", "system", "engine", frozenset(SCOPES))
    gate = _freeze(actor)
    _fill()
    workers = stack.workers(WORKERS)
    chance = random.Random(3)
    milliseconds: list[float] = []
    late, began_at = 0, _now()
    for _ in range(ROUNDS):
        commands.lift(actor, gate.pk, reason="measuring")
        time.sleep(BETWEEN_SECONDS * (0.5 + chance.random()))
        began = time.perf_counter()
        gate = _freeze(actor)
        milliseconds.append((time.perf_counter() - began) * 1000)
        confirmed = _now()
        time.sleep(0.3)
        late += _starts().filter(at__gt=confirmed).count()
    started = _starts().filter(at__gt=began_at).count()
    lifted = commands.lift(actor, gate.pk, reason="slowly", rate=RATE)
    time.sleep(LIFTING_SECONDS)
    ended = _now()
    let_go = list(
        _starts().filter(at__gt=lifted.lifting_since, at__lte=ended).order_by("at").values_list("at", flat=True)
    )
    stack.stop_processes(workers)
    seconds = (ended - lifted.lifting_since).total_seconds()
    rate = len(let_go) / seconds
    most = max(sum(0 <= (at - first).total_seconds() < 1 for at in let_go) for first in let_go) if let_go else 0
    worst = max(milliseconds)
    return [
        Figure(
            "freeze over a million queued runs",
            worst,
            "ms",
            "< 100 ms, no run starts after it",
            worst < 100 and late == 0 and started > 0,
            {**spread(milliseconds), "runs started meanwhile": started, "started after it": late},
        ),
        Figure(
            f"lifting it at {RATE:g} runs/s",
            rate,
            "runs/s",
            f"within 10 % of {RATE:g}, no second with more than {RATE * 1.3:g}",
            0.9 * RATE <= rate <= 1.1 * RATE and most <= RATE * 1.3,
            {"most in any second": most, "let go": len(let_go), "seconds": round(seconds, 1)},
        ),
    ]


def _freeze(actor: Actor) -> Freeze:
    return commands.freeze(actor, workflow=WORKFLOW, reason="measuring")


def _starts() -> QuerySet[Event]:
    return Event.objects.filter(kind="lease.acquired")


def _now() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _fill() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(FILL, [WORKFLOW, RUNS])
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM (ANALYZE) executions_execution")
