"""A worker's herald: writes down who is to be told of what, and sends messages of webhooks, beside all runs.

One thread looks; each endpoint that something is due for is served by a thread of its own, of which there are a few.
"""

import logging
import threading
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connections

from executions import clock
from executions.engine import delivering, fanout
from executions.engine.database import rows
from executions.ids import earliest_id

logger = logging.getLogger("holdpoint.webhooks")

PURGE_SECONDS = 600.0
PURGED_AT_ONCE = 5000

# What was delivered or given up is kept for a while, and what waits for a disabled endpoint no longer. By the ids,
# which begin with the time they were made.
PURGE = """
DELETE FROM executions_webhookdelivery WHERE id IN (
    SELECT message.id FROM executions_webhookdelivery AS message
    JOIN executions_webhookendpoint AS endpoint ON endpoint.id = message.endpoint_id
    WHERE message.id < %(before)s AND (message.next_at IS NULL OR endpoint.disabled_at IS NOT NULL)
    ORDER BY message.id LIMIT %(limit)s FOR UPDATE OF message SKIP LOCKED
)
RETURNING id
"""

_changed = threading.Event()
_serving: dict[Any, Any] = {}
"""Endpoints that are being served by this process, as they were taken."""
_lock = threading.Lock()


def attend(stop: threading.Event) -> None:
    """Work until the process ends.

    Args:
        stop: ends it.
    """
    purge_at = time.monotonic() + PURGE_SECONDS
    while not stop.is_set():
        _changed.clear()
        begin_due()
        more = fanout.fan_out()
        if time.monotonic() > purge_at:
            more = purge() >= PURGED_AT_ONCE or more
            purge_at = time.monotonic() + (0 if more else PURGE_SECONDS)
        if not more:
            _changed.wait(settings.HOLDPOINT["SWEEP_SECONDS"])


def begin_due() -> int:
    """Have endpoints served that something is due for, as many at once as there may be threads.

    Returns:
        How many were begun with.
    """
    threads = settings.HOLDPOINT["WEBHOOK_THREADS"]
    with _lock:
        free = threads - len(_serving)
        failing = sum(each.failing for each in _serving.values())
    # One thread is kept from those that are failing: however many hang, the others are served.
    taken = delivering.take(free, max(threads - 1, 1) - failing) if free > 0 else []
    for each in taken:
        with _lock:
            _serving[each.id] = each
        threading.Thread(target=_serve, args=(each.id, each.taken_by), name="messenger", daemon=True).start()
    return len(taken)


def leave() -> None:
    """Let go of every endpoint that this process serves, as it ends; what is in the middle is sent again."""
    with _lock:
        taken = list(_serving.values())
    for each in taken:
        delivering.let_go(each.id, each.taken_by)


def purge() -> int:
    """Forget messages that were written ``WEBHOOK_KEEP_DAYS`` ago and will not be sent, some at a time.

    Returns:
        How many.
    """
    before = earliest_id(clock.now() - timedelta(days=settings.HOLDPOINT["WEBHOOK_KEEP_DAYS"]))
    return len(rows(PURGE, {"before": before, "limit": PURGED_AT_ONCE}))


def _serve(endpoint_id: Any, by: Any) -> None:
    try:
        delivering.serve(endpoint_id, by)
    except Exception as error:  # the rows say what is still to be done, and until when somebody else leaves it alone
        logger.warning("Messages to the webhook %s were interrupted: %s", endpoint_id, str(error).strip()[:300])
    finally:
        connections.close_all()
        with _lock:
            _serving.pop(endpoint_id, None)
        _changed.set()
