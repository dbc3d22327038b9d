"""Questions that nobody answered in time, and those that people are to be reminded of."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from executions.actors import Actor
from executions.commands.base import holds_in_force
from executions.commands.execution import request_cancel
from executions.commands.suspension import close_answered
from executions.engine import statements
from executions.engine.database import rows
from executions.engine.notices import notify
from executions.engine.post import announce, tell
from executions.models import Execution, Suspension
from executions.provenance import append

POLICY = Actor.policy("deadline")
REMINDER = Actor.policy("reminder")
TOO_LATE = "Nobody answered before the deadline."


def expire_questions() -> None:
    """Do what was agreed for every question whose deadline has passed."""
    for row in rows(statements.OVERDUE, {}):
        expire(str(row.id), str(row.execution_id), row.deadline)


def remind_of_questions() -> None:
    """Remind of every open question whose time has come."""
    for row in rows(statements.TO_REMIND_OF, {}):
        remind(str(row.id), str(row.execution_id))


@transaction.atomic
def expire(suspension_id: str, execution_id: str, passed: datetime) -> None:
    """Do what was agreed for one question, unless it was closed meanwhile: the row lock lets one of them win.

    Args:
        suspension_id: which question.
        execution_id: of which run.
        passed: the deadline that has passed. Another sweeper may have escalated the question since, with a later one.
    """
    execution = Execution.objects.select_for_update().get(pk=execution_id)
    suspension = Suspension.objects.filter(pk=suspension_id, closed_at__isnull=True, deadline=passed).first()
    if suspension is None:
        return
    outcome = suspension.on_deadline
    if outcome == "default" and suspension.default_answer is not None:
        close_answered(suspension, execution, POLICY, dict(suspension.default_answer), "", reason=TOO_LATE)
    elif outcome == "escalate" and suspension.escalated_at is None and suspension.escalate:
        _escalate(suspension, execution)
    elif outcome == "cancel":
        _cancel(suspension, execution)
    else:
        _close_expired(suspension, execution)
        tell(execution)


@transaction.atomic
def remind(suspension_id: str, execution_id: str) -> None:
    """Remind of one question, unless it was closed or reminded of meanwhile.

    Args:
        suspension_id: which question.
        execution_id: of which run.
    """
    execution = Execution.objects.select_for_update().get(pk=execution_id)
    suspension = Suspension.objects.filter(pk=suspension_id, closed_at__isnull=True, remind_at__lte=Now()).first()
    if suspension is None or suspension.remind_seconds is None:
        return
    # Counted from now, so that a time without workers is followed by one reminder and not by all it missed.
    again = Now() + timedelta(seconds=suspension.remind_seconds)
    Suspension.objects.filter(pk=suspension.pk).update(remind_at=again)
    append(
        execution.pk,
        "suspension.reminded",
        REMINDER,
        reason="Nobody has answered yet.",
        data={**suspension.named, "opened_at": suspension.opened_at},
    )
    notify(suspension, "reminded")
    announce(execution)


def _close_expired(suspension: Suspension, execution: Execution) -> None:
    Suspension.objects.filter(pk=suspension.pk, closed_at__isnull=True).update(
        closed_at=Now(),
        outcome="expired",
        answered_by=POLICY.id,
        answered_by_name=POLICY.name,
        answered_via=POLICY.via,
    )
    told = {**suspension.named, "deadline": suspension.deadline}
    append(execution.pk, "suspension.expired", POLICY, reason=TOO_LATE, data=told)


def _escalate(suspension: Suspension, execution: Execution) -> None:
    """Put the question to others, once; when they are late as well it expires."""
    assert suspension.escalate is not None
    before, seconds = suspension.who, suspension.escalate["seconds"]
    Suspension.objects.filter(pk=suspension.pk, closed_at__isnull=True).update(
        who=suspension.escalate["who"],
        urgency="high",
        escalated_at=Now(),
        deadline=Now() + timedelta(seconds=seconds),
    )
    suspension.refresh_from_db()
    told = {**suspension.named, "who": suspension.who, "before": before, "deadline": suspension.deadline}
    append(execution.pk, "suspension.escalated", POLICY, reason=TOO_LATE, data=told)
    notify(suspension, "escalated")
    announce(execution)


def _cancel(suspension: Suspension, execution: Execution) -> None:
    """Cancel the run, unless a hold forbids cancelling: then this waits for the hold, and is looked at again."""
    if any(hold.blocks_cancel for hold in holds_in_force(execution)):
        return
    _close_expired(suspension, execution)
    request_cancel(execution, POLICY, f"Nobody answered “{suspension.title}” before the deadline.")
    tell(execution)
