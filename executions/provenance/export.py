"""Handing the record out as JSON Lines, so that others can verify it without this system.

The first line says what was asked for, then come events in the order of ledger and seq, after the last of each complete
ledger a line with its head, and at the end a line with the counts. Format: docs/reference/event-chain.md.
"""

import asyncio
import datetime
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection

from executions.provenance import statements
from executions.provenance.csvtext import csv_lines
from executions.provenance.diagnose import line_of
from executions.provenance.digests import Line, ledger_name, time_text
from executions.provenance.judge import snapshot

FORMAT = "holdpoint-events/1"
ROWS_AT_ONCE = 2000
CHARACTERS_AT_ONCE = 256 * 1024
MOST_UNDER_WAY = 4
"""Exports of one web process at once: each has a connection of the pool, and pages need some too."""
STALLED_SECONDS = 60.0
"""Whoever takes nothing for so long is cut off, and his transaction with him."""
TURN_SECONDS = 0.2

_under_way: set[Iterator[str]] = set()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which lines to hand out.

    Args:
        ledger: only this one; all where None.
        since: from this time on (aware).
        until: before this time (aware).
        narrowed: what else was searched for, by name; the lines then come from whoever searched.
    """

    ledger: uuid.UUID | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    narrowed: dict[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whole ledgers, so that the export can be verified completely."""
        return self.since is None and self.until is None and not self.narrowed

    def as_dict(self) -> dict[str, Any]:
        """Return the selection as ``audit.exported`` and the export's first line carry it."""
        return {
            "ledger": None if self.ledger is None else ledger_name(self.ledger),
            "since": None if self.since is None else time_text(self.since),
            "until": None if self.until is None else time_text(self.until),
            **({"filter": self.narrowed} if self.narrowed else {}),
        }


def export(
    selection: Selection, found: Callable[[], Iterator[Line]] | None = None, *, as_csv: bool = False
) -> Iterator[str]:
    """Yield the lines of an export, each with its line feed, from one snapshot; memory stays bounded.

    Args:
        selection: what is handed out.
        found: for a narrowed selection, reads its lines in the order of ledger and seq.
        as_csv: for reading in a spreadsheet, which nothing can be verified by; JSON Lines else.

    Holds a transaction while it is consumed. Outside of a caller's transaction the connection is closed at the end.
    """
    nested = connection.in_atomic_block
    try:
        with snapshot():
            rows = _rows(selection) if found is None else found()
            if as_csv:
                yield from csv_lines(rows)
                return
            yield _text({"export": {"format": FORMAT, **selection.as_dict(), "complete": selection.complete}})
            yield from _events(selection, rows)
    finally:
        if not nested:
            connection.close()


async def export_chunks(
    selection: Selection, found: Callable[[], Iterator[Line]] | None = None, *, as_csv: bool = False
) -> AsyncIterator[bytes]:
    """Yield an export in pieces of some 256 KB, for a streaming response of an asynchronous server; as ``export``.

    One thread of its own reads the database, because Django's connections belong to threads.
    """
    loop, reader = asyncio.get_running_loop(), asyncio.current_task()
    lines = export(selection, found, as_csv=as_csv)
    # What the request itself asked of the database is over: its connection goes back before the long part begins.
    await sync_to_async(close_old_connections)()
    while is_busy():  # for those that were let in at the same moment; others were told so
        await asyncio.sleep(TURN_SECONDS)
    _under_way.add(lines)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="export") as thread:

        def cut_off() -> None:
            # Not left to whoever iterates: this generator may be remembered for long by a response that is over.
            _under_way.discard(lines)
            thread.submit(lines.close)  # type: ignore[attr-defined]
            if reader is not None:
                reader.cancel()

        try:
            while piece := await loop.run_in_executor(thread, _gather, lines):
                patience = loop.call_later(STALLED_SECONDS, cut_off)
                try:
                    yield piece
                finally:
                    patience.cancel()
        finally:
            # A reader that goes away must not leave the transaction open.
            await loop.run_in_executor(thread, lines.close)  # type: ignore[attr-defined]
            _under_way.discard(lines)


def is_busy() -> bool:
    """Tell whether this process hands out as many exports as it may."""
    return len(_under_way) >= MOST_UNDER_WAY


def _gather(lines: Iterator[str]) -> bytes:
    parts: list[str] = []
    size = 0
    for line in lines:
        parts.append(line)
        size += len(line)
        if size >= CHARACTERS_AT_ONCE:
            break
    return "".join(parts).encode()


def _events(selection: Selection, rows: Iterator[Line]) -> Iterator[str]:
    ledgers = events = 0
    last: Line | None = None
    for line in rows:
        if last is None or last.ledger != line.ledger:
            ledgers += 1
            if last is not None and selection.complete:
                yield _head(last.ledger)
        events += 1
        yield _text(as_dict(line))
        last = line
    if last is not None and selection.complete:
        yield _head(last.ledger)
    yield _text({"end": {"ledgers": ledgers, "events": events}})


def _rows(selection: Selection) -> Iterator[Line]:
    wanted = {"ledger = %s": selection.ledger, "at >= %s": selection.since, "at < %s": selection.until}
    chosen = {condition: value for condition, value in wanted.items() if value is not None}
    where = f" WHERE {' AND '.join(chosen)}" if chosen else ""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT {statements.COLUMNS} FROM executions_event{where} ORDER BY ledger, seq",  # noqa: S608
            list(chosen.values()),
        )
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from map(line_of, rows)


def as_dict(line: Line) -> dict[str, Any]:
    """Return a line as an export holds it: every column; bytes in hexadecimal, data as exact text."""
    return {
        "ledger": ledger_name(line.ledger),
        "seq": line.seq,
        "at": line.at,
        "kind": line.kind,
        "actor_id": line.actor_id,
        "actor_name": line.actor_name,
        "actor_role": line.actor_role,
        "via": line.via,
        "reason": line.reason,
        "data": line.data,
        "salt": line.salt.hex(),
        "data_digest": line.data_digest.hex(),
        "prev": line.prev.hex(),
        "digest": line.digest.hex(),
    }


def _head(ledger: uuid.UUID) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statements.HEAD, {"ledger": ledger})
        row = cursor.fetchone()
    seq, digest = (None, None) if row is None else (row[0], bytes(row[1]).hex())
    return _text({"head": {"ledger": ledger_name(ledger), "seq": seq, "digest": digest}})


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
