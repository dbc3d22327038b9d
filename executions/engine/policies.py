"""Rules that hold a run: its workflow has changed, a budget or the error threshold is exceeded.

The caller holds the run's lock, and its lease where a worker speaks.
"""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import F

from executions.actors import Actor
from executions.authoring import registry
from executions.authoring.policies import no_budget, over_budget, plus, raised_limit, too_many_errors
from executions.authoring.workflow import Workflow
from executions.engine.leases import Lease
from executions.engine.post import tell
from executions.engine.under_lock import give_up_lease, locked, place_policy_hold
from executions.models import Event, Execution
from executions.provenance import append
from executions.provenance.reading import read


@transaction.atomic
def workflow_changed(lease: Lease, actor: Actor, workflow: Workflow) -> None:
    """Hold a run whose workflow has another route than when the run was launched; a resume takes the new code."""
    execution = locked(lease)
    give_up_lease(execution, fingerprint=workflow.fingerprint)
    because = {"step": execution.next_step, "because": "workflow-changed"}
    append(execution.pk, "execution.yielded", actor, data=because)
    if execution.cancel_requested_at is None:
        ahead = " → ".join(execution.ahead) or "none"
        place_policy_hold(
            execution,
            "definitions",
            "workflow-changed",
            f"{workflow.title} has changed since this run was launched. {''.join(_what_changed(execution, workflow))}"
            f"Resume to go on with the new code; the steps ahead of this run stay as they are: {ahead}.",
        )
    tell(execution)


def _what_changed(execution: Execution, workflow: Workflow) -> Iterator[str]:
    """Say what is known of a change: the route at launch is in the history, what its steps did is not."""
    launched = Event.objects.filter(ledger=execution.pk, kind="execution.launched").first()
    told = read(launched.kind, launched.data) if launched else None
    before: list[str] = told["ahead"] if told else []
    now = list(workflow.route_names)
    gone = [name for name in before if name not in now]
    new = [name for name in now if name not in before]
    if gone:
        yield f"Gone: {', '.join(gone)}. "
    if new:
        yield f"New: {', '.join(new)}. "
    if before and not gone and not new:
        moved = before != now
        yield "The order of its steps is another one. " if moved else "A step has become another kind or has a gate. "


def budgets_of(execution: Execution) -> dict[str, float]:
    """Return how much a run may spend, by budget; one that its workflow got after the launch counts too."""
    workflow = registry.find(execution.workflow)
    granted = dict(workflow.policies.budgets) if workflow else {}
    return {**granted, **(execution.budgets or {})}


def spend(execution: Execution, name: str, amount: float) -> tuple[float, str | None]:
    """Add to what a locked run has spent; over the budget, hold the run and grant what it may spend next.

    The grant is made with the hold, not with its release: nothing runs in between, and whoever lifts the hold has read
    what that allows.

    Args:
        execution: locked; of this worker.
        name: the budget.
        amount: from 0.

    Returns:
        What is left, and why the run is held; None where it is not.

    Raises:
        ValueError: its workflow has no such budget.
    """
    limits = budgets_of(execution)
    if name not in limits:
        raise ValueError(no_budget(execution.workflow, name, limits))
    limit = limits[name]
    spent = plus((execution.spent or {}).get(name, 0), amount)
    facts: dict[str, Any] = {"spent": {**(execution.spent or {}), name: spent}}
    if spent <= limit or execution.cancel_requested_at is not None:
        Execution.objects.filter(pk=execution.pk).update(**facts)
        return plus(limit, -spent), None
    workflow = registry.find(execution.workflow)
    grant = (workflow.policies.budgets if workflow else {}).get(name) or limit
    raised = raised_limit(limit, grant, spent)
    facts["budgets"] = {**(execution.budgets or {}), name: raised}
    Execution.objects.filter(pk=execution.pk).update(**facts, version=F("version") + 1)
    reason = over_budget(name, spent, limit, raised)
    told = {"budget": name, "spent": spent, "limit": limit, "new_limit": raised, "step": execution.next_step}
    append(execution.pk, "budget.exceeded", Actor.policy("budgets"), reason=reason, data=told)
    place_policy_hold(execution, "budgets", "budget-exceeded", reason)
    return plus(raised, -spent), reason


def count_error(execution: Execution) -> bool:
    """Count one more error of a locked run.

    Returns:
        Whether that is more than its workflow allows.
    """
    execution.errors += 1
    Execution.objects.filter(pk=execution.pk).update(errors=execution.errors)
    threshold = _threshold(execution)
    return threshold is not None and execution.errors > threshold and execution.cancel_requested_at is None


def hold_for_errors(execution: Execution) -> str:
    """Hold a locked run that has had too many errors, and begin to count anew.

    Returns:
        The hold's reason.
    """
    reason = too_many_errors(execution.errors, _threshold(execution) or 0)
    Execution.objects.filter(pk=execution.pk).update(errors=0)
    place_policy_hold(execution, "errors", "error-threshold", reason)
    return reason


def _threshold(execution: Execution) -> int | None:
    workflow = registry.find(execution.workflow)
    return workflow.policies.error_threshold if workflow else None
