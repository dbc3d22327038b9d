"""Retry, skip and fork, as the forms of a run's page send them."""

import uuid

from django.http import HttpRequest, HttpResponse

from console.pages.base import SeeOther, command_view
from console.pages.commands import Done, page_of
from console.pages.execution import showing
from console.pages.typed import read_number, read_object, read_or_refuse, read_version, reason_of
from executions import commands, states
from executions.actors import Actor


@command_view(showing("retry"), command="retry")
def retry(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done:
    """Retry a failed run, or send one back."""
    post = request.POST
    run = commands.retry(
        actor,
        execution_id,
        reason=reason_of(request),
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
    result = read_or_refuse(actor, "skip", execution_id, lambda: read_object(request, "result"), {})
    run = commands.skip(
        actor,
        execution_id,
        reason=reason_of(request),
        result=result,
        step=post.get("step") or None,
    )
    return page_of(execution_id), "Step skipped. The run is still held." if run.open_holds else "Step skipped."


@command_view(showing("fork"), command="fork")
def fork(request: HttpRequest, actor: Actor, execution_id: uuid.UUID) -> Done | HttpResponse:
    """Fork a run, and show the new one."""
    post = request.POST
    forked = commands.fork(
        actor,
        execution_id,
        reason=reason_of(request),
        from_seq=read_number(post.get("from_seq", ""), "from_seq"),
        title=post.get("title", ""),
    )
    there = page_of(forked.pk)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Redirect": there})
    return SeeOther(there)
