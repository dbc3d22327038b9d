"""Bulk commands: begin one or look what it would do, follow it, stop it."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Field, Query, Router

from console.access import record_refusal, require_scope
from console.api.bodies import read_command
from console.api.bulk_documents import (
    BulkBody,
    BulkItemList,
    BulkList,
    BulkOut,
    BulkPreviewOut,
    StopBody,
    bulk_out,
    item_out,
    preview_out,
)
from console.api.openapi import CONFLICT, PROBLEMS, problems, takes
from console.api.parts import one_of
from console.api.replies import Pages, reply
from executions import commands
from executions.errors import Invalid, Refused
from executions.queries.bulk import find_job, items_of, list_jobs, preview_bulk
from executions.queries.selection import Selection, read_ids

router = Router(tags=["Bulk"])
READ = "executions:read"


class JobQuery(Pages):
    """Which jobs."""

    open: bool = Field(False, description="Only those under way.")


class ItemQuery(Pages):
    """Which runs of a job."""

    outcome: one_of(["", "done", "refused", "left"]) = Field("", description="All where left out.")  # type: ignore[valid-type]


@router.post(
    "",
    response={201: BulkOut, 200: BulkPreviewOut, **problems(409, 412)},
    openapi_extra=takes(BulkBody),
    operation_id="bulk",
    summary="Give many runs one command",
)
def begin(request: HttpRequest) -> HttpResponse:
    """Give one command to many runs; workers carry it out in the background. Answers with the job.

    The list of runs stands from then on. Each gets the single command, as you, with what you may do at that moment.
    With `dry_run`, nothing is done: the answer says what would be, counted by the same rules. Needs what the command
    needs; `dry_run` also `executions:read`.
    """
    body, _ = read_command(request, BulkBody, "bulk")
    actor = request.auth  # type: ignore[attr-defined]
    try:
        selection = selection_of(body)
    except Refused as refusal:
        record_refusal(actor, "bulk", refusal)
        raise
    if body.dry_run:
        require_scope(actor, "preview a bulk command", READ)
        return reply(preview_out(preview_bulk(actor, body.command, selection, body.arguments)))
    job = commands.begin_bulk(
        actor,
        body.command,
        selection=selection,
        reason=body.reason,
        rate=body.rate,
        arguments=body.arguments,
        expected=body.expected,
    )
    return reply(bulk_out(job), 201, Location=reverse("v1:bulk_job", kwargs={"id": str(job.pk)}))


@router.get("", response={200: BulkList, **PROBLEMS}, operation_id="bulk_jobs", summary="List bulk jobs")
def jobs(request: HttpRequest, query: Query[JobQuery]) -> HttpResponse:
    """List bulk jobs, newest first. Needs `executions:read`."""
    require_scope(request.auth, "list bulk jobs", READ)  # type: ignore[attr-defined]
    page = list_jobs(open_only=query.open, cursor=query.cursor, limit=query.limit)
    return reply(BulkList(items=[bulk_out(job) for job in page.rows], next=page.next))


@router.get(
    "/{id}",
    response={200: BulkOut, **PROBLEMS},
    operation_id="bulk_job",
    url_name="bulk_job",
    summary="Look at a bulk job",
)
def job(request: HttpRequest, id: str) -> HttpResponse:
    """Say how far a bulk job is. Needs `executions:read`."""
    require_scope(request.auth, "read bulk job", READ)  # type: ignore[attr-defined]
    return reply(bulk_out(find_job(id)))


@router.get(
    "/{id}/items",
    response={200: BulkItemList, **PROBLEMS},
    operation_id="bulk_items",
    summary="List a bulk job's runs",
)
def items(request: HttpRequest, id: str, query: Query[ItemQuery]) -> HttpResponse:
    """List the runs of a bulk job with what became of each, in its order. Needs `executions:read`."""
    require_scope(request.auth, "read bulk job", READ)  # type: ignore[attr-defined]
    page = items_of(find_job(id), outcome=query.outcome, cursor=query.cursor, limit=query.limit)
    return reply(BulkItemList(items=[item_out(item) for item in page.rows], next=page.next))


@router.post(
    "/{id}/stop",
    response={200: BulkOut, **CONFLICT},
    openapi_extra=takes(StopBody),
    operation_id="stop_bulk",
    summary="Stop a bulk job",
)
def stop(request: HttpRequest, id: str) -> HttpResponse:
    """Stop a bulk job: once this has answered, no further run is given the command.

    Needs what the job's command needs, such as `executions:pause`.
    """
    body, _ = read_command(request, StopBody, "stop bulk")
    return reply(bulk_out(commands.stop_bulk(request.auth, id, reason=body.reason)))  # type: ignore[attr-defined]


def selection_of(body: BulkBody) -> Selection:
    """Return which runs are meant.

    Raises:
        Invalid: more than one way of choosing, none, or no id.
    """
    ways = [way for way in (body.ids, body.filter, body.job) if way is not None]
    if len(ways) != 1 or body.ids == []:
        problem = "Choose runs in one way: ids, filter or job."
        raise Invalid(problem, errors={"ids": [problem]})
    if body.filter is not None:
        return Selection(wanted=body.filter.wanted())
    return Selection(job=read_ids([body.job])[0]) if body.job is not None else Selection(ids=read_ids(body.ids or []))
