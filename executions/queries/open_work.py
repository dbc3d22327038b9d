"""Holds and questions of all runs, page by page, oldest first: what still waits for somebody."""

import uuid
from typing import Any

from django.db.models import Prefetch, QuerySet

from executions.commands.base import parse_id
from executions.errors import Invalid
from executions.models import Hold, HoldNote, Suspension
from executions.queries.page import Page


def list_holds(
    *, open_only: bool = True, execution_id: str = "", cursor: str | None = None, limit: int = 50
) -> Page[Hold]:
    """Return one page of holds with their notes in ``note_list``.

    Args:
        open_only: leave released ones out.
        execution_id: only those of this run.
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out.
        NotFound: the run's id is no id.
    """
    notes = Prefetch("notes", HoldNote.objects.order_by("at", "id"), to_attr="note_list")
    holds = Hold.objects.prefetch_related(notes, "conditions")
    if open_only:
        holds = holds.filter(released_at__isnull=True)
    return _page(holds, execution_id, cursor, limit)


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
