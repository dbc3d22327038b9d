"""Carries bulk jobs out, run by run: each gets the single command, in one transaction with what became of it.

A job is worked on in slices, under a lease, by any worker's clerk. Between two slices nobody owns it: so another job is
never kept waiting, a rate is kept by a time in the row, and whoever dies is followed by another one.
"""

import contextlib
import logging
import time
from dataclasses import replace
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
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

LEASE_SECONDS = 3.0
"""Renewed with every run; a job whose worker was killed goes on elsewhere after so long."""
SLICE_SECONDS = 0.25
"""Then other jobs have their turn, and what the person may do is read anew."""
BURST_SECONDS = 0.25
"""Under a rate, what was missed can be caught up with for so long; what is older is forfeited."""
BUSY_SECONDS = 0.2
"""A run that another transaction keeps is tried again after so long."""
BROKEN = "Something went wrong on our side; nothing was changed. The worker's log says what."

# The one that has waited longest, so that many jobs take turns. SKIP LOCKED: another worker is just taking that one.
TAKE = """
UPDATE executions_bulkjob AS job
SET owner = %(worker)s, lease_until = clock_timestamp() + %(lease)s * interval '1 second'
FROM (
    SELECT id FROM executions_bulkjob
    WHERE finished_at IS NULL AND next_at <= clock_timestamp()
      AND (lease_until IS NULL OR lease_until < clock_timestamp() OR owner = %(worker)s)
    ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
) AS due WHERE job.id = due.id RETURNING job.id
"""

# Seconds until there is something to do: a time that comes due, or a lease that runs out.
DUE_IN = """
SELECT extract(epoch FROM min(greatest(next_at, coalesce(lease_until, next_at))) - clock_timestamp())::float AS seconds
FROM executions_bulkjob WHERE finished_at IS NULL
"""

# The last statement of a run's transaction. No row: the lease went to another worker, or the job was stopped; then what
# was done to the run is rolled back. So nothing is done twice, and nothing after somebody was told that it has stopped.
COUNT = f"""
UPDATE executions_bulkjob SET
    done = done + %(done)s, refused = refused + %(refused)s,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second',
    next_at = CASE WHEN rate IS NULL THEN next_at
                   ELSE greatest(next_at, clock_timestamp() - interval '{BURST_SECONDS} seconds')
                        + interval '1 second' / rate END
WHERE id = %(job)s AND owner = %(worker)s AND finished_at IS NULL
RETURNING done + refused, total, next_at <= clock_timestamp()
"""  # noqa: S608

GIVE_BACK = """
UPDATE executions_bulkjob SET owner = NULL, lease_until = NULL,
    next_at = greatest(next_at, clock_timestamp() + %(pause)s * interval '1 second')
WHERE id = %(job)s AND owner = %(worker)s AND finished_at IS NULL
"""


class TakenAway(Exception):
    """The job is another worker's by now, or was stopped; the run at hand is left as it was."""


def work(worker: str) -> bool:
    """Take the bulk job that has waited longest and carry out a slice of it.

    Args:
        worker: name of this worker.

    Returns:
        Whether there was one.
    """
    taken = rows(TAKE, {"worker": worker, "lease": LEASE_SECONDS})
    if not taken:
        return False
    job = BulkJob.objects.get(pk=taken[0].id)
    with contextlib.suppress(TakenAway):
        _slice(job, worker)
    return True


def due_in() -> float | None:
    """Return in how many seconds there is something to do; None where no job is open."""
    seconds: float | None = rows(DUE_IN, {})[0].seconds
    return None if seconds is None else max(seconds, 0.0)


def _slice(job: BulkJob, worker: str) -> None:
    actor = on_behalf_of(job)
    ends = time.monotonic() + SLICE_SECONDS
    pause = 0.0
    goes_on = True
    while goes_on and time.monotonic() < ends:
        answer = _next(job, worker, actor)
        if answer is None:
            pause = BUSY_SECONDS
            break
        come_to, total, goes_on = answer
        office.changed(str(job.pk), come_to)
        if come_to == total:
            _finish(job, worker)
            return
    rows(GIVE_BACK, {"job": job.pk, "worker": worker, "pause": pause})


@transaction.atomic
def _next(job: BulkJob, worker: str, actor: Actor) -> tuple[int, int, bool] | None:
    """Carry the job out on its next run.

    Returns:
        Runs come to so far, runs in all, and whether the next one may be taken at once; None where the only ones left
        are in other transactions' hands.
    """
    waiting = job.items.filter(outcome__isnull=True).order_by("position")
    # Locked: a worker that lost its lease may still be on it, and will find out at its end.
    item = waiting.select_for_update(skip_locked=True).first()
    if item is None:
        return None
    told = _give(job, item, actor)
    BulkItem.objects.filter(pk=item.pk).update(**told, done_at=Now())
    done = told["outcome"] == "done"
    counted = {"done": int(done), "refused": int(not done), "job": job.pk, "worker": worker, "lease": LEASE_SECONDS}
    with connection.cursor() as cursor:
        # The job's row comes last, and only for a moment: whoever wants to stop it never waits for a run.
        cursor.execute(COUNT, counted)
        answer: tuple[int, int, bool] | None = cursor.fetchone()
    if answer is None:
        raise TakenAway
    return answer


def _give(job: BulkJob, item: BulkItem, actor: Actor) -> dict[str, Any]:
    """Give the command to one run; return what became of it."""
    try:
        hold = ACTS[job.command].give(actor, item.execution_id, job.reason, job.arguments)
    except Refused as refusal:
        # The command has undone what it did and recorded the refusal, in this very transaction.
        return {"outcome": "refused", "code": refusal.code, "detail": storable(refusal.detail)[:1000]}
    except OUTAGE:
        raise
    except Exception:
        logger.exception("%s in bulk job %s broke on run %s", job.command, job.pk, item.execution_id)
        return {"outcome": "refused", "code": "broken", "detail": BROKEN}
    return {"outcome": "done", "hold": hold.pk if hold else None}


@transaction.atomic
def _finish(job: BulkJob, worker: str) -> None:
    own = BulkJob.objects.filter(pk=job.pk, owner=worker, finished_at__isnull=True)
    if not own.update(finished_at=Now(), owner=None, lease_until=None):
        return
    job.refresh_from_db()
    took = (job.finished_at - job.requested_at).total_seconds() if job.finished_at else 0.0
    told = {"job": str(job.pk), "done": job.done, "refused": job.refused, "seconds": round(took, 3)}
    append(SYSTEM_LEDGER, "bulk.finished", Actor.policy("bulk"), reason=job.reason, data=told)
    transaction.on_commit(lambda: office.changed(str(job.pk), job.total + 1))


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
