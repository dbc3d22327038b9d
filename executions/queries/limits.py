"""How a run stands towards its limits: its SLA clock and its budgets."""

import datetime
from dataclasses import dataclass

from executions import clock, states
from executions.engine.sla import seconds_given_back
from executions.models import Execution


@dataclass(frozen=True, slots=True)
class Clock:
    """A run's SLA clock as it stands now.

    Args:
        left_seconds: until the SLA is spent; negative once it is.
        running: it stands while the run is paused, waits for an answer, or has ended.
        due_at: when it will be spent, while it runs.
        breached_at: when it was found spent; None where it was not, or was extended since.
    """

    left_seconds: float
    running: bool
    due_at: datetime.datetime | None
    breached_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run has spent of one budget."""

    name: str
    spent: float
    limit: float


def clock_of(execution: Execution) -> Clock | None:
    """Return a run's SLA clock; None for a run without an SLA. Asks the database for the time only while it runs."""
    if execution.sla_left is None:
        return None
    running = execution.sla_due is not None
    left = execution.sla_left
    if running:
        left = (execution.sla_seconds_left(clock.now()) or 0.0) + seconds_given_back(execution)
    return Clock(round(left, 3), running, execution.sla_due, execution.sla_breached_at)


def budgets_of(execution: Execution) -> list[Budget]:
    """Return what a run may spend, and what it has spent, by budget."""
    spent = execution.spent or {}
    return [Budget(name, spent.get(name, 0), limit) for name, limit in (execution.budgets or {}).items()]


def stale_runs(since: datetime.datetime, *, workflow: str | None = None) -> list[Execution]:
    """Return runs that have been paused or suspended since before a moment, oldest first.

    Args:
        since: the moment (aware).
        workflow: only of this one.
    """
    found = Execution.objects.filter(state__in=(states.PAUSED, states.SUSPENDED), state_since__lt=since)
    if workflow is not None:
        found = found.filter(workflow=workflow)
    return list(found.order_by("state_since", "id"))
