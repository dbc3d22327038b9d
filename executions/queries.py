"""What lists and pages read. Everything here costs a constant number of queries, however many rows there are."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left

from executions.authoring import registry
from executions.commands.base import parse_id
from executions.errors import Invalid, NotFound
from executions.models import Event, Execution, Hold, HoldNote, RunFile, Suspension
from executions.run_search import COUNT_CAP, Count, RunFilter, count_by_state, few_matches, matching

__all__ = ["COUNT_CAP", "Count", "RunFilter", "count_by_state", "matching"]


@dataclass(frozen=True, slots=True)
class Page[T]:
    """One page of a list.

    Args:
        rows: in their order.
        next: cursor of the following page; None on the last one.
        previous: cursor of the page before; None on the first one.
    """

    rows: list[T]
    next: str | None = None
    previous: str | None = None


def list_runs(wanted: RunFilter, cursor: str | None = None, limit: int = 50) -> Page[Execution]:
    """Return one page of runs, newest first, with the open holds and questions of each.

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
        rows = rows_by_id(sorted(beyond, reverse=not backwards)[: limit + 1])
        rows = rows[::-1] if backwards else rows
    more, rows = len(rows) > limit, rows[:limit]
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
    """Return runs by id with their open holds, for rows that changed in place; newest first."""
    return list(_as_rows(Execution.objects.filter(pk__in=list(ids))).order_by("-pk"))


def _as_rows(runs: QuerySet[Execution]) -> QuerySet[Execution]:
    """Load what a row of a list shows: three queries in all; payloads and tracebacks stay where they are."""
    holds = Hold.objects.filter(released_at__isnull=True).order_by("placed_at")
    questions = Suspension.objects.filter(closed_at__isnull=True).order_by("opened_at")
    return (
        runs.defer("payload", "error", "resumed")
        .annotate(error_message=Left(KeyTextTransform("message", "error"), 300))
        .prefetch_related(
            Prefetch("holds", holds, to_attr="open_hold_list"),
            Prefetch("suspensions", questions.only("execution_id", "title", "opened_at"), to_attr="open_question_list"),
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


def find(execution_id: uuid.UUID | str) -> Execution:
    """Return one run.

    Raises:
        NotFound: there is no such run.
    """
    try:
        return Execution.objects.get(pk=parse_id(execution_id, "run"))
    except Execution.DoesNotExist:
        raise NotFound(f"There is no run with the id {execution_id}.") from None


def holds_of(execution: Execution) -> list[Hold]:
    """Return every hold of a run with its notes, open ones first, then newest first."""
    notes = Prefetch("notes", HoldNote.objects.order_by("at", "id"), to_attr="note_list")
    holds = list(execution.holds.prefetch_related(notes).order_by("-placed_at"))
    return sorted(holds, key=lambda hold: hold.released_at is not None)


def open_holds(limit: int = 200) -> list[Hold]:
    """Return open holds of all runs, oldest first, with run and notes."""
    notes = Prefetch("notes", HoldNote.objects.order_by("at", "id"), to_attr="note_list")
    found = Hold.objects.filter(released_at__isnull=True).select_related("execution").prefetch_related(notes)
    return list(found.order_by("placed_at")[:limit])


def questions_of(execution: Execution) -> list[Suspension]:
    """Return every question of a run, open ones first, then newest first."""
    asked = list(execution.suspensions.order_by("-opened_at"))
    return sorted(asked, key=lambda suspension: suspension.closed_at is not None)


def open_questions(limit: int = 200) -> list[Suspension]:
    """Return open questions of all runs, oldest first, with run."""
    found = Suspension.objects.filter(closed_at__isnull=True).select_related("execution")
    return list(found.order_by("opened_at")[:limit])


@dataclass(slots=True)
class FileHistory:
    """A file of a run with all its versions, newest first, contents left out."""

    name: str
    versions: list[RunFile] = field(default_factory=list)

    @property
    def newest(self) -> RunFile:
        """The version in use."""
        return self.versions[0]


def files_of(execution: Execution) -> list[FileHistory]:
    """Return a run's files by name, each with its versions."""
    found: dict[str, FileHistory] = {}
    for version in execution.files.defer("content").order_by("name", "-version"):
        found.setdefault(version.name, FileHistory(version.name)).versions.append(version)
    return list(found.values())


def file_content(execution: Execution, name: str, version: int | None = None) -> RunFile:
    """Return one version of a file with its bytes; the newest where none is named.

    Raises:
        NotFound: there is no such file or version.
    """
    # No stored name holds a NUL, and PostgreSQL refuses to look for one.
    versions = execution.files.filter(name=name.replace("\x00", "␀"))
    if version is not None:
        versions = versions.filter(version=version)
    found = versions.order_by("-version").first()
    if found is None:
        raise NotFound(f"The run has no file called {name[:200]!r}" + (f" in version {version}." if version else "."))
    return found


def history(
    ledger: uuid.UUID, *, after: int = 0, before: int | None = None, limit: int = 200, newest_first: bool = False
) -> list[Event]:
    """Return a stretch of one ledger.

    Args:
        ledger: an execution's id.
        after: only events with a greater sequence number.
        before: only events with a smaller one.
        limit: most events.
        newest_first: order.
    """
    events = Event.objects.filter(ledger=ledger, seq__gt=after)
    if before is not None:
        events = events.filter(seq__lt=before)
    return list(events.order_by("-seq" if newest_first else "seq")[:limit])


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of a run as a person sees it.

    Args:
        name: in the route.
        title: what people read.
        status: ``finished``, ``running``, ``next`` or ``ahead``.
        position: 0 for the run's first step.
        at: when it finished.
        ms: how long its last attempt took, in milliseconds.
        attempt: which attempt succeeded.
    """

    name: str
    title: str
    status: str
    position: int
    at: Any = None
    ms: float | None = None
    attempt: int = 1


def steps_of(execution: Execution, limit: int = 100) -> list[StepView]:
    """Return the last finished steps, the one running or next, and those ahead; at most ``limit`` on either side."""
    workflow = registry.find(execution.workflow)
    titles = {step.name: step.title for step in workflow.steps.values()} if workflow else {}

    def title(name: str) -> str:
        return titles.get(name, name.replace("_", " "))

    finished = Event.objects.filter(ledger=execution.pk, kind="step.finished").order_by("-seq")[:limit]
    views = []
    for event in reversed(finished):
        told = json.loads(event.data)
        name, ms, attempt = str(told["step"]), told.get("ms"), int(told.get("attempt", 1))
        views.append(StepView(name, title(name), "finished", int(told["position"]), event.at, ms, attempt))
    for offset, name in enumerate(execution.ahead[:limit]):
        status = "ahead"
        if offset == 0 and execution.outcome is None:
            status = "running" if execution.lease_until else "next"
        views.append(StepView(name, title(name), status, execution.steps_done + offset))
    return views
