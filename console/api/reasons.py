"""Templates for reasons: the words that forms offer, in their order."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Field, Router, Schema

from console.access import require_scope
from console.api.bodies import Body, read_command
from console.api.openapi import CONFLICT, PROBLEMS, patches, takes
from console.api.parts import NOT_BLANK, one_of
from console.api.replies import no_content, reply
from executions import commands, queries
from executions.commands.reason import LONGEST_CODE, MOST_TEMPLATES, OFFERED_FOR, find_reason
from executions.models import ReasonTemplate

Command = one_of(OFFERED_FOR)
router = Router(tags=["Reason templates"])


class ReasonTemplateOut(Schema):
    """Words that are offered as a reason."""

    id: uuid.UUID = Field(description="Of the template.")
    text: str = Field(description="What is offered as the reason.")
    reason_code: str = Field(description="A word for statistics that comes with it; may be empty.")
    commands: list[str] = Field(description="Offered for these commands; for all where empty.")
    position: int = Field(description="Its place in the list; lower ones first.")


class ReasonTemplateList(Schema):
    """All templates in their order; 100 at most."""

    items: list[ReasonTemplateOut] = Field(description="All of them, in their order.")
    next: None = Field(None, description="Always null: there is one page.")


class ReasonTemplateBody(Body):
    """Add a template at the end of the list."""

    text: str = Field(
        description="The words. Not blank, and not there already.",
        examples=["The bank is down."],
        json_schema_extra=NOT_BLANK,
    )
    reason_code: str = Field("", max_length=LONGEST_CODE, description="A word for statistics.", examples=["dependency"])
    commands: list[Command] = Field([], description="Offered for these commands; for all where empty.")


class ReasonTemplateChange(Body):
    """What is to change; the rest stays."""

    text: str | None = Field(None, json_schema_extra=NOT_BLANK, description="What is offered as the reason.")
    reason_code: str | None = Field(
        None, max_length=LONGEST_CODE, description="A word for statistics that comes with it."
    )
    commands: list[Command] | None = Field(None, description="Offered for these only; for all where empty.")


class MoveBody(Body):
    """Move a template in the list."""

    places: int = Field(
        ge=-MOST_TEMPLATES, le=MOST_TEMPLATES, description="How far: up where negative. Beyond an end it stays there."
    )


@router.get(
    "",
    response={200: ReasonTemplateList, **PROBLEMS},
    operation_id="reason_templates",
    summary="List reason templates",
)
def templates(request: HttpRequest) -> HttpResponse:
    """List the words that are offered as reasons, in their order. Needs `executions:read`."""
    require_scope(request.auth, "read reason templates", "executions:read")
    return reply(ReasonTemplateList(items=[template_out(each) for each in queries.list_reasons()]))


@router.post(
    "",
    response={201: ReasonTemplateOut, **CONFLICT},
    openapi_extra=takes(ReasonTemplateBody),
    operation_id="add_reason_template",
    summary="Add a reason template",
)
def add(request: HttpRequest) -> HttpResponse:
    """Offer words as a reason. Needs `console:manage`."""
    body, _ = read_command(request, ReasonTemplateBody, "add reason template")
    made = commands.add_reason(request.auth, **body.dict())
    return reply(template_out(made), 201, Location=reverse("v1:reason_template", args=[made.pk]))


@router.get(
    "/{id}",
    response={200: ReasonTemplateOut, **PROBLEMS},
    operation_id="reason_template",
    url_name="reason_template",
    summary="Look at a reason template",
)
def template(request: HttpRequest, id: str) -> HttpResponse:
    """Look at one template. Needs `executions:read`."""
    require_scope(request.auth, "read reason templates", "executions:read")
    return reply(template_out(find_reason(id)))


@router.patch(
    "/{id}",
    response={200: ReasonTemplateOut, **CONFLICT},
    openapi_extra=patches(ReasonTemplateChange, version=None),
    operation_id="change_reason_template",
    summary="Change a reason template",
)
def change(request: HttpRequest, id: str) -> HttpResponse:
    """Change a template; reasons that were given with it stay as they are. Needs `console:manage`."""
    body, _ = read_command(request, ReasonTemplateChange, "change reason template")
    return reply(template_out(commands.change_reason(request.auth, id, **body.dict(exclude_none=True))))


@router.post(
    "/{id}/move",
    response={200: ReasonTemplateOut, **CONFLICT},
    openapi_extra=takes(MoveBody),
    operation_id="move_reason_template",
    summary="Move a reason template",
)
def move(request: HttpRequest, id: str) -> HttpResponse:
    """Move a template up or down in the list. Needs `console:manage`."""
    body, _ = read_command(request, MoveBody, "move reason template")
    commands.move_reason(request.auth, id, places=body.places)
    return reply(template_out(find_reason(id)))


@router.delete(
    "/{id}", response={204: None, **CONFLICT}, operation_id="delete_reason_template", summary="Delete a reason template"
)
def delete(request: HttpRequest, id: str) -> HttpResponse:
    """Delete a template; reasons that were given with it stay as they are. Needs `console:manage`."""
    commands.delete_reason(request.auth, id)
    return no_content()


def template_out(template: ReasonTemplate) -> ReasonTemplateOut:
    """Describe a template."""
    return ReasonTemplateOut(
        id=template.pk,
        text=template.text,
        reason_code=template.reason_code,
        commands=template.commands,
        position=template.position,
    )
