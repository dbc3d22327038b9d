"""A world for requests that nobody wrote: people, a token with every scope, and one of each thing in the database."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from schemathesis import Case
from schemathesis.core.parameters import ParameterLocation

from console.stack.people import PEOPLE, ensure_demo_people
from executions.models import ApiToken
from tests.api.conftest import Program, asks, launches, programs
from tests.api.doors import House
from tests.support.people import Cast


class World:
    """What a made-up request may meet.

    Args:
        encoded_password: of everybody.
    """

    def __init__(self, encoded_password: str) -> None:
        ensure_demo_people(encoded_password)
        people = {user.username: user for user in User.objects.filter(username__in=PEOPLE)}
        cast = Cast(**people, outsider=people["operator"])
        program, launch = programs(cast), launches(cast)
        self.admin: Program = program("admin")
        self.token = ApiToken.objects.latest("pk").pk
        self.house = House(program, launch, asks(launch))

    @property
    def headers(self) -> dict[str, str]:
        """Who asks."""
        return {"Authorization": f"Bearer {self.admin.token}"}

    def furnish(self, case: Case, *, ids: bool = True) -> None:
        """Put what only this installation can know into a request: names not taken yet, and ids of things there are.

        Args:
            case: the request.
            ids: put them in; not where they come from earlier answers.
        """
        # A request may have ended the token that all of them come with.
        ApiToken.objects.filter(pk=self.token).update(revoked_at=None)
        if ids and is_positive(case, ParameterLocation.PATH) and case.path_parameters:
            case.path_parameters.update(self.parts_of(case.path))
        if is_positive(case, ParameterLocation.HEADER) and "Idempotency-Key" in (case.headers or {}):
            case.headers["Idempotency-Key"] = uuid.uuid4().hex
        if is_positive(case, ParameterLocation.HEADER) and "If-Match" in (case.headers or {}):
            case.headers["If-Match"] = "*"
        if is_positive(case, ParameterLocation.QUERY) and case.query:
            case.query.pop("cursor", None)  # only a page gives one out
        if is_positive(case, ParameterLocation.BODY) and isinstance(case.body, dict):
            there = {"workflow": "noop", "execution": str(self.house.run.pk)}
            case.body.update({name: value for name, value in there.items() if name in case.body})
            for field in ("name", "text"):
                if isinstance(case.body.get(field), str) and case.operation.path in UNIQUE:
                    # One of a name is all there can be.
                    case.body[field] = f"{case.body[field][:20]} {uuid.uuid4().hex}"

    def parts_of(self, path: str) -> dict[str, str]:
        """Return what stands for the names in a path."""
        address = self.house.address(self.admin, path)
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(path))
        found = re.fullmatch(pattern, address)
        assert found, f"{path} has become {address}"
        return {name: value for name, value in found.groupdict().items() if not value.startswith("{")}


UNIQUE = ("/v1/views", "/v1/reason-templates")
"""Where a name can be taken once."""


def is_positive(case: Case, location: ParameterLocation) -> bool:
    """Tell whether this part of a request is as the description wants it."""
    found = case.meta.components.get(location) if case.meta else None
    return found is None or found.mode.is_positive


@pytest.fixture(scope="module")
def no_bodies_of_streams() -> Iterator[None]:
    """Streams open and say nothing: what they say is for an asynchronous server; what they refuse is not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("console.api.streams.stream", lambda *_, **__: iter([b": open\n\n"]))
        yield


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, no_bodies_of_streams: None, django_db_blocker: Any, encoded_password: str
) -> Iterator[World]:
    """The same for all requests of a module, in one transaction, which is rolled back."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            world = World(encoded_password)
            AsAdmin.headers = world.headers
            for signal in (request_started, request_finished):  # Django's test client connects them again
                signal.disconnect(close_old_connections)
            yield world
            transaction.set_rollback(True)
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.fixture
def fresh(world: World) -> Iterator[World]:
    """The world as it was at first."""
    with undone():
        yield world


@contextmanager
def undone() -> Iterator[None]:
    """Undo what is done within."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class AsAdmin:
    """How schemathesis signs in, so that it also tries what happens without."""

    headers: ClassVar[dict[str, str]] = {}

    def get(self, case: Case, context: Any) -> dict[str, str]:
        """Return the header of the world that there is now."""
        return dict(self.headers)

    def set(self, case: Case, data: dict[str, str], context: Any) -> None:
        """Put it into a request."""
        case.headers = {**(case.headers or {}), **data}
