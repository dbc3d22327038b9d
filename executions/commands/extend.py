"""Giving a run more: time, budgets."""

import uuid
from typing import Any

from django.db.models import F

from executions import clock
from executions.actors import Actor
from executions.authoring.policies import LONGEST_SLA, is_amount, no_budget, plus
from executions.commands.base import about, command, lock, require
from executions.engine.policies import budgets_of
from executions.engine.post import tell
from executions.errors import Invalid
from executions.models import Execution
from executions.provenance import append
from executions.text import clean_reason


@command("extend")
def extend(
    actor: Actor,
    execution_id: uuid.UUID | str,
    *,
    reason: str,
    seconds: float | None = None,
    budgets: dict[str, float] | None = None,
) -> Execution:
    """Give a run more time, or let it spend more. It stays held if it is: resume it when it should go on.

    An SLA that is spent already counts from now on, and can be breached again.

    Args:
        actor: who extends; needs ``executions:control``.
        execution_id: which run.
        reason: why; not blank.
        seconds: how much more time.
        budgets: budget → how much more of it.

    Returns:
        The execution as it is now.

    Raises:
        NotFound, NotAllowed, Conflict, Invalid: as their names say.
    """
    execution = lock(execution_id)
    with about(execution):
        require(execution, actor, "extend")
        reason = clean_reason(reason)
        if seconds is None and not budgets:
            problem = "Say how much more time, or of which budget how much more."
            raise Invalid(problem, errors={"seconds": [problem]})
        limits = _limits(execution, budgets or {})
        if seconds is not None:
            _more_time(execution, actor, reason, seconds)
        if budgets:
            Execution.objects.filter(pk=execution.pk).update(
                budgets={**(execution.budgets or {}), **limits}, version=F("version") + 1
            )
            told = {"budgets": budgets, "limits": limits}
            append(execution.pk, "budget.extended", actor, reason=reason, data=told)
    return tell(execution)


def _more_time(execution: Execution, actor: Actor, reason: str, seconds: Any) -> None:
    longest = LONGEST_SLA.total_seconds()
    left = execution.sla_seconds_left(clock.now())
    if left is None:
        problem = "This run has no SLA, so there is no time to extend."
    elif not is_amount(seconds):
        problem = "Give a number of seconds above zero."
    elif max(left, 0) + seconds > longest:
        problem = f"A run may have at most {longest:,.0f} seconds left; that is ten years."
    else:
        now_left = max(left, 0) + seconds
        # The trigger that keeps the clock moves the due time by as much.
        Execution.objects.filter(pk=execution.pk).update(
            sla_left=F("sla_left") + (now_left - left), sla_breached_at=None, version=F("version") + 1
        )
        breached = execution.sla_breached_at is not None
        told = {"seconds": seconds, "seconds_left": round(now_left, 3), "was_breached": breached}
        append(execution.pk, "sla.extended", actor, reason=reason, data=told)
        return
    raise Invalid(problem, errors={"seconds": [problem]})


def _limits(execution: Execution, budgets: Any) -> dict[str, float]:
    """Return what the run may spend of each budget named, with what is given more."""
    if not isinstance(budgets, dict):
        problem = "Give budgets as an object of names and amounts."
        raise Invalid(problem, errors={"budgets": [problem]})
    granted = budgets_of(execution)
    problems = [no_budget(execution.workflow, str(name)[:80], granted) for name in budgets if name not in granted]
    problems += [
        f"{name}: give a number above zero, a thousand million million at most."
        for name, amount in budgets.items()
        if name in granted and not is_amount(amount)
    ]
    if problems:
        raise Invalid(" ".join(problems), errors={"budgets": problems})
    return {name: plus(granted[name], amount) for name, amount in budgets.items()}
