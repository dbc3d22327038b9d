"""Holds that somebody was to look at again by a time that has passed."""

from django.db import transaction
from django.db.models.functions import Now

from executions.actors import Actor
from executions.engine import statements
from executions.engine.database import rows
from executions.engine.post import announce
from executions.models import Execution, Hold
from executions.provenance import append

POLICY = Actor.policy("review")


def mark_overdue() -> None:
    """Say in the history of each hold that has become overdue that it is."""
    for row in rows(statements.HOLDS_OVERDUE, {}):
        _mark(str(row.id), str(row.execution_id))


@transaction.atomic
def _mark(hold_id: str, execution_id: str) -> None:
    execution = Execution.objects.select_for_update().get(pk=execution_id)
    hold = Hold.objects.get(pk=hold_id)
    if hold.released_at is not None or hold.overdue_at is not None or execution.outcome is not None:
        return
    Hold.objects.filter(pk=hold.pk).update(overdue_at=Now())
    told = {
        "hold": str(hold.pk),
        "kind": hold.kind,
        "review_by": hold.review_by,
        "responsible": hold.responsible,
    }
    append(execution.pk, "hold.overdue", POLICY, reason="Nobody has looked at the hold by its review date.", data=told)
    announce(execution)
