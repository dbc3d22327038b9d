"""Answering a question and acting on a hold from the inbox or the list of holds; the same list comes back."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from console.access import record_refusal
from console.pages import inbox, open_holds
from console.pages.base import command_view
from console.pages.run_questions import read_answer
from executions import commands, queries, states
from executions.actors import Actor
from executions.errors import Conflict, Invalid

type Done = tuple[str, str]
"""Where to go without a script, and what was done."""


def showing(command: str, key: str) -> Callable[..., HttpResponse]:
    """Return how ``command_view`` renders the list that the command came from.

    Args:
        command: its name.
        key: the part of the address that names what it is about.
    """

    def show(request: HttpRequest, **told: Any) -> HttpResponse:
        desk = inbox if request.GET.get("desk") == "inbox" else open_holds
        return desk.show(request, refusal=told["refusal"], said=told["said"], command=command, key=told[key])

    return show


def back_to(request: HttpRequest, command: str) -> str:
    """Return where to go without a script: the list that the command came from."""
    desk = inbox if request.GET.get("desk") == "inbox" else open_holds
    return desk.back_to(request, command)


@command_view(showing("answer", "suspension_id"))
def answer(request: HttpRequest, actor: Actor, suspension_id: uuid.UUID) -> Done:
    """Answer a question."""
    asked = queries.question_by_id(suspension_id)
    try:
        data, files = read_answer(request, asked)
    except LookupError as error:
        raise Conflict(str(error)) from error
    except Invalid as refusal:
        if actor.can(states.COMMAND_SCOPE["answer"]):
            record_refusal(actor, "answer", refusal, asked.execution_id)
            raise
        data, files = {}, {}
    answered = commands.answer(
        actor,
        asked.pk,
        data=data,
        context_digest=request.POST.get("context_digest", ""),
        files=files,
        comment=request.POST.get("comment", ""),
    )
    # Where several must approve, it is still open after the first of them.
    return back_to(request, "answer"), f"{'Approved' if answered.is_open else 'Answered'}: {asked.title}"


@command_view(showing("annotate", "hold_id"))
def annotate(request: HttpRequest, actor: Actor, hold_id: uuid.UUID) -> Done:
    """Add a note to a hold."""
    commands.annotate(actor, hold_id, text=request.POST.get("text", ""))
    return back_to(request, "annotate"), "Note added."


@command_view(showing("release", "hold_id"))
def release(request: HttpRequest, actor: Actor, hold_id: uuid.UUID) -> Done:
    """Release a hold."""
    hold = commands.release(actor, hold_id, reason=request.POST.get("reason", ""))
    return back_to(request, "release"), f"Released: {hold.reason[:120]}"


@command_view(showing("hand-over", "hold_id"))
def hand_over(request: HttpRequest, actor: Actor, hold_id: uuid.UUID) -> Done:
    """Hand a hold over to another person."""
    post = request.POST
    hold = commands.hand_over(actor, hold_id, to=post.get("to", ""), reason=post.get("reason", ""))
    return back_to(request, "hand-over"), f"Handed over to {hold.responsible}."
