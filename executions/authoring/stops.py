"""A workflow's route before anything has started, for those who draw it."""

from dataclasses import dataclass

from executions.authoring.step import Step
from executions.authoring.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of a route.

    Args:
        step: the step or pause.
        aside: it stands beside the route; a step may go there.
    """

    step: Step
    aside: bool


def stops_of(workflow: Workflow) -> list[Stop]:
    """Return a workflow's stops: those on its route in order, then those beside it."""
    on_route = [name for name in workflow.route_names if name in workflow.steps]
    beside = [name for name in workflow.steps if name not in on_route]
    return [Stop(workflow.steps[name], aside=name in beside) for name in (*on_route, *beside)]
