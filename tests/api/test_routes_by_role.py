"""Every route × every role and every scope, in one table."""

import re

import pytest
from django.conf import settings

from console.api.v1 import api
from executions import commands
from executions.access import ROLES, SCOPES
from executions.actors import SYSTEM
from executions.models import Event
from tests.api.conftest import Program, problem
from tests.api.doors import House
from tests.api.table import ALSO, ANYBODY, OPEN, TABLE

pytestmark = pytest.mark.django_db


class Person(Program):
    """Somebody in a browser: a session, and its CSRF token with whatever is not a read."""

    def __init__(self, cast, program, name, csrf="a" * 32):
        super().__init__()
        self.token = program(name).token  # never sent; says whose things a door makes
        self.client = cast.client(name, enforce_csrf_checks=True, headers={"X-CSRFToken": csrf})
        self.client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32


@pytest.fixture
def house(program, launch, ask):
    return House(program, launch, ask)


def closed(route, needed, scopes):
    """Tell whether a route is closed to somebody."""
    return needed is not ANYBODY and not (scopes & needed and ALSO.get(route, set()) <= scopes)


def walk(house, client, scopes):
    """Knock at every door; what is refused is recorded, each time."""
    for (method, route), (needed, body) in TABLE.items():
        before = Event.objects.filter(kind="command.denied").count()
        answer = house.knock(client, method, route, body)
        assert (answer.status_code == 403) == closed(route, needed, scopes), f"{method} {route}: {answer.content!r}"
        if (method, route) not in OPEN:
            assert answer.status_code not in (401, 404, 405, 415, 428, 500), f"{method} {route}: {answer.content!r}"
        if answer.status_code == 403:
            assert Event.objects.filter(kind="command.denied").count() == before + 1, f"{method} {route} left no trace"


@pytest.mark.parametrize("scope", SCOPES)
def test_h6_a_scope_opens_its_routes_and_no_other(program, house, scope):
    walk(house, program("admin", [scope]), {scope})


@pytest.mark.parametrize("role", [*ROLES, "outsider"])
def test_a_role_opens_what_its_scopes_open(program, house, role):
    walk(house, program(role), set(ROLES.get(role, ())))


def test_a_session_opens_what_its_role_opens(program, cast, house):
    walk(house, Person(cast, program, "operator"), set(ROLES["operator"]))


def test_a_session_without_its_csrf_token_only_reads(program, cast, house):
    """Another site that has somebody's browser send a form opens nothing, whatever he may."""
    forged = Person(cast, program, "admin", csrf="")
    before = Event.objects.count()
    for (method, route), (_, body) in TABLE.items():
        if method != "GET" and (method, route) not in OPEN:
            told = problem(house.knock(forged, method, route, body), 403)
            assert "X-CSRFToken" in told["detail"], f"{method} {route}"
    assert Event.objects.count() == before, "nobody knows whose doing it was"


def test_a_superuser_opens_all(cast, house):
    cast.outsider.is_superuser = True
    cast.outsider.save()
    _, text = commands.create_token(SYSTEM, cast.outsider, name="test")
    walk(house, Program(text), set(SCOPES))


def test_whoever_is_shut_out_or_signs_in_with_nothing_gets_no_answer(program, cast, house):
    shut = program("admin")
    address = {(method, route): house.address(shut, route) for method, route in TABLE}
    cast.admin.is_active = False
    cast.admin.save()
    for client in (shut, Program(), Program("hp_unknown")):
        for method, route in set(TABLE) - OPEN:
            answer = client.send(method, address[method, route], {})
            assert answer.status_code == 401, f"{method} {route}: {answer.content!r}"
            assert answer["WWW-Authenticate"].startswith("Bearer")


def test_every_route_is_in_the_table():
    published = {
        (method.upper(), re.sub(r"/$", "", path))
        for path, methods in api.get_openapi_schema(path_prefix="/v1/")["paths"].items()
        for method in methods
    }
    assert published == set(TABLE)
