"""Database access for tests whose rows other processes must see."""

from collections.abc import Iterator

import pytest
from django.db import connection, connections
from django.test.utils import setup_databases

from executions import commands
from executions.access import SCOPES
from executions.actors import Actor
from executions.models import Freeze
from tests.support import workers
from tests.support.services import SERVICES


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_test_environment, django_db_blocker) -> None:
    """The test database, also for a session in which no test is marked ``django_db`` but some use `live_db`.

    pytest-django's own fixture looks for the marks, and without any it leaves the tests on the project's database.
    """
    with django_db_blocker.unblock():
        # Never torn down: the whole server is thrown away at the end of the session.
        setup_databases(verbosity=request.config.option.verbose, interactive=False, aliases={"default"})


@pytest.fixture
def live_db(request: pytest.FixtureRequest, django_db_setup, django_db_blocker) -> Iterator[None]:
    """The real test database, committed, neither rolled back nor flushed: the event log refuses to be emptied.

    Tests keep apart by using their own runs. Unless the test asks for `worker`, no worker is alive when it begins.
    """
    if "worker" not in request.fixturenames:
        workers.stop_shared()
    with django_db_blocker.unblock():
        put_off_all()
        # Races leave thousands of them, each of which costs a worker a look before it comes to this test's own.
        SERVICES.valkey.forget_messages()
        yield
        forgotten = lift_all()
        connections.close_all()
    assert not forgotten, f"these freezes were left in force, and would stop other tests' runs: {forgotten}"


def put_off_all() -> None:
    """Put off whatever other tests have left unfinished: a worker of this test would rightly take it up.

    Also what is at rest or in the hands of a worker that was killed. What a worker is at this very moment stays.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE executions_execution SET not_before = now() + interval '1 day' WHERE id IN ("
            " SELECT id FROM executions_execution"
            " WHERE outcome IS NULL AND (not_before IS NULL OR not_before < now() + interval '1 hour')"
            " ORDER BY id FOR UPDATE SKIP LOCKED)"
        )


def lift_all() -> list[str]:
    """Lift every freeze in force; return which there were."""
    everything = Actor("user:0", "tidy", "admin", "console", frozenset(SCOPES))
    left = list(Freeze.objects.filter(lifted_at__isnull=True).order_by("placed_at"))
    for freeze in left:
        commands.lift(everything, freeze.pk, reason="the test is over")
    return [f"{freeze}: {freeze.reason}" for freeze in left]
