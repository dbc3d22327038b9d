"""Events as the server tells them: Server-Sent Events, read on across broken connections without loss or repetition.

Source of the format: the HTML standard, section 9.2. What the ids promise: docs/reference/api.md, Streams.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from holdpoint_client.api import Api
from holdpoint_client.failures import Exit, Failure, failure

type Document = dict[str, Any]

EVENT_STREAM = "text/event-stream"
SILENCE = httpx.Timeout(10.0, read=60.0)
"""Seconds. The server says every few seconds that it is there; whoever hears nothing for so long is cut off."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds before a connection is made again; doubled while it fails."""
NO_STREAM = (404, 405, 429, 501)
"""Statuses that mean: ask now and then instead."""
OVER = ("token_", "session_", "not_allowed")
"""Reasons of the server for closing that will not pass."""


class NoStream(Exception):
    """This server has no stream, or none left for us."""


@dataclass(slots=True)
class Place:
    """Where in a stream one is.

    Args:
        id: of the last event that was handed on; empty at the beginning.
    """

    id: str = ""


@dataclass(slots=True)
class Message:
    """One message of the stream: its kind, and its data."""

    event: str
    data: str


def follow(api: Api, path: str, place: Place, *, lost: Callable[[str], None], **query: Any) -> Iterator[Document]:
    """Yield events for ever; with ``follow="false"`` until all there are were told.

    Args:
        api: the server.
        path: of the stream, below ``/v1``.
        place: where to go on; kept up to date, each event's before it is yielded.
        lost: is told once, in words, when the connection breaks.
        query: parameters of the stream.

    Raises:
        NoStream: it has none.
        Failure: not allowed, or no longer; or the server was never there.
    """
    wait, once = FIRST_WAIT, query.get("follow") == "false"
    while True:
        try:
            for message in messages(api, path, place, query):
                wait = FIRST_WAIT
                if message.event == "close":
                    _closed(json.loads(message.data))
                elif message.event == "message":
                    yield json.loads(message.data)
            if once:
                return
        except Failure as broken:
            if broken.problem.get("status") in NO_STREAM:
                raise NoStream(str(broken)) from None
            if broken.exit_code != Exit.UNREACHABLE or not api.has_answered:
                raise
            if wait == FIRST_WAIT:
                lost(f"{broken} Trying again until it answers; Ctrl-C stops.")
        time.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)


def messages(api: Api, path: str, place: Place, query: dict[str, Any]) -> Iterator[Message]:
    """Yield the messages of one connection.

    Raises:
        Failure: refused, or the connection broke.
    """
    headers = {"Last-Event-ID": place.id} if place.id else {}
    with api.wire.open(f"/v1{path}", timeout=SILENCE, accept=EVENT_STREAM, headers=headers, query=query) as response:
        if EVENT_STREAM not in response.headers.get("Content-Type", ""):
            raise NoStream("What is there is no stream.")
        yield from parsed(_lines(response.iter_bytes()), place)


def parsed(lines: Iterator[str], place: Place) -> Iterator[Message]:
    """Yield the messages that lines hold, a sign of life as one of no kind.

    The place moves with each blank line, whether or not there is data.
    """
    data: list[str] = []
    event, id = "message", place.id
    for line in lines:
        if not line:
            place.id = id
            yield Message(event if data else "", "\n".join(data))
            event, data = "message", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "id" and "\0" not in value:
            id = value
        elif name == "event":
            event = value


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    """Yield lines as the standard ends them; other line breaks that Unicode knows belong to the text."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")


def _closed(told: Document) -> None:
    reason, detail = str(told.get("reason", "")), str(told.get("detail", ""))
    if reason == "too_many":
        raise NoStream(detail)
    if reason.startswith(OVER):
        raise failure(Exit.NOT_ALLOWED, reason.replace("_", "-"), "No longer allowed", detail)
    if reason == "gone":
        raise failure(Exit.REFUSED, "gone", "Gone", detail)


class Bell:
    """Rings when something happens, so that whoever shows a state looks again at once rather than now and then.

    Args:
        api: the server.
        path: of the stream, below ``/v1``.
        query: parameters of the stream.
    """

    def __init__(self, api: Api, path: str, **query: Any) -> None:
        self._rung = threading.Event()
        self.hears = False
        """Whether the stream is there; without it one looks at intervals."""
        self._thread = threading.Thread(target=self._listen, args=(api.another(), path, query), daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait until something happened, so many seconds at most."""
        self._rung.wait(seconds)
        self._rung.clear()

    def _listen(self, api: Api, path: str, query: dict[str, Any]) -> None:
        place = Place()
        while True:
            try:
                self._hear(messages(api, path, place, query))
            except NoStream:
                return
            except Failure as broken:
                if broken.exit_code != Exit.UNREACHABLE or broken.problem.get("status") in NO_STREAM:
                    return
            finally:
                self.hears = False
            time.sleep(FIRST_WAIT)

    def _hear(self, told: Iterator[Message]) -> None:
        for message in told:
            if message.event == "close":
                return
            if message.event or not self.hears:
                # Once more at the beginning: something may have happened before the stream was there.
                self._rung.set()
            self.hears = True
