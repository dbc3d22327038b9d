"""What a workflow says about time, budgets, errors and change: when a run of it is held, and by which rule."""

import functools
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

ON_SLA = ("hold", "fail", "escalate")
ON_CHANGE = ("hold", "go-on")
LONGEST_SLA = timedelta(days=3653)
MOST = 1e15
BUDGET_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Policies:
    """The rules of one workflow; a run takes its clock and its budgets from here when it is launched.

    Args:
        sla: how long a run may take, people's time not counted; for ever where None.
        on_sla: once that is spent, ``hold`` or ``fail`` the run before its next step, or ``escalate`` it: it goes on
            before all others.
        budgets: name → how much of it a run may spend before it is held.
        error_threshold: a run is held when more errors than this have come up; never where None.
        on_change: when the route is another one than at launch, ``hold`` the run or let it ``go-on``.
    """

    sla: timedelta | None = None
    on_sla: str = "hold"
    budgets: Mapping[str, int | float] = field(default_factory=dict)
    error_threshold: int | None = None
    on_change: str = "hold"

    def problems(self, name: str) -> list[str]:
        """Return what is wrong with these rules of the workflow called ``name``, a sentence each."""
        found: list[str] = []
        if self.sla is not None and (not isinstance(self.sla, timedelta) or not timedelta(0) < self.sla <= LONGEST_SLA):
            found.append(f"sla of {name} must be a timedelta above zero, ten years at most, not {self.sla!r}.")
        if self.on_sla not in ON_SLA:
            found.append(f"on_sla of {name} must be 'hold', 'fail' or 'escalate', not {self.on_sla!r}.")
        if not isinstance(self.budgets, Mapping):
            found.append(f"budgets of {name} must be a dict of names and amounts, not {self.budgets!r}.")
        else:
            found += [problem for budget in self.budgets.items() for problem in _budget_problems(name, *budget)]
        if self.error_threshold is not None and not _is_count(self.error_threshold):
            found.append(f"error_threshold of {name} must be a whole number from 0, not {self.error_threshold!r}.")
        if self.on_change not in ON_CHANGE:
            found.append(f"on_change of {name} must be 'hold' or 'go-on', not {self.on_change!r}.")
        return found

    @property
    def sla_seconds(self) -> float | None:
        """How long a run may take, in seconds; None for ever."""
        return None if self.sla is None else self.sla.total_seconds()


@functools.cache
def fingerprint_of(route: tuple[tuple[str, ...], ...]) -> str:
    """Return a short text that changes when a route does; asked for at every claim.

    Args:
        route: what matters of each step, in order: its name, its kind, its gate.
    """
    return hashlib.sha256(json.dumps([list(step) for step in route]).encode()).hexdigest()[:16]


def over_budget(name: str, spent: float, limit: float, raised: float) -> str:
    """Say that a budget is exceeded, and up to what a resume lets the run spend."""
    return f"Spent {spent:,} of {limit:,} {name}. Resuming lets it spend up to {raised:,}."


def too_many_errors(errors: int, threshold: int) -> str:
    """Say that the error threshold is exceeded, and how many more errors a resume allows."""
    return f"{errors:,} errors, and its workflow allows {threshold:,}. Resuming allows it {threshold:,} more."


def no_budget(workflow: str, name: str, budgets: Iterable[str]) -> str:
    """Say that a workflow has no such budget."""
    return f"{workflow} has no budget called {name!r}. It has: {', '.join(budgets) or 'none'}."


def plus(one: float, other: float) -> float:
    """Add amounts. Money in binary fractions: six digits are kept, and whole numbers stay whole."""
    total = one + other
    return total if isinstance(total, int) else round(total, 6)


def raised_limit(limit: float, grant: float, spent: float) -> float:
    """Return a limit raised by as many grants as it takes to reach what was spent."""
    return plus(limit, math.ceil((spent - limit) / grant) * grant)


def is_amount(value: Any) -> bool:
    """Tell whether a value can be spent or granted: a number above zero, small enough for exact sums."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MOST


def _budget_problems(name: str, budget: Any, amount: Any) -> list[str]:
    found = []
    if not isinstance(budget, str) or not BUDGET_NAME.fullmatch(budget):
        found.append(f"{budget!r} is no name for a budget of {name}: small letters, digits, _ and -, 40 at most.")
    if not is_amount(amount):
        found.append(f"The budget {budget!r} of {name} must be a number above zero, not {amount!r}.")
    return found


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
