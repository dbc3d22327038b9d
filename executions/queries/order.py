"""The orders in which runs are listed, and the places in them that addresses carry.

Each order is walked in an index that begins with the state (``models/execution.py``): one short walk for each state
that is wanted, merged. So no order has to pass by runs that are not wanted, however many there are.
"""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet, UUIDField, Value
from django.db.models.lookups import GreaterThan, LessThan

from executions import states
from executions.errors import Invalid
from executions.models import Execution
from executions.queries.chosen import HELD, NEEDY, RunFilter, check_states, matching
from executions.queries.page import read_moment

SORTS = ("newest", "oldest", "since", "priority", "finished")


@dataclass(frozen=True, slots=True)
class Order:
    """An order of runs.

    Args:
        name: one of ``SORTS``.
        key: column it goes by; the id decides among equals. ``since`` is when a run came into its state.
        descending: the greatest first.
        of: states whose runs have a place in it, if only some have.
        alone: whose runs are listed where no state is asked for.
    """

    name: str
    key: str
    descending: bool
    of: tuple[str, ...] = states.STATES
    alone: tuple[str, ...] = states.STATES

    def column(self, state: str) -> str:
        """Return the column that the runs of one state are ordered by: a finished run came into its state by that."""
        if self.key != "since":
            return self.key
        return "finished_at" if state in states.FINISHED else "state_since"

    def descends(self, place: "Place | None") -> bool:
        """Tell whether the greatest comes first in the direction that a place looks."""
        return self.descending != (place is not None and place.backwards)


ORDERS = {
    "newest": Order("newest", "pk", True),
    "oldest": Order("oldest", "pk", False),
    "since": Order("since", "since", False, alone=states.ACTIVE),
    "priority": Order("priority", "priority", True, of=states.ACTIVE, alone=states.ACTIVE),
    "finished": Order("finished", "finished_at", True, of=states.OUTCOMES, alone=states.OUTCOMES),
}


def order_of(wanted: RunFilter, sort: str) -> Order:
    """Return the order in which a filter's runs are listed.

    A span of finishing is walked by time of finishing. An order in which none of the wanted states has a place gives
    way to the newest first.

    Args:
        wanted: the filter.
        sort: one of ``SORTS``.

    Raises:
        Invalid: an unknown sort.
    """
    if sort not in ORDERS:
        problem = f"There is no such order. Known: {', '.join(SORTS)}."
        raise Invalid(problem, errors={"sort": [problem]})
    check_states(wanted.states)
    if wanted.finished:
        return ORDERS["since" if sort in ("oldest", "since") else "finished"]
    order = ORDERS[sort]
    return order if not wanted.states or set(wanted.states) & set(order.of) else ORDERS["newest"]


def states_in(wanted: RunFilter, order: Order) -> tuple[str, ...]:
    """Return the states whose runs are listed; empty where the filter contradicts itself."""
    listed = set(wanted.states or (states.OUTCOMES if wanted.finished else order.alone)) & set(order.of)
    if wanted.finished:
        listed &= set(states.OUTCOMES)
    if wanted.needs_person:
        listed &= set(NEEDY)
    if wanted.held_by or wanted.hold_kind:
        listed &= set(HELD)
    return tuple(state for state in states.STATES if state in listed)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an order, next to one run.

    Args:
        pk: the run's id.
        key: its value of the order's key; None where that is the id.
        backwards: the page before it is wanted, not the one after it.
    """

    pk: uuid.UUID
    key: Any
    backwards: bool

    def text(self) -> str:
        """Return it as an address carries it."""
        key = self.key.isoformat() if isinstance(self.key, datetime.datetime) else self.key
        return ":".join(["before" if self.backwards else "after", str(self.pk), *([] if key is None else [str(key)])])


def read_place(cursor: str | None, order: Order) -> Place | None:
    """Read a place from an address.

    Raises:
        Invalid: no page of this order gave it out.
    """
    if not cursor:
        return None
    direction, _, rest = cursor.partition(":")
    pk, _, key = rest.partition(":")
    try:
        if direction not in ("before", "after") or bool(key) != (order.key != "pk"):
            raise ValueError(cursor)
        return Place(uuid.UUID(pk), _read_key(key, order), direction == "before")
    except ValueError:
        problem = "This page address is damaged. Start again from the first page."
        raise Invalid(problem, errors={"cursor": [problem]}) from None


def _read_key(key: str, order: Order) -> Any:
    if order.key == "pk":
        return None
    if order.key == "priority":
        return min(max(int(key), 0), 9)
    return read_moment(key)


def walk(
    wanted: RunFilter, order: Order, place: Place | None, limit: int, held: Sequence[uuid.UUID] | None = None
) -> list[tuple[Any, uuid.UUID]]:
    """Return key and id of the first so many runs beyond a place, in the direction it looks; one query.

    Args:
        wanted: the filter.
        order: from ``order_of``.
        place: from ``read_place``; the beginning where None.
        limit: most runs.
        held: as for ``chosen.matching``.
    """
    descending = order.descends(place)
    if order.key == "pk" and not (wanted.states or wanted.workflow or wanted.launched_by):
        parts = [_walk_one(matching(wanted, by_search=False, held=held), "pk", place, descending, limit)]
    else:
        runs = matching(wanted, with_states=False, by_search=False, held=held)
        parts = [
            _walk_one(_of_state(runs, state, order), order.column(state), place, descending, limit)
            for state in states_in(wanted, order)
        ]
    if not parts:
        return []
    if len(parts) == 1:
        return list(parts[0])
    by = ("-key", "-pk") if descending else ("key", "pk")
    return list(parts[0].union(*parts[1:], all=True).order_by(*by)[:limit])


def _of_state(runs: QuerySet[Execution], state: str, order: Order) -> QuerySet[Execution]:
    runs = runs.filter(state=state)
    if order.key in ("pk", "priority"):
        return runs if order.key == "pk" else runs.filter(outcome__isnull=True)
    # What the partial indexes by time are made for; that the state says the same is unknown to the planner.
    return runs.filter(outcome=state) if state in states.FINISHED else runs.filter(outcome__isnull=True)


def _walk_one(
    runs: QuerySet[Execution], column: str, place: Place | None, descending: bool, limit: int
) -> QuerySet[Execution, tuple[Any, uuid.UUID]]:
    runs = runs.annotate(key=F(column))
    if place is not None and column == "pk":
        runs = runs.filter(pk__lt=place.pk) if descending else runs.filter(pk__gt=place.pk)
    elif place is not None:
        # Compared as a row: only so is the whole of it a bound in the index, where many share a key.
        here = _row(Value(place.key), Value(place.pk, output_field=UUIDField()))
        runs = runs.filter((LessThan if descending else GreaterThan)(_row(F(column), F("pk")), here))
    by = (f"-{column}", "-pk") if descending else (column, "pk")
    return runs.order_by(*dict.fromkeys(by)).values_list("key", "pk")[:limit]


def _row(*columns: F | Value) -> Func:
    return Func(*columns, function="ROW", output_field=BooleanField())  # of no type that Django knows
