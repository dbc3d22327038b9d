"""Sending the event that a run waits for, from its page."""

import uuid

from django.http import HttpRequest

from console.pages.base import command_view
from console.pages.commands import Done, page_of
from console.pages.execution import showing
from console.pages.typed import read_object, read_or_refuse
from executions import commands, queries
from executions.actors import Actor
from executions.commands.emission import EMIT_SCOPE


@command_view(showing("emit", "condition_id"))
def emit(request: HttpRequest, actor: Actor, execution_id: uuid.UUID, condition_id: uuid.UUID) -> Done:
    """Send the event that one condition of the run waits for."""
    condition = queries.find_condition(execution_id, condition_id)
    data = read_or_refuse(actor, "emit", execution_id, lambda: read_object(request, "data"), {}, scope=EMIT_SCOPE)
    sent = commands.emit(actor, condition.event_name, data)
    met = "Nothing waited for it with these data." if not sent.woken else f"It met {sent.woken} that waited for it."
    return page_of(execution_id), f"Event {condition.event_name} sent. {met}"
