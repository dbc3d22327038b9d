"""How a run stands towards its limits, as the API says it."""

import datetime

from ninja import Field, Schema

from executions import queries
from executions.models import Execution


class SlaOut(Schema):
    """The clock that stands while people think."""

    left_seconds: float = Field(description="What is left of its time; below zero once it is spent.")
    running: bool = Field(description="The clock runs; it stands while the run is paused or suspended.")
    due_at: datetime.datetime | None = Field(
        description="When the time is spent, if the clock goes on; null while it stands."
    )
    breached_at: datetime.datetime | None = Field(description="When it was found to be spent; null before.")


class BudgetOut(Schema):
    """What a run may spend, and what it has spent."""

    name: str = Field(description="What is counted, as the workflow calls it.")
    spent: float = Field(description="So far.")
    limit: float = Field(description="At most; more holds the run.")


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
