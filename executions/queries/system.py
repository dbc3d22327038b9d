"""How the installation is: workers, queue, database, what is stuck, jobs under way. Each part reads a bounded piece."""

import datetime
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from executions.engine.children import UNFINISHED
from executions.models import BulkJob, Check, Execution, Worker

ALIVE_SECONDS = 10
"""A worker that was not heard of for longer counts as gone."""
QUEUE_CAP = 10_000
STUCK_CAP = 20
MOST_WORKERS = 200
LATE_SECONDS = 10
"""What should have been done by a sweeper and was not for so long is late."""
LINGERING_SECONDS = 60
"""A run is usually paused or cancelled within seconds."""

# The oldest first: by the index on state and id.
QUEUE = """
SELECT priority, workflow, count(*), min(state_since) FROM (
    SELECT priority, workflow, state_since FROM executions_execution
    WHERE state = 'queued' AND (not_before IS NULL OR not_before <= now()) ORDER BY id LIMIT %(cap)s + 1
) AS waiting GROUP BY priority, workflow ORDER BY priority DESC
"""

STUCK = f"""
(SELECT 'lease' AS what, id, title, workflow, ahead[1], lease_until AS since, owner FROM executions_execution
 WHERE state IN ('processing', 'pausing', 'cancelling')
   AND lease_until < clock_timestamp() - %(late)s * interval '1 second' LIMIT %(cap)s)
UNION ALL
(SELECT 'lingering', id, title, workflow, ahead[1], state_since, owner FROM executions_execution
 WHERE state IN ('pausing', 'cancelling') AND state_since < now() - %(lingering)s * interval '1 second'
 ORDER BY state_since LIMIT %(cap)s)
UNION ALL
(SELECT 'interrupted', id, title, workflow, ahead[1], state_since, owner FROM executions_execution
 WHERE state IN ('processing', 'pausing') AND interrupted > 0 LIMIT %(cap)s)
UNION ALL
(SELECT 'join', run.id, run.title, run.workflow, run.ahead[1], asked.opened_at, NULL
 FROM executions_suspension AS asked JOIN executions_execution AS run ON run.id = asked.execution_id
 WHERE asked.kind = 'children' AND asked.closed_at IS NULL
   AND asked.opened_at < now() - %(late)s * interval '1 second' AND NOT EXISTS ({UNFINISHED}) LIMIT %(cap)s)
"""  # noqa: S608

FACTS = """
SELECT
    (SELECT count(*) FROM (SELECT FROM executions_execution
        WHERE not_before > now() AND outcome IS NULL LIMIT %(cap)s + 1) AS later),
    (SELECT count(*) FROM (SELECT FROM executions_trigger
        WHERE closed_at IS NULL AND due_at < now() - %(late)s * interval '1 second' LIMIT %(cap)s + 1) AS due),
    (SELECT count(*) FROM (SELECT FROM executions_suspension
        WHERE closed_at IS NULL AND deadline < now() - %(late)s * interval '1 second' LIMIT %(cap)s + 1) AS passed),
    (SELECT count(*) FROM (SELECT FROM executions_notification
        WHERE next_at IS NOT NULL AND error <> '' LIMIT %(cap)s + 1) AS failing),
    (SELECT count(*) FROM executions_freeze WHERE lifted_at IS NULL),
    (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
    current_setting('max_connections')::int,
    current_setting('server_version'),
    clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class WorkerView:
    """One worker by its own account.

    Args:
        worker: its row.
        alive: it was heard of lately.
        run: what it is on, without its payload; None while it is idle.
    """

    worker: Worker
    alive: bool
    run: Execution | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Queued runs of one priority."""

    priority: int
    count: int
    oldest: datetime.datetime


@dataclass(frozen=True, slots=True)
class Stuck:
    """A run that does not get on as it should.

    Args:
        what: ``lease`` (its worker is silent and nobody took over), ``lingering`` (pausing or cancelling for long),
            ``interrupted`` (its step lost a worker before) or ``join`` (its children have ended, and it still waits).
        since: from when on.
        owner: the worker that has it, if any.
    """

    what: str
    id: uuid.UUID
    title: str
    workflow: str
    step: str | None
    since: datetime.datetime
    owner: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """Work in the background that was asked for and is not finished."""

    what: str
    id: uuid.UUID
    asked_by: str
    asked_at: datetime.datetime
    done: int
    total: int | None
    begun: bool


