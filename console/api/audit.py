"""The record: search it, verify it, export it."""

import json
from typing import Any, Literal

import pydantic
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Field, Query, Router, Schema

from console.access import require_scope
from console.api.event_shapes import Act, EventOut, event_out
from console.api.openapi import CONFLICT, PROBLEMS
from console.api.parts import GivenMoment, Person
from console.api.replies import BIGINT, Pages, reply
from console.pages.evidence import VERIFIER
from executions.commands.audit import begin_export, verify_ledger, verify_record
from executions.errors import Conflict, Invalid, NotFound
from executions.provenance.auditlines import AuditFilter
from executions.provenance.digests import ledger_name
from executions.provenance.export import export, export_chunks
from executions.queries.audit import find_line, ledger_called, people, search
from executions.queries.extract import extract_of
from executions.queries.verifications import record_is_short

router = Router(tags=["Audit"])
JSON_LINES, CSV = OFFERED = ["application/jsonl", "text/csv"]


class AuditQuery(Pages):
    """Which lines."""

    person: str = Field("", description="Printed name or a part of it, or an actor's id such as `user:7`.")
    kind: str = Field("", description="A kind such as `hold.placed`, or a family such as `hold`.")
    run: str = Field("", description="A run's id or its first eight digits, or `system`.")
    workflow: str = Field("", description="Only lines of runs of this workflow.")
    since: GivenMoment | None = Field(None, description="Only lines written at this time or later.")
    until: GivenMoment | None = Field(None, description="Only lines written before this time.")
    q: str = Field("", description="Words of the reason.")
    via: str = Field("", description="The door: console, api, cli, webhook, engine.")
    refused: bool = Field(False, description="Only attempts that were refused.")
    routine: bool = Field(False, description="Also what the engine wrote by itself.")


class AuditLineOut(Act):
    """One line of the record."""

    ledger: str = Field(description="Of which history: a run's id, or `system`.")
    run_title: str = Field(description="What the run is called; empty for the system's history.")
    workflow: str = Field(description="The run's; empty for the system's history.")


