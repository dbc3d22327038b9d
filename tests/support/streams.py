"""A client of the event stream: a token or a cookie, and Server-Sent Events read line by line."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.support.web import Web

PATIENCE = 60
"""Seconds. Generous, because the machine may be busy."""


@dataclass
class Message:
    """One dispatched event, or the close."""

    id: str
    name: str
    data: dict[str, Any]

    @property
    def key(self) -> tuple[str | None, int]:
        return self.data["run"], self.data["seq"]


@dataclass
class Stream:
    """An open stream. ``last`` is what an EventSource would send as Last-Event-ID."""

    response: http.client.HTTPResponse
    last: str = ""
    comments: list[str] = field(default_factory=list)

    def next(self) -> Message | None:
        """Return the next event; None where the server has ended the stream."""
        name, data = "message", ""
        while True:
            line = self.response.readline().decode()
            if not line:
                return None
            key, _, value = line.rstrip("\n").partition(": ")
            if key == "id":
                self.last = value
            elif key == "event":
                name = value
            elif key == "data":
                data = value
            elif key == "":
                if data:
                    return Message(self.last, name, json.loads(data))
                if value:
                    self.comments.append(value)

    def until(self, wanted: Callable[[Message], bool]) -> Message:
        """Return the first event that is wanted."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self.next()
            if message is None:
                raise AssertionError("the stream ended")
            if wanted(message):
                return message
        raise AssertionError("nothing of the kind")

    def rest(self) -> list[Message]:
        """Return all that comes until the server ends it."""
        return list(iter(self.next, None))

    def beat(self) -> str:
        """Wait for the next sign of life and return the id that comes with it."""
        while True:
            line = self.response.readline().decode()
            assert line, "the stream ended"
            if line == ": still here\n":
                self.last = self.response.readline().decode().rstrip("\n").removeprefix("id: ")
                return self.last


def request(web: Web, path: str, **headers: str) -> http.client.HTTPResponse:
    """Send a GET; headers with underscores for hyphens."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(web.url).port, timeout=PATIENCE)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return connection.getresponse()


@contextmanager
def following(web: Web, path: str, token: str = "", last: str | None = None, **headers: str) -> Iterator[Stream]:
    """Open a stream with a token; go on from an id where one is given."""
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if last is not None:
        headers["Last_Event_ID"] = last
    response = request(web, path, **headers)
    try:
        assert response.status == 200, response.read()
        assert response.headers["Content-Type"] == "text/event-stream"
        yield Stream(response)
    finally:
        response.close()
