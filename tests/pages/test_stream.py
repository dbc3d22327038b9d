"""The live stream over real HTTP: who may listen, what is told, and that it lets go of what it does not need."""

import json
import signal
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from console.stream import CLOCK_SLACK_MS
from executions import commands
from executions.engine.post import CHANGES
from tests.engine.watching import PATIENCE, wait_until
from tests.support.web import Web

pytestmark = pytest.mark.usefixtures("live_db")


class Stream:
    """An open stream; reads events as a browser does."""

    def __init__(self, response) -> None:
        self.response = response

    def next(self) -> tuple[str, str]:
        """Return the next (event, data), comments left out."""
        event = data = ""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            line = self.response.readline().decode()
            if not line:
                return "end", ""
            if line == "\n" and event:
                return event, data
            name, _, value = line.rstrip("\n").partition(": ")
            event, data = (value if name == "event" else event), (value if name == "data" else data)
        raise AssertionError("only heartbeats")


@contextmanager
def listening(web: Web, cast, name: str = "operator", query: str = "", client=None) -> Iterator[Stream]:
    """Open the stream as somebody, and read the first `refresh`, after which nothing is missed."""
    cookie = (client or cast.client(name)).cookies[settings.SESSION_COOKIE_NAME].value
    request = urllib.request.Request(  # noqa: S310 (http, to the server under test)
        f"{web.url}/stream{query}", headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
        assert response.headers["Content-Type"] == "text/event-stream"
        stream = Stream(response)
        assert stream.next() == ("refresh", "")
        yield stream


def status_of(web: Web, path: str, cookie: str = "") -> int:
    request = urllib.request.Request(f"{web.url}{path}", headers={"Cookie": cookie})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def publish(valkey, run: object) -> None:
    with valkey.client() as client:
        client.publish(CHANGES, json.dumps({"id": str(run), "version": 1}))


def test_without_a_session_it_answers_401_and_never_redirects(web, cast):
    assert status_of(web, "/stream") == 401
    assert status_of(web, "/stream", f"{settings.SESSION_COOKIE_NAME}=forged") == 401


def test_who_may_not_read_may_not_listen(web, cast):
    cookie = cast.client("outsider").cookies[settings.SESSION_COOKIE_NAME].value

    assert status_of(web, "/stream", f"{settings.SESSION_COOKIE_NAME}={cookie}") == 401


def test_a_run_that_is_no_id_is_refused(web, cast):
    cookie = cast.client("operator").cookies[settings.SESSION_COOKIE_NAME].value

    assert status_of(web, "/stream?run=nonsense", f"{settings.SESSION_COOKIE_NAME}={cookie}") == 400


def test_a_command_is_told_to_every_open_page(web, cast):
    with listening(web, cast) as one, listening(web, cast, "auditor") as two:
        run = commands.launch(cast.actor("operator"), "noop", {})

        for stream in (one, two):
            seen = stream.next()
            while seen[1] != str(run.pk):
                assert seen[0] in ("change", "refresh")
                seen = stream.next()
            assert seen[0] == "change"


def test_it_can_be_narrowed_to_one_run(web, cast, valkey):
    mine, other = uuid.uuid4(), uuid.uuid4()
    with listening(web, cast, query=f"?run={mine}") as stream:
        for run in (other, other, mine):
            publish(valkey, run)

        seen = stream.next()
        while seen[0] == "refresh":
            seen = stream.next()
        assert seen == ("change", str(mine))


def test_messages_that_are_not_ours_are_left_alone(web, cast, valkey):
    run = uuid.uuid4()
    with listening(web, cast, query=f"?run={run}") as stream, valkey.client() as client:
        for rubbish in ("", "{", "[]", '{"id": 7}', '{"id": "x\\nevent: close"}'):
            client.publish(CHANGES, rubbish)
        publish(valkey, run)

        seen = stream.next()
        while seen[0] == "refresh":
            seen = stream.next()
        assert seen == ("change", str(run))


def test_who_connects_late_is_told_what_changed_since_the_page_was_rendered(web, cast, valkey):
    run = uuid.uuid4()
    with listening(web, cast, query=f"?run={run}") as there:
        rendered = int(time.time() * 1000) + CLOCK_SLACK_MS
        publish(valkey, run)
        while there.next() != ("change", str(run)):
            pass
        cookie = cast.client("operator").cookies[settings.SESSION_COOKIE_NAME].value
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"}
        request = urllib.request.Request(f"{web.url}/stream?run={run}&since={rendered}", headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            assert Stream(response).next() == ("change", str(run))


def busy_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'holdpoint-web' AND state <> 'idle'"
        )
        (count,) = cursor.fetchone()
    return int(count)


def test_open_streams_hold_no_database_connection(web, cast):
    """The pool has sixteen; twenty pages stay open and the list still answers."""
    streams = [listening(web, cast) for _ in range(20)]
    for stream in streams:
        stream.__enter__()
    try:
        cookie = cast.client("operator").cookies[settings.SESSION_COOKIE_NAME].value
        assert status_of(web, "/executions", f"{settings.SESSION_COOKIE_NAME}={cookie}") == 200
        wait_until(lambda: busy_connections() <= 1, "none of them keeps a connection")
    finally:
        for stream in streams:
            stream.__exit__(None, None, None)


@pytest.fixture(scope="module")
def quick_web(django_db_setup) -> Iterator[Web]:
    """A web server that looks at sessions several times a second."""
    server = Web(HOLDPOINT_STREAM_SECONDS="0.3").start()
    yield server
    server.stop()


@pytest.mark.parametrize("how", ["sign out", "shut out", "new password"])
def test_it_ends_with_a_close_event_when_the_session_has_ended(quick_web, cast, how):
    client = cast.client("reviewer2")
    user = User.objects.get(username="reviewer2")
    with listening(quick_web, cast, query=f"?run={uuid.uuid4()}", client=client) as stream:
        if how == "sign out":
            client.logout()
        elif how == "shut out":
            User.objects.filter(pk=user.pk).update(is_active=False)
        else:
            user.set_password("something quite different")
            user.save()
        try:
            assert stream.next() == ("close", "session")
            assert stream.next() == ("end", "")
        finally:
            User.objects.filter(pk=user.pk).update(is_active=True)


def test_it_survives_redis_and_says_that_something_may_have_been_missed(web, cast, valkey):
    run = uuid.uuid4()
    with listening(web, cast, query=f"?run={run}") as stream:
        valkey.restart()

        assert stream.next() == ("refresh", "")
        publish(valkey, run)
        assert stream.next() == ("change", str(run))


def test_the_server_stops_in_time_with_streams_open(cast):
    server = Web().start()
    with listening(server, cast):
        server.stop(PATIENCE)

    assert server.popen.returncode != -signal.SIGKILL
