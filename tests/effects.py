"""The table in which test workflows note what they really did, and helpers to count it."""

import pytest
from django.db import connection

CREATE = """
CREATE TABLE IF NOT EXISTS test_effect (
    id bigserial PRIMARY KEY, execution_id uuid NOT NULL, what text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


@pytest.fixture(scope="session")
def effects_table(django_db_setup, django_db_blocker) -> None:
    """Make the table once, committed, so that workers and rolled-back tests find it."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(CREATE)


def effects_of(execution_id: object) -> list[str]:
    """Return what a run really did, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT what FROM test_effect WHERE execution_id = %s ORDER BY id", [execution_id])
        return [what for (what,) in cursor.fetchall()]
