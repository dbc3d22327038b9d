"""The live stream: one Redis subscription per process, fanned out as Server-Sent Events to every open page.

A message says only which run has changed; the page asks for what it shows. Nothing is lost by losing messages: whoever
may have missed some is told to refresh.
"""

import asyncio
import json
import logging
import random
import time
import uuid
import weakref
from collections import deque
from collections.abc import AsyncIterator

import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET
from redis.exceptions import RedisError

from console.errors import is_database_away
from console.observing import name_actor
from console.stack import environment
from console.stopping import at_stop
from executions.access import scopes_of
from executions.engine.post import CHANGES

logger = logging.getLogger("holdpoint.stream")

HEARTBEAT_SECONDS = environment.number("HOLDPOINT_STREAM_SECONDS", 15.0, minimum=0.1, maximum=60)
"""A comment so often keeps proxies from closing the stream; the session is looked at as often."""
SILENCE_SECONDS = 10.0
"""After so much silence Redis is asked whether it is still there."""
LINGER_SECONDS = 30.0
REMEMBERED_SECONDS = 60.0
REMEMBERED_CHANGES = 5000
"""Changes kept for pages that connect late: their HTML was rendered a moment before the stream opened."""
CLOCK_SLACK_MS = 1000
QUEUE_LIMIT = 500
"""A page that reads slowly gets each run once; beyond so many runs it is told to refresh instead."""
MOST_STREAMS: int = settings.HOLDPOINT["MAX_STREAMS"]
"""Open pages of one person; each costs a look at the session every few seconds."""
COALESCE_SECONDS = 0.1
"""After each batch of news a page is left alone for so long."""
LONGEST_BACKOFF = 5.0
PARTING = ": this web process stops; come back\n\n"
"""No event: whoever reads it does what he does when a connection is lost."""


class Listener:
    """One open page: the runs it has still to be told of. Bounded, because each run is kept once."""

    def __init__(self, run: str | None, reader: int | None = None) -> None:
        self.run = run
        self.reader = reader
        self.parted = False
        self._changed: dict[str, None] = {}
        self._refresh = False
        self._wake = asyncio.Event()

    def changed(self, run: str) -> None:
        """Remember that a run has changed, if this page cares."""
        if self.run is not None and run != self.run:
            return
        self._changed[run] = None
        if len(self._changed) > QUEUE_LIMIT:
            self.refresh()
        self._wake.set()

    def refresh(self) -> None:
        """Remember that changes may have been missed."""
        self._changed.clear()
        self._refresh = True
        self._wake.set()

    def part(self) -> None:
        """Have the stream end, so that the page comes back and finds another web process."""
        self.parted = True
        self._wake.set()

    async def take(self, seconds: float) -> list[tuple[str, str]]:
        """Wait for news, at most so long; return (event, data) pairs."""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return []
        self._wake.clear()
        refresh, self._refresh = self._refresh, False
        changed, self._changed = self._changed, {}
        return ([("refresh", "")] if refresh else []) + [("change", run) for run in changed]


class Hub:
    """Reads the channel once for all pages of this process; asleep while no page is open."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._recent: deque[tuple[int, str]] = deque(maxlen=REMEMBERED_CHANGES)
        self._complete_since: int | None = None
        self._reader: asyncio.Task[None] | None = None
        self._stopping = False

    def join(self, listener: Listener, since: int | None) -> None:
        """Tell a listener of everything from now on, and of what it missed.

        Args:
            since: when its page was rendered, in milliseconds since 1970; None when that is not known.
        """
        missed_from = None if since is None else since - CLOCK_SLACK_MS
        # While there is no subscription nothing is known; once there is one, everybody is told to refresh.
        if self._complete_since is not None:
            if missed_from is None or missed_from < self._complete_since:
                listener.refresh()
            else:
                for at, run in self._recent:
                    if at >= missed_from:
                        listener.changed(run)
        self._listeners.add(listener)
        if self._stopping and listener.reader is not None:
            listener.part()
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read(), name="stream-reader")

    def streams_of(self, reader: int) -> int:
        """Count the open pages of one person."""
        return sum(listener.reader == reader for listener in self._listeners)

    def leave(self, listener: Listener) -> None:
        """Forget a listener. The subscription outlives the last one a little: people go from page to page."""
        self._listeners.discard(listener)
        if not self._listeners:
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._rest)

    def part(self) -> None:
        """Have every page's stream end, also those that are opened still."""
        self._stopping = True
        for listener in self._listeners:
            if listener.reader is not None:
                listener.part()

    def _rest(self) -> None:
        if not self._listeners and self._reader is not None:
            self._reader.cancel()
            self._reader, self._complete_since = None, None

    async def _read(self) -> None:
        backoff = 0.2
        while True:
            # Socket timeouts would end a quiet subscription; silence is noticed by `_listen`.
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=None, socket_connect_timeout=2.0)
            try:
                async with client, client.pubsub() as channel:
                    await asyncio.wait_for(channel.subscribe(CHANGES), 5.0)
                    backoff = 0.2
                    await self._listen(channel)
            except (RedisError, OSError, TimeoutError) as error:
                self._complete_since = None
                logger.warning("The live stream has lost Redis (%s); trying again", str(error)[:200])
            except Exception:
                # Whatever it was, pages that stay open must not silently stop being live.
                self._complete_since = None
                logger.exception("The live stream broke; subscribing anew")
            await asyncio.sleep(backoff * random.uniform(0.7, 1.3))  # noqa: S311  (spreads reconnections)
            backoff = min(backoff * 2, LONGEST_BACKOFF)

    async def _listen(self, channel: "redis.asyncio.client.PubSub") -> None:
        asked = False
        while True:
            message = await channel.get_message(timeout=SILENCE_SECONDS)
            if message is None:
                if asked:
                    raise TimeoutError("no answer")
                await asyncio.wait_for(channel.ping(), 5.0)
                asked = True
                continue
            asked = False
            if message["type"] == "subscribe":
                # From here on nothing is missed; what happened before, while Redis was away, may have been.
                self._complete_since = _now_ms()
                self._recent.clear()
                for listener in self._listeners:
                    listener.refresh()
            elif message["type"] == "message":
                self._tell(message["data"])

    def _tell(self, data: bytes) -> None:
        try:
            run = str(uuid.UUID(str(json.loads(data)["id"])))
        except (ValueError, KeyError, TypeError):
            logger.warning("A message on %s is not ours: %.100r", CHANGES, data)
            return
        now = _now_ms()
        while self._recent and self._recent[0][0] < now - REMEMBERED_SECONDS * 1000:
            self._complete_since = self._recent.popleft()[0]
        if len(self._recent) == REMEMBERED_CHANGES:
            self._complete_since = self._recent[0][0]
        self._recent.append((now, run))
        for listener in self._listeners:
            listener.changed(run)


