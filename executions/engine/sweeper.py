"""Finds what fell through: expired leases, due times, queued runs whose message was lost.

Runs in every worker; an advisory lock spares the work, ``SKIP LOCKED`` and compare-and-set make it safe without.
"""

import logging
import time

from celery import current_app

from executions.engine import settle, statements
from executions.engine.database import rows
from executions.engine.post import office
from executions.states import QUEUED

logger = logging.getLogger("holdpoint.sweeper")

RESEND_SECONDS = 2.0
"""A run whose message was sent this recently is left alone."""
MAX_INTERRUPTIONS = 5
"""A step that lost this many workers in a row is held for a person, instead of killing the next worker."""

_sent: dict[str, float] = {}


def sweep() -> None:
    """Look once for everything that is late."""
    (lock,) = rows(statements.SWEEPER_LOCK, {})
    if not lock[0]:
        return
    try:
        _expire()
        _send_due()
        _resend()
    finally:
        rows(statements.SWEEPER_UNLOCK, {})


def _expire() -> None:
    from executions.engine import life

    rows_expired = rows(statements.EXPIRE, {})
    for row in rows_expired:
        logger.warning("Lease of run %s expired in step %s (%s times)", row.id, row.step, row.interrupted)
        office.changed(str(row.id), row.version)
        if row.interrupted >= MAX_INTERRUPTIONS and row.state == QUEUED:
            settle.hold_unclaimed(
                str(row.id),
                "interruptions",
                "worker-lost",
                f"The step {row.step} lost its worker {row.interrupted} times in a row. "
                "It may crash its process or stop it from answering. Look at it before it goes on.",
            )
        elif row.state in (QUEUED, "cancelling"):
            office.run(str(row.id), row.priority)
    if rows_expired:
        logger.info("Swept %s expired leases (%s)", len(rows_expired), life.worker_name())


def _send_due() -> None:
    for row in rows(statements.DUE, {}):
        office.run(str(row.id), row.priority)


def _resend() -> None:
    if _messages_waiting():
        return
    now = time.monotonic()
    for key in [key for key, at in _sent.items() if now - at > RESEND_SECONDS]:
        del _sent[key]
    for row in rows(statements.UNCLAIMED, {}):
        key = str(row.id)
        if key not in _sent:
            _sent[key] = now
            office.run(key, row.priority)


def _messages_waiting() -> int:
    """Count the messages in the broker, over all priorities; raises while the broker is away."""
    queue = current_app.conf.task_default_queue
    with current_app.connection_for_write() as connection:
        channel = connection.default_channel
        waiting: int = channel._size(queue)  # noqa: SLF001  (kombu offers the count over all priorities nowhere else)
    return waiting
