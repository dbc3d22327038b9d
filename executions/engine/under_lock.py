"""What the rarer endings of a step share: the locked row, the lease given up, a hold placed by a rule."""

from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from executions import states
from executions.actors import Actor
from executions.authoring.flow import LeaseLost
from executions.commands.hold import make_hold
from executions.engine.leases import Lease
from executions.models import Execution


def locked(lease: Lease) -> Execution:
    """Lock the row of a run this worker is on.

    Raises:
        LeaseLost: it is not any more.
    """
    execution = Execution.objects.select_for_update().get(pk=lease.execution_id)
    if execution.epoch != lease.epoch or execution.lease_until is None or execution.outcome is not None:
        raise LeaseLost
    return execution


def give_up_lease(execution: Execution, **facts: Any) -> None:
    """Drop the lease of a locked run, and change other facts with it."""
    Execution.objects.filter(pk=execution.pk).update(
        owner=None, lease_until=None, state_since=Now(), version=F("version") + 1, **facts
    )


def place_policy_hold(execution: Execution, policy: str, code: str, reason: str) -> None:
    """Place a hold by a rule of the engine; anyone who may resume can lift it."""
    make_hold(execution, Actor.policy(policy), states.POLICY, reason=reason, reason_code=code)
