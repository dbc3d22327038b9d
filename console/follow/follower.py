"""Reads the tail once for all streams of this web process, and hands every event to those that want it."""

import asyncio
import logging
import weakref
from collections import Counter
from collections.abc import Callable

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connections

from console.errors import is_database_away
from console.follow.reader import Reader
from console.follow.standing import standings_of
from console.follow.wire import Told
from console.stopping import at_stop
from console.stream import HEARTBEAT_SECONDS, Listener, hub
from executions.queries import tail
from executions.queries.snapshots import Cursor, Snapshot

logger = logging.getLogger("holdpoint.follow")

LOOK_SECONDS = 1.0
"""So often the tail is looked at when nobody says that anything has changed: with Redis away, and for system events."""
GATHER_SECONDS = 0.02
"""After a hint others follow; they are read together."""
CLOSING_KINDS = frozenset(
    {
        "token.revoked",
        "account.signed_out",
        "account.password_changed",
        "account.changed",
        "account.deleted",
        "group.changed",
        "group.deleted",
    }
)
"""After one of these somebody may have to stop reading; that is looked at before anything more is told."""

_open: Counter[int] = Counter()


def streams_of(person: int) -> int:
    """Count the open streams of one person in this web process."""
    return _open[person]


def open_streams() -> int:
    """Count the streams that are open in this web process."""
    return _open.total()


class Follower:
    """Stands at the tail while somebody listens."""

    def __init__(self) -> None:
        self._cursor: Cursor | None = None
        self._open: set[Reader] = set()
        self._readers: set[Reader] = set()
        self._joining: list[tuple[Reader, asyncio.Future[Snapshot]]] = []
        self._news = Listener(None)
        self._looking = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    def enter(self, reader: Reader) -> None:
        """Count a stream, and look after it until it leaves."""
        self._open.add(reader)
        if self._stopping:
            reader.part()
        _open[reader.person] += 1
        if not self._tasks:
            hub().join(self._news, None)
            self._tasks = [
                asyncio.create_task(self._follow(), name="follower"),
                asyncio.create_task(self._look_now_and_then(), name="doorkeeper"),
            ]

    def leave(self, reader: Reader) -> None:
        """Forget a stream; sleep after the last one."""
        self._open.discard(reader)
        self._readers.discard(reader)
        _open[reader.person] -= 1
        if _open[reader.person] <= 0:
            del _open[reader.person]
        if not self._open:
            for task in self._tasks:
                task.cancel()
            self._tasks, self._cursor = [], None
            hub().leave(self._news)

    def part(self) -> None:
        """Have every stream end, also those that are opened still."""
        self._stopping = True
        for reader in self._open:
            reader.part()

    async def join(self, reader: Reader) -> Snapshot:
        """Hand everything to a stream from some moment on, which is after this call.

        Returns:
            That moment: the stream itself reads what it has not seen before it.
        """
        self._readers.discard(reader)
        reader.catch_up()
        joined: asyncio.Future[Snapshot] = asyncio.get_running_loop().create_future()
        self._joining.append((reader, joined))
        self._news.refresh()
        return await joined

    async def _follow(self) -> None:
        while True:
            joining, self._joining = self._joining, []
            try:
                if joining:
                    await self._look({reader for reader, _ in joining})
                place = await self._read()
            except Exception as error:
                self._joining = joining + self._joining
                if isinstance(error, DatabaseError) and is_database_away(error):
                    logger.warning("The event stream waits for the database (%s)", str(error).strip()[:200])
                else:
                    # Whatever it was, streams that stay open must not silently stop telling.
                    logger.exception("The event stream could not be read; trying again")
                await asyncio.sleep(LOOK_SECONDS)
                continue
            for reader, joined in joining:
                if not joined.done():
                    self._readers.add(reader)
                    joined.set_result(place)
            news = await self._news.take(LOOK_SECONDS)
            if any(name == "change" for name, _ in news):
                await asyncio.sleep(GATHER_SECONDS)

    async def _read(self) -> Snapshot:
        """Tell all that is new; return where the tail is now."""
        if self._cursor is None:
            cursor = await with_database(tail.now)
            # The tail begins here, and tells of no door that was closed before, since these streams were let in.
            await self._look(set(self._open))
            self._cursor = cursor
        while True:
            batch, told = await with_database(_next, self._cursor, bool(self._readers))
            if any(line.event.kind in CLOSING_KINDS for line in batch.lines):
                await self._look(set(self._open))
            self._cursor = batch.cursor
            place = str(batch.cursor)
            if told:
                for reader in self._readers:
                    reader.give(told, place)
            if not batch.more and batch.cursor.upto is None:
                return batch.cursor.before

    async def _look_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                await self._look(set(self._open))
            except Exception as error:
                if not is_database_away(error):
                    logger.exception("Whether streams may go on could not be looked up; trying again")
                # The absence of the database ends nobody's session.

    async def _look(self, readers: set[Reader]) -> None:
        """Close the streams of those who may read no more."""
        async with self._looking:  # one after the other, so that an older answer never undoes a newer one
            standings = await with_database(standings_of, {reader.credential for reader in readers})
            for reader in readers:
                reader.stand(standings[reader.credential])


def _next(cursor: Cursor, told: bool) -> tuple[tail.Batch, list[Told]]:
    batch = tail.after(cursor)
    return batch, [Told(line, str(place)) for line, place in batch.places()] if told else []


async def with_database[**P, R](read: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Read in a thread of the common pool, and give the connection back at once."""

    def reading() -> R:
        try:
            return read(*arguments, **named)
        finally:
            connections.close_all()

    return await sync_to_async(reading, thread_sensitive=False)()


_followers: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Follower]" = weakref.WeakKeyDictionary()


def follower() -> Follower:
    """Return this event loop's follower."""
    loop = asyncio.get_running_loop()
    if loop not in _followers:
        _followers[loop] = Follower()
        at_stop(_followers[loop].part)
    return _followers[loop]
