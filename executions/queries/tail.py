"""All events as they are committed: none missed and none twice, however transactions overlap.

Sequence numbers, times and transaction ids are all given out before the commit, so "greater than the last one I saw"
would lose whatever is committed late. A snapshot tells exactly which transactions were over, so what is new is what one
snapshot sees and an earlier one does not. docs/decisions/0017-the-event-stream.md explains the rest.

A reader keeps ``str(cursor)``, handles the lines of ``after(cursor)`` and goes on from that batch's cursor. Within one
run lines come in the order of their ``seq``.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from executions.errors import Gone
from executions.models import Event
from executions.queries.snapshots import BEGINNING, Cursor, Snapshot, unreadable

LINES = 200
"""Lines of a batch; transactions are not parted when batches are chosen, but they are when they are read."""
LONGEST_BATCH = 64 * LINES
"""Lines of the longest batch that is ever chosen, besides those of its newest transaction."""
MOST_BYTES = 4_000_000
"""Of the data of the lines that are read at once; a single line may have more."""

# A transaction that reads after it has written sees its own lines, which may yet be rolled back: they count as unseen.
CURRENT = "SELECT pg_current_snapshot()::text, pg_current_xact_id_if_assigned()::text::bigint"
NEWEST_SEEN = """
SELECT (SELECT max(written_in) FROM executions_event
        WHERE written_in < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        AND written_in IS DISTINCT FROM pg_current_xact_id_if_assigned()::text::bigint),
       pg_current_snapshot()::text, pg_current_xact_id_if_assigned()::text::bigint
"""

NOT_GIVEN_OUT = """
SELECT count(*) FROM (
    SELECT FROM executions_event WHERE written_in >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    AND written_in IS DISTINCT FROM pg_current_xact_id_if_assigned()::text::bigint LIMIT 100
) AS lines
"""

# What `upto` sees and `before` does not: two ranges of the index on written_in, as one condition would be planned as a
# walk from the oldest line on. What was rolled back is not in the table.
SEEN = "written_in < %(upto_xmax)s AND written_in <> ALL (%(upto_running)s::bigint[])"
AHEAD = f"written_in >= %(before_xmax)s AND {SEEN}"
LATE = f"written_in = ANY (%(before_running)s::bigint[]) AND written_in < %(before_xmax)s AND {SEEN}"
NEW = f"""
    SELECT * FROM executions_event WHERE {AHEAD} UNION ALL SELECT * FROM executions_event WHERE {LATE}
"""  # noqa: S608  (constants of this module)

# The newest transaction of what is new, and the one in which the line lies that fills a batch.
MEASURE = f"""
WITH late AS (
    SELECT written_in FROM executions_event WHERE {LATE}
), ahead AS (
    SELECT written_in FROM executions_event WHERE {AHEAD} ORDER BY written_in LIMIT %(lines)s
)
SELECT greatest((SELECT max(written_in) FROM executions_event WHERE {AHEAD}), (SELECT max(written_in) FROM late)),
       (SELECT written_in FROM (TABLE late UNION ALL TABLE ahead) AS lines
        ORDER BY written_in OFFSET %(lines)s - 1 LIMIT 1)
"""  # noqa: S608  (constants of this module)

# The transactions of what is new, each with those whose lines come right before its own in some history.
FOLLOWS = f"""
SELECT DISTINCT written_in, (
    SELECT previous.written_in FROM executions_event AS previous
    WHERE previous.ledger = line.ledger AND previous.seq = line.seq - 1
) FROM ({NEW}) AS line
"""  # noqa: S608  (constants of this module)

# `at` is read before the ledger's lock is had, so it may go back within a ledger; what was reached so far does not.
COLUMNS = (
    "ledger", "seq", "at", "kind", "actor_id", "actor_name", "actor_role", "via", "reason", "data", "digest",
    "written_in",
)  # fmt: skip
READ = f"""
SELECT {", ".join(f"event.{name}" for name in COLUMNS)}, run.workflow, run.title, run.labels, found
FROM (
    SELECT *, count(*) OVER () AS found, sum(size) OVER (ORDER BY moment, ledger, seq) - size AS sizes FROM (
        SELECT ledger, seq, octet_length(data) AS size, max(at) OVER (PARTITION BY ledger ORDER BY seq) AS moment
        FROM ({NEW}) AS line ORDER BY moment, ledger, seq OFFSET %(told)s LIMIT %(lines)s + 1
    ) AS ordered
) AS chosen
JOIN executions_event AS event USING (ledger, seq) LEFT JOIN executions_execution AS run ON run.id = ledger
WHERE sizes < %(bytes)s ORDER BY moment, ledger, seq LIMIT %(lines)s
"""  # noqa: S608  (constants of this module)


@dataclass(frozen=True, slots=True)
class Line:
    """One event, with what there is to know of its run.

    Args:
        event: the event, without salt and ``prev``.
        workflow: the run's; empty for the system ledger.
        title: the run's title now.
        labels: the run's labels now.
    """

    event: Event
    workflow: str
    title: str
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some lines in their order, and where to go on.

    Args:
        lines: none where there is nothing new.
        cursor: after the last of them.
        more: whether to ask again at once.
        start: before the first of them.
    """

    lines: tuple[Line, ...]
    cursor: Cursor
    more: bool
    start: Cursor

    def places(self) -> Iterator[tuple[Line, Cursor]]:
        """Yield each line with the cursor of whoever has seen it and none after it."""
        start = self.start
        for number, line in enumerate(self.lines[:-1], 1):
            yield line, Cursor(start.before, start.upto, start.told + number)
        if self.lines:
            yield self.lines[-1], self.cursor


def beginning() -> Cursor:
    """Return the cursor before the first event there is."""
    return Cursor(BEGINNING)