@dataclass(frozen=True, slots=True)
class System:
    """The installation at one moment, as the database tells it."""

    now: datetime.datetime
    database_seconds: float
    database_version: str
    connections: int
    most_connections: int
    workers: list[WorkerView]
    queue: list[Waiting]
    queued: int
    queue_capped: bool
    orphans: dict[str, int]
    later: int
    stuck: list[Stuck]
    conditions_late: int
    questions_late: int
    messages_failing: int
    freezes: int
    jobs: list[Job]

    @property
    def alive(self) -> list[WorkerView]:
        """The workers that were heard of lately."""
        return [view for view in self.workers if view.alive]

    @property
    def oldest(self) -> datetime.datetime | None:
        """Since when the oldest queued run waits."""
        return min((waiting.oldest for waiting in self.queue), default=None)

    @property
    def last_sweep(self) -> datetime.datetime | None:
        """When a sweeper last gave a sign; each worker has one."""
        return max((view.worker.seen_at for view in self.workers), default=None)


def living() -> QuerySet[Worker]:
    """Return the workers that were heard of lately."""
    return Worker.objects.filter(seen_at__gt=Now() - datetime.timedelta(seconds=ALIVE_SECONDS))


def system() -> System:
    """Look at the installation, in eight queries."""
    round_trip = _round_trip()
    with connection.cursor() as cursor:
        cursor.execute(QUEUE, {"cap": QUEUE_CAP})
        waiting = cursor.fetchall()
        cursor.execute(STUCK, {"late": LATE_SECONDS, "lingering": LINGERING_SECONDS, "cap": STUCK_CAP})
        stuck = [Stuck(*row) for row in cursor.fetchall()]
        cursor.execute(FACTS, {"late": LATE_SECONDS, "cap": QUEUE_CAP})
        later, conditions, questions, messages, freezes, used, most, version, now = cursor.fetchone()
    workers = _workers(now)
    queued = sum(row[2] for row in waiting)
    return System(
        now=now,
        database_seconds=round_trip,
        database_version=version,
        connections=used,
        most_connections=most,
        workers=workers,
        queue=_by_priority(waiting),
        queued=min(queued, QUEUE_CAP),
        queue_capped=queued > QUEUE_CAP,
        orphans=_orphans(waiting, workers),
        later=later,
        stuck=stuck,
        conditions_late=conditions,
        questions_late=questions,
        messages_failing=messages,
        freezes=freezes,
        jobs=_jobs(),
    )


def _round_trip() -> float:
    with connection.cursor() as cursor:
        begun = time.perf_counter()
        cursor.execute("SELECT 1")
        cursor.fetchone()
        return time.perf_counter() - begun


def _workers(now: datetime.datetime) -> list[WorkerView]:
    # Those that were killed leave their rows behind: they must not hide the living.
    known = list(Worker.objects.order_by("-seen_at")[:MOST_WORKERS])
    heavy = ("payload", "error", "resumed", "progress")
    runs = Execution.objects.defer(*heavy).in_bulk([each.execution for each in known if each.execution])
    limit = now - datetime.timedelta(seconds=ALIVE_SECONDS)
    views = []
    for worker in known:
        run = runs.get(worker.execution)
        # What it told of a moment ago may be over, or in other hands.
        mine = run if run is not None and run.owner == worker.name else None
        views.append(WorkerView(worker, worker.seen_at > limit, mine))
    return sorted(views, key=lambda view: (not view.alive, view.worker.name))


def _by_priority(waiting: list[tuple[int, str, int, datetime.datetime]]) -> list[Waiting]:
    grouped: dict[int, list[tuple[int, datetime.datetime]]] = defaultdict(list)
    for priority, _, count, oldest in waiting:
        grouped[priority].append((count, oldest))
    return [
        Waiting(priority, sum(count for count, _ in parts), min(oldest for _, oldest in parts))
        for priority, parts in grouped.items()
    ]


def _orphans(waiting: list[tuple[int, str, int, datetime.datetime]], workers: list[WorkerView]) -> dict[str, int]:
    known = {name for view in workers if view.alive for name in view.worker.workflows}
    found: dict[str, int] = defaultdict(int)
    for _, workflow, count, _ in waiting:
        if known and workflow not in known:
            found[workflow] += count
    return dict(found)


def _jobs() -> list[Job]:
    jobs = [
        Job(
            job.command,
            job.pk,
            job.requested_by_name,
            job.requested_at,
            job.done + job.refused,
            job.total,
            job.done > 0,
        )
        for job in BulkJob.objects.filter(finished_at__isnull=True).order_by("requested_at")[:STUCK_CAP]
    ]
    checks = [
        Job(
            "verify",
            check.pk,
            check.requested_by_name,
            check.requested_at,
            check.checked,
            check.total,
            bool(check.owner),
        )
        for check in Check.objects.filter(finished_at__isnull=True)
    ]
    return jobs + checks
