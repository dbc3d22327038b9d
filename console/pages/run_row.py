"""One run as a row of a list: what the template shows, put into words once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString

from executions import states
from executions.authoring import registry
from executions.models import Execution, Freeze, Hold

AT_WORK = frozenset({states.PROCESSING, states.PAUSING, states.CANCELLING})
LABELS_SHOWN = 3
DOING = {
    states.QUEUED: "Next:",
    states.PROCESSING: "Running",
    states.PAUSING: "Finishing",
    states.PAUSED: "Stands before",
    states.SUSPENDED: "Waits in",
    states.CANCELLING: "Cancelling in",
    states.FAILED: "Failed in",
    states.CANCELLED: "Cancelled before",
}


@dataclass(frozen=True)
class RunRow:
    """A run with the words around it.

    Args:
        run: as ``queries.list_runs`` loads it, with open holds and questions.
        listed: still matches the list's filter.
    """

    run: Execution
    listed: bool = True

    @cached_property
    def id(self) -> SafeString:
        """The run's id, of which a row has many: digits, letters and hyphens need no escaping."""
        return SafeString(self.run.pk)

    @cached_property
    def workflow_title(self) -> str:
        """The workflow's title; its name where this installation does not know it (any more)."""
        workflow = registry.find(self.run.workflow)
        return workflow.title if workflow else self.run.workflow

    @cached_property
    def title(self) -> str:
        """What people call the run."""
        return self.run.title or self.workflow_title

    @property
    def doing(self) -> str:
        """What the run does about its next step, such as ``Running``; empty when it has succeeded."""
        return DOING.get(self.run.state, "") if self.step else ""

    @cached_property
    def step(self) -> str:
        """The title of the step it is in, or that comes next; empty at the end."""
        name = self.run.next_step
        workflow = registry.find(self.run.workflow)
        step = workflow.steps.get(name) if workflow and name else None
        return step.title if step else (name or "").replace("_", " ")

    @cached_property
    def progress(self) -> dict[str, Any] | None:
        """The step's own progress (done, total, note), while it has meaning."""
        told = self.run.progress
        shown = isinstance(told, dict) and self.run.outcome is None
        return told if shown else None

    @property
    def took(self) -> float | None:
        """Seconds from launch to finish."""
        finished = self.run.finished_at
        return (finished - self.run.created_at).total_seconds() if finished else None

    @property
    def has_why(self) -> bool:
        """There is something to say of why it does not go on."""
        return bool(
            self.hold
            or self.freeze
            or self.question
            or (self.run.state == states.FAILED and getattr(self.run, "error_message", ""))
            or (self.run.state == states.QUEUED and self.run.not_before)
        )

    @cached_property
    def hold(self) -> Hold | None:
        """The hold to show: of those in force, else of those that wait for their step, one that outlasts a resume."""
        holds = lasting_first(self.open_holds)
        in_force = [hold for hold in holds if hold.before_step is None or hold.before_step == self.run.next_step]
        return next(iter(in_force or holds), None)

    @cached_property
    def open_holds(self) -> list[Hold]:
        """All open holds, oldest first; none once the run has finished."""
        found: list[Hold] = getattr(self.run, "open_hold_list", [])
        return found if self.run.outcome is None else []

    @property
    def keeper(self) -> str:
        """Who looks after the hold shown, where that is not who placed it; a person's token is the person."""
        hold = self.hold
        if hold is None or hold.placed_by_name in ("", hold.responsible):
            return ""
        return "" if hold.placed_by_name.startswith(f"{hold.responsible} (") else hold.responsible

    @property
    def more_holds(self) -> int:
        """How many holds there are besides the one shown."""
        return max(len(self.open_holds) - 1, 0)

    @property
    def freeze(self) -> Freeze | None:
        """The oldest freeze that keeps it from going on."""
        return next(iter(getattr(self.run, "freeze_list", [])), None)

    @property
    def more_freezes(self) -> int:
        """How many freezes there are besides the one shown."""
        return max(len(getattr(self.run, "freeze_list", [])) - 1, 0)

    @property
    def question(self) -> str:
        """The title of the oldest open question; empty if nothing is asked."""
        asked = getattr(self.run, "open_question_list", []) if self.run.outcome is None else []
        return asked[0].title if asked else ""

    @property
    def question_word(self) -> str:
        """What the run does about it: it asks a person, or waits for something else."""
        asked = getattr(self.run, "open_question_list", [])
        return "asks" if asked and asked[0].kind in ("input", "approval") else "waits"

    @property
    def more_questions(self) -> int:
        """How many questions there are besides the one shown."""
        return max(len(getattr(self.run, "open_question_list", [])) - 1, 0)

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """The first few labels, as (name, value)."""
        return tuple(sorted(self.run.labels.items())[:LABELS_SHOWN])

    @property
    def more_labels(self) -> int:
        """How many labels are not shown."""
        return max(len(self.run.labels) - LABELS_SHOWN, 0)


def lasting_first(holds: list[Hold]) -> list[Hold]:
    """Return holds in their order, but those that outlast a resume before the others: they are what a run waits for."""
    return sorted(holds, key=lambda hold: hold.kind not in states.OUTLAST_RESUME)
