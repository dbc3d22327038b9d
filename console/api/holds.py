"""Holds: list, place, annotate, hand over, release."""

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from console.access import require_scope
from console.api.bodies import read_command
from console.api.documents import HoldOut, HoldPlaced, NoteOut
from console.api.openapi import PROBLEMS, takes
from console.api.replies import Pages, reply
from console.api.schemas import HandOverBody, HoldBody, NoteBody, ReasonBody
from console.api.shapes import hold_out, note_out, placed
from executions import commands
from executions.queries.open_work import list_holds
from executions.states import HOLD_KINDS

router = Router(tags=["Holds"])


class HoldQuery(Pages):
    """Which holds."""

    execution: str = Field("", description="Only those of this run.")
    released: bool = Field(False, description="Released ones and those of finished runs too.")
    overdue: bool = Field(False, description="Only those whose review date has passed.")
    kind: str = Field("", description=f"One of {', '.join(HOLD_KINDS)}.")
    responsible: str = Field("", description="Only those that the person of this user name looks after.")


class HoldList(Schema):
    """A page of holds, oldest first."""

    items: list[HoldOut]
    next: str | None


@router.get("", response={200: HoldList, **PROBLEMS}, operation_id="holds", summary="List holds")
def holds(request: HttpRequest, query: Query[HoldQuery]) -> HttpResponse:
    """List open holds of all runs, with notes. Needs `executions:read`, `holds:place` or `holds:release`.

    What a hold on a tree has spread to the runs below is listed where `execution` names one of them.
    """
    require_scope(request.auth, "list holds", "executions:read", "holds:place", "holds:release")
    page = list_holds(
        open_only=not query.released,
        execution_id=query.execution,
        overdue=query.overdue,
        kind=query.kind,
        responsible=query.responsible,
        cursor=query.cursor,
        limit=query.limit,
    )
    items = [hold_out(hold, hold.note_list) for hold in page.rows]  # type: ignore[attr-defined]
    return reply(HoldList(items=items, next=page.next))


@router.post(
    "",
    response={201: HoldPlaced, **PROBLEMS},
    openapi_extra=takes(HoldBody),
    operation_id="place_hold",
    summary="Place a hold",
)
def place(request: HttpRequest) -> HttpResponse:
    """Place a compliance hold: the run stops as with a pause, and no operator can lift it. Needs `holds:place`."""
    body, _ = read_command(request, HoldBody, "place")
    hold = commands.place(
        request.auth,
        body.execution,
        reason=body.reason,
        reason_code=body.reason_code,
        ticket=body.ticket,
        review_by=body.review_by,
        blocks_cancel=body.blocks_cancel,
        dual_control=body.dual_control,
        scope=body.scope,
        resume_when=body.resume_when,
    )
    hold.refresh_from_db()
    return reply(placed(hold), 201)


@router.post(
    "/{id}/notes",
    response={201: NoteOut, **PROBLEMS},
    openapi_extra=takes(NoteBody),
    operation_id="annotate_hold",
    summary="Add a note",
)
def annotate(request: HttpRequest, id: str) -> HttpResponse:
    """Add a note to a hold, open or released. Needs `executions:pause` or `holds:place`."""
    body, _ = read_command(request, NoteBody, "annotate")
    note = commands.annotate(request.auth, id, text=body.text)
    note.refresh_from_db()
    return reply(note_out(note), 201)


@router.post(
    "/{id}/hand-over",
    response={200: HoldOut, **PROBLEMS},
    openapi_extra=takes(HandOverBody),
    operation_id="hand_over_hold",
    summary="Hand a hold over",
)
def hand_over(request: HttpRequest, id: str) -> HttpResponse:
    """Make another person responsible for a hold. Who may release it does not change.

    Needs what releasing it asks for; or to be responsible now, and `holds:place` (for a pause, `executions:pause`).
    """
    body, _ = read_command(request, HandOverBody, "hand over")
    hold = commands.hand_over(request.auth, id, to=body.to, reason=body.reason)
    return reply(hold_out(hold, hold.notes.all()))


@router.post(
    "/{id}/release",
    response={200: HoldOut, **PROBLEMS},
    openapi_extra=takes(ReasonBody),
    operation_id="release_hold",
    summary="Release a hold",
)
def release(request: HttpRequest, id: str) -> HttpResponse:
    """Release one hold; the run goes on when no other is in force.

    Needs `holds:release` for a compliance hold, `executions:pause` for the others.
    """
    body, _ = read_command(request, ReasonBody, "release")
    hold = commands.release(request.auth, id, reason=body.reason)
    return reply(hold_out(hold, hold.notes.all()))
