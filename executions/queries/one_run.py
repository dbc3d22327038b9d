"""What the pages of one run read. Everything here costs a constant number of queries, however many rows there are."""

import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Prefetch

from executions.authoring import registry
from executions.commands.base import parse_id
from executions.errors import NotFound
from executions.models import Event, Execution, Hold, HoldNote, RunFile, Suspension, Trigger
from executions.provenance.reading import read


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
    """Return every hold of a run with its notes and conditions, open ones first, then newest first."""
    notes = Prefetch("notes", HoldNote.objects.order_by("at", "id"), to_attr="note_list")
    holds = list(execution.holds.prefetch_related(notes, "conditions").order_by("-placed_at"))
    return sorted(holds, key=lambda hold: hold.released_at is not None)


def questions_of(execution: Execution) -> list[Suspension]:
    """Return every question of a run with its votes, messages and conditions, open ones first, then newest first."""
    asked = list(execution.suspensions.prefetch_related("votes", "notifications", "conditions").order_by("-opened_at"))
    return sorted(asked, key=lambda suspension: suspension.closed_at is not None)


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
        status: ``finished``, ``skipped``, ``running``, ``next`` or ``ahead``.
        position: 0 for the run's first step.
        at: when it finished.
        ms: how long its last attempt took, in milliseconds.
        attempt: which attempt succeeded.
        waits: ``answer`` for a pause of the route, ``approval`` for a step behind a gate, else empty.
    """

    name: str
    title: str
    status: str
    position: int
    at: Any = None
    ms: float | None = None
    attempt: int = 1
    waits: str = ""


def steps_of(execution: Execution, limit: int = 100) -> list[StepView]:
    """Return the last finished steps, the one running or next, and those ahead; at most ``limit`` on either side."""
    workflow = registry.find(execution.workflow)
    steps = workflow.steps if workflow else {}

    def view(name: str, *facts: Any) -> StepView:
        step = steps.get(name)
        view = StepView(name, step.title if step else name.replace("_", " "), *facts)
        return replace(view, waits=step.waits) if step else view

    ended = Event.objects.filter(ledger=execution.pk, kind__in=("step.finished", "step.skipped"))
    by_position: dict[int, StepView] = {}
    # Of a run that was sent back, the last time at each position counts, and what lies ahead again is not done.
    for event in ended.order_by("-seq")[:limit]:
        told = read(event.kind, event.data)
        if told is None:
            continue
        name, position = str(told["step"]), told["position"]
        if position < execution.steps_done and position not in by_position:
            status = event.kind.removeprefix("step.")
            ms, attempt = told.get("ms"), told.get("attempt", 1)
            by_position[position] = view(name, status, position, event.at, ms, attempt)
    views = [by_position[position] for position in sorted(by_position)]
    for offset, name in enumerate(execution.ahead[:limit]):
        status = "ahead"
        if offset == 0 and execution.outcome is None:
            status = "running" if execution.lease_until else "next"
        views.append(view(name, status, execution.steps_done + offset))
    return views


def find_hold(execution_id: uuid.UUID | str, hold_id: uuid.UUID | str) -> Hold:
    """Return one hold of a run.

    Raises:
        NotFound: this run has no such hold.
    """
    found = Hold.objects.filter(pk=parse_id(hold_id, "hold"), execution_id=parse_id(execution_id, "run")).first()
    if found is None:
        raise NotFound(f"This run has no hold with the id {hold_id}.")
    return found


def find_condition(execution_id: uuid.UUID | str, condition_id: uuid.UUID | str) -> Trigger:
    """Return one condition of a run that waits for an event.

    Raises:
        NotFound: this run has no such condition.
    """
    of_run = Trigger.objects.filter(execution_id=parse_id(execution_id, "run"), kind="event")
    found = of_run.filter(pk=parse_id(condition_id, "condition")).first()
    if found is None:
        raise NotFound(f"This run waits for no event with the condition {condition_id}.")
    return found


def find_question(execution_id: uuid.UUID | str, suspension_id: uuid.UUID | str) -> Suspension:
    """Return one question of a run.

    Raises:
        NotFound: this run has asked no such question.
    """
    asked = Suspension.objects.filter(execution_id=parse_id(execution_id, "run"))
    found = asked.filter(pk=parse_id(suspension_id, "question")).first()
    if found is None:
        raise NotFound(f"This run has no question with the id {suspension_id}.")
    return found


def question_by_id(suspension_id: uuid.UUID) -> Suspension:
    """Return one question of whatever run.

    Raises:
        NotFound: there is no such question.
    """
    try:
        return Suspension.objects.get(pk=suspension_id)
    except Suspension.DoesNotExist:
        raise NotFound("The question that this link was made for does not exist here.") from None


def find_event(ledger: uuid.UUID, seq: int) -> Event:
    """Return one line of a run's history.

    Raises:
        NotFound: the history has no such line.
    """
    found = Event.objects.filter(ledger=ledger, seq=seq).first()
    if found is None:
        raise NotFound(f"The history has no line {seq}.")
    return found


def cancel_request(execution: Execution) -> Event | None:
    """Return who cancelled a run and why; None for a run that nobody cancelled."""
    if execution.cancel_requested_at is None:
        return None
    return Event.objects.filter(ledger=execution.pk, kind="execution.cancel_requested").order_by("-seq").first()
