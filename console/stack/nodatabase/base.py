"""Found by Django through the ENGINE setting."""

from typing import Any

from django.db.backends.postgresql import base
from django.db.utils import OperationalError

WHAT_TO_DO = (
    "No database: DATABASE_URL is not set and no stack is running on this home. "
    "Start one with `make run`, or set DATABASE_URL=postgresql://user:password@host/name."
)


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL's dialect without a server, so that commands that need none keep working."""

    # Model checks ask for the version; answer with the oldest one that is supported.
    pg_version = 150000

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raise OperationalError with the remedy."""
        raise OperationalError(WHAT_TO_DO)
