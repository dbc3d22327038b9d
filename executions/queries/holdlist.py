"""The list of open holds: overdue ones first, then oldest; filtered, paged and counted."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, IntegerField, Prefetch, Q, QuerySet, Value, When
from django.db.models.functions import Now

from executions.errors import Invalid
from executions.models import Hold, Trigger
from executions.queries.page import Page
from executions.queries.search import COUNT_CAP, Count

HEAVY = tuple(f"execution__{name}" for name in ("payload", "error", "resumed", "progress"))


@dataclass(frozen=True, slots=True)
class HoldFilter:
    """Which of the open holds.

    Args:
        kind: only those of this kind.
        workflow: only those on runs of this workflow.
        placed_by: only those that this actor placed, by printed name.
        responsible: only those that this person looks after.
        overdue: only those whose review date has passed.
        text: only those with this in their reason, reason code, ticket or run's title.
    """

    kind: str = ""
    workflow: str = ""
    placed_by: str = ""
    responsible: str = ""
    overdue: bool = False
    text: str = ""

    def narrows(self) -> bool:
        """Tell whether anything is filtered."""
        return self != HoldFilter()


def open_holds(wanted: HoldFilter) -> QuerySet[Hold]:
    """Return the open holds that a filter selects, in no order.

    Not those of finished runs, which keep nothing; what was spread from a run above is listed there alone.
    """
    holds = Hold.objects.filter(released_at__isnull=True, spread_from__isnull=True, execution__outcome__isnull=True)
    exact = {"kind": wanted.kind, "placed_by_name": wanted.placed_by, "responsible": wanted.responsible}
    holds = holds.filter(**{name: value for name, value in exact.items() if value})
    if wanted.workflow:
        holds = holds.filter(execution__workflow=wanted.workflow)
    if wanted.overdue:
        holds = holds.filter(review_by__lte=Now())
    if wanted.text:
        holds = holds.filter(with_words(wanted.text))
    return holds


def with_words(text: str) -> Q:
    """Select the holds with a text in their reason, reason code, ticket or run's title."""
    found = Q()
    for place in ("reason", "reason_code", "ticket", "execution__title"):
        found |= Q(**{f"{place}__icontains": text})
    return found


def list_open_holds(wanted: HoldFilter, *, cursor: str | None = None, limit: int = 50) -> Page[Hold]:
    """Return one page of open holds with run and open conditions (``condition_list``), overdue first, then oldest.

    Args:
        wanted: which of them.
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out.
    """
    late = Case(When(review_by__lte=Now(), then=Value(0)), default=Value(1), output_field=IntegerField())
    holds = open_holds(wanted).annotate(rank=late)
    if cursor:
        rank, key = _read_cursor(cursor)
        holds = holds.filter(Q(rank__gt=rank) | Q(rank=rank, pk__gt=key))
    # Ids first: of thousands of rows only what orders them is sorted.
    ranks = list(holds.order_by("rank", "pk").values_list("rank", "pk")[: limit + 1])
    more, ranks = len(ranks) > limit, ranks[:limit]
    found = {hold.pk: hold for hold in holds_by_id([key for _, key in ranks])}
    # One that was released between the two is gone already.
    rows = [found[key] for _, key in ranks if key in found]
    return Page(rows, f"holds:{ranks[-1][0]}:{ranks[-1][1]}" if more else None)


def holds_by_id(keys: Iterable[uuid.UUID]) -> list[Hold]:
    """Return holds, open or not, each with its run and open conditions (``condition_list``), in no order."""
    conditions = Prefetch("conditions", Trigger.objects.filter(closed_at__isnull=True), to_attr="condition_list")
    found = Hold.objects.filter(pk__in=list(keys)).select_related("execution").defer(*HEAVY)
    return list(found.prefetch_related(conditions))


def count_open_holds(wanted: HoldFilter) -> Count:
    """Count the open holds that a filter selects, exactly up to ``COUNT_CAP``."""
    number = open_holds(wanted).order_by()[: COUNT_CAP + 1].count()
    return Count(min(number, COUNT_CAP), number > COUNT_CAP)


def _read_cursor(cursor: str) -> tuple[int, uuid.UUID]:
    try:
        name, rank, key = cursor.split(":")
        if name != "holds" or rank not in ("0", "1"):
            raise ValueError(cursor)
        return int(rank), uuid.UUID(key)
    except ValueError as error:
        problem = "No page gave this cursor out. Start again from the first page."
        raise Invalid(problem, errors={"cursor": [problem]}) from error
