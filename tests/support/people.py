"""The cast: the same people in every test. Models are imported late: this module is loaded before Django is set up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Cast:
    """Accounts by role; `outsider` can sign in and may do nothing."""

    operator: User
    reviewer: User
    reviewer2: User
    auditor: User
    admin: User
    outsider: User
    password: str = PASSWORD

    def actor(self, name: str, via: str = "console"):
        """Return the Actor for one of the names above."""
        from executions.actors import Actor

        return Actor.of_user(getattr(self, name), via=via)

    def client(self, name: str, **options) -> Client:
        """Return a Django test client signed in as one of the names above."""
        client = Client(**options)
        client.force_login(getattr(self, name), backend="django.contrib.auth.backends.ModelBackend")
        return client


@pytest.fixture(scope="session")
def encoded_password() -> str:
    """The shared password, hashed once: hashing is slow on purpose."""
    return make_password(PASSWORD)


@pytest.fixture
def cast(request: pytest.FixtureRequest, encoded_password: str) -> Cast:
    """The people, in the database the test uses: `live_db` when it asked for that one, else `db`."""
    from django.contrib.auth.models import User

    from console.stack.people import PEOPLE, ensure_demo_people

    request.getfixturevalue("live_db" if "live_db" in request.fixturenames else "db")
    ensure_demo_people(encoded_password)
    User.objects.update_or_create(username="outsider", defaults={"password": encoded_password})
    people = {user.username: user for user in User.objects.filter(username__in=[*PEOPLE, "outsider"])}
    return Cast(**people)
