"""Delivers messages about questions from their rows: to webhooks and by e-mail, at least once, apart from all runs.

A message that cannot be delivered waits longer and longer, then is given up with its error kept. No run waits for it.
"""

import json
import logging
from email.utils import formataddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
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
CLOSED = "The question was closed before this was delivered."


def deliver_due() -> int:
    """Attempt every message that is due, one after the other.

    Returns:
        How many were attempted.
    """
    attempted = 0
    pauses = {"first": FIRST_PAUSE_SECONDS, "longest": LONGEST_PAUSE_SECONDS}
    while claimed := rows(statements.NOTIFICATION_DUE, pauses):
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
