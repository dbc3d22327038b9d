"""A worker for the past: carries a run on as `runner` does, at the pace of a story.

Steps are really performed and their boundaries really committed; only how long they took, and what failed in between,
comes from the story.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from executions import states
from executions.authoring.perform import Done
from executions.authoring.step import Step
from executions.authoring.workflow import Workflow
from executions.engine import leases, wakeups
from executions.engine.children import sweep_joins
from executions.engine.claiming import claim
from executions.engine.deadlines import expire_questions, remind_of_questions
from executions.engine.reviews import mark_overdue
from executions.engine.runner import Run
from executions.models import Execution
from executions.past.clock import Past

MOST_CLAIMS = 40
"""A run that is claimed more often in one go runs in circles."""


@dataclass
class Pace:
    """How a run goes through the worker.

    Args:
        seconds: how long a step takes, by its name.
        failures: errors that a step's next attempts meet, by its name; each is raised once.
        during: what people do while a step is at work, by its name; once.
    """

    seconds: Callable[[str], float]
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    during: dict[str, Callable[[], object]] = field(default_factory=dict)


class _Reenacted(Run):
    def __init__(self, lease: leases.Lease, claimed: Any, past: Past, pace: Pace) -> None:
        super().__init__(lease, claimed)
        self._past, self._pace = past, pace

    def _step(self, workflow: Workflow, step: Step) -> bool:
        failures = self._pace.failures.get(step.name)
        if not failures:
            return super()._step(workflow, step)
        self._past.forward(self._pace.seconds(step.name))
        try:
            raise failures.pop(0)
        except Exception as error:
            return self._failed(step, error)

    def _suspend(self, step: Step, question: Any) -> bool:
        self._past.forward(self._pace.seconds(step.name))
        return super()._suspend(step, question)

    def _boundary(
        self, workflow: Workflow, step: Step, done: Done, changes: str | None, merged: str, seconds: float
    ) -> bool:
        seconds = self._pace.seconds(step.name)
        self._past.forward(seconds / 2)
        if act := self._pace.during.pop(step.name, None):
            act()
        self._past.forward(seconds / 2)
        return super()._boundary(workflow, step, done, changes, merged, seconds)


def carry_on(past: Past, execution_id: uuid.UUID, pace: Pace) -> Execution:
    """Do what workers would do for a run, until nothing is left to do for it but for people and time.

    Args:
        past: the time it is.
        execution_id: which run.
        pace: how long things take.

    Returns:
        The run as it is then.

    Raises:
        RuntimeError: it never comes to rest.
    """
    for _ in range(MOST_CLAIMS):
        run = Execution.objects.get(pk=execution_id)
        if run.state not in (states.QUEUED, states.CANCELLING):
            return run
        if run.not_before is not None:
            past.forward_to(run.not_before)
        past.forward(pace.seconds("claim"))
        lease = leases.open_lease(str(execution_id))
        claimed = None if lease is None else claim(lease)
        if lease is None:
            raise RuntimeError(f"Run {execution_id} is being carried on already.")
        try:
            if claimed is None:
                return run  # frozen
            _Reenacted(lease, claimed, past, pace).go()
        finally:
            leases.close_lease(lease)
    raise RuntimeError(f"Run {execution_id} did not come to rest in {MOST_CLAIMS} claims.")


def time_passed() -> None:
    """Do what the sweeper does as time passes: deadlines, reminders, timers, joins, reviews."""
    expire_questions()
    remind_of_questions()
    sweep_joins()
    wakeups.fire_due()
    mark_overdue()
