"""The one clock that counts: the database's."""

import datetime

from django.db import connection


def now() -> datetime.datetime:
    """Return the database's time, which moves on within a transaction (aware, UTC)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    found: datetime.datetime = moment
    return found
