"""Questions to people: list, answer."""

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from console.access import require_scope
from console.api.bodies import read_command
from console.api.documents import SuspensionOut
from console.api.openapi import PROBLEMS, takes
from console.api.replies import Pages, reply
from console.api.schemas import AnswerBody
from console.api.shapes import suspension_out
from console.errors import problem_of
from executions import commands
from executions.errors import Stale
from executions.models import Suspension
from executions.queries import Page
from executions.queries.open_work import list_questions

router = Router(tags=["Questions"])


class QuestionQuery(Pages):
    """Which questions."""

    mine: bool = Field(False, description="Only those that you may answer.")
    execution: str = Field("", description="Only those of this run.")
    closed: bool = Field(False, description="Answered and withdrawn ones too.")


class QuestionList(Schema):
    """A page of questions, oldest first."""

    items: list[SuspensionOut]
    next: str | None


@router.get("", response={200: QuestionList, **PROBLEMS}, operation_id="suspensions", summary="List questions")
def suspensions(request: HttpRequest, query: Query[QuestionQuery]) -> HttpResponse:
    """List open questions of all runs, each with the JSON Schema of its answer.

    Needs `executions:read` or `suspensions:answer`.
    """
    require_scope(request.auth, "list questions", "executions:read", "suspensions:answer")
    page: Page[Suspension] = Page([])
    # So far a question may be answered by everyone who may answer any.
    if not query.mine or request.auth.can("suspensions:answer"):
        page = list_questions(
            open_only=not query.closed, execution_id=query.execution, cursor=query.cursor, limit=query.limit
        )
    return reply(QuestionList(items=[suspension_out(item) for item in page.rows], next=page.next))


@router.post(
    "/{id}/answer",
    response={200: SuspensionOut, **PROBLEMS},
    openapi_extra=takes(AnswerBody, files="name of the form's file field"),
    operation_id="answer",
    summary="Answer a question",
)
def answer(request: HttpRequest, id: str) -> HttpResponse:
    """Answer a question, once and for all. Needs `suspensions:answer`.

    Where the form has file fields, send `multipart/form-data`: the part `request` holds the JSON, each file comes in a
    part named after its field. 409 when it was answered already, or when what it shows has changed since you looked;
    the answer to that holds the question as it is now, in `suspension`.
    """
    body, sent = read_command(request, AnswerBody, "answer", files=True)
    try:
        suspension = commands.answer(
            request.auth,
            id,
            data=body.data,
            context_digest=body.context_digest,
            files={field: (name, content) for field, name, content in sent.files},
            comment=body.comment,
        )
    except Stale as stale:
        # The digest is part of the body, not a precondition of HTTP: the state of the question is in the way.
        return problem_of(stale, 409, suspension=suspension_out(Suspension.objects.get(pk=id)).model_dump(mode="json"))
    return reply(suspension_out(suspension))
