"""Refusals as the API answers them: with how the run stands now, and what may be done instead."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from console.api.bodies import WrongType
from console.api.question_shapes import verdict_out
from console.api.replies import PreconditionRequired
from console.errors import problem_of
from executions.commands.foresight import foreseen
from executions.errors import Conflict, NotAllowed, Refused, Stale
from executions.models import Execution

OWN_STATUS: dict[type[Refused], int] = {WrongType: 415, PreconditionRequired: 428}
TELLS_OF_RUN = (NotAllowed, Conflict, Stale)
"""Refusals after which it matters how the run stands."""


def answer_refusal(request: HttpRequest, refusal: Refused, status: int | None = None, **more: Any) -> HttpResponse:
    """Answer a refusal.

    Args:
        request: with the actor in ``auth``.
        refusal: what the domain said.
        status: instead of the usual one.
        more: further members.

    Returns:
        A problem document. Of a run it says the state, the commands that are ``allowed`` now, and in ``commands`` why
        each other one is not, as the run itself would say.
    """
    actor = getattr(request, "auth", None)
    if refusal.execution_id is not None and actor is not None and isinstance(refusal, TELLS_OF_RUN):
        run = Execution.objects.filter(pk=refusal.execution_id).first()
        if run is not None:
            judged = foreseen(run, actor)
            refusal.state = run.state
            refusal.allowed = tuple(name for name, verdict in judged.items() if verdict.allowed)
            more["commands"] = {name: verdict_out(each).model_dump() for name, each in judged.items()}
    return problem_of(refusal, status or OWN_STATUS.get(type(refusal)), **more)
