"""The questions that one person may answer now, over all runs: most urgent first, then oldest."""

import uuid

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Now

from executions.commands.answering import Answerer
from executions.engine.notices import FOR_PEOPLE
from executions.errors import Invalid
from executions.models import Suspension, Vote
from executions.queries.page import Page
from executions.states import ALLOWED_STATES

RANKS = {"high": 0, "normal": 1, "low": 2}


def put_to(answerer: Answerer) -> QuerySet[Suspension]:
    """Return the open questions put to somebody who may answer questions at all.

    The rule of ``commands.answering.answer_verdict`` once more, for the database; a test compares the two.

    Args:
        answerer: the person.
    """
    person = answerer.user_id
    named = Q(who__users=[]) | Q(who__users__contains=[answerer.username])
    in_group = Q(who__group="") | Q(who__group__in=sorted(answerer.groups))
    permitted = Q(who__permission="") | Q(who__permission__in=sorted(answerer.permissions))
    not_his_own = (
        Q(who__not_launcher=False)
        | Q(execution__launched_by_user__isnull=True)
        | ~Q(execution__launched_by_user=person)
    )
    chosen = Q(pk__in=[]) if person is None else named & in_group & permitted & not_his_own
    votes = Vote.objects.filter(suspension=OuterRef("pk"), context_digest=OuterRef("context_digest"))
    voted = votes.none() if person is None else votes.filter(user=person)
    return Suspension.objects.filter(
        Q(who__isnull=True) | chosen,
        Q(deadline__isnull=True) | Q(deadline__gt=Now()),
        ~Exists(voted),
        closed_at__isnull=True,
        kind__in=FOR_PEOPLE,
        execution__state__in=sorted(ALLOWED_STATES["answer"]),
    )


def count_inbox(answerer: Answerer) -> int:
    """Count the questions that wait for somebody."""
    return put_to(answerer).count()


def list_inbox(
    answerer: Answerer, *, execution_id: uuid.UUID | None = None, cursor: str | None = None, limit: int = 50
) -> Page[Suspension]:
    """Return one page of the questions that wait for somebody, each with its run, votes and messages.

    Args:
        answerer: who asks.
        execution_id: only those of this run.
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out.
    """
    whens = [When(urgency=urgency, then=Value(rank)) for urgency, rank in RANKS.items()]
    questions = put_to(answerer).annotate(rank=Case(*whens, output_field=IntegerField()))
    if execution_id is not None:
        questions = questions.filter(execution_id=execution_id)
    if cursor:
        rank, after = _read_cursor(cursor)
        questions = questions.filter(Q(rank__gt=rank) | Q(rank=rank, pk__gt=after))
    questions = questions.select_related("execution").prefetch_related("votes", "notifications", "conditions")
    found: list[Suspension] = list(questions.order_by("rank", "pk")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return Page(found, f"inbox:{RANKS[found[-1].urgency]}:{found[-1].pk}" if more else None)


def _read_cursor(cursor: str) -> tuple[int, uuid.UUID]:
    try:
        name, rank, after = cursor.split(":")
        if name != "inbox" or rank not in ("0", "1", "2"):
            raise ValueError(cursor)
        return int(rank), uuid.UUID(after)
    except ValueError as error:
        problem = "No page gave this cursor out. Start again from the first page."
        raise Invalid(problem, errors={"cursor": [problem]}) from error
