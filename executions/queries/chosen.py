"""Which runs a filter selects: what lists, tabs and bulk commands have in common."""

import datetime
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import F, Func, JSONField, Lookup, Q, QuerySet

from executions import states
from executions.errors import Invalid
from executions.ids import earliest_id
from executions.models import Execution, Freeze, Hold, Suspension
from executions.queries.words import begin_like

HELD_CAP = 1000
"""Runs found by a hold's reason: the most recently held."""
CLOCKS_DIFFER = datetime.timedelta(minutes=15)
"""By so much the clock of whoever made an id may be off the database's; one further off sorts wrongly anyway."""

# These must read as the expressions of the indexes do, or the indexes are not used.
RUN_SEARCH = SearchVector("title", "workflow", "launched_by_name", config="simple")
REASON_SEARCH = SearchVector("reason", config="simple")
BY_SEARCH = {"search": RUN_SEARCH, "tags": F("labels")}
# The same to whoever asks, but not to an index: D is the weight that words have anyway.
BY_WALK = {
    "search": SearchVector("title", "workflow", "launched_by_name", config="simple", weight="D"),
    "tags": Func(F("labels"), template="(%(expressions)s || '{}'::jsonb)", output_field=JSONField()),
}


NO_RUN = uuid.UUID(int=0)
"""An id that no run has."""


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
        held_by: it is held, and this is the printed name of who placed a hold on it, or looks after one.
        hold_kind: it is held, by a hold of this kind.
        freeze: id of a freeze that keeps it in the queue.
        needs_person: it is paused, or asks a question that a person answers.
        launched_from, launched_before: launched within this span (aware); either may be open.
        finished_from, finished_before: finished within this span (aware).
    """

    states: tuple[str, ...] = ()
    workflow: str = ""
    label: str = ""
    text: str = ""
    launched_by: str = ""
    parent: str = ""
    held_by: str = ""
    hold_kind: str = ""
    freeze: str = ""
    needs_person: bool = False
    launched_from: datetime.datetime | None = None
    launched_before: datetime.datetime | None = None
    finished_from: datetime.datetime | None = None
    finished_before: datetime.datetime | None = None

    @property
    def finished(self) -> bool:
        """A span of finishing is given."""
        return bool(self.finished_from or self.finished_before)

    @property
    def narrows(self) -> bool:
        """Anything besides the state is filtered."""
        return replace(self, states=()) != RunFilter()

    @property
    def searches(self) -> bool:
        """No one index brings what is wanted in the order of a list, so that the planner has to guess."""
        searched = self.label or self.text or self.parent or self.held_by or self.hold_kind or self.freeze
        return (
            bool(searched or self.needs_person)
            or [bool(self.workflow), bool(self.launched_by), self.finished].count(True) > 1
        )


HELD = (states.PAUSING, states.PAUSED)
NEEDY = (states.PAUSED, states.SUSPENDED)
TEXTS = ("workflow", "label", "text", "launched_by", "held_by", "hold_kind")


def matching(
    wanted: RunFilter,
    *,
    with_states: bool = True,
    by_search: bool = True,
    held: Sequence[uuid.UUID] | None = None,
) -> QuerySet[Execution]:
    """Return the runs a filter selects, in no order.

    Args:
        wanted: the filter.
        with_states: its states count.
        by_search: the search indexes may find them. The planner takes every word and label for rare; where a walk in
            the list's order will soon find a page of them, it would rather gather all and sort them.
        held: what ``held_because`` found, where it was asked before; else it is asked here.

    Raises:
        Invalid: an unknown state.
    """
    runs = Execution.objects.alias(**(BY_SEARCH if by_search else BY_WALK))
    wanted = _storable(wanted)
    if with_states and wanted.states:
        check_states(wanted.states)
        runs = runs.filter(state__in=wanted.states)
    if wanted.workflow:
        runs = runs.filter(workflow=wanted.workflow)
    if wanted.launched_by:
        runs = runs.filter(launched_by_name=wanted.launched_by)
    if wanted.parent:
        runs = runs.filter(parent=_read_id(wanted.parent, "parent", "run"))
    if wanted.label:
        runs = runs.filter(_label_matches(wanted.label))
    if wanted.text.strip():
        runs = runs.filter(_text_matches(wanted.text.strip(), held_because(wanted) if held is None else held))
    if wanted.freeze:
        runs = runs.filter(_kept_by(wanted.freeze))
    if wanted.held_by or wanted.hold_kind:
        runs = runs.filter(state__in=HELD, pk__in=_held(wanted.held_by, wanted.hold_kind))
    if wanted.needs_person:
        asked = Suspension.objects.filter(closed_at__isnull=True, kind__in=("input", "approval"))
        person = Q(state=states.PAUSED) | Q(state=states.SUSPENDED, pk__in=asked.values("execution"))
        runs = runs.filter(person, state__in=NEEDY)
    return _within(runs, wanted)


def held_because(wanted: RunFilter) -> list[uuid.UUID]:
    """Return the runs that a filter's text finds by a hold's reason: one query at most.

    Looked up first, so that what remains is one condition over one table, which its indexes answer together.

    Args:
        wanted: the filter.
    """
    text = _storable(wanted).text.strip()
    if len(text) < 2 or _id_range(text) or not (words := begin_like(text)):
        return []
    reasons = Hold.objects.alias(search=REASON_SEARCH).filter(search=words).order_by("-placed_at")
    return list(reasons.values_list("execution_id", flat=True)[:HELD_CAP])


def _storable(wanted: RunFilter) -> RunFilter:
    """Leave out what no stored text holds and PostgreSQL refuses to look for: NUL."""
    return replace(wanted, **{name: getattr(wanted, name).replace("\x00", "") for name in TEXTS})


def check_states(wanted: Iterable[str]) -> None:
    """Go on only if these are states.

    Raises:
        Invalid: one is not; says which.
    """
    unknown = [state for state in wanted if state not in states.STATES]
    if unknown:
        problem = f"Unknown state {unknown[0][:40]!r}. Known: {', '.join(states.STATES)}."
        raise Invalid(problem, errors={"state": [problem]})


def _held(name: str, kind: str) -> QuerySet[Hold, Any]:
    """Return the runs with open holds of a kind, of a person, or both."""
    if kind and kind not in states.HOLD_KINDS:
        problem = f"There is no such kind of hold. Known: {', '.join(states.HOLD_KINDS)}."
        raise Invalid(problem, errors={"hold": [problem]})
    # Every kind by name: so the index by kind and name answers for the name alone too.
    kinds = (kind,) if kind else states.HOLD_KINDS
    holds = Hold.objects.filter(released_at__isnull=True)
    named = Q(kind__in=kinds, placed_by_name=name) | Q(kind__in=kinds, responsible=name) if name else Q(kind__in=kinds)
    return holds.filter(named).values("execution")


def _within(runs: QuerySet[Execution], wanted: RunFilter) -> QuerySet[Execution]:
    """Keep those launched and finished within the spans."""
    # Ids sort by the time they were made, so that the bound on them lets every index that ends in the id stop early.
    if wanted.launched_from:
        runs = runs.filter(
            pk__gte=earliest_id(wanted.launched_from, -CLOCKS_DIFFER), created_at__gte=wanted.launched_from
        )
    if wanted.launched_before:
        runs = runs.filter(
            pk__lt=earliest_id(wanted.launched_before, CLOCKS_DIFFER), created_at__lt=wanted.launched_before
        )
    if wanted.finished_from:
        runs = runs.filter(finished_at__gte=wanted.finished_from)
    if wanted.finished_before:
        runs = runs.filter(finished_at__lt=wanted.finished_before)
    return runs


def _read_id(text: str, field: str, noun: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        problem = f"{text[:60]!r} is no {noun}'s id."
        raise Invalid(problem, errors={field: [problem]}) from error


def _kept_by(freeze_id: str) -> Q:
    """Select what `Freeze.stops` says of queued runs."""
    freeze = Freeze.objects.filter(pk=_read_id(freeze_id, "freeze", "freeze")).first()
    if freeze is None:
        problem = f"There is no freeze with the id {freeze_id}."
        raise Invalid(problem, errors={"freeze": [problem]})
    if not freeze.is_open:
        return Q(pk=NO_RUN)
    kept = Q(state=states.QUEUED, labels__contains=freeze.labels)
    if freeze.workflow:
        kept &= Q(workflow=freeze.workflow)
    return kept & Q(state_since__lte=freeze.lifting_since) if freeze.lifting_since else kept


def _label_matches(label: str) -> Q:
    name, colon, value = label.partition(":")
    return Q(tags__contains={name.strip(): value.strip()}) if colon else Q(tags__has_key=name.strip())


def _text_matches(text: str, held: Sequence[uuid.UUID]) -> Q:
    by_id = _id_range(text)
    if by_id:
        # A word such as "deadbeef" may be either.
        word = SearchQuery(f"'{text}':*", config="simple", search_type="raw")
        return Q(pk__gte=by_id[0], pk__lte=by_id[1]) | (Q(search=word) if len(text) < 32 else Q())
    labelled = Q(tags__has_key=text) | Q(tags__has_value=text)
    if "=" in text or ":" in text:
        labelled |= _label_matches(text.replace("=", ":", 1))
    words = begin_like(text)
    if words is None:
        return labelled
    found = Q(search=words) | labelled
    return found | Q(pk__in=held) if held else found


def _id_range(text: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Read an id or the first eight or more digits of one."""
    digits = text.lower().replace("-", "")
    if not 8 <= len(digits) <= 32 or any(digit not in "0123456789abcdef" for digit in digits):
        return None
    return uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))
