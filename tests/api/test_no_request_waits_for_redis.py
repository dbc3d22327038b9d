"""No request talks to Redis: what is sent there is sent by a thread of its own. Looked at call by call, by no clock."""

import threading
from collections import defaultdict

import pytest
import redis.connection
from django.test import Client

from executions.engine.post import office
from tests.api.doors import House
from tests.api.table import TABLE
from tests.security.test_page_roles import ACTS, PAGES, addresses  # noqa: F401  (a fixture)
from tests.support.confirming import confirm

pytestmark = pytest.mark.django_db
ASKS = {"system", "GET /v1/system"}
"""These look at the broker because that is what they show, with the patience of 0.4 s."""


@pytest.fixture
def talks(monkeypatch):
    """Return, by what was going on, the threads that talked to Redis."""
    found = defaultdict(set)
    now = [""]
    real = redis.connection.AbstractConnection.send_packed_command

    def noted(connection, *arguments, **options):
        found[now[0]].add(threading.current_thread().name)
        return real(connection, *arguments, **options)

    monkeypatch.setattr(redis.connection.AbstractConnection, "send_packed_command", noted)
    monkeypatch.setattr(redis.connection.AbstractConnection, "connect", lambda self: _refused(found, now[0]))

    def during(what):
        now[0] = what

    return found, during


def _refused(found, what):
    found[what].add(threading.current_thread().name)
    raise redis.ConnectionError("gone")


def here(found):
    """Return what talked to Redis in the thread that serves requests."""
    mine = threading.current_thread().name
    return sorted(what for what, threads in found.items() if mine in threads)


def test_the_look_is_sharp_enough(talks, cast):
    found, during = talks
    during("system")
    assert cast.client("admin").get("/system").status_code == 200
    assert here(found) == ["system"]


def test_no_route_of_the_api_does(talks, program, launch, ask, django_capture_on_commit_callbacks):
    found, during = talks
    with django_capture_on_commit_callbacks(execute=True):
        house, client = House(program, launch, ask), program("admin")
        done = 0
        for (method, route), (_, body) in TABLE.items():
            during(f"{method} {route}")
            if f"{method} {route}" not in ASKS and not route.endswith("/stream"):
                done += house.knock(client, method, route, body).status_code < 400
    assert done > len(TABLE) / 2
    assert here(found) == []
    assert office.drain()
    assert found  # somebody tried to send what was committed


def test_no_page_and_no_form_does(talks, cast, addresses, django_capture_on_commit_callbacks):  # noqa: F811
    found, during = talks
    with django_capture_on_commit_callbacks(execute=True):
        client = confirm(cast.client("admin"))
        for name in sorted(set(PAGES) - ASKS):
            during(name)
            client.get(addresses(name))
        for name in sorted(ACTS):
            during(name)
            client.post(addresses(name), {"reason": "why", "command": "pause", "name": "x", "text": "why"})
        during("sign-in")
        typed = {"login": "operator", "password": cast.password}
        assert Client().post("/accounts/login/", typed).status_code == 302
        during("sign-out")
        client.post("/accounts/logout/")
    assert here(found) == []
