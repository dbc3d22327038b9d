"""Questions that nobody answered in time."""

from django.db import transaction
from django.db.models.functions import Now

from executions.actors import Actor
from executions.engine import statements
from executions.engine.database import rows
from executions.engine.post import tell
from executions.models import Execution, Suspension
from executions.provenance import append

POLICY = Actor.policy("deadline")


def expire_questions() -> None:
    """Close every question whose deadline has passed."""
    for row in rows(statements.OVERDUE, {}):
        expire(str(row.id), str(row.execution_id))


@transaction.atomic
def expire(suspension_id: str, execution_id: str) -> None:
    """Close one question as expired, unless it was closed meanwhile: the row lock lets one of them win.

    Args:
        suspension_id: which question.
        execution_id: of which run.
    """
    execution = Execution.objects.select_for_update().get(pk=execution_id)
    suspension = Suspension.objects.get(pk=suspension_id)
    if suspension.closed_at is not None:
        return
    Suspension.objects.filter(pk=suspension.pk, closed_at__isnull=True).update(
        closed_at=Now(),
        outcome="expired",
        answered_by=POLICY.id,
        answered_by_name=POLICY.name,
        answered_via=POLICY.via,
    )
    told = {
        "suspension": str(suspension.pk),
        "key": suspension.key,
        "step": suspension.step,
        "deadline": suspension.deadline,
    }
    append(execution.pk, "suspension.expired", POLICY, reason="Nobody answered before the deadline.", data=told)
    tell(execution)
