"""Answering a question, on the page of its run."""

import uuid

from django.http import HttpRequest

from console.pages.base import command_view
from console.pages.commands import Done, page_of
from console.pages.execution import showing
from console.pages.run_questions import read_answer
from console.pages.typed import read_or_refuse
from executions import commands, queries
from executions.actors import Actor
from executions.errors import Conflict


@command_view(showing("answer", "suspension_id"))
def answer(request: HttpRequest, actor: Actor, execution_id: uuid.UUID, suspension_id: uuid.UUID) -> Done:
    """Answer a question."""
    asked = queries.find_question(execution_id, suspension_id)
    try:
        data, files = read_or_refuse(actor, "answer", execution_id, lambda: read_answer(request, asked), ({}, {}))
    except LookupError as error:
        raise Conflict(str(error)) from error
    answered = commands.answer(
        actor,
        asked.pk,
        data=data,
        context_digest=request.POST.get("context_digest", ""),
        files=files,
        comment=request.POST.get("comment", ""),
    )
    # Where several must approve, it is still open after the first of them.
    return page_of(execution_id), f"{'Approved' if answered.is_open else 'Answered'}: {asked.title}"
