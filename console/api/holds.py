"""Holds: list, place, annotate, hand over, release."""

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from console.access import require_scope
from console.api.bodies import read_command
from console.api.documents import CountOut, HoldOut, HoldPlaced, NoteOut
from console.api.openapi import CONFLICT, PROBLEMS, problems, takes
from console.api.parts import RunIdOrNone, one_of
from console.api.replies import Pages, reply
from console.api.schemas import HandOverBody, HoldBody, NoteBody, ReasonBody
from console.api.shapes import count_out, hold_out, note_out, placed
from console.pages.hold_tabs import tab_counts
from executions import commands, queries
from executions.queries.open_work import hold_by_id, list_holds
from executions.states import HOLD_KINDS, RELEASE_SCOPE

router = Router(tags=["Holds"])
READERS = ("executions:read", "holds:place", "holds:release")


class HoldQuery(Pages):
    """Which holds."""

    execution: RunIdOrNone = Field("", description="Only those of this run.")
    released: bool = Field(False, description="Released ones and those of finished runs too.")
    overdue: bool = Field(False, description="Only those whose review date has passed.")
    kind: one_of(["", *HOLD_KINDS]) = Field("", description="Only those of this kind.")  # type: ignore[valid-type]
    responsible: str = Field("", description="Only those that the person of this user name looks after.")
    workflow: str = Field("", description="Only those on runs of this workflow.")
    placed_by: str = Field("", description="Only those that this person placed, by printed name.")
    q: str = Field("", description="Only those with this in reason, reason code, ticket or the run's title.")


class HoldCounts(Schema):
    """How many there are; exact up to a cap."""

    holds: CountOut = Field(description="Open holds; what is spread over a tree counts once.")
    overdue: CountOut = Field(description="Those whose review date has passed.")
    freezes: CountOut = Field(description="Open freezes.")


class Heirs(Schema):
    """User names of those who may release holds of this kind; 200 at most."""

    items: list[str] = Field(description="User names, in their order.")


class HoldList(Schema):
    """A page of holds, oldest first."""

    items: list[HoldOut] = Field(description="The holds of this page.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


@router.get("", response={200: HoldList, **problems(404)}, operation_id="holds", summary="List holds")
def holds(request: HttpRequest, query: Query[HoldQuery]) -> HttpResponse:
    """List open holds of all runs, with notes. Needs `executions:read`, `holds:place` or `holds:release`.

    What a hold on a tree has spread to the runs below is listed where `execution` names one of them.
    """
    require_scope(request.auth, "list holds", *READERS)
    page = list_holds(
        open_only=not query.released,
        execution_id=query.execution,
        overdue=query.overdue,
        kind=query.kind,
        responsible=query.responsible,
        workflow=query.workflow,
        placed_by=query.placed_by,
        text=query.q,
        cursor=query.cursor,
        limit=query.limit,
    )
    items = [hold_out(hold, hold.note_list) for hold in page.rows]  # type: ignore[attr-defined]
    return reply(HoldList(items=items, next=page.next))


@router.get("/counts", response={200: HoldCounts, **PROBLEMS}, operation_id="hold_counts", summary="Count holds")
def counts(request: HttpRequest) -> HttpResponse:
    """Count open holds, those overdue, and open freezes. Needs `executions:read`, `holds:place` or `holds:release`."""
    require_scope(request.auth, "count holds", *READERS)
    return reply(HoldCounts(**{name: count_out(count) for name, count in tab_counts().items()}))


@router.get(
    "/{id}", response={200: HoldOut, **PROBLEMS}, operation_id="hold", url_name="hold", summary="Look at a hold"
)
def hold(request: HttpRequest, id: str) -> HttpResponse:
    """Look at a hold, open or released, with its notes. Needs `executions:read`, `holds:place` or `holds:release`."""
    require_scope(request.auth, "read hold", *READERS)
    found = hold_by_id(id)
    return reply(hold_out(found, found.note_list))  # type: ignore[attr-defined]


@router.get("/{id}/heirs", response={200: Heirs, **PROBLEMS}, operation_id="hold_heirs", summary="List who may have it")
def heirs(request: HttpRequest, id: str) -> HttpResponse:
    """List the people whom a hold can be handed over to. Needs `executions:read`, `holds:place` or `holds:release`."""
    require_scope(request.auth, "read hold", *READERS)
    return reply(Heirs(items=queries.names_with(RELEASE_SCOPE[hold_by_id(id).kind])))


@router.post(
    "",
    response={201: HoldPlaced, **problems(404, 409)},
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
    response={201: NoteOut, **CONFLICT},
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
    response={200: HoldOut, **CONFLICT},
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
    response={200: HoldOut, **CONFLICT},
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
