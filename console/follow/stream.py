"""One stream from its opening to its end."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from console.errors import is_database_away
from console.follow import wire
from console.follow.follower import follower, streams_of, with_database
from console.follow.place import Place
from console.follow.reader import Reader
from console.stream import HEARTBEAT_SECONDS, PARTING
from executions.errors import Refused
from executions.queries.snapshots import Snapshot

logger = logging.getLogger("holdpoint.follow")

AWAY_SECONDS = 1.0
"""How long to wait for a database that is away before it is asked again."""


async def stream(reader: Reader, place: Place, *, follow: bool = True) -> AsyncIterator[str]:
    """Yield a stream's text: what was missed since its place, and then whatever happens.

    Args:
        reader: whose stream.
        place: where it begins.
        follow: go on when everything was told.
    """
    # The request looked at the credentials in a thread of its own: its connection goes back before the stream begins.
    await sync_to_async(close_old_connections)()
    most = settings.HOLDPOINT["MAX_STREAMS"]
    if streams_of(reader.person) >= most:
        yield wire.closing("too_many", f"You have {most} streams open on this web process. Close some.")
        return
    # One that does not follow is told to its end even while this process stops: by that its client knows it has all.
    reader.stays = follow
    here = follower()
    here.enter(reader)
    try:
        yield wire.opening(str(place))
        while reader.ended is None and not reader.parted:
            until = await here.join(reader)
            async for text in _missed(reader, place, until):
                yield text
            if not follow:
                break
            async for text in _live(reader, place):
                yield text
        if reader.ended is not None:
            yield wire.closing(*reader.ended)
        elif reader.parted:
            yield PARTING
    finally:
        here.leave(reader)


async def _missed(reader: Reader, place: Place, until: Snapshot) -> AsyncIterator[str]:
    """Read from the database up to where the tail hands over, page by page."""
    more, told_at = True, time.monotonic()
    while more and reader.ended is None and not reader.parted:
        try:
            text, more = await with_database(place.read, until)
        except DatabaseError as error:
            if not is_database_away(error):
                raise
            text = ""
            await asyncio.sleep(AWAY_SECONDS)
        except Refused as refusal:
            # A place that was good when the stream was opened: the database was put back meanwhile.
            reader.end(refusal.code, refusal.detail)
            return
        if reader.ended is None and (text or not more or time.monotonic() - told_at > HEARTBEAT_SECONDS):
            told_at = time.monotonic()
            yield text or wire.heartbeat(str(place))


async def _live(reader: Reader, place: Place) -> AsyncIterator[str]:
    """Pass on what the tail hands over, until the client is too slow for that."""
    while reader.ended is None and not reader.behind and not reader.parted:
        told, reached = await reader.take(HEARTBEAT_SECONDS)
        if reader.ended is not None:
            return
        text = "".join(place.write(each) for each in told)
        if reached:
            place.reach(reached)
        yield text or wire.heartbeat(str(place))
