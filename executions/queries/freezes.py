"""Freezes: which are open, what one would stop, and whom they stop."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Now

from executions import states
from executions.authoring import registry
from executions.commands.base import parse_id
from executions.commands.freeze import clean_selector
from executions.engine import gates
from executions.engine.database import rows, text_array
from executions.errors import Invalid, NotFound
from executions.models import Execution, Freeze
from executions.provenance.jsontext import to_json
from executions.queries.page import Page
from executions.queries.search import COUNT_CAP, Count

SHOWN = 50
"""Freezes told of on the page of one run."""
SAMPLES = 5
"""Runs named in a preview."""
RUNNING = (states.PROCESSING, states.PAUSING)
WAITING = (states.PAUSED, states.SUSPENDED)

# What `Freeze.stops` says of queued runs, counted by the database.
KEPT_BY_EACH = """
SELECT gate.id, (SELECT count(*) FROM (
    SELECT FROM executions_execution run
    WHERE run.state = 'queued' AND (gate.lifting_since IS NULL OR run.state_since <= gate.lifting_since)
      AND (gate.workflow IS NULL OR run.workflow = gate.workflow) AND run.labels @> gate.labels
    LIMIT %(most)s) AS kept) AS number
FROM executions_freeze gate WHERE gate.id = ANY (%(ids)s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a freeze would stop now; runs launched later are covered as well.

    Args:
        running: runs that a worker is on: each stops at its next check or boundary.
        queued: runs that would stay in the queue.
        waiting: paused runs and those that wait for an answer: they would not go on either.
        known: this installation knows the workflow, or none was named.
    """

    running: Count
    queued: Count
    waiting: Count
    known: bool


def preview(workflow: str | None, labels: dict[str, str] | None = None, everything: bool = False) -> Preview:
    """Count what a freeze would stop, exactly up to ``COUNT_CAP`` of each.

    Raises:
        Invalid: the selector says too little, or nonsense.
    """
    name, wanted = clean_selector(workflow, labels, everything)
    runs = _matching(name, wanted)
    return Preview(
        running=_count(runs.filter(state__in=RUNNING)),
        queued=_count(runs.filter(state=states.QUEUED)),
        waiting=_count(runs.filter(state__in=WAITING)),
        known=name is None or registry.find(name) is not None,
    )


def _matching(workflow: str | None, labels: dict[str, str]) -> QuerySet[Execution]:
    runs = Execution.objects.all()
    if workflow:
        runs = runs.filter(workflow=workflow)
    return runs.filter(labels__contains=labels) if labels else runs


def _count(runs: QuerySet[Execution]) -> Count:
    number = runs.order_by()[: COUNT_CAP + 1].count()
    return Count(min(number, COUNT_CAP), number > COUNT_CAP)


def samples(workflow: str | None, labels: dict[str, str] | None = None, everything: bool = False) -> list[Execution]:
    """Return a few of the runs that a freeze would stop: running ones first, then queued, then waiting; newest first.

    Raises:
        Invalid: as ``preview``.
    """
    runs = _matching(*clean_selector(workflow, labels, everything))
    found: list[Execution] = []
    for group in (RUNNING, (states.QUEUED,), WAITING):
        if len(found) < SAMPLES:
            some = runs.filter(state__in=group).only("id", "title", "workflow", "state").order_by("-pk")
            found += some[: SAMPLES - len(found)]
    return found


def kept_by_each(freezes: Iterable[Freeze]) -> dict[uuid.UUID, Count]:
    """Count the runs that each open freeze keeps in the queue: one query in all.

    Returns:
        Freeze's id → count, exact up to ``COUNT_CAP``.
    """
    keys = [str(freeze.pk) for freeze in freezes if freeze.is_open]
    found = rows(KEPT_BY_EACH, {"ids": text_array(keys), "most": COUNT_CAP + 1}) if keys else []
    return {row.id: Count(min(row.number, COUNT_CAP), row.number > COUNT_CAP) for row in found}


def list_freezes(
    *, open_only: bool = True, overdue_first: bool = False, cursor: str | None = None, limit: int = 50
) -> Page[Freeze]:
    """Return one page of freezes, newest first.

    Args:
        open_only: leave lifted ones out; those that are being lifted are open.
        overdue_first: put those before all others that are open past their review date.
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out.
    """
    late = Case(When(review_by__lte=Now(), lifted_at__isnull=True, then=Value(0)), default=Value(1))
    found = Freeze.objects.annotate(rank=late if overdue_first else Value(1)).order_by("rank", "-pk")
    if open_only:
        found = found.filter(lifted_at__isnull=True)
    if cursor:
        rank, key = _read_cursor(cursor)
        found = found.filter(Q(rank__gt=rank) | Q(rank=rank, pk__lt=key))
    page: list[Freeze] = list(found[: limit + 1])
    more, page = len(page) > limit, page[:limit]
    last: Any = page[-1] if page else None
    return Page(page, f"{'late' if last.rank == 0 else 'before'}:{last.pk}" if more else None)


def _read_cursor(cursor: str) -> tuple[int, uuid.UUID]:
    place, _, key = cursor.rpartition(":")
    try:
        if place not in ("", "before", "late"):
            raise ValueError(cursor)
        return (0 if place == "late" else 1), uuid.UUID(key)
    except ValueError as error:
        problem = "No page gave this cursor out. Start again from the first page."
        raise Invalid(problem, errors={"cursor": [problem]}) from error


def count_open_freezes() -> Count:
    """Count the freezes that are open, those being lifted among them."""
    number = Freeze.objects.filter(lifted_at__isnull=True).order_by()[: COUNT_CAP + 1].count()
    return Count(min(number, COUNT_CAP), number > COUNT_CAP)


def find_freeze(freeze_id: uuid.UUID | str) -> Freeze:
    """Return one freeze.

    Raises:
        NotFound: there is no such freeze.
    """
    found = Freeze.objects.filter(pk=parse_id(freeze_id, "freeze")).first()
    if found is None:
        raise NotFound(f"There is no freeze with the id {freeze_id}.")
    return found


def attach_freezes(runs: Iterable[Execution]) -> None:
    """Put the freezes that stop each run now into its ``freeze_list``, oldest first; one query in all."""
    runs = list(runs)
    unfinished = any(run.outcome is None for run in runs)
    found = list(Freeze.objects.filter(lifted_at__isnull=True).order_by("placed_at")) if unfinished else []
    for run in runs:
        stopping = [freeze for freeze in found if run.outcome is None and freeze.stops(run)]
        run.freeze_list = stopping  # type: ignore[attr-defined]


def freezes_over(execution: Execution) -> list[Freeze]:
    """Return every freeze that covered a run at some time of its life, open ones first, then newest first."""
    own = Q(workflow__isnull=True) | Q(workflow=execution.workflow)
    life = Q(lifted_at__isnull=True) | Q(lifted_at__gt=execution.created_at)
    found = Freeze.objects.filter(own, life, labels__contained_by=execution.labels)
    found = found.filter(placed_at__lt=execution.finished_at or Now())
    return sorted(found.order_by("-placed_at")[:SHOWN], key=lambda freeze: not freeze.is_open)


def frozen_seconds(workflow: str, labels: dict[str, str], since: datetime, until: datetime) -> float:
    """Return for how many seconds of a span at least one freeze covered such a run.

    Args:
        workflow, labels: of the run.
        since, until: the span (aware).
    """
    span = {"workflow": workflow, "labels": to_json(labels), "since": since, "until": until}
    (row,) = rows(gates.FROZEN_SECONDS, span)
    return float(row.seconds)
