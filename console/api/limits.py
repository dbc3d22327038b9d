"""How a run stands towards its limits, as the API says it."""

import datetime

from ninja import Schema

from executions import queries
from executions.models import Execution


class SlaOut(Schema):
    """The clock that stands while people think."""

    left_seconds: float
    running: bool
    due_at: datetime.datetime | None
    breached_at: datetime.datetime | None


class BudgetOut(Schema):
    """What a run may spend, and what it has spent."""

    name: str
    spent: float
    limit: float


def sla_out(execution: Execution) -> SlaOut | None:
    """Describe a run's SLA; None where it has none."""
    clock = queries.clock_of(execution)
    if clock is None:
        return None
    return SlaOut(
        left_seconds=clock.left_seconds, running=clock.running, due_at=clock.due_at, breached_at=clock.breached_at
    )


def budgets_out(execution: Execution) -> list[BudgetOut]:
    """Describe a run's budgets."""
    return [BudgetOut(name=each.name, spent=each.spent, limit=each.limit) for each in queries.budgets_of(execution)]
