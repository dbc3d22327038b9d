"""Finds what fell through: expired leases, due times, queued runs whose message was lost.

Runs in every worker; an advisory lock spares the work, ``SKIP LOCKED`` and compare-and-set make it safe without.
"""

import functools
import logging
import time
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from kombu.transport.redis import Channel
from redis.backoff import NoBackoff
from redis.retry import Retry

from executions.commands import refusals
from executions.engine import gates, lifting, settle, statements, wakeups
from executions.engine.children import sweep_joins
from executions.engine.database import rows
from executions.engine.deadlines import expire_questions, remind_of_questions
from executions.engine.post import office
from executions.engine.reviews import mark_overdue
from executions.engine.sla import breach_overdue
from executions.meters import observe
from executions.meters.record import fold
from executions.states import CANCELLING, QUEUED

logger = logging.getLogger("holdpoint.sweeper")

RESEND_SECONDS = 2.0
"""A run whose message was sent again this recently is left alone."""
RESEND_LIMIT = 500
"""Messages sent again at one sweep, at most."""
BACKLOG = 2000
"""With this many messages waiting there is work enough; what was lost is looked for once there are fewer."""
MAX_INTERRUPTIONS = 5
"""A step that lost this many workers in a row is held for a person, instead of killing the next worker."""
MISSES = 3
"""Sweeps given up in a row because another worker was at it, before this one sweeps regardless of the lock: its holder
may be frozen."""

COUNT_SECONDS = 10.0
"""How often the record is counted for the figures of /metrics, which also do it themselves."""

_sent: dict[str, float] = {}
_missed = 0
_looked_since = lifting.FIRST
_counted_at = float("-inf")


def sweep() -> None:
    """Look once for everything that is late."""
    global _missed
    ((locked,),) = rows(statements.SWEEPER_LOCK, {})
    if not locked:
        _missed += 1
        if _missed < MISSES:
            return
    _missed = 0
    begun = time.perf_counter()
    try:
        _expire()
        expire_questions()
        remind_of_questions()
        sweep_joins()
        wakeups.fire_due()
        wakeups.look_again()
        mark_overdue()
        breach_overdue()
        refusals.tell_all()
        _send_due()
        _resend()
        _count_the_record()
    finally:
        observe("sweep_duration_seconds", time.perf_counter() - begun)
        if locked:
            rows(statements.SWEEPER_UNLOCK, {})


def _count_the_record() -> None:
    """Count what has happened, so that whoever looks after a long time need not wait for all of it."""
    global _counted_at
    if time.monotonic() - _counted_at >= COUNT_SECONDS:
        _counted_at = float("-inf") if fold() else time.monotonic()


def _expire() -> None:
    for row in rows(statements.EXPIRE, {}):
        key = str(row.id)
        logger.warning("Lease of run %s expired in step %s (%s times)", key, row.step, row.interrupted)
        office.changed(key, row.version)
        lost = f"lost its worker {row.interrupted} times in a row. It may crash its process or stop it from answering."
        if row.interrupted >= MAX_INTERRUPTIONS and row.state == QUEUED:
            reason = f"The step {row.step} {lost} Look at it before it goes on."
            settle.hold_unclaimed(key, "interruptions", "worker-lost", reason)
        elif row.interrupted >= MAX_INTERRUPTIONS and row.state == CANCELLING:
            settle.give_up_clean_up(key, f"The clean-up {lost}")
        elif row.state in (QUEUED, CANCELLING):
            office.run(key, row.priority)


def _send_due() -> None:
    for row in rows(statements.DUE, {}):
        office.run(str(row.id), row.priority)


def _resend() -> None:
    """Send again as many messages as are missing: no more, so that a long queue is not flooded with duplicates.

    Which ones are missing cannot be told from outside, so the oldest are sent; once all others have been worked off,
    the right one is among them.
    """
    waiting = messages_waiting()
    if waiting >= BACKLOG:
        return
    due = _unclaimed(waiting + RESEND_LIMIT)
    missing = min(len(due) - waiting, RESEND_LIMIT)
    if missing <= 0:
        return
    now = time.monotonic()
    for key in [key for key, at in _sent.items() if now - at > RESEND_SECONDS]:
        del _sent[key]
    for row in [row for row in due if str(row.id) not in _sent][:missing]:
        _sent[str(row.id)] = now
        office.run(str(row.id), row.priority)


def _unclaimed(limit: int) -> list[Any]:
    """Return the oldest runs that should have a message.

    While a freeze is open the queue may be full of runs that it keeps there: a part of it is looked at in each sweep,
    the next one where nothing else was in it.
    """
    global _looked_since
    ((frozen, everything),) = rows(gates.OPEN_FREEZES, {})
    if not frozen:
        _looked_since = lifting.FIRST
        return rows(statements.UNCLAIMED, {"limit": limit})
    cleaning = rows(statements.UNCLEANED, {"limit": limit})
    if everything:
        return cleaning
    found = rows(gates.UNFROZEN, {"since": _looked_since, "part": lifting.PART, "limit": limit})
    free = [row for row in found if row.id is not None]
    if not free:
        _looked_since = found[0].last if found[0].seen == lifting.PART else lifting.FIRST
    return cleaning + free


def messages_waiting() -> int:
    """Count the messages in the broker, over all priorities.

    Raises:
        redis.RedisError: the broker is away.
    """
    pipeline = _client().pipeline(transaction=False)
    for key in queue_keys():
        pipeline.llen(key)
    return sum(pipeline.execute())


def queue_keys() -> list[str]:
    """Return the names of the lists in which kombu keeps the queue, one for each priority."""
    options = current_app.conf.broker_transport_options
    name = options["global_keyprefix"] + current_app.conf.task_default_queue
    return [f"{name}{Channel.sep}{step}" if step else name for step in options["priority_steps"]]


@functools.cache
def _client() -> redis.Redis:
    # Short: while the broker does not answer there is nothing to send, and leases must be looked at all the same.
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=1.0, retry=Retry(NoBackoff(), 1)
    )
