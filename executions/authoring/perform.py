"""Performing one step, whatever its style of pausing: the same in a worker and in memory."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync

from executions.authoring.answers import Answer
from executions.authoring.asynchronous import AsyncContext
from executions.authoring.context import Context
from executions.authoring.flow import DeadlinePassed, Question, Suspended
from executions.authoring.question import make_question
from executions.authoring.route import Ask, Next, merged, resolve
from executions.authoring.step import Step
from executions.authoring.workflow import Workflow

GATE_KEY = "gate"
PAUSE_KEY = "pause"
ASK_KEY = "ask"
"""Of the questions of ``ctx.ask``, which are numbered."""
MOST_AHEAD = 1000
"""Steps ahead of a run. A loop that adds more than it does would otherwise grow without end."""
GATE_FORM = "executions.approvals:GateForm"
NO_FIELDS_FORM = "executions.approvals:NoFieldsForm"


class StepRefused(Exception):
    """A person refused a step at its gate."""


class HandlerFailed(Exception):
    """A resume handler raised. The answer is kept; the cause is what it raised."""


class HandlerMissing(Exception):
    """A step asked with ``ctx.ask`` and has nothing to take the answer."""


class RouteError(Exception):
    """A step named a next step that the workflow does not have."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a step.

    Args:
        changes: to be merged into the payload.
        ahead: the steps ahead from here, where the step changed its route; else None.
    """

    changes: Any
    ahead: list[str] | None = None


def perform(workflow: Workflow, step: Step, ctx: Context, payload: dict[str, Any]) -> Done:
    """Perform one step, or go on with it after a pause.

    Args:
        workflow: the definition.
        step: which step.
        ctx: its context; ``ctx.route`` holds the steps ahead of it.
        payload: a copy of its own.

    Returns:
        What came of it.

    Raises:
        Suspended: it asks a question that has no answer yet.
        StepRefused: its gate was refused, and a refusal fails the run.
        HandlerFailed: its resume handler raised.
        HandlerMissing: it asked with ``ctx.ask`` without a resume handler.
        RouteError: it named a step that the workflow does not have.
        Exception: whatever it raised.
    """
    ahead = list(ctx.route)
    if step.pause is not None:
        return Done(merged(payload, _answer(ctx, _pause_question(step)), step.pause.merge))
    edits: dict[str, Any] = {}
    if step.gate is not None:
        answer = _through_gate(step, ctx)
        if answer["decision"] != "approve":
            words = f"{answer.by} refused the step {step.name}: {answer.get('reason') or answer.comment}"
            if step.gate.on_refuse == "skip":
                ctx.log(words)
                return Done(None)
            raise StepRefused(words)
        edits = answer.get("changes") or {}
        payload.update(edits)
    done = _read(workflow, step, ctx, ahead, _call(step, ctx, payload))
    if not edits or not isinstance(done.changes, dict | None):
        return done
    return Done({**edits, **(done.changes or {})}, done.ahead)


def call(function: Callable[..., Any], ctx: Context, *arguments: Any) -> Any:
    """Call a handler, ``async`` or not, in this thread.

    Args:
        function: a step, a resume handler or a clean-up hook.
        ctx: its context; an ``async`` one gets it with awaitable methods.
        arguments: what else it takes.
    """
    if inspect.iscoroutinefunction(function):
        return async_to_sync(function)(AsyncContext(ctx), *arguments)
    return function(ctx, *arguments)


def _call(step: Step, ctx: Context, payload: dict[str, Any]) -> Any:
    assert step.function is not None
    if step.on_resume is None:
        result = call(step.function, ctx, payload)
        if isinstance(result, Ask):
            raise HandlerMissing(
                f"The step {step.name} returned ctx.ask(...) and has no resume handler. "
                f"Write one: @{step.name}.on_resume, a function that takes the context, the payload and the answer."
            )
        return result
    asked, answer = 0, None
    while (found := ctx.answered(f"{ASK_KEY}:{asked + 1}")) is not None:
        asked, answer = asked + 1, found
    result = call(step.function, ctx, payload) if answer is None else _resume(step, ctx, payload, answer)
    if isinstance(result, Ask):
        raise Suspended(make_question(f"{ASK_KEY}:{asked + 1}", title=result.title, **result.options))
    return result


def _resume(step: Step, ctx: Context, payload: dict[str, Any], answer: Answer) -> Any:
    assert step.on_resume is not None
    if answer.expired:
        raise DeadlinePassed(f"Nobody answered the question of step {step.name} in time.")
    try:
        return call(step.on_resume, ctx, payload, answer)
    except Exception as error:
        raise HandlerFailed(f"The resume handler of {step.name} raised {type(error).__name__}: {error}") from error


def _read(workflow: Workflow, step: Step, ctx: Context, ahead: list[str], result: Any) -> Done:
    if isinstance(result, Next):
        changes, new = result.changes, resolve(result.names, workflow.route_names, ahead)
    else:
        changes, new = result, _assigned(step, ctx.route)
    if new == ahead:
        return Done(changes)
    unknown = [name for name in new if not isinstance(name, str) or name not in workflow.steps]
    if unknown:
        known = ", ".join(workflow.steps)
        raise RouteError(
            f"The step {step.name} goes on to {unknown[0]!r}, which is no step of {workflow.name}. Known: {known}."
        )
    if len(new) > MOST_AHEAD:
        raise RouteError(
            f"The step {step.name} puts {len(new):,} steps ahead of the run; at most {MOST_AHEAD:,} can be."
        )
    return Done(changes, new)


def _assigned(step: Step, route: Any) -> list[str]:
    if isinstance(route, str) or not isinstance(route, Sequence):
        raise RouteError(f"The step {step.name} assigned {route!r} to ctx.route; assign a list of names of steps.")
    return list(route)


def _through_gate(step: Step, ctx: Context) -> Answer:
    """Return the decision on the step's present input; what was decided on another input counts no more."""
    number = 1
    while (answer := _answer(ctx, _gate_question(step, number))).outdated:
        number += 1
    return answer


def _answer(ctx: Context, question: Question) -> Answer:
    answer = ctx.answer_to(question)
    if answer.expired:
        raise DeadlinePassed(f"Nobody answered {question.title!r} in time.")
    return answer


def _pause_question(step: Step) -> Question:
    assert step.pause is not None
    options = dict(step.pause.options)
    if not options.get("form") and not options.get("format"):
        # Declared fields only: without a form there are none.
        options["form"] = NO_FIELDS_FORM
    return make_question(PAUSE_KEY, title=step.pause.title, **options)


def _gate_question(step: Step, number: int) -> Question:
    assert step.gate is not None
    title = f"May “{step.title}” run?"
    key = GATE_KEY if number == 1 else f"{GATE_KEY}:{number}"
    return make_question(key, title=title, form=GATE_FORM, kind="approval", who=step.gate.who)
