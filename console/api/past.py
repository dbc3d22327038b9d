"""A run's past: its boundaries, what it would have gone on from there, its life, and its evidence."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from console.access import find_execution
from console.api.event_shapes import EventOut, event_out
from console.api.file_shapes import files_out
from console.api.freeze_shapes import freeze_out
from console.api.openapi import PROBLEMS
from console.api.past_documents import (
    ActOut,
    BandOut,
    BoundaryList,
    BoundaryOut,
    BoundaryQuery,
    ChangesOut,
    ChangesQuery,
    CorrectionOut,
    EvidenceOut,
    MomentOut,
    SpanOut,
    StretchOut,
    TimelineOut,
    VerifiedOut,
    change_out,
)
from console.api.question_shapes import questions_out
from console.api.replies import BIGINT, reply
from console.api.runs import address_of
from console.api.shapes import hold_out
from console.json_diff import diff
from executions import queries
from executions.commands.audit import verify_ledger
from executions.queries.boundaries import boundaries, state_at
from executions.queries.evidence import evidence_of
from executions.queries.timeline import timeline_of

router = Router(tags=["History"])


@router.get(
    "/{id}/events/{int:seq}", response={200: EventOut, **PROBLEMS}, operation_id="event", summary="Read one line"
)
def event(request: HttpRequest, id: str, seq: int) -> HttpResponse:
    """Read one line of a run's history. Needs `executions:read`."""
    execution = find_execution(request.auth, id, "read history")
    return reply(event_out(queries.find_event(execution.pk, seq if seq <= BIGINT else 0)))


@router.get(
    "/{id}/boundaries",
    response={200: BoundaryList, **PROBLEMS},
    operation_id="boundaries",
    summary="List boundaries",
)
def list_boundaries(request: HttpRequest, id: str, query: Query[BoundaryQuery]) -> HttpResponse:
    """List the lines that the run can be sent back to or forked from. Needs `executions:read`."""
    execution = find_execution(request.auth, id, "read boundaries")
    found = boundaries(execution, query.limit)
    return reply(BoundaryList(items=[BoundaryOut.from_orm(each) for each in found]))


@router.get(
    "/{id}/boundaries/{int:seq}",
    response={200: MomentOut, **PROBLEMS},
    operation_id="boundary",
    summary="Look at the payload at a boundary",
)
def boundary(request: HttpRequest, id: str, seq: int) -> HttpResponse:
    """Payload, route and files after that line: what a fork from there begins with. Needs `executions:read`."""
    execution = find_execution(request.auth, id, "read boundary")
    return reply(MomentOut.from_orm(state_at(execution, seq)))


@router.get(
    "/{id}/boundaries/{int:seq}/changes",
    response={200: ChangesOut, **PROBLEMS},
    operation_id="changes",
    summary="Compare payloads",
)
def changes(request: HttpRequest, id: str, seq: int, query: Query[ChangesQuery]) -> HttpResponse:
    """What changed in the payload since a boundary: up to another, or to now. Needs `executions:read`."""
    execution = find_execution(request.auth, id, "compare payloads")
    after = execution.payload if query.to is None else state_at(execution, query.to).payload
    found = diff(state_at(execution, seq).payload, after)
    told = [change_out(change) for change in found.changes]
    return reply(ChangesOut(changes=told, left_out=found.left_out))


@router.get(
    "/{id}/timeline", response={200: TimelineOut, **PROBLEMS}, operation_id="timeline", summary="Look at a run's life"
)
def timeline(request: HttpRequest, id: str) -> HttpResponse:
    """The run's states in turn, who held it, who was asked, when it was worked on. Needs `executions:read`."""
    execution = find_execution(request.auth, id, "read timeline")
    life = timeline_of(execution, queries.freezes_over(execution))
    return reply(
        TimelineOut(
            since=life.since,
            until=life.until,
            ended=life.ended,
            bands=[BandOut.from_orm(band) for band in life.bands],
            holds=[SpanOut.from_orm(span) for span in life.holds],
            questions=[SpanOut.from_orm(span) for span in life.questions],
            work=[StretchOut.from_orm(stretch) for stretch in life.stretches],
            acts=[ActOut.from_orm(act) for act in life.acts],
            left_out=life.left_out,
        )
    )


@router.get(
    "/{id}/evidence",
    response={200: EvidenceOut, **PROBLEMS},
    operation_id="evidence",
    summary="Gather evidence",
)
def evidence(request: HttpRequest, id: str) -> HttpResponse:
    """All that is known of a run, its chain recomputed first. Needs `executions:read`."""
    actor = request.auth
    execution = find_execution(actor, id, "read evidence")
    verified, found = verify_ledger(actor, execution.pk), evidence_of(execution)
    return reply(
        EvidenceOut(
            id=execution.pk,
            lines=found.lines,
            digest=found.digest,
            verified=VerifiedOut(whole=verified.whole, events=verified.events, problems=verified.as_dict()["problems"]),
            acts=[event_out(act) for act in found.acts],
            more_acts=found.more_acts,
            corrections=[
                CorrectionOut(seq=each.event.seq, **{name: getattr(each, name) for name in CORRECTED})
                for each in found.corrections
            ],
            holds=[hold_out(hold, hold.note_list) for hold in found.holds],
            freezes=[freeze_out(freeze) for freeze in found.freezes],
            suspensions=questions_out(execution, actor, found.questions),
            files=files_out(execution, f"{address_of(str(execution.pk))}/files/"),
            children=found.children,
            export=f"/v1/audit/export?ledger={execution.pk}",
        )
    )


CORRECTED = ("what", "name", "before", "after", "before_digest", "after_digest")
