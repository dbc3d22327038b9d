"""A run whose SLA is spent: its worker finds out before the next step, the sweeper where no worker asks.

Either way once: `sla_breached_at` says that it was told, and only more time takes that back.
"""

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from executions import clock, states
from executions.actors import Actor
from executions.authoring import registry
from executions.authoring.policies import Policies
from executions.engine import gates, statements
from executions.engine.database import rows
from executions.engine.leases import Lease
from executions.engine.post import tell
from executions.engine.under_lock import give_up_lease, locked, place_policy_hold
from executions.models import Execution
from executions.provenance import append, to_json

POLICY = Actor.policy("sla")
NEVER = float("inf")
HIGHEST = 9
"""The priority of a run that has been escalated."""


@transaction.atomic
def sla_spent(lease: Lease, actor: Actor, rules: Policies) -> float | None:
    """Do what a workflow says about a spent SLA before its next step, unless the run was given more time meanwhile.

    Args:
        lease: of this worker.
        actor: this worker.
        rules: the workflow's.

    Returns:
        Seconds until this is to be asked again; None if the run does not go on.
    """
    execution = locked(lease)
    left = execution.sla_seconds_left(clock.now())
    told_already = execution.sla_breached_at is not None
    if told_already and execution.state == states.PAUSING:
        # The sweeper was first, after this worker's claim: the run is held, and no step may begin.
        _yield(execution, actor)
        tell(execution)
        return None
    if left is None or execution.sla_due is None or told_already:
        return NEVER
    if left > 0:
        return left
    if rules.on_sla == "hold":
        _yield(execution, actor)
    _breach(execution, rules, left)
    tell(execution)
    return NEVER if rules.on_sla == "escalate" else None


def _yield(execution: Execution, actor: Actor) -> None:
    give_up_lease(execution)
    because = {"step": execution.next_step, "because": "sla-breached"}
    append(execution.pk, "execution.yielded", actor, data=because)


def breach_overdue() -> None:
    """Find runs whose SLA is spent while no worker asks: queued ones, and those in the midst of a long step."""
    known = {workflow.name: workflow.policies.on_sla for workflow in registry.all_workflows()}
    # A step is never cut off: a run that is to fail does so once its worker has come to the step's end.
    patient = [name for name, on_sla in known.items() if on_sla == "fail"]
    for row in rows(statements.SLA_SPENT, {"known": list(known), "patient": patient}):
        breach_unless_extended(str(row.id))


@transaction.atomic
def breach_unless_extended(execution_id: str) -> None:
    """Do what its workflow says about a run whose SLA is spent, unless somebody gave it more time meanwhile.

    Args:
        execution_id: which run.
    """
    execution = Execution.objects.select_for_update().get(pk=execution_id)
    workflow = registry.find(execution.workflow)
    left = execution.sla_seconds_left(clock.now())
    if workflow is None or left is None or execution.sla_due is None or execution.sla_breached_at is not None:
        return
    if left + seconds_given_back(execution) > 0:
        return
    if execution.lease_until is not None and workflow.policies.on_sla == "fail":
        return
    _breach(execution, workflow.policies, left)
    tell(execution)


def seconds_given_back(execution: Execution) -> float:
    """Return for how long a freeze has kept a queued run from going on: the clock gets that back at the next claim."""
    if execution.lease_until is not None or execution.sla_due is None:
        return 0.0
    span = {
        "workflow": execution.workflow,
        "labels": to_json(execution.labels),
        "since": execution.state_since,
        "until": clock.now(),
    }
    (row,) = rows(gates.FROZEN_SECONDS, span)
    return float(row.seconds)


def _breach(execution: Execution, rules: Policies, left: float) -> None:
    spent = "The time that this run may take (its SLA) is spent."
    Execution.objects.filter(pk=execution.pk).update(sla_breached_at=Now(), version=F("version") + 1)
    told = {"on_sla": rules.on_sla, "seconds_over": round(-left, 3), "step": execution.next_step}
    append(execution.pk, "sla.breached", POLICY, reason=spent, data=told)
    if rules.on_sla == "fail":
        error = {"type": "SlaBreached", "message": spent, "traceback": "", "step": execution.next_step}
        give_up_lease(execution, outcome=states.FAILED, finished_at=Now(), not_before=None, error=error)
        failed = {"step": execution.next_step, "message": spent}
        append(execution.pk, "execution.failed", POLICY, reason=spent, data=failed)
    elif rules.on_sla == "escalate":
        Execution.objects.filter(pk=execution.pk).update(priority=HIGHEST)
    else:
        ways_on = "Extend it, or resume to let the run finish without a limit."
        place_policy_hold(execution, "sla", "sla-breached", f"{spent} {ways_on}")
