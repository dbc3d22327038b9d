"""Delivers messages about questions from their rows: to webhooks and by e-mail, at least once, apart from all runs.

A message that cannot be delivered waits longer and longer, then is given up with its error kept. No run waits for it.
What goes the same way, to one address or by mail, is sent one after the other; several ways at once, so that one which
hangs delays no other.
"""

import json
import logging
import threading
import time
from email.utils import formataddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connections
from django.db.models.functions import Now

from executions.engine import statements
from executions.engine.database import rows
from executions.engine.letters import Letter, chat_message, letter
from executions.engine.post import office
from executions.models import Notification, Suspension
from executions.outbound import Unreachable, post, read_trusted
from executions.text import storable

logger = logging.getLogger("holdpoint.courier")

TIMEOUT_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 10.0
"""Before the second attempt; doubled for each further one. Longer than an attempt can take, so that no two overlap."""
LONGEST_PAUSE_SECONDS = 3600.0
MOST_ATTEMPTS = 14
"""With the pauses above, a good six hours."""
AUTOMATIC = {"Auto-Submitted": "auto-generated"}
"""So that no answering machine answers (RFC 3834)."""
THREADS = 4
"""Ways that one worker serves at the same time; each uses a database connection while it lasts."""
SLICE_SECONDS = 10.0
"""Then another way has its turn."""
CLOSED = "The question was closed before this was delivered."


_serving: dict[str, threading.Thread] = {}
"""Ways that are being served by this process."""
_changed = threading.Event()
_lock = threading.Lock()


def attend(stop: threading.Event) -> None:
    """Work until the process ends.

    Args:
        stop: ends it.
    """
    while not stop.is_set():
        _changed.clear()
        begin_due()
        _changed.wait(settings.HOLDPOINT["SWEEP_SECONDS"])


def begin_due() -> list[threading.Thread]:
    """Have ways served on which something is due, as many at once as there may be threads.

    Returns:
        The threads that were begun.
    """
    with _lock:
        busy = list(_serving)
    if len(busy) >= THREADS:
        return []
    begun = []
    for (lane,) in rows(statements.NOTIFICATION_LANES, {"busy": busy, "limit": THREADS - len(busy)}):
        thread = threading.Thread(target=_serve, args=(lane,), name="courier-messenger", daemon=True)
        with _lock:
            _serving[lane] = thread
        thread.start()
        begun.append(thread)
    return begun


def _serve(lane: str) -> None:
    try:
        deliver_due(lane, SLICE_SECONDS)
    except Exception as error:  # the rows say what is still to be done
        logger.warning("Messages about questions were interrupted: %s", str(error).strip()[:300])
    finally:
        connections.close_all()
        with _lock:
            _serving.pop(lane, None)
        _changed.set()


def deliver_due(lane: str | None = None, seconds: float = float("inf")) -> int:
    """Attempt every message that is due, one after the other.

    Args:
        lane: only those that go this way.
        seconds: begin no further attempt after so long.

    Returns:
        How many were attempted.
    """
    attempted, ends = 0, time.monotonic() + seconds
    asked = {"first": FIRST_PAUSE_SECONDS, "longest": LONGEST_PAUSE_SECONDS, "lane": lane}
    while time.monotonic() < ends and (claimed := rows(statements.NOTIFICATION_DUE, asked)):
        # Taken for this attempt by its next time, not by a lock: nothing is held open while a stranger's server thinks.
        _attempt(Notification.objects.select_related("suspension__execution").get(pk=claimed[0].id))
        attempted += 1
    return attempted


def _attempt(notification: Notification) -> None:
    asked = notification.suspension
    if not asked.is_open:
        Notification.objects.filter(pk=notification.pk).update(next_at=None, error=CLOSED)
        return
    try:
        _send(notification)
    except Exception as error:  # whatever a stranger's server, or the mail system, comes up with
        _failed(notification, asked, error)
    else:
        Notification.objects.filter(pk=notification.pk).update(next_at=None, delivered_at=Now(), error="")


def _failed(notification: Notification, asked: Suspension, error: Exception) -> None:
    given_up = notification.attempts >= MOST_ATTEMPTS
    facts: dict[str, Any] = {"error": storable(str(error) or type(error).__name__)[:500]}
    if given_up:
        facts["next_at"] = None
    Notification.objects.filter(pk=notification.pk).update(**facts)
    what = "given up" if given_up else "tried again later"
    logger.warning("Message to %s about %s: %s; %s", notification.place, asked.pk, facts["error"], what)
    office.changed(str(asked.execution_id), asked.execution.version)


def _send(notification: Notification) -> None:
    target = notification.target
    if target.startswith("mailto:"):
        _mail(target.removeprefix("mailto:"), letter(notification))
        return
    body = json.dumps(chat_message(notification), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Holdpoint"}
    # The address is the operator's, who may have it lead anywhere; where it redirects to is not.
    answer = post(read_trusted(target), body, headers, seconds=TIMEOUT_SECONDS)
    if not 200 <= answer.status < 300:
        raise Unreachable(f"It answered {answer.status}.")


def _mail(address: str, written: Letter) -> None:
    sender = formataddr(("Holdpoint", settings.DEFAULT_FROM_EMAIL))
    mail = EmailMultiAlternatives(written.subject, written.text, sender, [address], headers=AUTOMATIC)
    mail.attach_alternative(written.html, "text/html")
    mail.send()
