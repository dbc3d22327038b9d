"""A workflow's route before anything has started, for those who draw it."""

import ast
import functools
import inspect
import textwrap
from dataclasses import dataclass

from executions.authoring.route import Next
from executions.authoring.step import Step, StepFunction
from executions.authoring.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of a route.

    Args:
        step: the step or pause.
        aside: it stands beside the route; a step may go there.
        jumps: where it may go instead of on, itself or an earlier stop for a loop, as far as its code says so.
    """

    step: Step
    aside: bool
    jumps: tuple[Step, ...] = ()


def stops_of(workflow: Workflow) -> list[Stop]:
    """Return a workflow's stops: those on its route in order, then those beside it."""
    on_route = [name for name in workflow.route_names if name in workflow.steps]
    beside = [name for name in workflow.steps if name not in on_route]
    return [
        Stop(workflow.steps[name], aside=name in beside, jumps=_jumps(workflow, workflow.steps[name]))
        for name in (*on_route, *beside)
    ]


def _jumps(workflow: Workflow, step: Step) -> tuple[Step, ...]:
    named = [name for function in (step.function, step.on_resume) if function for name in _named_in(function)]
    return tuple(workflow.steps[name] for name in dict.fromkeys(named) if name in workflow.steps)


@functools.cache
def _named_in(function: StepFunction) -> tuple[str, ...]:
    """Return the names that a function's code writes out in a ``Next``; those it computes cannot be known."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    except (OSError, TypeError, SyntaxError):
        return ()  # made by other code, or shipped without its source
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_next(node.func)]
    parts = [part for call in calls for argument in call.args for part in ast.walk(argument)]
    return tuple(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))


def _is_next(called: ast.expr) -> bool:
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name == Next.__name__
