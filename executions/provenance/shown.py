"""Verifying a few lines at the moment they are shown: cheap enough to do every time."""

import uuid
from collections.abc import Iterable

from django.db import connection

from executions.provenance import statements


def not_genuine(keys: Iterable[tuple[uuid.UUID, int]]) -> frozenset[tuple[uuid.UUID, int]]:
    """Return those of some lines that do not give their own digest, or do not fit the lines before and after them.

    What this cannot find: lines that are missing, and everything elsewhere. One statement, by the primary key.

    Args:
        keys: ledger and number of each line.
    """
    wanted = list(keys)
    if not wanted:
        return frozenset()
    ledgers, seqs = zip(*wanted, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(statements.NOT_GENUINE, {"ledgers": list(ledgers), "seqs": list(seqs)})
        return frozenset(cursor.fetchall())
