"""Freezes: which are open, what one would stop, and whom they stop."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from executions import states
from executions.authoring import registry
from executions.commands.base import parse_id
from executions.commands.freeze import clean_selector
from executions.engine import gates
from executions.engine.database import rows
from executions.errors import Invalid, NotFound
from executions.models import Execution, Freeze
from executions.provenance.jsontext import to_json
from executions.queries.page import Page
from executions.queries.search import COUNT_CAP, Count

SHOWN = 50
"""Freezes told of on the page of one run."""


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
    runs = Execution.objects.all()
    if name:
        runs = runs.filter(workflow=name)
    if wanted:
        runs = runs.filter(labels__contains=wanted)
    return Preview(
        running=_count(runs.filter(state__in=(states.PROCESSING, states.PAUSING))),
        queued=_count(runs.filter(state=states.QUEUED)),
        waiting=_count(runs.filter(state__in=(states.PAUSED, states.SUSPENDED))),
        known=name is None or registry.find(name) is not None,
    )


def _count(runs: QuerySet[Execution]) -> Count:
    number = runs.order_by()[: COUNT_CAP + 1].count()
    return Count(min(number, COUNT_CAP), number > COUNT_CAP)


def list_freezes(*, open_only: bool = True, cursor: str | None = None, limit: int = 50) -> Page[Freeze]:
    """Return one page of freezes, newest first.

    Args:
        open_only: leave lifted ones out; those that are being lifted are open.
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out.
    """
    found = Freeze.objects.order_by("-pk")
    if open_only:
        found = found.filter(lifted_at__isnull=True)
    if cursor:
        try:
            found = found.filter(pk__lt=uuid.UUID(cursor.removeprefix("before:")))
        except ValueError as error:
            problem = "No page gave this cursor out. Start again from the first page."
            raise Invalid(problem, errors={"cursor": [problem]}) from error
    page = list(found[: limit + 1])
    more, page = len(page) > limit, page[:limit]
    return Page(page, f"before:{page[-1].pk}" if more else None)


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
