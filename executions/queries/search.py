"""Finding what a search selects, and counting by state."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from executions import states
from executions.queries.chosen import RunFilter, held_because, matching
from executions.queries.order import Order, Place, states_in

COUNT_CAP = 10_000
"""Counts are exact up to here; beyond it the page says "10,000+"."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many, exact up to a cap.

    Args:
        number: the count, at most the cap.
        capped: there are, or may be, more.
    """

    number: int
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a search selects, looked for once for a page and its tabs.

    Args:
        places: key and id of the page's runs; meaningless where ``whole`` is False.
        counts: how many of each state were found.
        whole: everything was found, not only the first ``COUNT_CAP``.
    """

    places: list[tuple[Any, uuid.UUID]]
    counts: dict[str, Count]
    whole: bool


# The planner cannot know how many runs a search finds, and for a rare word it would walk the whole table in the list's
# order to find none. So the search indexes find them first, whatever the order. MATERIALIZED: it must not be merged.
FIND = """
WITH found (state, key, id) AS MATERIALIZED ({found})
SELECT state, count(*), NULL, NULL FROM found GROUP BY state
UNION ALL
(SELECT NULL, NULL, key, id FROM found WHERE state = ANY (%s) {beyond} ORDER BY key {way}, id {way} LIMIT %s)
"""

# Of a word that most runs have, the index of words would gather a million before the first is counted; so runs are
# looked at one by one then. The name of the table stands for the newest of its rows, for the ORM's own SQL.
COUNT_NEWEST = """
SELECT state, count(*) FROM (
    WITH executions_execution AS (SELECT * FROM executions_execution ORDER BY id DESC LIMIT {reach}) {found}
) AS matched
WHERE (SELECT count(*) FROM (
    WITH executions_execution AS (SELECT * FROM executions_execution ORDER BY id DESC LIMIT {probed}) {found}
) AS probe) >= {frequent}
GROUP BY state
"""
PROBED, FREQUENT = 200, 120
"""Words are frequent when so many of so many of the newest runs have them."""


def find(
    wanted: RunFilter,
    order: Order,
    place: Place | None,
    limit: int,
    *,
    alone: bool = False,
    held: Sequence[uuid.UUID] | None = None,
) -> Found:
    """Look up what a search selects, and a page of it, in one query; words cost one before it.

    Where more than ``COUNT_CAP`` match it finds no page: walking in the list's order soon comes by one then.

    Args:
        wanted: the filter. Its states decide what the page lists; the others are counted as well.
        order, place, limit: as for ``order.walk``.
        alone: look for the listed states alone, and count no others.
        held: as for ``chosen.matching``.
    """
    listed = states_in(wanted, order)
    wanted = replace(wanted, states=listed)
    newest = _count_newest(wanted, with_states=alone, held=held)
    if newest is not None:
        return Found([], newest, whole=False)
    column = Coalesce("finished_at", "state_since") if order.key == "since" else F(order.key)
    runs = matching(wanted, with_states=alone, held=held).order_by().annotate(key=column)
    sql, parameters = runs.values_list("state", "key", "pk")[: COUNT_CAP + 1].query.sql_with_params()
    descending = order.descends(place)
    beyond, bounds = "", []
    if place is not None:
        beyond = f"AND (key, id) {'<' if descending else '>'} (%s, %s)"
        bounds = [place.pk if order.key == "pk" else place.key, place.pk]
    statement = FIND.format(found=sql, beyond=beyond, way="DESC" if descending else "ASC")
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, list(listed), *bounds, limit])
        rows = cursor.fetchall()
    numbers = {state: number for state, number, _, _ in rows if state is not None}
    capped = sum(numbers.values()) > COUNT_CAP
    return Found([(key, pk) for state, _, key, pk in rows if state is None], _counts(numbers, capped), not capped)


def count_by_state(wanted: RunFilter) -> dict[str, Count]:
    """Count the runs of each state under a filter (its own states left out), in one query that reads a bounded part.

    Returns:
        State → count, for every state. Each is capped; under a search that selects more than ``COUNT_CAP`` runs in all,
        each is what was found among so many, and marked as capped.
    """
    return _count_some(wanted) if wanted.searches else _count_each(wanted)


def _count_each(wanted: RunFilter) -> dict[str, Count]:
    """Walk an index by state, at most so far for each: exact for rare states however many there are of others."""
    this_state = object()  # written once for all states: the ORM would take as long as the database
    runs = matching(wanted, with_states=False).order_by().filter(state=RawSQL("%s", [this_state]))
    if wanted.finished:
        # The index by time of finishing begins with the outcome; the planner cannot know that the state says the same.
        runs = runs.filter(outcome=RawSQL("%s", [this_state]))
    sql, parameters = runs.values("state")[: COUNT_CAP + 1].query.sql_with_params()
    counted = states.OUTCOMES if wanted.finished else states.STATES
    one = f"SELECT %s::text, count(*) FROM ({sql}) AS matched"  # noqa: S608  (the ORM's own SQL)
    return _counted(
        " UNION ALL ".join([one] * len(counted)),
        [state if each is this_state else each for state in counted for each in (this_state, *parameters)],
    )


def _count_some(wanted: RunFilter) -> dict[str, Count]:
    """Count by state among the first so many that match: nine searches would each cost as much as this one."""
    held = held_because(wanted)
    newest = _count_newest(wanted, with_states=False, held=held)
    if newest is not None:
        return newest
    found = matching(wanted, with_states=False, held=held).order_by().values("state")[: COUNT_CAP + 1]
    sql, parameters = found.query.sql_with_params()
    return _counted(
        f"SELECT state, count(*) FROM ({sql}) AS matched GROUP BY state",  # noqa: S608  (the ORM's own SQL)
        parameters,
        together=True,
    )


def _count_newest(wanted: RunFilter, *, with_states: bool, held: Sequence[uuid.UUID] | None) -> dict[str, Count] | None:
    """Count by state what is found among the newest runs, where the words are so frequent that this is too much.

    Returns:
        None where the search indexes answer better, and where not more than ``COUNT_CAP`` were found.
    """
    if not wanted.text.strip():
        return None
    found = matching(wanted, with_states=with_states, by_search=False, held=held).order_by().values("state")
    sql, parameters = found[: COUNT_CAP + 1].query.sql_with_params()
    most = {"reach": 2 * (COUNT_CAP + 1), "probed": PROBED, "frequent": FREQUENT}
    counts = _counted(COUNT_NEWEST.format(found=sql, **most), [*parameters, *parameters], together=True)
    return counts if any(count.capped for count in counts.values()) else None


def _counted(statement: str, parameters: Sequence[Any], *, together: bool = False) -> dict[str, Count]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        numbers = dict(cursor.fetchall())
    return _counts(numbers, together and sum(numbers.values()) > COUNT_CAP)


def _counts(numbers: dict[str, int], capped: bool) -> dict[str, Count]:
    """Return the count of every state; ``capped`` says that there may be more of each."""
    found = {state: numbers.get(state, 0) for state in states.STATES}
    return {state: Count(min(number, COUNT_CAP), capped or number > COUNT_CAP) for state, number in found.items()}
