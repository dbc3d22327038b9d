"""Workflows: what can be launched."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from console.access import require_scope
from console.api.formschema import form_schema
from console.api.openapi import PROBLEMS
from console.api.replies import reply
from executions import Workflow
from executions.authoring import registry
from executions.authoring.stops import stops_of
from executions.errors import NotFound

router = Router(tags=["Workflows"])


class RouteStepOut(Schema):
    """A step of a route."""

    name: str = Field(description="As the code calls it.")
    title: str = Field(description="For people.")
    retries: int = Field(description="How often it is tried again after it raised.")
    on_error: str = Field(description="When retries are used up: `fail`, or `hold` for somebody to look at.")
    waits_for: str | None = Field(description="`answer` for a pause, `approval` for a step behind a gate.")
    aside: bool = Field(description="It stands beside the route; a step may go there.")


class FileRulesOut(Schema):
    """What files a launch takes."""

    least: int = Field(description="Fewest files.")
    most: int = Field(description="Most files.")
    suffix: str = Field(description="What their names end in; empty for anything.")
    max_bytes: int = Field(description="Most bytes of each.")
    label: str = Field(description="What a form calls them.")


class WorkflowOut(Schema):
    """A workflow: its route, the JSON Schema of its input, the files it takes."""

    name: str = Field(description="What it is launched by.")
    title: str = Field(description="For people.")
    description: str = Field(description="What it does.")
    route: list[RouteStepOut] = Field(description="Its steps, in order.")
    input: dict[str, Any] | None = Field(
        description="JSON Schema of a launch's `payload`; null where any object will do."
    )
    files: FileRulesOut | None = Field(description="Which files a launch takes; null where it takes none.")


class WorkflowList(Schema):
    """All workflows that this installation knows, by title."""

    items: list[WorkflowOut] = Field(description="All of them.")
    next: str | None = Field(None, description="Always null: there is one page.")


@router.get("", response={200: WorkflowList, **PROBLEMS}, operation_id="workflows", summary="List workflows")
def workflows(request: HttpRequest) -> HttpResponse:
    """List what can be launched. Needs `executions:read`."""
    require_scope(request.auth, "list workflows", "executions:read")
    return reply(WorkflowList(items=[workflow_out(workflow) for workflow in registry.all_workflows()]))


@router.get("/{name}", response={200: WorkflowOut, **PROBLEMS}, operation_id="workflow", summary="Look at a workflow")
def workflow(request: HttpRequest, name: str) -> HttpResponse:
    """Look at one workflow. Needs `executions:read`."""
    require_scope(request.auth, "look at workflow", "executions:read")
    found = registry.find(name)
    if found is None:
        known = ", ".join(registry.all_names()) or "none"
        raise NotFound(f"There is no workflow called {name[:80]!r}. Known: {known}.")
    return reply(workflow_out(found))


def workflow_out(workflow: Workflow) -> WorkflowOut:
    """Describe a workflow."""
    rules = workflow.files
    return WorkflowOut(
        name=workflow.name,
        title=workflow.title,
        description=workflow.description,
        route=[
            RouteStepOut(
                name=stop.step.name,
                title=stop.step.title,
                retries=stop.step.retries,
                on_error=stop.step.on_error,
                waits_for=stop.step.waits or None,
                aside=stop.aside,
            )
            for stop in stops_of(workflow)
        ],
        input=form_schema(workflow.input) if workflow.input else None,
        files=FileRulesOut(
            least=rules.least, most=rules.most, suffix=rules.suffix, max_bytes=rules.limit(), label=rules.label
        )
        if rules
        else None,
    )
