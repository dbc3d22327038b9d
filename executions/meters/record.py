"""What has happened, folded from the record: each line is counted once, whoever wrote it and whoever counts.

The record is read in the order of its times, up to a moment before which nothing can still be uncommitted; where the
last reading ended is a row, moved in the same transaction as the sums. So no process need count what it does, none can
forget to, and the hot path pays nothing.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from executions.meters.catalogue import CATALOGUE, WORK
from executions.meters.memory import ADD
from executions.provenance.statements import SETTLED_MOMENT

MARK = "record"
"""The row that says up to when the record was counted."""
PORTION = 50_000
"""Lines counted in one go: a fraction of a second."""

BEGIN = """
INSERT INTO executions_meter (name, labels, buckets, at) VALUES (%s, '[]', '{}', now()) ON CONFLICT DO NOTHING
"""
# Of two that would count at once one does; the other has nothing to wait for.
TAKE = "SELECT at FROM executions_meter WHERE name = %s AND labels = '[]' FOR UPDATE SKIP LOCKED"
END_OF_PORTION = """
SELECT at FROM executions_event WHERE at > %(since)s AND at <= %(until)s ORDER BY at OFFSET %(size)s - 1 LIMIT 1
"""
# A pause's time to yield runs from the oldest hold that was in force when the worker let go; a breakpoint asks nobody
# to let go. The figures stand at the beginning of a line's data, which may be long. Of a forged line they may be
# anything, which must not stop the counting of all others.
COUNT = r"""
SELECT kind, workflow, code, width_bucket(seconds, %(bounds)s::float[]) AS bucket, count(*), coalesce(sum(seconds), 0)
FROM (
    SELECT line.kind,
           CASE WHEN line.kind IN ('execution.launched', 'execution.succeeded', 'execution.failed',
                                   'execution.cancelled', 'execution.paused', 'step.finished', 'step.failed',
                                   'lease.expired') THEN run.workflow ELSE '' END AS workflow,
           CASE WHEN line.kind = 'command.denied' THEN substring(left(line.data, 2000) from '"code":"([a-z-]{1,60})"')
                ELSE '' END AS code,
           CASE line.kind
               WHEN 'step.finished' THEN
                   substring(left(line.data, 2000) from '"ms":([0-9]{1,15}(?:\.[0-9]{1,15})?)')::float / 1000
               WHEN 'command.denials_counted' THEN
                   substring(left(line.data, 2000) from '"count":([0-9]{1,15})')::float
               WHEN 'execution.paused' THEN (
                   SELECT extract(epoch FROM line.at - min(hold.placed_at))::float FROM executions_hold AS hold
                   WHERE hold.execution_id = line.ledger AND hold.before_step IS NULL AND hold.placed_at <= line.at
                     AND (hold.released_at IS NULL OR hold.released_at > line.at))
           END AS seconds
    FROM executions_event AS line LEFT JOIN executions_execution AS run ON run.id = line.ledger
    WHERE line.at > %(since)s AND line.at <= %(until)s
) AS told
GROUP BY 1, 2, 3, 4
"""
MOVE = "UPDATE executions_meter SET at = %s WHERE name = %s AND labels = '[]'"

OUTCOMES = ("execution.succeeded", "execution.failed", "execution.cancelled")
PLAIN = {
    "execution.launched": "runs_launched_total",
    "step.failed": "step_failures_total",
    "lease.expired": "leases_expired_total",
}
TIMED = {"step.finished": "step_duration_seconds", "execution.paused": "time_to_yield_seconds"}

type Row = tuple[str, str, str, int | None, int, float]
type Sum = tuple[int, float, list[int]]


def fold() -> bool:
    """Count what the record has gained, at most one portion of it.

    Returns:
        Whether there is more to count.
    """
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, [MARK])
        # To be asked before the snapshot is taken that is counted.
        cursor.execute(SETTLED_MOMENT)
        (settled,) = cursor.fetchone()
        with transaction.atomic():
            cursor.execute(TAKE, [MARK])
            taken = cursor.fetchone()
            if taken is None or taken[0] >= settled:
                return False
            (since,) = taken
            cursor.execute(END_OF_PORTION, {"since": since, "until": settled, "size": PORTION})
            end = cursor.fetchone()
            until = end[0] if end else settled
            cursor.execute(COUNT, {"since": since, "until": until, "bounds": list(WORK)})
            sums = added_up(cursor.fetchall())
            if sums:
                cursor.executemany(ADD, [(*key, *sums[key]) for key in sorted(sums)])
            cursor.execute(MOVE, [until, MARK])
    return end is not None


def added_up(rows: Iterable[Row]) -> dict[tuple[str, str], Sum]:
    """Turn counted lines into what is to be added to the sums.

    Args:
        rows: kind, workflow, code, bucket, how many lines, and the sum of their seconds.

    Returns:
        Measure and labels → count, total and buckets to add.
    """
    sums: dict[tuple[str, str], Sum] = {}

    def add(name: str, labels: list[str], count: int, total: float = 0.0, bucket: int | None = None) -> None:
        key = (name, json.dumps(labels, ensure_ascii=False))
        places = len(CATALOGUE[name].buckets) + 1 if bucket is not None else 0
        before = sums.get(key, (0, 0.0, [0] * places))
        buckets = list(before[2])
        if bucket is not None:
            buckets[bucket] += count
        sums[key] = (before[0] + count, before[1] + total, buckets)

    for kind, workflow, code, bucket, count, seconds in rows:
        add("events_total", [kind], count)
        if kind in PLAIN:
            add(PLAIN[kind], [workflow or ""], count)
        elif kind in OUTCOMES:
            add("runs_finished_total", [workflow or "", kind.partition(".")[2]], count)
        elif kind == "command.denied":
            add("commands_denied_total", [code or ""], count)
        elif kind == "command.denials_counted":
            add("denials_counted_total", [], int(seconds))
        elif kind in TIMED and bucket is not None:
            add(TIMED[kind], [workflow or ""], count, seconds, bucket)
    return sums


def folded_until() -> Any:
    """Return up to when the record was counted; None before the first time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT at FROM executions_meter WHERE name = %s AND labels = '[]'", [MARK])
        found = cursor.fetchone()
    return found[0] if found else None
