"""What the page of a run says in sentences: how it stands, and what each command will do."""

from typing import Any

from console.templatetags.wording import duration
from executions import states
from executions.authoring.workflow import Workflow
from executions.models import Event, Execution, Freeze, Hold
from executions.queries import Clock

REASON_CODES = ("data-error", "totals-differ", "suspected-fraud", "supplier-query", "external-outage", "under-review")


class RunWords:
    """The words around a run. The class that gathers it provides the facts."""

    execution: Execution
    workflow: Workflow | None
    in_force: list[Hold]
    open_questions: list[Any]
    waits_for_people: bool
    cancelled: Event | None
    frozen: list[Freeze]
    clock: Clock | None

    @property
    def title(self) -> str:
        """What people call the run."""
        return self.execution.title or self.workflow_title

    @property
    def workflow_title(self) -> str:
        """The workflow's title; its name where this installation does not know it."""
        return self.workflow.title if self.workflow else self.execution.workflow

    def step_title(self, name: Any) -> str:
        """What people read for a step; ``the end`` where there is none."""
        step = self.workflow.steps.get(name) if self.workflow and isinstance(name, str) else None
        return step.title if step else str(name or "the end").replace("_", " ")

    @property
    def next_title(self) -> str:
        """The step that runs or comes next."""
        return self.step_title(self.execution.next_step)

    @property
    def error_step(self) -> str:
        """The step that failed last."""
        return self.step_title((self.execution.error or {}).get("step"))

    @property
    def took(self) -> float | None:
        """Seconds from launch to finish."""
        finished = self.execution.finished_at
        return (finished - self.execution.created_at).total_seconds() if finished else None

    @property
    def spoken(self) -> str:
        """How it stands, for those who listen to the page."""
        state, step = self.execution.state, self.next_title
        who = self.in_force[0].placed_by_name if self.in_force else ""
        return {
            states.QUEUED: f"Frozen by {self.frozen[0].placed_by_name}" if self.frozen else "Queued",
            states.PROCESSING: f"Running {step}",
            states.PAUSING: f"Pausing: finishing {step}",
            states.PAUSED: f"Paused by {who}",
            states.SUSPENDED: "Waits for an answer" if self.waits_for_people else "Waits",
            states.CANCELLING: "Cancelling",
            states.SUCCEEDED: "Succeeded",
            states.FAILED: f"Failed in {step}",
            states.CANCELLED: "Cancelled",
        }[state]

    @property
    def sla_says(self) -> str:
        """What its SLA clock shows; empty for a run without one."""
        if self.clock is None:
            return ""
        left = self.clock.left_seconds
        said = f"{duration(left)} left" if left > 0 else f"spent, {duration(-left)} over"
        if self.clock.running or self.execution.state in states.FINISHED:
            return said
        stands = {states.QUEUED: "starts with the run", states.CANCELLING: "stopped"}
        return f"{said}, clock {stands.get(self.execution.state, 'stopped while people think')}"
