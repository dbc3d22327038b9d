"""Carries bulk jobs out, run by run: each gets the single command, in one transaction with what became of it.

Nobody owns a job. Any worker's clerk takes the next run that no other one is at; the lock on that run's row of the job
is the lease, and it ends with the transaction, however that ends. So all workers can help, a worker that is killed
leaves nothing behind that somebody must wait for, and no run is given the command twice.
"""

import logging
import time
from dataclasses import replace
from typing import Any

from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from executions.actors import Actor
from executions.commands.in_bulk import ACTS
from executions.engine.database import OUTAGE, rows
from executions.engine.post import office
from executions.errors import Refused
from executions.models import SYSTEM_LEDGER, ApiToken, BulkItem, BulkJob
from executions.provenance import append
from executions.text import storable

logger = logging.getLogger("holdpoint.bulk")

SLICE_SECONDS = 0.25
"""Then other jobs have their turn, and what the person may do is read anew."""
BURST_SECONDS = 0.25
"""Under a rate, what was missed can be caught up with for so long; what is older is forfeited."""
BUSY_SECONDS = 0.5
"""A run that another transaction has kept for so long is passed over, and tried again after as long."""
BROKEN = "Something went wrong on our side; nothing was changed. The worker's log says what."
LOCK_NOT_AVAILABLE = "55P03"

# The job that has waited longest goes to the end of the line; under a rate it is due again when its next run is.
# SKIP LOCKED: its row is locked for a moment whenever a run is counted.
TAKE = f"""
UPDATE executions_bulkjob AS job
SET next_at = CASE WHEN rate IS NULL THEN clock_timestamp()
                   ELSE greatest(next_at, clock_timestamp() - interval '{BURST_SECONDS} seconds')
                        + interval '1 second' / rate END
FROM (
    SELECT id FROM executions_bulkjob WHERE finished_at IS NULL AND next_at <= clock_timestamp()
    ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
) AS due WHERE job.id = due.id RETURNING job.id
"""  # noqa: S608

DUE_IN = """
SELECT extract(epoch FROM min(next_at) - clock_timestamp())::float AS seconds
FROM executions_bulkjob WHERE finished_at IS NULL
"""

# The last statement of a run's transaction: the job's row comes after all others and only for a moment, so whoever
# stops the job waits for no run. No row: it was stopped; then what was done to the run is rolled back, and nothing
# happens after somebody was told that it has stopped.
COUNT = """
WITH told AS (
    UPDATE executions_bulkitem SET outcome = %(outcome)s, code = %(code)s, detail = %(detail)s, hold = %(hold)s,
        done_at = clock_timestamp()
    WHERE id = %(item)s
)
UPDATE executions_bulkjob SET done = done + %(done)s, refused = refused + 1 - %(done)s,
    finished_at = CASE WHEN done + refused + 1 = total THEN clock_timestamp() END
WHERE id = %(job)s AND finished_at IS NULL
RETURNING done + refused AS come_to, finished_at
"""

LATER = """
UPDATE executions_bulkjob SET next_at = greatest(next_at, clock_timestamp() + %(pause)s * interval '1 second')
WHERE id = %(job)s AND finished_at IS NULL
"""

IMPATIENT = f"SET lock_timeout = '{BUSY_SECONDS}s'"
"""No run that is stuck, whatever has it, keeps those behind it waiting."""


class Stopped(Exception):
    """The job was stopped; the run at hand is left as it was."""


def work() -> bool:
    """Carry out a little of the bulk job that has waited longest.

    Returns:
        Whether there was one.
    """
    taken = rows(TAKE, {})
    if not taken:
        return False
    rows(IMPATIENT, {})
    _slice(BulkJob.objects.get(pk=taken[0].id))
    return True


def due_in() -> float | None:
    """Return in how many seconds there is something to do; None where no job is open."""
    seconds: float | None = rows(DUE_IN, {})[0].seconds
    return None if seconds is None else max(seconds, 0.0)


