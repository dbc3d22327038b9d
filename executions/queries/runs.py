"""The list of runs: pages, rows that changed, how many are new."""

import uuid
from collections.abc import Iterable

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left

from executions.errors import Invalid
from executions.models import Execution, Hold, Suspension
from executions.queries.freezes import attach_freezes
from executions.queries.page import Page
from executions.queries.search import Count, RunFilter, few_matches, matching


def list_runs(wanted: RunFilter, cursor: str | None = None, limit: int = 50) -> Page[Execution]:
    """Return one page of runs, newest first, with the open holds, questions and freezes of each.

    Args:
        wanted: which runs.
        cursor: from an earlier page; the newest page where None.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out, or an unknown state.
    """
    backwards, position = _read_cursor(cursor)
    found = few_matches(wanted) if wanted.searches() else None
    if found is None:
        runs = matching(wanted)
        if position is not None:
            runs = runs.filter(pk__gt=position) if backwards else runs.filter(pk__lt=position)
        rows = list(_as_rows(runs).order_by("pk" if backwards else "-pk")[: limit + 1])
    else:
        beyond = (pk for pk in found if position is None or (pk > position if backwards else pk < position))
        rows = _found(sorted(beyond, reverse=not backwards)[: limit + 1])
        rows = rows[::-1] if backwards else rows
    more, rows = len(rows) > limit, rows[:limit]
    attach_freezes(rows)
    if backwards:
        rows.reverse()
        return Page(rows, f"older:{rows[-1].pk}" if rows else None, f"newer:{rows[0].pk}" if more else None)
    return Page(
        rows,
        f"older:{rows[-1].pk}" if more else None,
        f"newer:{rows[0].pk}" if position is not None and rows else None,
    )


def _read_cursor(cursor: str | None) -> tuple[bool, uuid.UUID | None]:
    if not cursor:
        return False, None
    direction, _, text = cursor.partition(":")
    try:
        position = uuid.UUID(text)
    except ValueError:
        direction = ""
        position = None
    if direction not in ("older", "newer"):
        problem = "This page address is damaged. Start again from the first page."
        raise Invalid(problem, errors={"cursor": [problem]})
    return direction == "newer", position


def rows_by_id(ids: Iterable[uuid.UUID]) -> list[Execution]:
    """Return runs by id with their open holds and freezes, for rows that changed in place; newest first."""
    found = _found(ids)
    attach_freezes(found)
    return found


def _found(ids: Iterable[uuid.UUID]) -> list[Execution]:
    return list(_as_rows(Execution.objects.filter(pk__in=list(ids))).order_by("-pk"))


def _as_rows(runs: QuerySet[Execution]) -> QuerySet[Execution]:
    """Load what a row of a list shows: a query for each kind of thing; payloads and tracebacks stay where they are."""
    holds = Hold.objects.filter(released_at__isnull=True).order_by("placed_at").prefetch_related("conditions")
    questions = Suspension.objects.filter(closed_at__isnull=True).order_by("opened_at")
    questions = questions.only("execution_id", "title", "kind", "opened_at")
    return (
        runs.defer("payload", "error", "resumed")
        .annotate(error_message=Left(KeyTextTransform("message", "error"), 300))
        .prefetch_related(
            Prefetch("holds", holds, to_attr="open_hold_list"),
            Prefetch(
                "suspensions",
                questions.only("execution_id", "title", "kind", "opened_at"),
                to_attr="open_question_list",
            ),
        )
    )


def count_new(
    wanted: RunFilter,
    *,
    newest: uuid.UUID | None,
    oldest: uuid.UUID | None,
    changed: Iterable[uuid.UUID],
    cap: int = 100,
) -> Count:
    """Count the runs that belong on the newest page of a list and are not on it yet.

    Args:
        wanted: the list's filter.
        newest: its first row; None if it has none.
        oldest: its last row; what is older belongs on a later page.
        changed: runs that changed meanwhile and are not on it: they may match now.
        cap: count no further.
    """
    entered = Q(pk__in=list(changed), **({"pk__gt": oldest} if oldest else {}))
    fresh = Q(pk__gt=newest) if newest else Q()
    number = matching(wanted).filter(fresh | entered).order_by()[: cap + 1].count()
    return Count(min(number, cap), number > cap)
