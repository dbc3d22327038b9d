"""What the page of a run says in sentences: how it stands, and what each command will do."""

from typing import Any

from console.templatetags.wording import duration
from executions import states
from executions.authoring.workflow import Workflow
from executions.models import Event, Execution, Freeze, Hold
from executions.queries import Budget, Clock

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
    budgets: list[Budget]

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

    @property
    def budgets_say(self) -> list[tuple[str, str]]:
        """Name and standing of each budget."""
        return [(each.name, f"{each.spent:,} of {each.limit:,} spent") for each in self.budgets]

    # What a command will do
    @property
    def pause_tone(self) -> str:
        """Pausing is what this product is for: it stands out while it would stop something."""
        return "is-hold" if self.execution.state in (states.QUEUED, states.PROCESSING, states.SUSPENDED) else ""

    @property
    def resume_tone(self) -> str:
        """Resuming stands out once the run is paused."""
        return "is-primary" if self.execution.state == states.PAUSED else ""

    @property
    def pause_says(self) -> str:
        """What pausing will do."""
        if self.execution.state == states.PROCESSING:
            return (
                f"{self.next_title} is running: it goes on to its next check or its end, then the worker lets go. "
                "Once accepted, no further step starts."
            )
        if self.in_force:
            return "The run is held already. This adds a second hold; it goes on when all of them are lifted."
        if self.execution.state == states.SUSPENDED:
            return "The question can still be answered; the run goes on when both allow it."
        return "Takes effect at once: nothing starts until somebody resumes the run."

    @property
    def resume_says(self) -> str:
        """What resuming will do."""
        if self.execution.state == states.PAUSING:
            return f"Withdraws the pause: {self.next_title} is not interrupted."
        count = len(self.in_force)
        lifted = "Releases the hold" if count == 1 else f"Releases all {count} holds"
        if self.open_questions:
            return f"{lifted}. The run still waits for an answer."
        if self.frozen:
            who = self.frozen[0].placed_by_name
            return f"{lifted}. The run stays in the queue until the freeze by {who} is lifted."
        middle = " in the middle of it, after what is done" if self.execution.progress else ""
        return f"{lifted}. The run goes on with {self.next_title}{middle}. Nothing that is finished is done again."

    @property
    def extend_says(self) -> str:
        """What extending will do."""
        held = " The run stays paused until somebody resumes it." if self.execution.state == states.PAUSED else ""
        return f"Gives the run more from now on; nothing is done again.{held}"

    @property
    def place_says(self) -> str:
        """What a compliance hold will do."""
        return "Stops the run as a pause does. Only a reviewer can lift it; an operator’s resume does not."

    @property
    def cancel_says(self) -> str:
        """What cancelling will do, with numbers."""
        run = self.execution
        said = ["This is final: the run can never go on."]
        if run.lease_until is not None:
            said.append(f"What {self.next_title} is doing is discarded.")
        elif run.ahead:
            count = len(run.ahead)
            said.append(f"{count} step{'' if count == 1 else 's'} will not run; {run.steps_done} stay done.")
        if asked := len(self.open_questions):
            said.append(f"{asked} open question{'' if asked == 1 else 's'} will be withdrawn.")
        hook = self.workflow.clean_up if self.workflow else None
        if hook:
            words = (hook.__doc__ or "").strip().partition("\n")[0]
            said.append(f"Then its clean-up runs, once{': ' + words if words else '.'}")
        elif self.workflow:
            said.append("The workflow has no clean-up: what was done stays done.")
        return " ".join(said)
