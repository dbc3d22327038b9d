"""Retry, skip and fork, as the forms of a run's page send them."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse

from console.access import record_refusal
from console.pages.base import SeeOther, command_view
from console.pages.commands import Done, page_of, read_version
from console.pages.execution import showing
from console.pages.run_forms import read_json
from executions import commands, states
from executions.actors import Actor
from executions.errors import Invalid


@command_view(showing("retry"))
def retry(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Retry a failed run, or send one back."""
    post = request.POST
    run = commands.retry(
        actor,
        execution_id,
        reason=post.get("reason", ""),
        position=read_number(post.get("place", ""), "place"),
        again=bool(post.get("again")),
        version=read_version(request) if "version" in post else None,
    )
    done = "Taken up again." if not post.get("place") else "Sent back."
    return page_of(execution_id), f"{done} It is still held." if run.state == states.PAUSED else done


@command_view(showing("skip"))
def skip(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Skip the next step."""
    post = request.POST
    run = commands.skip(
        actor,
        execution_id,
        reason=post.get("reason", ""),
        result=read_result(request, actor, execution_id),
        step=post.get("step") or None,
    )
    return page_of(execution_id), "Step skipped. The run is still held." if run.open_holds else "Step skipped."


@command_view(showing("fork"))
def fork(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done | HttpResponse:
    """Fork a run, and show the new one."""
    post = request.POST
    forked = commands.fork(
        actor,
        execution_id,
        reason=post.get("reason", ""),
        from_seq=read_number(post.get("from_seq", ""), "from_seq"),
        title=post.get("title", ""),
    )
    there = page_of(forked.pk)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Redirect": there})
    return SeeOther(there)


def read_number(text: str, field: str) -> int | None:
    """Read the choice of a list; None for its empty one.

    Raises:
        Invalid: no list offered it.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        problem = "Choose one of the list."
        raise Invalid(problem, errors={field: [problem]})
    return int(text)


def read_result(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Any:
    """Read the stated result of a step; what is no JSON is refused and recorded, unless the command refuses anyway.

    Raises:
        Invalid: it is no JSON.
    """
    text = request.POST.get("result", "")
    try:
        return read_json(text, "result") if text.strip() else {}
    except Invalid as refusal:
        if not actor.can(states.COMMAND_SCOPE["skip"]):
            return {}
        record_refusal(actor, "skip", refusal, execution_id)
        raise
