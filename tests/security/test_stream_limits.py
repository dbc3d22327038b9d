"""Many live pages at once: after a restart all of them connect again, and one person may not take them all."""

import select
import socket
from contextlib import ExitStack

import pytest
from django.conf import settings

from console.opening import AT_ONCE
from console.stream import MOST_STREAMS

pytestmark = pytest.mark.usefixtures("live_db")


@pytest.fixture
def connect(web):
    """Open a stream without waiting for its answer."""
    with ExitStack() as opened:

        def make(cookie: str) -> socket.socket:
            connection = opened.enter_context(socket.create_connection(("127.0.0.1", web.port), timeout=60))
            lines = ("GET /stream HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {settings.SESSION_COOKIE_NAME}={cookie}")
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            return connection

        yield make


def cookie_of(cast, name: str) -> str:
    return cast.client(name).cookies[settings.SESSION_COOKIE_NAME].value


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(64).split()[1])


def is_open(connection: socket.socket) -> bool:
    """Tell whether a stream has begun, which is when it counts, or was refused."""
    read = connection.recv(64)
    while read.split()[1] == b"200" and b": open" not in read:
        read += connection.recv(4096)
    return read.split()[1] == b"200"


def test_more_pages_than_database_connections_open_at_once(cast, connect):
    cookies = [cookie_of(cast, name) for name in ("operator", "reviewer")]
    pages = [connect(cookies[number % 2]) for number in range(80)]
    assert [status_of(page) for page in pages] == [200] * 80


def test_one_person_has_so_many_streams_and_no_more(cast, connect):
    mine, other = cookie_of(cast, "auditor"), cookie_of(cast, "reviewer2")
    pages = [connect(mine) for _ in range(MOST_STREAMS)]
    assert all(is_open(page) for page in pages)
    assert not select.select([], [], pages, 0)[2]
    assert status_of(connect(cookie_of(cast, "auditor"))) == 429, "another session of the same person"
    assert status_of(connect(other)) == 200


def test_streams_that_are_refused_make_room_for_the_next(cast, connect):
    """Only a few are opened at a time; a place is given back whatever the answer is."""
    refused = [connect("nobody") for _ in range(40)]
    assert [status_of(page) for page in refused] == [401] * 40
    assert status_of(connect(cookie_of(cast, "operator"))) == 200


def test_whoever_never_sends_what_he_announced_keeps_nobody_waiting(cast, web):
    """A place among those that open is for whoever has said all; strangers could take every one of them for ever."""
    with ExitStack() as opened:

        def say(line: str, *headers: str) -> socket.socket:
            connection = opened.enter_context(socket.create_connection(("127.0.0.1", web.port), timeout=60))
            connection.sendall("\r\n".join([line, "Host: 127.0.0.1", *headers, "", ""]).encode())
            return connection

        for line in ("GET /stream HTTP/1.1", "POST /v1/events/stream HTTP/1.1") * AT_ONCE:
            say(line, "Content-Length: 10")
        assert status_of(say("GET /healthz HTTP/1.1")) == 200, "the others have been heard"
        mine = f"Cookie: {settings.SESSION_COOKIE_NAME}={cookie_of(cast, 'operator')}"
        assert status_of(say("GET /stream HTTP/1.1", mine)) == 200
        late = say("GET /stream HTTP/1.1", mine, "Content-Length: 4")
        late.sendall(b"late")
        assert status_of(late) == 200, "what it brings is not read, and not missed"
