"""Database access for tests whose rows other processes must see."""

from collections.abc import Iterator

import pytest
from django.db import connections

from tests.support import workers


@pytest.fixture
def live_db(request: pytest.FixtureRequest, django_db_setup, django_db_blocker) -> Iterator[None]:
    """The real test database, committed, neither rolled back nor flushed: the event log refuses to be emptied.

    Tests keep apart by using their own runs. Unless the test asks for `worker`, no worker is alive when it begins.
    """
    if "worker" not in request.fixturenames:
        workers.stop_shared()
    with django_db_blocker.unblock():
        yield
        connections.close_all()
