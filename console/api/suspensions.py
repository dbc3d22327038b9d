"""Questions to people: list, answer by id, answer by run and key."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from console.access import require_scope
from console.api.bodies import Body, read_command
from console.api.conditions import condition_out
from console.api.documents import SIGNING
from console.api.openapi import CONFLICT, PROBLEMS, problems, takes
from console.api.parts import ConditionOut, RunIdOrNone
from console.api.problems import answer_refusal
from console.api.question_documents import SuspensionOut
from console.api.question_shapes import suspension_out
from console.api.replies import Pages, reply
from console.api.schemas import AnswerBody, AnswerByKeyBody
from executions import commands
from executions.actors import Actor
from executions.commands.answering import Answerer, person_behind
from executions.commands.base import parse_id
from executions.commands.condition import secret_of
from executions.errors import Stale
from executions.models import Suspension
from executions.queries import Page
from executions.queries.inbox import list_inbox
from executions.queries.open_work import find_question, list_questions
from executions.resumetoken import token_of

router = Router(tags=["Questions"])
READERS = ("executions:read", "suspensions:answer")
of_runs = Router(tags=["Questions"])
"""Under the address of a run."""


class QuestionQuery(Pages):
    """Which questions."""

    mine: bool = Field(False, description="Only those that you may answer.")
    execution: RunIdOrNone = Field("", description="Only those of this run.")
    closed: bool = Field(False, description="Answered and withdrawn ones too.")


class QuestionList(Schema):
    """A page of questions."""

    items: list[SuspensionOut] = Field(description="The questions of this page.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


@router.get("", response={200: QuestionList, **problems(404)}, operation_id="suspensions", summary="List questions")
def suspensions(request: HttpRequest, query: Query[QuestionQuery]) -> HttpResponse:
    """List open questions of all runs, each with the JSON Schema of its answer: oldest first.

    With `mine` those that you may answer now: most urgent first, then oldest. Needs `executions:read` or
    `suspensions:answer`.
    """
    actor = request.auth
    require_scope(actor, "list questions", *READERS)
    person = person_behind(actor)
    if query.mine:
        page = _inbox(actor, person, query)
    else:
        page = list_questions(
            open_only=not query.closed, execution_id=query.execution, cursor=query.cursor, limit=query.limit
        )
    return reply(QuestionList(items=[suspension_out(item, actor, person) for item in page.rows], next=page.next))


def _inbox(actor: Actor, person: Callable[[], Answerer], query: QuestionQuery) -> Page[Suspension]:
    if not actor.can("suspensions:answer"):
        return Page([])
    execution_id = parse_id(query.execution, "run") if query.execution else None
    return list_inbox(person(), execution_id=execution_id, cursor=query.cursor, limit=query.limit)


@router.get(
    "/{id}",
    response={200: SuspensionOut, **PROBLEMS},
    operation_id="suspension",
    url_name="suspension",
    summary="Look at a question",
)
def suspension(request: HttpRequest, id: str) -> HttpResponse:
    """Look at a question, open or closed. Needs `executions:read` or `suspensions:answer`."""
    require_scope(request.auth, "read question", *READERS)
    return reply(suspension_out(find_question(id), request.auth))


@router.post(
    "/{id}/answer",
    response={200: SuspensionOut, **CONFLICT},
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
        answered = commands.answer(
            request.auth,
            id,
            data=body.data,
            context_digest=body.context_digest,
            files={field: (name, content) for field, name, content in sent.files},
            comment=body.comment,
        )
    except Stale as stale:
        # The digest is part of the body, not a precondition of HTTP: the state of the question is in the way.
        return answer_refusal(request, stale, 409, suspension=_as_it_is(id, request.auth))
    return reply(suspension_out(answered, request.auth))


class WebhookWish(Body):
    """Give a wait for an event a webhook."""

    signed: bool = Field(False, description="Only calls signed by Standard Webhooks 1.0 count.")


class WebhookGiven(Schema):
    """A webhook that ends one wait."""

    condition: ConditionOut = Field(description="The condition that the token meets.")
    resume_token: str = Field(description="`POST /v1/triggers/{token}` ends the wait; shown this once.")
    signing_secret: str | None = Field(description=SIGNING)


@router.post(
    "/{id}/webhook",
    response={201: WebhookGiven, **CONFLICT},
    openapi_extra=takes(WebhookWish),
    operation_id="give_webhook",
    summary="Give a wait a webhook",
)
def give_webhook(request: HttpRequest, id: str) -> HttpResponse:
    """Make an address that ends this one wait for an event, once, as the event would. Needs `events:emit`.

    `data` of the call is what the wait returns. 409 for a question to people, and where the wait has a webhook.
    """
    body, _ = read_command(request, WebhookWish, "give webhook")
    made = commands.give_webhook(request.auth, id, signed=body.signed)
    made.refresh_from_db()
    document = WebhookGiven(
        condition=condition_out(made), resume_token=token_of(made.pk), signing_secret=secret_of(made)
    )
    return reply(document, 201)


@of_runs.post(
    "/{id}/answers/{path:key}",
    response={200: SuspensionOut, **CONFLICT},
    openapi_extra=takes(AnswerByKeyBody, files="name of the form's file field"),
    operation_id="answer_by_key",
    summary="Answer a run's question by its key",
)
def answer_by_key(request: HttpRequest, id: str, key: str) -> HttpResponse:
    """Answer the open question that the run's code asked under this key. Needs `suspensions:answer`.

    For programs that know the code. 404 names the keys that are open; 409 where the run waits for no answer.
    """
    body, sent = read_command(request, AnswerByKeyBody, "answer", id, files=True)
    try:
        answered = commands.answer_by_key(
            request.auth,
            id,
            key,
            data=body.data,
            context_digest=body.context_digest,
            files={field: (name, content) for field, name, content in sent.files},
            comment=body.comment,
        )
    except Stale as stale:
        return answer_refusal(request, stale, 409)
    return reply(suspension_out(answered, request.auth))


def _as_it_is(suspension_id: str, actor: Actor) -> dict[str, Any]:
    return suspension_out(find_question(suspension_id), actor).model_dump(mode="json")
