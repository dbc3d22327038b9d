"""The list of runs: pages, rows that changed, how many are new."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left

from executions.models import Execution, Hold, Suspension
from executions.queries.chosen import RunFilter, held_because, matching
from executions.queries.freezes import attach_freezes
from executions.queries.order import Order, Place, order_of, read_place, states_in, walk
from executions.queries.page import Page
from executions.queries.search import Count, Found, count_by_state, find


def list_runs(wanted: RunFilter, cursor: str | None = None, limit: int = 50, sort: str = "newest") -> Page[Execution]:
    """Return one page of runs with the open holds, questions and freezes of each.

    Args:
        wanted: which runs.
        cursor: from an earlier page of the same order; the first page where None.
        limit: rows on the page.
        sort: one of ``order.SORTS``; ``order_of`` tells which order a filter allows.

    Raises:
        Invalid: a cursor that no page gave out, an unknown state or order.
    """
    return _list(wanted, cursor, limit, sort)[0]


def list_with_counts(
    wanted: RunFilter, cursor: str | None = None, limit: int = 50, sort: str = "newest"
) -> tuple[Page[Execution], dict[str, Count]]:
    """Return one page of runs as ``list_runs`` does, and how many there are of each state; a search looks only once.

    Args:
        wanted, cursor, limit, sort: as for ``list_runs``.

    Returns:
        The page, and the counts as ``count_by_state`` gives them.

    Raises:
        Invalid: as ``list_runs``.
    """
    page, found = _list(wanted, cursor, limit, sort)
    return page, found.counts if found is not None and wanted.searches else count_by_state(wanted)


def _list(wanted: RunFilter, cursor: str | None, limit: int, sort: str) -> tuple[Page[Execution], Found | None]:
    order = order_of(wanted, sort)
    place = read_place(cursor, order)
    places, found = _places(wanted, order, place, limit + 1)
    more, places = len(places) > limit, places[:limit]
    backwards = place is not None and place.backwards
    if backwards:
        places.reverse()
    by_id = {run.pk: run for run in _found(pk for _, pk in places)}
    rows = [by_id[pk] for _, pk in places]
    attach_freezes(rows)
    ends = [Place(pk, None if order.key == "pk" else key, False) for key, pk in (places[:1] + places[-1:])]
    if not ends:
        return Page(rows), found
    following = ends[-1].text() if more or backwards else None
    before = replace(ends[0], backwards=True).text() if (more if backwards else place is not None) else None
    return Page(rows, following, before), found


def _places(
    wanted: RunFilter, order: Order, place: Place | None, limit: int
) -> tuple[list[tuple[Any, uuid.UUID]], Found | None]:
    """Return where the page's runs are, and what a search of all states found, if there was one."""
    listed = states_in(wanted, order)
    # No index has both a person and another order than by id, or a workflow and any but by id and by finishing.
    other = order.key != "pk" and bool(wanted.launched_by or (wanted.workflow and order.key != "finished_at"))
    if not listed or not (wanted.searches or other):
        return walk(wanted, order, place, limit), None
    held = held_because(wanted)
    found = find(wanted, order, place, limit, alone=not wanted.searches, held=held)
    of_listed = found
    every = states_in(replace(wanted, states=()), order_of(wanted, "newest"))
    if not found.whole and wanted.searches and len(listed) < len(every):
        # There is much, but there may be little of what is listed.
        of_listed = find(wanted, order, place, limit, alone=True, held=held)
    return of_listed.places if of_listed.whole else walk(wanted, order, place, limit, held), found


def rows_by_id(ids: Iterable[uuid.UUID]) -> list[Execution]:
    """Return runs by id with their open holds and freezes, for rows that changed in place; newest first."""
    found = _found(ids)
    attach_freezes(found)
    return found


def _found(ids: Iterable[uuid.UUID]) -> list[Execution]:
    return as_rows(Execution.objects.filter(pk__in=list(ids)).order_by("-pk"))


def as_rows(runs: QuerySet[Execution]) -> list[Execution]:
    """Load what a row of a list shows; payloads and tracebacks stay where they are.

    A query for each kind of thing, and none where the runs' own counters say that there is nothing.

    Args:
        runs: in the order wanted.
    """
    message = Left(KeyTextTransform("message", "error"), 300)
    found: list[Execution] = list(runs.defer("payload", "error", "resumed").annotate(error_message=message))
    holds = Hold.objects.filter(released_at__isnull=True).order_by("placed_at").prefetch_related("conditions")
    asked = Suspension.objects.filter(closed_at__isnull=True).order_by("opened_at")
    asked = asked.only("execution_id", "title", "kind", "opened_at")
    held = [run for run in found if run.open_holds or run.breakpoints]
    prefetch_related_objects(held, Prefetch("holds", holds, to_attr="open_hold_list"))
    asking = [run for run in found if run.open_suspensions]
    prefetch_related_objects(asking, Prefetch("suspensions", asked, to_attr="open_question_list"))
    for run in found:
        for name in ("open_hold_list", "open_question_list"):
            if not hasattr(run, name):
                setattr(run, name, [])
    return found


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
    # What is newer than the page is little; a search would gather all that match for it.
    number = matching(wanted, by_search=newest is None).filter(fresh | entered).order_by()[: cap + 1].count()
    return Count(min(number, cap), number > cap)
