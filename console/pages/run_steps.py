"""The route of a run as the page draws it: steps done, running, ahead, and the gates across it."""

from dataclasses import dataclass, replace
from typing import Any

from executions import queries, states
from executions.models import Execution, Hold, Suspension
from executions.queries import StepView

STATUS = {"finished": "done", "skipped": "skipped", "running": "running", "next": "next", "ahead": "ahead"}


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step, or the place after the last one, with what stands before it.

    Args:
        step: None for the end of the route.
        status: ``done``, ``skipped``, ``running``, ``next``, ``failed``, ``ahead`` or ``dropped``.
        gates: holds that stand before this step.
        questions: open questions it waits for.
        progress: what the step told of its progress, for the one it is in.
        resting: it stopped in the middle and will re-enter.
        decision: the answer that let it through, for a pause and a step behind a gate.
    """

    step: StepView | None
    status: str
    gates: tuple[Hold, ...] = ()
    questions: tuple[Any, ...] = ()
    progress: dict[str, Any] | None = None
    resting: bool = False
    decision: Suspension | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return self.step.ms / 1000 if self.step and self.step.ms is not None else None


def rows_of(execution: Execution, in_force: list[Hold], holds: list[Hold], questions: list[Any]) -> list[StepRow]:
    """Lay out the route.

    Args:
        execution: the run.
        in_force: the holds that stop it now.
        holds: all of them.
        questions: all of them, newest first.
    """
    decisions = _decisions(questions)
    rows = [_row(execution, step, decisions) for step in queries.steps_of(execution)]
    if execution.outcome is not None:
        return rows
    here = next(
        (number for number, row in enumerate(rows) if row.step and row.step.position == execution.steps_done), None
    )
    waiting = tuple(question for question in questions if question.asked.is_open)
    standing = tuple(hold for hold in in_force if hold.before_step is None)
    if here is None:
        # Held in its last step: nothing is ahead, and the end itself waits.
        return [*rows, StepRow(None, "next", standing)] if standing else rows
    leased = execution.lease_until is not None
    stop = here + 1 if leased else here
    rows[here] = replace(rows[here], questions=waiting, progress=execution.progress)
    rows[here] = replace(rows[here], resting=not leased and bool(execution.progress))
    if standing:
        if stop == len(rows):
            rows.append(StepRow(None, "ahead"))
        rows[stop] = replace(rows[stop], gates=standing)
    for hold in holds:
        if not hold.is_open or hold.before_step is None:
            continue
        for number in range(stop, len(rows)):
            step = rows[number].step
            if step is not None and step.name == hold.before_step:
                rows[number] = replace(rows[number], gates=(*rows[number].gates, hold))
                break
    return rows


def _decisions(questions: list[Any]) -> dict[tuple[int, str], Suspension]:
    """Return the newest answers to pauses and gates, by the position and name of their step."""
    answered = [view.asked for view in questions if view.asked.shows_input and view.asked.outcome == "answered"]
    return {(asked.position, asked.step): asked for asked in reversed(answered)}


def _row(execution: Execution, step: StepView, decisions: dict[tuple[int, str], Suspension]) -> StepRow:
    status = STATUS[step.status]
    if status == "ahead" and execution.outcome is not None:
        failed_here = execution.outcome == states.FAILED and step.position == execution.steps_done
        status = "failed" if failed_here else "dropped"
    return StepRow(step, status, decision=decisions.get((step.position, step.name)))
