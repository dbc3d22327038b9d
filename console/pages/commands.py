"""Commands on a run, as the forms of its page send them. Each loads nothing and judges nothing: the domain does."""

import datetime
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from console.pages.base import command_view
from console.pages.execution import render_run, showing
from console.pages.pause_forms import PlaceForm
from console.pages.run_amend import CHECK, require_as_checked
from console.pages.run_conditions import named_as_typed, typed_conditions
from console.pages.run_forms import BUDGET
from console.pages.typed import reach_of, read_amount, read_object, read_or_refuse, read_version, reason_of
from executions import commands, queries, states
from executions.actors import Actor
from executions.commands.condition import resume_token, signing_secret
from executions.errors import Invalid
from executions.models import Hold

type Done = tuple[str, str]
"""Where to go without a script, and what was done."""


def page_of(execution_id: uuid.UUID | str) -> str:
    """Return the address of a run's page."""
    return reverse("execution", args=[execution_id])


@command_view(showing("pause"))
def pause(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done | HttpResponse:
    """Pause a run."""
    post = request.POST
    conditions = read_or_refuse(actor, "pause", execution_id, lambda: typed_conditions(request), [])
    with named_as_typed():
        hold = commands.pause(
            actor,
            execution_id,
            reason=reason_of(request),
            reason_code=post.get("reason_code", ""),
            ticket=post.get("ticket", ""),
            before_step=post.get("before_step") or None,
            scope=reach_of(request),
            resume_when=conditions,
        )
    if hold.before_step:
        return placed(request, hold, "Breakpoint set. The run stops before that step.")
    pausing = hold.execution.state == states.PAUSING
    return placed(request, hold, "Pause accepted. The worker finishes what it is on." if pausing else "Paused.")


@command_view(showing("resume"))
def resume(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Resume a run."""
    run = commands.resume(actor, execution_id, note=reason_of(request, "note"))
    return page_of(execution_id), "Pause withdrawn." if run.lease_until else "Resumed."


@command_view(showing("cancel"))
def cancel(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Cancel a run."""
    run = commands.cancel(actor, execution_id, reason=reason_of(request), scope=reach_of(request))
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
        reason=reason_of(request),
        seconds=seconds,
        budgets=budgets,
    )
    return page_of(execution_id), "Extended."


@command_view(showing("place"))
def place(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done | HttpResponse:
    """Place a compliance hold."""
    post = request.POST
    review_by = read_or_refuse(actor, "place", execution_id, lambda: read_review(request), None)
    conditions = read_or_refuse(actor, "place", execution_id, lambda: typed_conditions(request), [])
    with named_as_typed():
        hold = commands.place(
            actor,
            execution_id,
            reason=reason_of(request),
            reason_code=post.get("reason_code", ""),
            ticket=post.get("ticket", ""),
            review_by=review_by,
            blocks_cancel=bool(post.get("blocks_cancel")),
            dual_control=bool(post.get("dual_control")),
            scope=reach_of(request),
            resume_when=conditions,
        )
    pausing = hold.execution.state == states.PAUSING
    return placed(request, hold, "Hold accepted. The worker finishes what it is on." if pausing else "Held.")


@command_view(showing("amend"), command="amend")
def amend(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Change fields of the payload."""
    changes = read_or_refuse(actor, "amend", execution_id, lambda: read_object(request, "changes"), {})
    require_as_checked(request, changes)
    changed = commands.amend_payload(
        actor,
        execution_id,
        changes=changes,
        reason=reason_of(request),
        version=read_version(request),
    )
    return page_of(execution_id), f"Payload amended; the run is at version {changed.version}."


@command_view(showing("amend"))
def check_amend(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> HttpResponse:
    """Show what an amendment would do; nothing is commanded, so nothing is recorded."""
    if not read_object(request, "changes"):
        problem = "Name at least one field to change."
        raise Invalid(problem, errors={"changes": [problem]})
    return showing(CHECK)(request, execution_id=execution_id, refusal=None, said="")


def placed(request: HttpRequest, hold: Hold, said: str) -> Done | HttpResponse:
    """Say that a hold was placed, and the address of its webhook if it has one: it is told this once and never again.

    That address goes into no session and no address bar, so the page itself is the answer, script or not.
    """
    token = resume_token(hold)
    if token is None:
        return page_of(hold.execution_id), said
    there = request.build_absolute_uri(f"/v1/triggers/{token}")
    secret = signing_secret(hold) or ""
    return render_run(request, queries.find(hold.execution_id), said=said, webhook=there, secret=secret)


def read_review(request: HttpRequest) -> datetime.datetime | None:
    """Read the review date.

    Raises:
        Invalid: it is no date.
    """
    form = PlaceForm(request.POST, name="place", unfinished=0)
    form.is_valid()
    problems = [str(text) for text in form.errors.get("review_by", [])]
    if problems:
        raise Invalid(problems[0], errors={"review_by": problems})
    found: datetime.datetime | None = form.cleaned_data.get("review_by")
    return found
