"""Notes on a hold, its hand-over and its release, from the page of its run."""

import uuid

from django.http import HttpRequest

from console.pages.base import command_view
from console.pages.commands import Done, page_of
from console.pages.execution import showing
from console.pages.typed import reason_of
from executions import commands, queries
from executions.actors import Actor


@command_view(showing("annotate", "hold_id"))
def annotate(request: HttpRequest, actor: Actor, execution_id: uuid.UUID, hold_id: uuid.UUID) -> Done:
    """Add a note to a hold."""
    hold = queries.find_hold(execution_id, hold_id)
    commands.annotate(actor, hold.pk, text=reason_of(request, "text"))
    return f"{page_of(execution_id)}#hold-{hold_id}", "Note added."


@command_view(showing("release", "hold_id"))
def release(request: HttpRequest, actor: Actor, execution_id: uuid.UUID, hold_id: uuid.UUID) -> Done:
    """Release a hold."""
    hold = queries.find_hold(execution_id, hold_id)
    commands.release(actor, hold.pk, reason=reason_of(request))
    return f"{page_of(execution_id)}#hold-{hold_id}", "Hold released."


@command_view(showing("hand-over", "hold_id"))
def hand_over(request: HttpRequest, actor: Actor, execution_id: uuid.UUID, hold_id: uuid.UUID) -> Done:
    """Hand a hold over to another person."""
    found = queries.find_hold(execution_id, hold_id)
    hold = commands.hand_over(actor, found.pk, to=request.POST.get("to", ""), reason=reason_of(request))
    return f"{page_of(execution_id)}#hold-{hold_id}", f"Handed over to {hold.responsible}."
