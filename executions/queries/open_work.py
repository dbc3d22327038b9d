"""Holds and questions of all runs, page by page, oldest first: what still waits for somebody."""

import uuid
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Now

from executions.commands.base import parse_id
from executions.errors import Invalid, NotFound
from executions.models import Hold, HoldNote, Suspension
from executions.queries.holdlist import with_words
from executions.queries.page import Page
from executions.states import HOLD_KINDS


def list_holds(
    *,
    open_only: bool = True,
    execution_id: str = "",
    overdue: bool = False,
    kind: str = "",
    responsible: str = "",
    workflow: str = "",
    placed_by: str = "",
    text: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Hold]:
    """Return one page of holds, oldest first, with run, notes (``note_list``) and conditions.

    Open ones are those that keep a run: not those of finished runs. What was spread from a hold to the runs below its
    own is left out, unless a run is named.

    Args:
        open_only: leave released ones out.
        execution_id: only those of this run.
        overdue: only those whose review date has passed.
        kind: only those of this kind.
        responsible: only those that this person looks after.
        workflow: only those on runs of this workflow.
        placed_by: only those that this actor placed, by printed name.
        text: only those with this in their reason, reason code, ticket or run's title.
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out, or an unknown kind.
        NotFound: the run's id is no id.
    """
    if kind and kind not in HOLD_KINDS:
        problem = f"There is no such kind. Known: {', '.join(HOLD_KINDS)}."
        raise Invalid(f"kind: {problem}", errors={"kind": [problem]})
    exact = {"kind": kind, "responsible": responsible, "placed_by_name": placed_by, "execution__workflow": workflow}
    holds = _whole(Hold.objects.filter(**{name: value for name, value in exact.items() if value}))
    if text:
        holds = holds.filter(with_words(text))
    if open_only:
        holds = holds.filter(released_at__isnull=True, execution__outcome__isnull=True)
    if overdue:
        holds = holds.filter(review_by__lte=Now())
    if not execution_id:
        holds = holds.filter(spread_from__isnull=True)
    return _page(holds, execution_id, cursor, limit)


def hold_by_id(hold_id: uuid.UUID | str) -> Hold:
    """Return one hold, open or released, with run, notes (``note_list``) and conditions.

    Raises:
        NotFound: there is no such hold.
    """
    found = _whole(Hold.objects.filter(pk=parse_id(hold_id, "hold"))).first()
    if found is None:
        raise NotFound(f"There is no hold with the id {hold_id}.")
    return found


def _whole(holds: QuerySet[Hold]) -> QuerySet[Hold]:
    notes = Prefetch("notes", HoldNote.objects.order_by("at", "id"), to_attr="note_list")
    holds = holds.select_related("execution").prefetch_related(notes, "conditions")
    return holds.defer(*(f"execution__{heavy}" for heavy in ("payload", "error", "resumed", "progress")))


def find_question(suspension_id: uuid.UUID | str) -> Suspension:
    """Return one question of whatever run, open or closed, with what ``list_questions`` loads.

    Raises:
        NotFound: there is no such question.
    """
    asked = Suspension.objects.filter(pk=parse_id(suspension_id, "question")).select_related("execution")
    found = asked.prefetch_related("votes", "notifications", "conditions").first()
    if found is None:
        raise NotFound(f"There is no question with the id {suspension_id}.")
    return found


def list_questions(
    *, open_only: bool = True, execution_id: str = "", cursor: str | None = None, limit: int = 50
) -> Page[Suspension]:
    """Return one page of questions; arguments and errors as in ``list_holds``."""
    questions = Suspension.objects.select_related("execution").prefetch_related("votes", "notifications", "conditions")
    if open_only:
        questions = questions.filter(closed_at__isnull=True)
    return _page(questions, execution_id, cursor, limit)


def _page(rows: QuerySet[Any], execution_id: str, cursor: str | None, limit: int) -> Page[Any]:
    # Ids sort by the time they were made, so that the id of the last row is all a cursor needs.
    if execution_id:
        rows = rows.filter(execution_id=parse_id(execution_id, "run"))
    if cursor:
        rows = rows.filter(pk__gt=_read_cursor(cursor))
    found = list(rows.order_by("pk")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return Page(found, f"after:{found[-1].pk}" if more else None)


def _read_cursor(cursor: str) -> uuid.UUID:
    try:
        return uuid.UUID(cursor.removeprefix("after:"))
    except ValueError as error:
        problem = "No page gave this cursor out. Start again from the first page."
        raise Invalid(problem, errors={"cursor": [problem]}) from error
