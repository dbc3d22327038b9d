"""Runs: launch, list, look at one."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Field, Query, Router, Schema

from console.access import find_execution, require_scope
from console.api.bodies import read_command
from console.api.documents import CountOut, RunOut, RunSummary
from console.api.event_shapes import EventOut, event_out
from console.api.openapi import CONFLICT, PROBLEMS, takes
from console.api.replies import BIGINT, MAX_LIMIT, Pages, etag, reply
from console.api.run_choice import RunChoice
from console.api.schemas import LaunchBody
from console.api.shapes import count_out, run_out, run_summary
from executions import commands, queries
from executions.errors import Invalid
from executions.queries.checkpoint import checkpoint_of
from executions.queries.order import SORTS

router = Router(tags=["Runs"])

FILES_PART = "files"


class RunQuery(RunChoice, Pages):
    """Which runs, in which order."""

    sort: Literal[*SORTS] = Field("newest", description="`since`: longest in their state first.")  # type: ignore[valid-type]


class CountQuery(RunChoice):
    """Which runs; their states left out."""


class StateCounts(Schema):
    """How many runs there are in each state, exact up to 10,000."""

    states: dict[str, CountOut] = Field(description="State → how many runs.")


class RunList(Schema):
    """A page of runs in the order asked for."""

    items: list[RunSummary] = Field(description="The runs of this page.")
    next: str | None = Field(description="`cursor` of the following page; null on the last one.")
    previous: str | None = Field(description="`cursor` of the page before; null on the first one.")


class EventQuery(Schema):
    """Which stretch of a history."""

    after: int = Field(0, ge=0, le=BIGINT, description="Only events with a greater `seq`.")
    limit: int = Field(MAX_LIMIT, ge=1, le=MAX_LIMIT, description="At most so many.")


class EventList(Schema):
    """A stretch of a run's history, oldest first; ``next`` is the ``after`` of the following one."""

    items: list[EventOut] = Field(description="The events, oldest first.")
    next: int | None = Field(description="Send it as `after` for those that follow; null where this is the end by now.")


@router.post(
    "",
    response={201: RunOut, **CONFLICT},
    openapi_extra=takes(LaunchBody, files=FILES_PART),
    operation_id="launch",
    url_name="runs",
    summary="Launch a run",
)
def launch(request: HttpRequest) -> HttpResponse:
    """Start a run of a workflow. Needs `executions:launch`.

    Files go as `multipart/form-data`: the part `request` holds the JSON, each part `files` one file. They become the
    run's files and are listed in `payload.files`.
    """
    body, sent = read_command(request, LaunchBody, "launch", files=True)
    strangers = [field for field, _, _ in sent.files if field != FILES_PART]
    if strangers:
        problem = f"Send each file in a part called “{FILES_PART}”."
        raise Invalid(f"{strangers[0][:60]}: {problem}", errors={strangers[0][:200]: [problem]})
    execution = commands.launch(
        request.auth,
        body.workflow,
        body.payload,
        title=body.title,
        labels=body.labels,
        priority=body.priority,
        not_before=body.not_before,
        files=[(name, content) for _, name, content in sent.files],
    )
    address = address_of(str(execution.pk))
    document = run_out(execution, request.auth, f"{address}/files/")
    return reply(document, 201, Location=address, ETag=etag(execution.version))


@router.get("", response={200: RunList, **PROBLEMS}, operation_id="list", summary="List runs")
def list_runs(request: HttpRequest, query: Query[RunQuery]) -> HttpResponse:
    """List runs under a filter. Needs `executions:read`.

    `sort=since` and `sort=priority` list unfinished runs, `sort=finished` finished ones, unless `state` says otherwise.
    """
    require_scope(request.auth, "list runs", "executions:read")
    page = queries.list_runs(query.wanted(), query.cursor, query.limit, query.sort)
    items = [run_summary(execution) for execution in page.rows]
    return reply(RunList(items=items, next=page.next, previous=page.previous))


@router.get("/counts", response={200: StateCounts, **PROBLEMS}, operation_id="counts", summary="Count runs by state")
def counts(request: HttpRequest, query: Query[CountQuery]) -> HttpResponse:
    """Count the runs that a filter selects, by state; `state` itself is left out of it. Needs `executions:read`."""
    require_scope(request.auth, "count runs", "executions:read")
    found = queries.count_by_state(query.wanted())
    return reply(StateCounts(states={state: count_out(count) for state, count in found.items()}))


@router.get("/{id}", response={200: RunOut, **PROBLEMS}, operation_id="get", summary="Look at a run")
def get(request: HttpRequest, id: str) -> HttpResponse:
    """Facts, state, what you may do and why not, steps, holds, questions, payload and files. Needs `executions:read`.

    The ETag is the run's version, for If-Match.
    """
    execution = find_execution(request.auth, id)
    document = run_out(execution, request.auth, f"{address_of(str(execution.pk))}/files/")
    return reply(document, ETag=etag(execution.version))


@router.get(
    "/{id}/checkpoint", response={200: dict, **PROBLEMS}, operation_id="checkpoint", summary="Export a checkpoint"
)
def checkpoint(request: HttpRequest, id: str) -> HttpResponse:
    """All that the run would go on from, as one JSON document. Needs `executions:read`."""
    execution = find_execution(request.auth, id, "read checkpoint")
    return HttpResponse(
        checkpoint_of(execution), content_type="application/json", headers={"ETag": etag(execution.version)}
    )


@router.get("/{id}/events", response={200: EventList, **PROBLEMS}, operation_id="events", summary="Read a history")
def events(request: HttpRequest, id: str, query: Query[EventQuery]) -> HttpResponse:
    """The run's events, oldest first. Needs `executions:read`.

    `seq` has no gaps: ask again with the last one you saw and you miss nothing.
    """
    execution = find_execution(request.auth, id, "read history")
    found = queries.history(execution.pk, after=query.after, limit=query.limit + 1)
    items = [event_out(event) for event in found[: query.limit]]
    return reply(EventList(items=items, next=items[-1].seq if len(found) > query.limit else None))


def address_of(execution_id: str) -> str:
    """Return a run's address."""
    return reverse("v1:get", kwargs={"id": execution_id})
