"""What is so now, asked of the rows: a constant number of queries, each over a bounded piece of an index."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from executions.meters.sample import Sample
from executions.queries.system import QUEUE_CAP, System, system
from executions.queries.verifications import standing
from executions.states import ACTIVE, HOLD_KINDS

AGES = ("under_1h", "under_1d", "under_7d", "under_30d", "over_30d")
"""How long a hold has stood."""

# State by state with the state spelled out, so that the planner knows how many there are and takes the index on state.
UNFINISHED = f"""
SELECT state, workflow, count(*) FROM (
    {
    " UNION ALL ".join(
        f"(SELECT state, workflow FROM executions_execution WHERE state = '{state}' LIMIT %(cap)s)" for state in ACTIVE
    )
}
) AS counted
GROUP BY 1, 2
"""  # noqa: S608  (constants of this module)
# The oldest first, so that what counts is among those counted.
HOLDS = """
SELECT kind, width_bucket(extract(epoch FROM now() - placed_at)::float, ARRAY[3600, 86400, 604800, 2592000]::float[]),
       count(*), extract(epoch FROM now() - min(placed_at))::float,
       count(*) FILTER (WHERE overdue_at IS NOT NULL OR review_by <= now())
FROM (
    SELECT kind, placed_at, review_by, overdue_at FROM executions_hold
    WHERE released_at IS NULL AND spread_from_id IS NULL ORDER BY id LIMIT %(cap)s
) AS open
GROUP BY 1, 2
"""
QUESTIONS = """
SELECT kind, count(*), extract(epoch FROM now() - min(opened_at))::float
FROM (SELECT kind, opened_at FROM executions_suspension WHERE closed_at IS NULL LIMIT %(cap)s) AS open
GROUP BY 1
"""
NOTIFICATIONS = """
SELECT CASE WHEN error = '' THEN 'waiting' ELSE 'failing' END, count(*)
FROM (SELECT error FROM executions_notification WHERE next_at IS NOT NULL LIMIT %(cap)s) AS unsent
GROUP BY 1
"""
DELIVERIES = """
SELECT CASE WHEN error = '' THEN 'waiting' ELSE 'failing' END, count(*),
       extract(epoch FROM now() - min(created_at))::float
FROM (
    SELECT error, message.created_at FROM executions_webhookdelivery AS message
    JOIN executions_webhookendpoint AS endpoint ON endpoint.id = endpoint_id
    WHERE next_at IS NOT NULL AND (disabled_at IS NULL OR origin = 'test') LIMIT %(cap)s
) AS unsent
GROUP BY 1
"""
ENDPOINTS = """
SELECT CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN failing_since IS NOT NULL THEN 'failing' ELSE 'well' END,
       count(*)
FROM executions_webhookendpoint GROUP BY 1
"""


def figures() -> list[Sample]:
    """Return what is so now, as the database tells it.

    Raises:
        django.db.Error: it is away.
    """
    return [*_system(system()), *_runs(), *_holds(), *_questions(), *_messages(), *_verification()]


def _rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"cap": QUEUE_CAP})
        return cursor.fetchall()


def _system(now: System) -> Iterator[Sample]:
    yield Sample("database_round_trip_seconds", (), now.database_seconds)
    yield Sample("database_connections", (), now.connections)
    yield Sample("database_max_connections", (), now.most_connections)
    yield Sample("runs_scheduled", (), min(now.later, QUEUE_CAP))
    yield Sample("freezes_open", (), now.freezes)
    yield Sample("questions_overdue", (), now.questions_late)
    yield Sample("conditions_overdue", (), now.conditions_late)
    yield Sample("workers_busy", (), sum(view.run is not None for view in now.alive))
    for why in ("lease", "lingering", "interrupted", "join"):
        yield Sample("runs_stuck", (why,), sum(run.what == why for run in now.stuck))
    for waiting in now.queue:
        yield Sample("queue_runs", (str(waiting.priority),), waiting.count)
        yield Sample("queue_oldest_seconds", (str(waiting.priority),), (now.now - waiting.oldest).total_seconds())
    for workflow, count in now.orphans.items():
        yield Sample("queue_orphans", (workflow,), count)
    versions = [view.worker.version for view in now.alive]
    # With no worker there is still a figure to raise an alarm by.
    for version in sorted(set(versions)) or [""]:
        yield Sample("workers", (version,), versions.count(version))
    if now.last_sweep is not None:
        yield Sample("sweeper_last_seen_timestamp_seconds", (), now.last_sweep.timestamp())
    jobs = [job.what for job in now.jobs]
    yield Sample("jobs_open", ("bulk",), sum(what != "verify" for what in jobs))
    yield Sample("jobs_open", ("verify",), jobs.count("verify"))


def _runs() -> Iterator[Sample]:
    for state, workflow, count in _rows(UNFINISHED):
        yield Sample("runs", (state, workflow), count)


def _holds() -> Iterator[Sample]:
    overdue, oldest = 0, dict.fromkeys(HOLD_KINDS, 0.0)
    for kind, age, count, seconds, late in _rows(HOLDS):
        overdue += late
        oldest[kind] = max(oldest.get(kind, 0.0), seconds)
        yield Sample("holds_open", (kind, AGES[age]), count)
    yield Sample("holds_overdue", (), overdue)
    for kind, seconds in oldest.items():
        yield Sample("holds_oldest_seconds", (kind,), seconds)


def _questions() -> Iterator[Sample]:
    for kind, count, seconds in _rows(QUESTIONS):
        yield Sample("questions_open", (kind,), count)
        yield Sample("questions_oldest_seconds", (kind,), seconds)


def _messages() -> Iterator[Sample]:
    counted = dict(_rows(NOTIFICATIONS))
    for status in ("waiting", "failing"):
        yield Sample("notifications", (status,), counted.get(status, 0))
    unsent = {status: (count, seconds) for status, count, seconds in _rows(DELIVERIES)}
    for status in ("waiting", "failing"):
        count, seconds = unsent.get(status, (0, 0.0))
        yield Sample("webhook_deliveries", (status,), count)
        yield Sample("webhook_oldest_seconds", (status,), seconds)
    endpoints = dict(_rows(ENDPOINTS))
    for status in ("well", "failing", "disabled"):
        yield Sample("webhook_endpoints", (status,), endpoints.get(status, 0))


def _verification() -> Iterator[Sample]:
    newest = standing().newest
    if newest is not None:
        yield Sample("verification_timestamp_seconds", (), newest.at.timestamp())
        yield Sample("verification_whole", (), float(newest.whole))
