"""What lists and pages read. Everything here costs a constant number of queries, however many rows there are."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left

from executions import states
from executions.authoring import registry
from executions.commands.base import parse_id
from executions.errors import Invalid, NotFound
from executions.models import Event, Execution, Hold, HoldNote, RunFile, Suspension

COUNT_CAP = 10_000
"""Counts are exact up to here; beyond it the page says "10,000+"."""

RUN_SEARCH = SearchVector("title", "workflow", "launched_by_name", config="simple")
REASON_SEARCH = SearchVector("reason", config="simple")


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs.

    Args:
        states: only runs in one of these states; all where empty.
        workflow: only runs of this workflow.
        label: ``name`` or ``name:value``.
        text: an id or its beginning, or words of title, workflow, person or a hold's reason.
        launched_by: printed name of who launched.
    """

    states: tuple[str, ...] = ()
    workflow: str = ""
    label: str = ""
    text: str = ""
    launched_by: str = ""

    def narrows(self) -> bool:
        """Tell whether anything besides the state is filtered."""
        return bool(self.workflow or self.label or self.text or self.launched_by)


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


@dataclass(frozen=True, slots=True)
class Count:
    """How many, exact up to ``COUNT_CAP``.

    Args:
        number: the count, at most the cap.
        capped: there are more.
    """

    number: int
    capped: bool = False


def matching(wanted: RunFilter, *, with_states: bool = True) -> QuerySet[Execution]:
    """Return the runs a filter selects, in no order.

    Raises:
        Invalid: an unknown state.
    """
    runs = Execution.objects.all()
    if with_states and wanted.states:
        unknown = [state for state in wanted.states if state not in states.STATES]
        if unknown:
            problem = f"Unknown state {unknown[0][:40]!r}. Known: {', '.join(states.STATES)}."
            raise Invalid(problem, errors={"state": [problem]})
        runs = runs.filter(state__in=wanted.states)
    if wanted.workflow:
        runs = runs.filter(workflow=wanted.workflow)
    if wanted.launched_by:
        runs = runs.filter(launched_by_name=wanted.launched_by)
    if wanted.label:
        name, colon, value = wanted.label.partition(":")
        runs = runs.filter(labels__contains={name.strip(): value.strip()}) if colon else runs.filter(labels__has_key=name)
    if wanted.text.strip():
        runs = runs.filter(_text_matches(wanted.text.strip().replace("\x00", "")))
    return runs


def _text_matches(text: str) -> Q:
    by_id = _id_range(text)
    if by_id:
        return Q(pk__gte=by_id[0], pk__lte=by_id[1])
    words = ["".join(letter for letter in word if letter.isalnum() or letter in "-_.@") for word in text.split()]
    prefixes = " & ".join(f"'{word}':*" for word in words[:8] if word)
    if not prefixes:
        return Q(pk__in=[])
    query = SearchQuery(prefixes, config="simple", search_type="raw")
    held = (
        Hold.objects.annotate(search=REASON_SEARCH)
        .filter(search=query)
        .order_by("-placed_at")
        .values("execution_id")[:1000]
    )
    titled = Execution.objects.annotate(search=RUN_SEARCH).filter(search=query).values("pk")
    return Q(pk__in=titled) | Q(pk__in=held) if len(text) > 1 else Q(pk__in=titled)


def _id_range(text: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Read an id or the first eight or more digits of one."""
    digits = text.lower().replace("-", "")
    if not 8 <= len(digits) <= 32 or any(digit not in "0123456789abcdef" for digit in digits):
        return None
    return uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))


def list_runs(wanted: RunFilter, cursor: str | None = None, limit: int = 50) -> Page[Execution]:
    """Return one page of runs, newest first, with the open holds and questions of each.

    Args:
        wanted: which runs.
        cursor: from an earlier page; the newest page where None.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out, or an unknown state.
    """
    runs = _as_rows(matching(wanted))
    backwards, position = _read_cursor(cursor)
    if backwards:
        rows = list(runs.filter(pk__gt=position).order_by("pk")[: limit + 1])
        more, rows = len(rows) > limit, rows[:limit][::-1]
        return Page(rows, f"older:{rows[-1].pk}" if rows else None, f"newer:{rows[0].pk}" if more else None)
    if position is not None:
        runs = runs.filter(pk__lt=position)
    rows = list(runs.order_by("-pk")[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
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


def count_by_state(wanted: RunFilter) -> dict[str, Count]:
    """Count the runs of each state under a filter (its own states left out), in one query.

    Returns:
        State → count, for every state; each is capped so that a million rows cost no more than ten thousand.
    """
    parts, parameters = [], []
    for state in states.STATES:
        runs = matching(wanted, with_states=False).filter(state=state).order_by().values("pk")[: COUNT_CAP + 1]
        sql, arguments = runs.query.sql_with_params()
        parts.append(f"SELECT %s::text, count(*) FROM ({sql}) AS matched")  # noqa: S608  (the ORM's own SQL)
        parameters += [state, *arguments]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        return {state: Count(min(number, COUNT_CAP), number > COUNT_CAP) for state, number in cursor.fetchall()}


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
    versions = execution.files.filter(name=name)
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
