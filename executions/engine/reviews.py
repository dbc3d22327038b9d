"""Holds and freezes that somebody was to look at again by a time that has passed."""

from django.db import transaction
from django.db.models.functions import Now

from executions.actors import Actor
from executions.engine import statements
from executions.engine.database import rows
from executions.engine.post import announce
from executions.models import SYSTEM_LEDGER, Execution, Freeze, Hold
from executions.provenance import append

POLICY = Actor.policy("review")


def mark_overdue() -> None:
    """Say of each hold and freeze that has become overdue that it is: in its run's history, in the system's record."""
    for row in rows(statements.HOLDS_OVERDUE, {}):
        _mark(str(row.id), str(row.execution_id))
    for row in rows(statements.FREEZES_OVERDUE, {}):
        _mark_freeze(str(row.id))


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


@transaction.atomic
def _mark_freeze(freeze_id: str) -> None:
    freeze = Freeze.objects.select_for_update().get(pk=freeze_id)
    if freeze.lifted_at is not None or freeze.overdue_at is not None:
        return
    Freeze.objects.filter(pk=freeze.pk).update(overdue_at=Now())
    told = {"freeze": freeze_id, "kind": freeze.kind, "review_by": freeze.review_by, "placed_by": freeze.placed_by_name}
    append(
        SYSTEM_LEDGER,
        "freeze.overdue",
        POLICY,
        reason="Nobody has looked at the freeze by its review date.",
        data=told,
    )
