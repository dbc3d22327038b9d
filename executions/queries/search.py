"""Which runs a filter selects, and how many there are: what lists, tabs and bulk commands have in common."""

import json
import uuid
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection
from django.db.models import JSONField, Lookup, Q, QuerySet

from executions import states
from executions.errors import Invalid
from executions.models import Execution, Hold

COUNT_CAP = 10_000
"""Counts are exact up to here; beyond it the page says "10,000+"."""
HELD_CAP = 1000
"""Runs found by a hold's reason: the most recently held."""

# These must read as the expressions of the indexes do, or the indexes are not used.
RUN_SEARCH = SearchVector("title", "workflow", "launched_by_name", config="simple")
REASON_SEARCH = SearchVector("reason", config="simple")


@JSONField.register_lookup
class HasValue(Lookup):
    """A JSON object has this text as the value of any key; the GIN index on the column answers it."""

    lookup_name = "has_value"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the condition as a JSON path, in which the text is a quoted string."""
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} @? %s::jsonpath", (*parameters, f"$.* ? (@ == {json.dumps(self.rhs)})")


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs.

    Args:
        states: only runs in one of these states; all where empty.
        workflow: only runs of this workflow.
        label: ``name`` or ``name:value``.
        text: an id or its beginning, words of title, workflow, person or a hold's reason, or a label's name or value.
        launched_by: printed name of who launched.
        parent: id of the run whose children they are.
    """

    states: tuple[str, ...] = ()
    workflow: str = ""
    label: str = ""
    text: str = ""
    launched_by: str = ""
    parent: str = ""

    def searches(self) -> bool:
        """Tell whether the search indexes are asked, of which the planner knows little."""
        return bool(self.label or self.text or self.launched_by or self.parent)

    def narrows(self) -> bool:
        """Tell whether anything besides the state is filtered."""
        return bool(self.workflow or self.searches())


@dataclass(frozen=True, slots=True)
class Count:
    """How many, exact up to a cap.

    Args:
        number: the count, at most the cap.
        capped: there are, or may be, more.
    """

    number: int
    capped: bool = False


def matching(wanted: RunFilter, *, with_states: bool = True) -> QuerySet[Execution]:
    """Return the runs a filter selects, in no order.

    Raises:
        Invalid: an unknown state.
    """
    runs = Execution.objects.alias(search=RUN_SEARCH)
    # No stored text holds a NUL, and PostgreSQL refuses to look for one.
    texts = {name: getattr(wanted, name).replace("\x00", "") for name in ("workflow", "label", "text", "launched_by")}
    wanted = replace(wanted, **texts)
    if with_states and wanted.states:
        unknown = [state for state in wanted.states if state not in states.STATES]
        if unknown:
            problem = f"Unknown state {unknown[0][:40]!r}. Known: {', '.join(states.STATES)}."
            raise Invalid(problem, errors={"state": [problem]})
        runs = runs.filter(state__in=wanted.states)
    if wanted.workflow:
        runs = runs.filter(workflow=wanted.workflow)
    if wanted.launched_by:
        # The name alone has no index; the words of it have, and leave few rows to compare.
        words = SearchQuery(wanted.launched_by, config="simple")
        runs = runs.filter(launched_by_name=wanted.launched_by, search=words)
    if wanted.parent:
        runs = runs.filter(parent=_read_parent(wanted.parent))
    if wanted.label:
        runs = runs.filter(_label_matches(wanted.label))
    if wanted.text.strip():
        runs = runs.filter(_text_matches(wanted.text.strip()))
    return runs


def _read_parent(parent: str) -> uuid.UUID:
    try:
        return uuid.UUID(parent)
    except ValueError as error:
        problem = f"{parent[:60]!r} is no run's id."
        raise Invalid(problem, errors={"parent": [problem]}) from error


def few_matches(wanted: RunFilter) -> list[uuid.UUID] | None:
    """Return the ids of all runs a search selects, or None if they are more than ``COUNT_CAP``.

    The planner cannot know how many runs a search finds, and for a rare word it would walk the whole table, newest
    first, to find none. Where they are few they are found by the search indexes alone, and ordered afterwards; where
    they are many, walking soon finds a page of them.
    """
    found = list(matching(wanted).order_by().values_list("pk", flat=True)[: COUNT_CAP + 1])
    return None if len(found) > COUNT_CAP else found


def count_by_state(wanted: RunFilter) -> dict[str, Count]:
    """Count the runs of each state under a filter (its own states left out), in one query that reads a bounded part.

    Returns:
        State → count, for every state. Each is capped; under a filter that selects more than ``COUNT_CAP`` runs in all,
        each is what was found among so many, and marked as capped.
    """
    return _count_some(wanted) if wanted.narrows() else _count_each()


def _count_each() -> dict[str, Count]:
    """Walk the index by state, at most so far for each: exact for rare states however many there are of others."""
    part = "SELECT %s::text, count(*) FROM (SELECT FROM executions_execution WHERE state = %s LIMIT %s) AS matched"
    parameters = [value for state in states.STATES for value in (state, state, COUNT_CAP + 1)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([part] * len(states.STATES)), parameters)
        return {state: Count(min(number, COUNT_CAP), number > COUNT_CAP) for state, number in cursor.fetchall()}


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


def _label_matches(label: str) -> Q:
    name, colon, value = label.partition(":")
    return Q(labels__contains={name.strip(): value.strip()}) if colon else Q(labels__has_key=name.strip())


def _text_matches(text: str) -> Q:
    by_id = _id_range(text)
    if by_id:
        # A word such as "deadbeef" may be either.
        word = SearchQuery(f"'{text}':*", config="simple", search_type="raw")
        return Q(pk__gte=by_id[0], pk__lte=by_id[1]) | (Q(search=word) if len(text) < 32 else Q())
    words = ["".join(letter for letter in word if letter.isalnum() or letter in "-_.@") for word in text.split()]
    prefixes = " & ".join(f"'{word}':*" for word in words[:8] if word)
    labelled = Q(labels__has_key=text) | Q(labels__has_value=text)
    if "=" in text or ":" in text:
        labelled |= _label_matches(text.replace("=", ":", 1))
    if not prefixes:
        return labelled
    query = SearchQuery(prefixes, config="simple", search_type="raw")
    found = Q(search=query) | labelled
    if len(text) < 2:
        return found
    # Looked up first, so that what remains is one condition over one table, which its indexes answer together.
    reasons = Hold.objects.alias(search=REASON_SEARCH).filter(search=query).order_by("-placed_at")
    return found | Q(pk__in=list(reasons.values_list("execution_id", flat=True)[:HELD_CAP]))


def _id_range(text: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Read an id or the first eight or more digits of one."""
    digits = text.lower().replace("-", "")
    if not 8 <= len(digits) <= 32 or any(digit not in "0123456789abcdef" for digit in digits):
        return None
    return uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))
