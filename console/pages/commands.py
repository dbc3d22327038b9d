"""Commands on a run, as the forms of its page send them. Each loads nothing and judges nothing: the domain does."""

import datetime
import uuid
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from console.access import record_refusal
from console.pages.base import command_view
from console.pages.execution import showing
from console.pages.run_conditions import named_as_typed, typed_conditions
from console.pages.run_forms import BUDGET, PlaceForm, read_amount, read_json
from executions import commands, states
from executions.actors import Actor
from executions.commands.tree import TREE
from executions.errors import Invalid
from executions.models import Execution

type Done = tuple[str, str]
"""Where to go without a script, and what was done."""


def page_of(execution_id: uuid.UUID | str) -> str:
    """Return the address of a run's page."""
    return reverse("execution", args=[execution_id])


@command_view(showing("pause"))
def pause(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Pause a run."""
    post = request.POST
    conditions = read_conditions(request, actor, execution_id)
    with named_as_typed():
        hold = commands.pause(
            actor,
            execution_id,
            reason=post.get("reason", ""),
            reason_code=post.get("reason_code", ""),
            ticket=post.get("ticket", ""),
            before_step=post.get("before_step") or None,
            scope=reach_of(request),
            resume_when=conditions,
        )
    if hold.before_step:
        return page_of(execution_id), "Breakpoint set. The run stops before that step."
    pausing = hold.execution.state == states.PAUSING
    return page_of(execution_id), "Pause accepted. The worker finishes what it is on." if pausing else "Paused."


@command_view(showing("resume"))
def resume(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Resume a run."""
    run = commands.resume(actor, execution_id, note=request.POST.get("note", ""))
    return page_of(execution_id), "Pause withdrawn." if run.lease_until else "Resumed."


@command_view(showing("cancel"))
def cancel(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Cancel a run."""
    run = commands.cancel(actor, execution_id, reason=request.POST.get("reason", ""), scope=reach_of(request))
    return page_of(execution_id), "Cancelled." if run.state == states.CANCELLED else "Cancel accepted."


@command_view(showing("extend"))
def extend(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Give a run more time, or let it spend more."""
    post = request.POST
    minutes = read_amount(post.get("seconds", "")) if post.get("seconds", "").strip() else None
    seconds: Any = minutes if minutes is None or isinstance(minutes, str) else minutes * 60
    budgets = {
        name.removeprefix(BUDGET): read_amount(str(typed))
        for name, typed in post.items()
        if name.startswith(BUDGET) and str(typed).strip()
    }
    commands.extend(
        actor,
        execution_id,
        reason=post.get("reason", ""),
        seconds=seconds,
        budgets=budgets,
    )
    return page_of(execution_id), "Extended."


@command_view(showing("place"))
def place(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Place a compliance hold."""
    post = request.POST
    hold = commands.place(
        actor,
        execution_id,
        reason=post.get("reason", ""),
        reason_code=post.get("reason_code", ""),
        ticket=post.get("ticket", ""),
        review_by=read_review(request, actor, execution_id),
        blocks_cancel=bool(post.get("blocks_cancel")),
        dual_control=bool(post.get("dual_control")),
        scope=reach_of(request),
    )
    pausing = hold.execution.state == states.PAUSING
    return page_of(execution_id), "Hold accepted. The worker finishes what it is on." if pausing else "Held."


@command_view(showing("amend"))
def amend(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Change fields of the payload."""
    changed: Execution = commands.amend_payload(
        actor,
        execution_id,
        changes=read_changes(request, actor, execution_id),
        reason=request.POST.get("reason", ""),
        version=read_version(request),
    )
    return page_of(execution_id), f"Payload amended; the run is at version {changed.version}."


def reach_of(request: HttpRequest) -> str:
    """Return whether a command is meant for the run alone or for its tree; forms ask only where there is a tree."""
    return request.POST.get("scope") or TREE


def read_review(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> datetime.datetime | None:
    """Read the review date; one that is no date is refused and recorded, unless the command refuses anyway.

    Raises:
        Invalid: it is no date.
    """
    form = PlaceForm(request.POST, name="place", unfinished=0)
    form.is_valid()
    problems = [str(text) for text in form.errors.get("review_by", [])]
    if problems and actor.can(states.COMMAND_SCOPE["place"]):
        refusal = Invalid(problems[0], errors={"review_by": problems})
        record_refusal(actor, "place", refusal, execution_id)
        raise refusal
    found: datetime.datetime | None = form.cleaned_data.get("review_by")
    return found


def read_conditions(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> list[dict[str, Any]]:
    """Read the resume conditions; what cannot be read is refused and recorded, unless the command refuses anyway.

    Raises:
        Invalid: it cannot be read.
    """
    try:
        return typed_conditions(request)
    except Invalid as refusal:
        if not actor.can(states.COMMAND_SCOPE["pause"]):
            return []
        record_refusal(actor, "pause", refusal, execution_id)
        raise


def read_changes(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Any:
    """Read the JSON of an amendment; what is none is refused and recorded, unless the command refuses anyway.

    Raises:
        Invalid: it is no JSON.
    """
    text = request.POST.get("changes", "")
    try:
        return read_json(text, "changes") if text.strip() else {}
    except Invalid as refusal:
        if not actor.can(states.COMMAND_SCOPE["amend"]):
            return {}
        record_refusal(actor, "amend", refusal, execution_id)
        raise


def read_version(request: HttpRequest) -> int:
    """Read the version that the person saw; a missing or damaged one is like an old one."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