class AuditList(Schema):
    """A page of lines, newest first."""

    items: list[AuditLineOut] = Field(description="The lines of this page.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class LineOut(EventOut):
    """One line of the record with all its data."""

    ledger: str = Field(description="Of which history: a run's id, or `system`.")


class PeopleOut(Schema):
    """Whom the record names, by name."""

    items: list[Person] = Field(description="Those who are named, by name.")


class LedgerQuery(Schema):
    """Which chain; all where left out."""

    ledger: str = Field("", description="A run's id, or `system`.")


class VerifyOut(Schema):
    """What recomputing found. ``problems`` names the first bad line of each broken ledger."""

    model_config = pydantic.ConfigDict(extra="allow")
    whole: bool = Field(description="Nothing was changed, taken out or put in.")
    ledgers: int = Field(description="How many histories were recomputed.")
    events: int = Field(description="How many lines.")
    problems: list[dict[str, Any]] = Field(
        description="`ledger`, `seq`, `what` and `detail` of the first bad line of each history that is not whole, "
        "twenty at most."
    )


class ExtractQuery(LedgerQuery):
    """Which lines are handed out. Only whole ledgers can be verified completely."""

    since: GivenMoment | None = Field(None, description="Only lines written at this time or later.")
    until: GivenMoment | None = Field(None, description="Only lines written before this time.")
    person: str = Field("", description="As in the search, like all that follow: only lines that match are handed out.")
    kind: str = Field("", description="Only this kind, or a family such as `hold`.")
    workflow: str = Field("", description="Only lines of runs of this workflow.")
    q: str = Field("", description="Only lines that hold all of these words.")
    via: str = Field("", description="Only what came through this door.")
    refused: bool = Field(False, description="Only what was refused.")
    routine: bool = Field(False, description="Also what the engine wrote by itself.")
    format: Literal["", "jsonl", "csv"] = Field("", description="As the header `Accept` asks for where left out.")


@router.get("", response={200: AuditList, **PROBLEMS}, operation_id="audit", summary="Search the record")
def audit(request: HttpRequest, query: Query[AuditQuery]) -> HttpResponse:
    """Search every history, refused attempts too. Needs `audit:read`."""
    require_scope(request.auth, "search record", "audit:read")
    facts = query.dict(exclude={"cursor", "limit", "q"})
    page = search(AuditFilter(**facts, text=query.q), query.cursor, query.limit)
    items = [
        AuditLineOut(
            ledger=ledger_name(line.ledger),
            seq=line.seq,
            at=line.at,
            kind=line.kind,
            actor=Person(id=line.actor_id, name=line.actor_name),
            role=line.actor_role,
            via=line.via,
            reason=line.reason,
            run_title=line.run_title,
            workflow=line.workflow,
            digest=line.digest,
        )
        for line in page.rows
    ]
    return reply(AuditList(items=items, next=page.next))


@router.get("/people", response={200: PeopleOut, **PROBLEMS}, operation_id="audit_people", summary="List who is named")
def people_named(request: HttpRequest) -> HttpResponse:
    """List the people whom the record names, to search by. Needs `audit:read`."""
    require_scope(request.auth, "search record", "audit:read")
    return reply(PeopleOut(items=[Person(id=key, name=name) for key, name in people()]))


@router.get(
    "/lines/{ledger}/{int:seq}",
    response={200: LineOut, **PROBLEMS},
    operation_id="audit_line",
    summary="Read one line of the record",
)
def line(request: HttpRequest, ledger: str, seq: int) -> HttpResponse:
    """Read one line of a run's ledger, or of `system`, with all its data. Needs `audit:read`."""
    require_scope(request.auth, "read record", "audit:read")
    try:
        found = find_line(ledger, seq if seq <= BIGINT else 0)
    except Invalid as error:
        raise NotFound(f"There is no ledger called {ledger[:60]}.") from error
    return reply(LineOut(ledger=ledger_name(found.ledger), **event_out(found).model_dump()))


@router.get(
    "/verifier",
    response={200: str, **PROBLEMS},
    openapi_extra={"x-answers": ["text/x-python"]},
    operation_id="verifier",
    summary="Get the program that verifies",
)
def verifier(request: HttpRequest) -> HttpResponse:
    """Hand out the Python program that verifies an export anywhere, with nothing but sha256. Needs `audit:read`."""
    require_scope(request.auth, "read verifier", "audit:read")
    headers = {"Content-Disposition": f'attachment; filename="{VERIFIER.name}"'}
    return HttpResponse(VERIFIER.read_bytes(), content_type="text/x-python; charset=utf-8", headers=headers)


@router.get("/verify", response={200: VerifyOut, **CONFLICT}, operation_id="verify", summary="Verify the record")
def verify(request: HttpRequest, query: Query[LedgerQuery]) -> HttpResponse:
    """Recompute every chain, or one, and name the first bad line of each. Needs `audit:read`.

    `whole` says whether nothing was changed. A verification of the whole record is itself recorded. A record of more
    than 200,000 lines takes too long to wait for: 409; `POST /v1/audit/verifications` has it recomputed.
    """
    require_scope(request.auth, "verify record", "audit:read")
    if not query.ledger and not record_is_short():
        raise Conflict("The record is too long to be recomputed while you wait. POST /v1/audit/verifications instead.")
    result = verify_ledger(request.auth, ledger_called(query.ledger)) if query.ledger else verify_record(request.auth)
    told: dict[str, Any] = {"whole": result.whole, **result.as_dict()}
    return HttpResponse(json.dumps(told), content_type="application/json")


@router.get(
    "/export",
    response={200: str, **CONFLICT},
    openapi_extra={"x-answers": OFFERED},
    operation_id="export",
    summary="Export the record",
)
def export_record(request: HttpRequest, query: Query[ExtractQuery]) -> StreamingHttpResponse:
    """Hand events out, streamed, and record that. Needs `audit:read`.

    As JSON Lines, anyone can verify them with sha256 alone. As CSV (`format=csv`, or `Accept: text/csv`) they are for a
    spreadsheet: a cell that it would take for a formula begins with an apostrophe. The lines are those of the search;
    with `ledger`, `since` and `until` alone every line, those of the engine as well.
    """
    facts = query.dict(exclude={"ledger", "q", "format"})
    as_csv = query.format == "csv" or (not query.format and request.get_preferred_type(OFFERED) == CSV)
    if query.ledger:
        ledger_called(query.ledger)
    require_scope(request.auth, "export record", "audit:read")
    selection, found = extract_of(AuditFilter(**facts, run=query.ledger, text=query.q))
    if request.META["REQUEST_METHOD"] != "HEAD":  # which is answered as GET and hands nothing out
        begin_export(request.auth, selection, as_csv=as_csv)
    # An asynchronous server would gather the whole of a synchronous iterator first.
    lines = (export_chunks if isinstance(request, ASGIRequest) else export)(selection, found, as_csv=as_csv)
    name = f"holdpoint-audit.{'csv' if as_csv else 'jsonl'}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"}
    return StreamingHttpResponse(lines, content_type=f"{CSV}; charset=utf-8" if as_csv else JSON_LINES, headers=headers)