def _slice(job: BulkJob) -> None:
    actor = on_behalf_of(job)
    ends = time.monotonic() + SLICE_SECONDS
    stuck: list[int] = []
    while True:
        try:
            item = _next(job, actor, stuck)
        except Stopped:
            return
        if item is None:
            # All that is left is in other transactions' hands, or its end has come.
            rows(LATER, {"job": job.pk, "pause": BUSY_SECONDS})
            return
        if item in stuck:
            ends = time.monotonic() + SLICE_SECONDS  # the wait for it is not the others' fault
            actor = on_behalf_of(job)  # nor may it keep alive what the person may no longer do
        elif job.rate is not None or time.monotonic() > ends:
            return


def _next(job: BulkJob, actor: Actor, stuck: list[int]) -> int | None:
    """Carry the job out on its next run that nobody is at.

    Args:
        job: which.
        actor: on whose behalf.
        stuck: items whose runs another transaction keeps, passed over for now; one that turns out to be so is added.

    Returns:
        The item; None where there was none.

    Raises:
        Stopped: the job has been stopped, and the run is left as it was.
    """
    waiting = job.items.filter(outcome__isnull=True).exclude(pk__in=stuck).order_by("position")
    item = None
    try:
        with transaction.atomic():
            item = waiting.select_for_update(skip_locked=True).first()
            if item is not None:
                _count(job, item, _give(job, item, actor))
    except OperationalError as error:
        if item is None or getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        stuck.append(item.pk)
    return None if item is None else item.pk


def _give(job: BulkJob, item: BulkItem, actor: Actor) -> dict[str, Any]:
    """Give the command to one run; return what became of it."""
    try:
        hold = ACTS[job.command].give(actor, item.execution_id, job.reason, job.arguments)
    except Refused as refusal:
        # The command has undone what it did and recorded the refusal, in this very transaction.
        return {"done": 0, "outcome": "refused", "code": refusal.code, "detail": storable(refusal.detail)[:1000]}
    except OUTAGE:
        raise
    except Exception:
        logger.exception("%s in bulk job %s broke on run %s", job.command, job.pk, item.execution_id)
        return {"done": 0, "outcome": "refused", "code": "broken", "detail": BROKEN}
    return {"done": 1, "outcome": "done", "hold": hold.pk if hold else None}


def _count(job: BulkJob, item: BulkItem, told: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        fields = {"code": "", "detail": "", "hold": None, **told}
        cursor.execute(COUNT, {**fields, "item": item.pk, "job": job.pk})
        counted = cursor.fetchone()
    if counted is None:
        raise Stopped
    come_to, finished_at = counted
    if finished_at is not None:
        job.refresh_from_db()
        took = round((finished_at - job.requested_at).total_seconds(), 3)
        summary = {"job": str(job.pk), "done": job.done, "refused": job.refused, "seconds": took}
        append(SYSTEM_LEDGER, "bulk.finished", Actor.policy("bulk"), reason=job.reason, data=summary)
    transaction.on_commit(lambda: office.changed(str(job.pk), come_to))


def on_behalf_of(job: BulkJob) -> Actor:
    """Return the actor who asked for a job, with what he might do then and may do still.

    Args:
        job: whose id every event will carry.
    """
    kind, _, key = job.requested_by.partition(":")
    actor = Actor(
        job.requested_by,
        job.requested_by_name,
        job.requested_by_role,
        job.requested_via,
        user_id=job.requested_by_user,
    )
    if kind == "user":
        user = get_user_model().objects.filter(pk=key).first()
        actor = Actor.of_user(user, job.requested_via) if user else actor
    elif kind == "token":
        good = ApiToken.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()), revoked_at__isnull=True)
        token = good.select_related("owner").filter(pk=key).first()
        actor = Actor.of_token(token, job.requested_via) if token else actor
    return replace(actor, scopes=actor.scopes & frozenset(job.scopes), bulk=str(job.pk))
