"""Delivers messages about questions from their rows: to webhooks and by e-mail, at least once, apart from all runs.

A message that cannot be delivered waits longer and longer, then is given up with its error kept. No run waits for it.
"""

import json
import logging
import urllib.error
import urllib.request
from email.utils import formataddr
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db.models.functions import Now

from executions.decisionlink import link_to
from executions.engine import statements
from executions.engine.database import rows
from executions.engine.post import office
from executions.models import Notification, Suspension
from executions.text import storable

logger = logging.getLogger("holdpoint.courier")

TIMEOUT_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 10.0
"""Before the second attempt; doubled for each further one. Longer than an attempt can take, so that no two overlap."""
LONGEST_PAUSE_SECONDS = 3600.0
MOST_ATTEMPTS = 14
"""With the pauses above, a good six hours."""
OCCASIONS = {"opened": "", "reminded": "Reminder: ", "escalated": "Escalated: "}
CLOSED = "The question was closed before this was delivered."


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing: the address is the operator's, the place it points to is not."""
        return


_opener = urllib.request.build_opener(_NoRedirects)


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


def message_about(notification: Notification) -> dict[str, Any]:
    """Return what is sent: enough to know that one is needed, nothing of what the question shows.

    Args:
        notification: with its suspension and execution loaded.
    """
    asked = notification.suspension
    run = asked.execution
    title = " ".join(asked.title.split())[:300]
    run_title = run.title or run.workflow
    link = link_to(asked.pk)
    return {
        "text": f"{OCCASIONS[notification.occasion]}{title} ({run_title} waits for an answer) {link}",
        "title": title,
        "occasion": notification.occasion,
        "kind": asked.kind,
        "urgency": asked.urgency,
        "deadline": asked.deadline.isoformat() if asked.deadline else None,
        "link": link,
        "question": str(asked.pk),
        "run": {"id": str(run.pk), "title": run_title, "workflow": run.workflow},
    }


def _attempt(notification: Notification) -> None:
    asked = notification.suspension
    if not asked.is_open:
        Notification.objects.filter(pk=notification.pk).update(next_at=None, error=CLOSED)
        return
    try:
        _send(notification.target, message_about(notification))
    except Exception as error:  # whatever a stranger's server, or the mail system, comes up with
        _failed(notification, asked, error)
    else:
        Notification.objects.filter(pk=notification.pk).update(next_at=None, delivered_at=Now(), error="")


def _failed(notification: Notification, asked: Suspension, error: Exception) -> None:
    given_up = notification.attempts >= MOST_ATTEMPTS
    facts: dict[str, Any] = {"error": storable(f"{type(error).__name__}: {error}")[:500]}
    if given_up:
        facts["next_at"] = None
    Notification.objects.filter(pk=notification.pk).update(**facts)
    what = "given up" if given_up else "tried again later"
    logger.warning("Message to %s about %s: %s; %s", notification.place, asked.pk, facts["error"], what)
    office.changed(str(asked.execution_id), asked.execution.version)


def _send(target: str, message: dict[str, Any]) -> None:
    if target.startswith("mailto:"):
        _mail(target.removeprefix("mailto:"), message)
        return
    body = json.dumps(message, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Holdpoint"}
    request = urllib.request.Request(target, body, headers, method="POST")  # noqa: S310  (checked at start)
    with _opener.open(request, timeout=TIMEOUT_SECONDS):
        return


def _mail(address: str, message: dict[str, Any]) -> None:
    hurry = "Urgent: " if message["urgency"] == "high" else ""
    lines = [message["text"]]
    if message["deadline"]:
        lines.append(f"Open until {message['deadline']}.")
    lines.append("You sign in before you answer; the link alone allows nothing.")
    sender = formataddr(("Holdpoint", settings.DEFAULT_FROM_EMAIL))
    send_mail(f"{hurry}{message['title']}"[:200], "\n\n".join(lines), sender, [address])
