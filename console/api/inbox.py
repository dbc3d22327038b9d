"""What waits for you: questions to answer and holds to release, in the order of the console's inbox."""

import uuid
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Field, Query, Router, Schema

from console.access import require_scope
from console.api.documents import CountOut
from console.api.openapi import PROBLEMS
from console.api.parts import Moment
from console.api.replies import Pages, reply
from console.api.shapes import count_out
from executions import states
from executions.commands.answering import person_behind
from executions.models import Suspension
from executions.queries.worklist import (
    HOLD,
    QUESTION,
    RANK_NAMES,
    Work,
    WorkFilter,
    count_mine,
    list_done,
    list_work,
)

router = Router(tags=["Inbox"])
SCOPES = ("executions:read", states.COMMAND_SCOPE["answer"], *dict.fromkeys(states.RELEASE_SCOPE.values()))


class InboxQuery(Pages):
    """Which of it."""

    kind: Literal["", "question", "hold"] = Field("", description="Only questions, or only holds.")
    workflow: str = Field("", description="Only of runs of this workflow.")
    urgency: Literal["", "high", "normal", "low", "others"] = Field(
        "", description="`others`: holds that somebody else looks after. Of what is done, ignored."
    )
    done: Literal["", "mine", "all"] = Field(
        "", description="What is answered or released instead: by you, or by anybody; newest first."
    )


class InboxRun(Schema):
    """The run it is about."""

    id: uuid.UUID = Field(description="Of the run.")
    title: str = Field(description="What it is called.")
    workflow: str = Field(description="Its workflow.")
    state: str = Field(description="Its state now.")


class InboxItem(Schema):
    """A question to answer, or a hold to release."""

    kind: Literal["question", "hold"] = Field(description="What waits.")
    id: uuid.UUID = Field(description="Of the question or the hold.")
    title: str = Field(description="The question's title, or the hold's reason.")
    urgency: str | None = Field(description="`high`, `normal`, `low`, `others`; null for what is done.")
    since: Moment = Field(description="Since when it is open.")
    due: Moment | None = Field(description="The question's deadline, or the hold's review date.")
    done_at: Moment | None = Field(description="When it was answered or released; null while it waits.")
    execution: InboxRun = Field(description="The run it concerns.")
    href: str = Field(description="Where all of it can be read; answer or release it below that address.")


class InboxList(Schema):
    """A page: most urgent first, then oldest; of what is done, newest first."""

    items: list[InboxItem] = Field(description="What waits, in the order of the console's inbox.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


@router.get("", response={200: InboxList, **PROBLEMS}, operation_id="inbox", summary="List what waits for you")
def inbox(request: HttpRequest, query: Query[InboxQuery]) -> HttpResponse:
    """List the questions you may answer and the holds you may release.

    Needs one of `executions:read`, `suspensions:answer`, `executions:pause` and `holds:release`; what is done by others
    (`done=all`) needs `executions:read`.
    """
    actor = request.auth
    require_scope(actor, "read inbox", *(SCOPES if query.done != "all" else SCOPES[:1]))
    wanted = WorkFilter(query.kind, query.workflow, query.urgency)
    if query.done:
        page = list_done(actor, wanted, by_me=query.done == "mine", cursor=query.cursor, limit=query.limit)
    else:
        page = list_work(actor, wanted, person=person_behind(actor), cursor=query.cursor, limit=query.limit)
    return reply(InboxList(items=[item_out(work) for work in page.rows], next=page.next))


@router.get(
    "/count", response={200: CountOut, **PROBLEMS}, operation_id="inbox_count", summary="Count what waits for you"
)
def count(request: HttpRequest) -> HttpResponse:
    """Count what waits for you, without what others look after: the number in the console's menu.

    Needs one of `executions:read`, `suspensions:answer`, `executions:pause` and `holds:release`.
    """
    require_scope(request.auth, "count inbox", *SCOPES)
    return reply(count_out(count_mine(request.auth)))


def item_out(work: Work) -> InboxItem:
    """Describe something to do."""
    run = InboxRun.from_orm(work.execution)
    rank = RANK_NAMES.get(getattr(work, "rank", None))
    done_at = getattr(work, "moment", None)
    if isinstance(work, Suspension):
        address = reverse("v1:suspension", args=[work.pk])
        facts = {"title": work.title, "since": work.opened_at, "due": work.deadline}
        return InboxItem(kind=QUESTION, id=work.pk, urgency=rank, done_at=done_at, execution=run, href=address, **facts)
    address = reverse("v1:hold", args=[work.pk])
    facts = {"title": work.reason, "since": work.placed_at, "due": work.review_by}
    return InboxItem(kind=HOLD, id=work.pk, urgency=rank, done_at=done_at, execution=run, href=address, **facts)
