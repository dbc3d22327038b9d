"""Verifications of the whole record, carried out by workers in the background, one at a time."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections, transaction
from django.db.models import F
from django.db.models.functions import Now

from executions.actors import Actor
from executions.engine.database import rows
from executions.models import SYSTEM_LEDGER, Check
from executions.provenance import append
from executions.provenance.outcome import Verification
from executions.provenance.verify import verify

logger = logging.getLogger("holdpoint.engine")

LEASE_SECONDS = 60.0
"""Longer than the longest statement between two signs of life: the look at every head of a large record."""
MOST_TRIES = 5
REST = 0.5
"""Seconds of rest for each second of work, so that runs keep their share of the database."""
LONGEST_REST = 2.0

# Asked by every worker all the time: one look at an index that is nearly always empty. A lease that ran out belonged to
# a worker that died; whoever takes it over begins again, because the snapshot it read is gone.
CLAIM = """
UPDATE executions_check
SET owner = %(owner)s, lease_until = clock_timestamp() + make_interval(secs => %(lease)s), tries = tries + 1,
    checked = 0, total = null
WHERE finished_at IS NULL AND (lease_until IS NULL OR lease_until < clock_timestamp())
RETURNING id, tries
"""

COUNT = """
UPDATE executions_check SET total = (SELECT coalesce(sum(seq), 0) FROM executions_ledger) WHERE id = %(id)s
"""

PROGRESS = """
UPDATE executions_check
SET checked = %(checked)s, lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE id = %(id)s AND owner = %(owner)s AND finished_at IS NULL AND lease_until IS NOT NULL
"""


class _Ended(Exception):
    """This worker is to go no further: it stops, or another one has taken over."""


def begin(owner: str, stop: threading.Event) -> threading.Thread | None:
    """Take the verification that was asked for, if there is one that nobody is at, and carry it out in a thread.

    A thread and connections only for as long as it takes: it is asked for once a day at most, and may take minutes.

    Args:
        owner: name of this worker.
        stop: ends it early; another worker begins it again.

    Returns:
        The thread; None where there is nothing to do.
    """
    found = rows(CLAIM, {"owner": owner, "lease": LEASE_SECONDS})
    if not found:
        return None
    (taken,) = found
    thread = threading.Thread(
        target=_carry_out, args=(taken.id, taken.tries, owner, stop), name="verification", daemon=True
    )
    thread.start()
    return thread


def _carry_out(check: uuid.UUID, tries: int, owner: str, stop: threading.Event) -> None:
    try:
        if tries > MOST_TRIES:
            _give_up(check, owner)
            return
        with _signs_of_life(check, owner, stop) as on_progress:
            result = verify(on_progress=on_progress)
        _finish(check, owner, result)
    except _Ended:
        _let_go(check, owner)
    except Exception:
        # Its lease runs out, and it is begun again.
        logger.warning("The verification of the record was interrupted", exc_info=True)
    finally:
        connections.close_all()


@contextmanager
def _signs_of_life(check: uuid.UUID, owner: str, stop: threading.Event) -> Iterator[Callable[[int], None]]:
    """Tell of progress on a connection of its own: the verification's is within its snapshot, and writes nothing."""
    rows(COUNT, {"id": check})
    other = connection.copy()
    before = time.monotonic()

    def tell(checked: int) -> None:
        nonlocal before
        worked = time.monotonic() - before
        with other.cursor() as cursor:
            cursor.execute(PROGRESS, {"id": check, "owner": owner, "checked": checked, "lease": LEASE_SECONDS})
            mine = bool(cursor.rowcount)
        if not mine or stop.wait(min(worked * REST, LONGEST_REST)):
            raise _Ended
        before = time.monotonic()

    try:
        yield tell
    finally:
        other.close()


def _mine(check: uuid.UUID, owner: str) -> Any:
    return Check.objects.filter(pk=check, owner=owner, finished_at__isnull=True)


@transaction.atomic
def _finish(check: uuid.UUID, owner: str, result: Verification) -> None:
    """Record the outcome as the act of whoever asked for it."""
    asked = _mine(check, owner).select_for_update().first()
    if asked is None:
        return
    told = {**result.as_dict(), "check": str(check)}
    line = append(SYSTEM_LEDGER, "audit.verified", asked.requester, data=told)
    _mine(check, owner).update(finished_at=Now(), line=line, checked=result.events, lease_until=None)
    logger.info("Verified %s lines in %s ledgers: %s", result.events, result.ledgers, told["outcome"])


@transaction.atomic
def _give_up(check: uuid.UUID, owner: str) -> None:
    asked = _mine(check, owner).select_for_update().first()
    if asked is None:
        return
    line = append(
        SYSTEM_LEDGER,
        "audit.verification_failed",
        Actor.policy("verification"),
        reason=f"It was begun {MOST_TRIES} times and never came to its end. The workers’ logs say why.",
        data={"check": str(check), "tries": MOST_TRIES},
    )
    _mine(check, owner).update(finished_at=Now(), line=line, lease_until=None)


def _let_go(check: uuid.UUID, owner: str) -> None:
    """Leave it to another worker at once. A worker that stops in good order has not failed at it."""
    _mine(check, owner).update(lease_until=None, owner=None, tries=F("tries") - 1)
