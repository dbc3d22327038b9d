"""The engine's own way to the database: prepared statements, and patience while it is away."""

import logging
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections
from psycopg.rows import tuple_row

logger = logging.getLogger("holdpoint.engine")

_thread = threading.local()
_shapes: dict[str, Callable[[tuple[Any, ...]], Any] | None] = {}
"""What makes a named tuple of a statement's row. Its columns never change; naming them anew for every answer took an
eighth of the worker's time for a step."""

OUTAGE = (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError)
"""What is raised while PostgreSQL restarts or a connection was cut."""


def is_outage(error: BaseException) -> bool:
    """Tell whether an error means that the database is away, not that a statement was wrong.

    Args:
        error: what a step raised; Django wraps psycopg's error and keeps it as its cause.
    """
    cause = error.__cause__ if isinstance(error, OperationalError | InterfaceError) else error
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    # Class 08 is a lost connection, 57P a server that shuts down or starts up, 53300 one without a free connection;
    # no code at all comes from the client.
    return cause.sqlstate is None or cause.sqlstate.startswith(("08", "57P", "53300"))


def own_connection() -> object:
    """Return this thread's connection, if it has one, for ``lost_connection`` to compare with."""
    return connection.connection


def lost_connection(since: Any) -> bool:
    """Tell whether this thread's own connection is gone, and let go of it if so.

    A step may talk to other databases; that one of those is away is the step's failure, not an outage of ours.

    Args:
        since: what ``own_connection`` returned before. Leaving ``transaction.atomic`` replaces a lost connection by a
            new one at once, so that the one at hand may work and yet not be the one that failed.
    """
    raw: Any = connection.connection
    if raw is not None and raw is since and not raw.closed and connection.is_usable():
        return False
    connection.close()
    return True


def rows(statement: str, parameters: Mapping[str, Any]) -> list[Any]:
    """Execute one statement as a transaction of its own and return its rows as named tuples.

    Django's own cursors bind parameters on the client and have every statement planned anew; this one is prepared.

    Args:
        statement: one of ``statements``.
        parameters: its named parameters.

    Raises:
        psycopg.Error: whatever went wrong; the broken connection is closed.
    """
    own: Any = connections[DEFAULT_DB_ALIAS]
    if own.connection is None:
        own.ensure_connection()
    raw = own.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = 0
    try:
        cursor = _cursor(raw)
        cursor.execute(statement, parameters)
        if statement not in _shapes:
            _shapes[statement] = _shape(cursor)
        make = _shapes[statement]
        return [] if make is None else [make(row) for row in cursor.fetchall()]
    except OUTAGE:
        own.close()
        raise


def _cursor(raw: Any) -> psycopg.Cursor[Any]:
    """Return this thread's cursor on its connection: making one for every statement took a tenth of a step."""
    if getattr(_thread, "raw", None) is not raw:
        _thread.raw = raw
        _thread.cursor = psycopg.Cursor(raw, row_factory=tuple_row)
    cursor: psycopg.Cursor[Any] = _thread.cursor
    return cursor


def _shape(cursor: psycopg.Cursor[Any]) -> Callable[[tuple[Any, ...]], Any] | None:
    """Return what makes a named tuple of a row just asked for; None where the statement returns no rows."""
    if cursor.description is None:
        return None
    return namedtuple("Row", [column.name for column in cursor.description], rename=True)._make  # type: ignore[attr-defined]


def text_array(texts: Sequence[str]) -> str:
    """Write texts as PostgreSQL writes an array of them; psycopg's own way looks at every item twice."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return '{"' + '","'.join(quoted) + '"}' if texts else "{}"


def patiently(statement: str, parameters: Mapping[str, Any], *, seconds: float) -> list[Any]:
    """Execute a statement that may be repeated, waiting out a database that is away.

    Args:
        statement: guarded so that executing it twice does no more than once.
        parameters: its named parameters.
        seconds: how long to keep trying.

    Raises:
        psycopg.OperationalError: still away, or a trouble that waiting does not mend.
    """
    deadline = time.monotonic() + seconds
    pause = 0.05
    while True:
        try:
            return rows(statement, parameters)
        except OUTAGE as error:
            # In somebody's transaction what came before is lost too, so the statement alone must not be repeated.
            if not _worth_repeating(error) or connection.in_atomic_block or time.monotonic() + pause > deadline:
                raise
            logger.warning("The database is away (%s); trying again in %.2f s", str(error).strip()[:120], pause)
            time.sleep(pause)
            pause = min(pause * 2, 1.0)


def _worth_repeating(error: BaseException) -> bool:
    # 40001 and 40P01: this transaction was chosen to give way to another one.
    return is_outage(error) or getattr(error, "sqlstate", None) in ("40001", "40P01")
