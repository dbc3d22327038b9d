"""Judging the record batch by batch, in one snapshot, on as many connections as make it quick."""

import datetime
import queue
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from itertools import chain
from typing import Any

from django.db import connection, transaction

from executions.models import SYSTEM_LEDGER
from executions.provenance import statements

BATCH = 20_000
"""Lines judged by one statement."""
CONNECTIONS = 2
"""Batches judged at a time: recomputing digests keeps one processor of the database busy for each."""
LEAST_SEQ = 1 - 2**63
CONFIGURE = "SELECT set_config('search_path', %s, true), set_config('jit', %s, true)"
SETTINGS = "SELECT current_setting('search_path'), quote_ident(current_schema()), current_setting('jit')"


@contextmanager
def snapshot() -> Iterator[None]:
    """Read one unchanging state of the database, with PostgreSQL's own functions in front of all others."""
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not nested:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(SETTINGS)
        search_path, schema, jit = cursor.fetchone()
        # jit: a batch is too short to be worth compiling for.
        cursor.execute(CONFIGURE, [f"pg_catalog, {schema}", "off"])
        yield
        cursor.execute(CONFIGURE, [search_path, jit])


def judged(
    only: uuid.UUID | None, earlier: datetime.datetime | None, through: datetime.datetime, *, gently: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield the judgement of each batch of lines, in their order; to be used within ``snapshot``.

    Args:
        only: one ledger; all where None.
        earlier: moment of an earlier verification, whose lines are gathered in ``known_before``.
        through: moment up to which lines are gathered in ``known_through``.
        gently: one batch after the other on this connection, so that others keep their share of the database.
    """
    fixed = {"only": only, "earlier": earlier, "through": through, "size": BATCH}
    starts = _starts(only)
    first = next(starts)
    second = next(starts, None)
    # A short record is not worth further connections, and a caller's own transaction is visible on his alone.
    if gently or second is None or not _may_share():
        for start in chain([first], [] if second is None else [second], starts):
            yield _judge(connection, {**start, **fixed})
        return
    with _connections() as idle, ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="verify") as threads:

        def on_idle_connection(parameters: dict[str, Any]) -> dict[str, Any]:
            taken = idle.get()
            try:
                return _judge(taken, parameters)
            finally:
                idle.put(taken)

        running: deque[Future[dict[str, Any]]] = deque()
        for start in (first, second):
            running.append(threads.submit(on_idle_connection, {**start, **fixed}))
        for start in starts:
            running.append(threads.submit(on_idle_connection, {**start, **fixed}))
            if len(running) > 2 * CONNECTIONS:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


def _starts(only: uuid.UUID | None) -> Iterator[dict[str, Any]]:
    """Yield, for each batch, the line before it."""
    start: dict[str, Any] = {"ledger": only or SYSTEM_LEDGER, "seq": LEAST_SEQ}
    start |= {"before_ledger": None, "before_digest": b""}
    while True:
        yield start
        with connection.cursor() as cursor:
            cursor.execute(statements.END_OF_BATCH, {**start, "only": only, "size": BATCH})
            row = cursor.fetchone()
        if row is None:
            return
        ledger, seq, digest = row
        start = {"ledger": ledger, "seq": seq, "before_ledger": ledger, "before_digest": bytes(digest)}


def _judge(on: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    with on.cursor() as cursor:
        cursor.execute(statements.JUDGE, parameters)
        return dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))


def _may_share() -> bool:
    """Tell whether other connections can see all that this transaction sees: nothing written, one snapshot."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('transaction_isolation') = 'repeatable read'"
            " AND current_setting('transaction_read_only') = 'on'"
        )
        return not connection.savepoint_ids and bool(cursor.fetchone()[0])


@contextmanager
def _connections() -> Iterator["queue.SimpleQueue[Any]"]:
    """Open connections that see the snapshot of the current transaction."""
    idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with ExitStack() as stack, connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot(), current_setting('search_path')")
        exported, search_path = cursor.fetchone()
        for _ in range(CONNECTIONS):
            other = connection.copy()
            other.inc_thread_sharing()
            stack.enter_context(closing(other))
            with other.cursor() as setting:
                setting.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                setting.execute("SET TRANSACTION SNAPSHOT %s", [exported])
                setting.execute(CONFIGURE, [search_path, "off"])
            idle.put(other)
        yield idle