_hubs: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = weakref.WeakKeyDictionary()


def open_streams() -> int:
    """Count the pages that listen to this web process now; other processes count their own."""
    return sum(sum(each.reader is not None for each in hub._listeners) for hub in list(_hubs.values()))


def hub() -> Hub:
    """Return this event loop's hub."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
        at_stop(_hubs[loop].part)
    return _hubs[loop]


@require_GET
async def stream(request: HttpRequest) -> HttpResponseBase:
    """Stream which runs change, as ``change`` events with the run's id.

    ``?run=`` narrows it to one run; ``?since=`` is when the page was rendered, in milliseconds. ``refresh`` means that
    changes may have been missed; ``close`` that the session has ended. Without a session: 401, never a redirect,
    which an EventSource would follow over and over.
    """
    # The middleware may have looked at the session in this request's own thread: give that connection back before
    # another is asked for. Many pages that connect at once would each hold one and wait for a second.
    await sync_to_async(connections.close_all)()
    key = request.session.session_key
    if key is None or (reader := await _reader(key)) is None:
        return HttpResponse("Sign in first.", status=401, content_type="text/plain")
    name_actor(f"user:{reader}")
    if hub().streams_of(reader) >= MOST_STREAMS:
        told = f"You have {MOST_STREAMS} live pages open. Close some."
        return HttpResponse(told, status=429, content_type="text/plain", headers={"Retry-After": "60"})
    run = request.GET.get("run")
    try:
        listener = Listener(str(uuid.UUID(run)) if run else None, reader)
    except ValueError:
        return HttpResponse("run is not an id.", status=400, content_type="text/plain")
    return StreamingHttpResponse(
        _events(listener, key, _since(request)),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
    )


async def _events(listener: Listener, session_key: str, since: int | None) -> AsyncIterator[str]:
    hub().join(listener, since)
    checked = time.monotonic()
    try:
        yield "retry: 2000\n: open\n\n"
        while True:
            news = await listener.take(HEARTBEAT_SECONDS)
            if time.monotonic() - checked >= HEARTBEAT_SECONDS:
                if not await _still_may_read(session_key):
                    yield "event: close\ndata: session\n\n"
                    return
                checked = time.monotonic()
            now = _now_ms()
            yield "".join(f"id: {now}\nevent: {event}\ndata: {data}\n\n" for event, data in news) or ": still here\n\n"
            if listener.parted:
                yield PARTING
                return
            await asyncio.sleep(COALESCE_SECONDS if news else 0)
    finally:
        hub().leave(listener)


async def _still_may_read(session_key: str) -> bool:
    try:
        return await _reader(session_key) is not None
    except DatabaseError as error:
        if not is_database_away(error):
            raise
        return True  # its absence ends nobody's session


@sync_to_async(thread_sensitive=False)
def _reader(session_key: str) -> int | None:
    """Return whose session it is, if it still stands and the person may read; the connection goes back at once."""
    asking = HttpRequest()
    asking.session = SessionStore(session_key)
    try:
        user = get_user(asking)
        return user.pk if user.is_active and "executions:read" in scopes_of(user) else None
    finally:
        connections.close_all()


def _since(request: HttpRequest) -> int | None:
    """Read when the page was rendered, or, when the browser reconnects, the last event it has seen."""
    given = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