def now() -> Cursor:
    """Return the cursor after all that is committed."""
    newest, *snapshot = _row(NEWEST_SEEN)
    current = _snapshot(*snapshot)
    return Cursor(BEGINNING if newest is None else current.cut(newest + 1))


def after(cursor: Cursor, *, lines: int = LINES, until: Snapshot | None = None) -> Batch:
    """Read what follows a cursor: two queries where nothing is new, else three, four where the reader is far behind.

    Args:
        cursor: from ``beginning``, ``now``, an earlier batch, or parsed.
        lines: most lines of the batch.
        until: go no further than this snapshot, which covers the cursor; to the present where None.

    Returns:
        The batch; empty where nothing is new.

    Raises:
        Gone: the cursor is of another database, or of a time that a restored backup does not know.
    """
    current = _current_past(cursor)
    more = True
    if cursor.upto is None:
        upto, more = _next(cursor.before, until or current, lines)
        if upto is None:
            # The same place, less the transactions that have ended meanwhile without a line.
            return Batch((), Cursor(until or current.cut(cursor.before.xmax)), more=False, start=cursor)
        cursor = Cursor(cursor.before, upto)
    found, whole = _read(cursor, lines)
    if whole:
        return Batch(found, Cursor(cursor.newest), more=more, start=cursor)
    return Batch(found, Cursor(cursor.before, cursor.upto, cursor.told + len(found)), more=True, start=cursor)


def check(cursor: Cursor) -> None:
    """Go on only if a cursor that somebody sent can be one that was given out here.

    Raises:
        Gone: it is not of this database.
        Invalid: it is within a batch that is longer than batches are. Each page of one has all of it put in order.
    """
    _current_past(cursor)
    if cursor.upto is not None:
        newest, last = _row(MEASURE, {**_between(cursor.before, cursor.upto), "lines": LONGEST_BATCH})
        if last is not None and last < newest:
            raise unreadable()


def lines_of_another_cluster() -> int:
    """Count, to a hundred, lines whose transactions this PostgreSQL has not given out yet.

    They came with a backup that was restored into a new cluster. The stream would leave them out, and tell them as new
    once its own transactions have come that far. docs/how-to/operate.md says what to do; `manage.py doctor` asks this.
    """
    # In one statement, so that no line can be written between the look at the snapshot and the count.
    (count,) = _row(NOT_GIVEN_OUT)
    return int(count)


def _next(before: Snapshot, end: Snapshot, lines: int) -> tuple[Snapshot | None, bool]:
    """Return where the next batch ends, and whether more is known to follow; None where nothing is new."""
    while True:
        newest, last = _row(MEASURE, {**_between(before, end), "lines": lines})
        if newest is None:
            return None, False
        if last is None or last >= newest:
            # Up to the newest line only: a cursor that does not depend on transactions without lines stays the same
            # while nothing happens, and is as true after a crash, which may give their numbers out again.
            return end.cut(max(newest + 1, before.xmax)), False
        part = end.cut(last + 1).joined(before)
        followed = _rows(FOLLOWS, _between(before, part))
        waiting = _waiting(followed, part)
        if any(transaction not in waiting for transaction, _ in followed):
            return Snapshot(part.xmax, part.running | waiting), True
        lines *= 2


def _waiting(followed: list[tuple[int, int | None]], part: Snapshot) -> set[int]:
    """Return the transactions that must be left to a later batch.

    A transaction with a small number may be committed late, and its lines come after those of a greater number in the
    same history. A batch that ends by number would tell them first.
    """
    waiting = {line for line, previous in followed if previous is not None and not part.sees(previous)}
    while True:
        further = {line for line, previous in followed if previous in waiting} - waiting
        if not further:
            return waiting
        waiting |= further


def _read(cursor: Cursor, lines: int) -> tuple[tuple[Line, ...], bool]:
    """Return the lines of a batch from the cursor on, and whether they are the rest of it."""
    bounds = {**_between(cursor.before, cursor.newest), "told": cursor.told, "lines": lines, "bytes": MOST_BYTES}
    rows = _rows(READ, bounds)
    return tuple(_line(row) for row in rows), not rows or rows[0][-1] == len(rows)


def _line(row: tuple[Any, ...]) -> Line:
    event = Event(**dict(zip(COLUMNS, row, strict=False)))
    workflow, title, labels = row[len(COLUMNS) : -1]
    return Line(event, workflow or "", title or "", json.loads(labels) if labels else {})


def _between(before: Snapshot, upto: Snapshot) -> dict[str, Any]:
    return {
        "before_xmax": before.xmax,
        # Of an empty list PostgreSQL knows that it implies everything, also what some index is restricted to, and walks
        # that one. The bound itself is never among the late.
        "before_running": sorted(before.running) or [before.xmax],
        "upto_xmax": upto.xmax,
        "upto_running": sorted(upto.running),
    }


def _current_past(cursor: Cursor) -> Snapshot:
    current = _current()
    if cursor.newest.xmax > current.xmax:
        raise Gone(
            "This place in the stream is not known here: it is from another installation, or from after the backup"
            " that was restored. Start anew, and compare what you have with the runs' histories."
        )
    return current


def _current() -> Snapshot:
    return _snapshot(*_row(CURRENT))


def _snapshot(text: str, own: int | None) -> Snapshot:
    found = Snapshot.of_postgres(text)
    return found if own is None or own >= found.xmax else Snapshot(found.xmax, found.running | {own})


def _row(statement: str, parameters: Any = None) -> tuple[Any, ...]:
    (row,) = _rows(statement, parameters)
    return row


def _rows(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


__all__ = ["Batch", "Cursor", "Line", "Snapshot", "after", "beginning", "check", "lines_of_another_cluster", "now"]
