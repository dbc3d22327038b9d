"""Finding the few that a search selects, and counting by state."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models.functions import Coalesce

from executions import states
from executions.queries.chosen import RunFilter, matching

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


def few_matches(wanted: RunFilter, key: str) -> list[tuple[Any, uuid.UUID]] | None:
    """Return key and id of all runs a search selects, or None if they are more than ``COUNT_CAP``.

    The planner cannot know how many runs a search finds, and for a rare word it would walk the whole table in the
    list's order to find none. Where they are few they are found by the search indexes alone, and ordered afterwards;
    where they are many, walking soon finds a page of them.

    Args:
        wanted: the filter.
        key: the column they will be ordered by; ``since`` for when each came into its state.
    """
    column = Coalesce("finished_at", "state_since") if key == "since" else key
    found = list(matching(wanted).order_by().values_list(column, "pk")[: COUNT_CAP + 1])
    return None if len(found) > COUNT_CAP else found


def count_by_state(wanted: RunFilter) -> dict[str, Count]:
    """Count the runs of each state under a filter (its own states left out), in one query that reads a bounded part.

    Returns:
        State → count, for every state. Each is capped; under a search that selects more than ``COUNT_CAP`` runs in all,
        each is what was found among so many, and marked as capped.
    """
    return _count_some(wanted) if wanted.searches else _count_each(wanted)


def _count_each(wanted: RunFilter) -> dict[str, Count]:
    """Walk an index by state, at most so far for each: exact for rare states however many there are of others."""
    possible = states.OUTCOMES if wanted.finished else states.STATES
    parts, parameters = [], []
    for state in possible:
        runs = matching(replace(wanted, states=(state,))).order_by().values("state")[: COUNT_CAP + 1]
        sql, values = runs.query.sql_with_params()
        parts.append(f"SELECT %s::text, count(*) FROM ({sql}) AS matched")  # noqa: S608  (the ORM's own SQL)
        parameters += [state, *values]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        counted = {state: Count(min(number, COUNT_CAP), number > COUNT_CAP) for state, number in cursor.fetchall()}
    return {state: counted.get(state, Count(0)) for state in states.STATES}


def _count_some(wanted: RunFilter) -> dict[str, Count]:
    """Count by state among the first so many that match: nine searches would each cost as much as this one."""
    found = matching(wanted, with_states=False).order_by().values("state")[: COUNT_CAP + 1]
    sql, parameters = found.query.sql_with_params()
    with connection.cursor() as cursor:
        statement = f"SELECT state, count(*) FROM ({sql}) AS matched GROUP BY state"  # noqa: S608  (the ORM's own SQL)
        cursor.execute(statement, parameters)
        numbers = dict(cursor.fetchall())
    capped = sum(numbers.values()) > COUNT_CAP
    return {state: Count(min(numbers.get(state, 0), COUNT_CAP), capped) for state in states.STATES}
