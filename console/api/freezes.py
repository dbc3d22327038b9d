"""Freezes: list, preview, place, lift."""

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from console.access import require_scope
from console.api.bodies import read_command
from console.api.documents import CountOut, FreezeOut, FreezePreview
from console.api.freeze_shapes import freeze_out
from console.api.openapi import CONFLICT, PROBLEMS, takes
from console.api.replies import Pages, reply
from console.api.schemas import FreezeBody, LiftBody
from executions import commands, queries
from executions.errors import Invalid

router = Router(tags=["Freezes"])
READERS = ("executions:read", "holds:freeze", "holds:release")


class FreezeQuery(Pages):
    """Which freezes."""

    lifted: bool = Field(False, description="Lifted ones too.")


class Selector(Schema):
    """Which runs a freeze would stop."""

    workflow: str = Field("", description="Only runs of this workflow.")
    label: list[str] = Field([], description="`name:value`; only runs that carry all of these.")
    everything: bool = Field(False, description="Every run; needed where neither of both is given.")


class FreezeList(Schema):
    """A page of freezes, newest first."""

    items: list[FreezeOut] = Field(description="The freezes of this page, newest first.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


@router.get("", response={200: FreezeList, **PROBLEMS}, operation_id="freezes", summary="List freezes")
def freezes(request: HttpRequest, query: Query[FreezeQuery]) -> HttpResponse:
    """List freezes that are open. Needs `executions:read`, `holds:freeze` or `holds:release`."""
    require_scope(request.auth, "list freezes", *READERS)
    page = queries.list_freezes(open_only=not query.lifted, cursor=query.cursor, limit=query.limit)
    return reply(FreezeList(items=[freeze_out(freeze) for freeze in page.rows], next=page.next))


@router.get(
    "/preview",
    response={200: FreezePreview, **PROBLEMS},
    operation_id="preview_freeze",
    summary="Preview a freeze",
)
def preview(request: HttpRequest, query: Query[Selector]) -> HttpResponse:
    """Count what a freeze would stop now; runs launched later are covered as well.

    Needs `executions:read`, `holds:freeze` or `holds:release`.
    """
    require_scope(request.auth, "preview a freeze", *READERS)
    labels = {}
    for text in query.label:
        name, colon, value = text.partition(":")
        if not colon:
            problem = "Write name:value."
            raise Invalid(f"label: {problem}", errors={"label": [problem]})
        labels[name.strip()] = value.strip()
    found = queries.preview(query.workflow, labels, query.everything)
    counts = {name: getattr(found, name) for name in ("running", "queued", "waiting")}
    told = {name: CountOut(number=count.number, capped=count.capped) for name, count in counts.items()}
    return reply(FreezePreview(**told, known=found.known))


@router.get("/{id}", response={200: FreezeOut, **PROBLEMS}, operation_id="freeze", summary="Look at a freeze")
def freeze(request: HttpRequest, id: str) -> HttpResponse:
    """Look at a freeze, open or lifted. Needs `executions:read`, `holds:freeze` or `holds:release`."""
    require_scope(request.auth, "read freeze", *READERS)
    return reply(freeze_out(queries.find_freeze(id)))


@router.post(
    "",
    response={201: FreezeOut, **CONFLICT},
    openapi_extra=takes(FreezeBody),
    operation_id="place_freeze",
    summary="Place a freeze",
)
def place(request: HttpRequest) -> HttpResponse:
    """Stop every run of a workflow, with some labels, or all: those that exist and those launched later.

    Answered once no run that it matches can start a step any more. 503 with the code `unconfirmed`: it is placed, but
    something that had begun before has not ended yet. Needs `holds:freeze`, for the kind `compliance` also
    `holds:place`.
    """
    body, _ = read_command(request, FreezeBody, "freeze")
    placed = commands.freeze(
        request.auth,
        reason=body.reason,
        workflow=body.workflow,
        labels=body.labels,
        everything=body.everything,
        kind=body.kind,
        reason_code=body.reason_code,
        ticket=body.ticket,
        dual_control=body.dual_control,
        review_by=body.review_by,
    )
    return reply(freeze_out(placed), 201)


@router.post(
    "/{id}/lift",
    response={200: FreezeOut, **CONFLICT},
    openapi_extra=takes(LiftBody),
    operation_id="lift_freeze",
    summary="Lift a freeze",
)
def lift(request: HttpRequest, id: str) -> HttpResponse:
    """Lift a freeze at once, or with `rate` so many runs per second, those that waited longest first.

    Needs `holds:freeze`, for the kind `compliance` `holds:release`; under dual control, another person.
    """
    body, _ = read_command(request, LiftBody, "lift")
    return reply(freeze_out(commands.lift(request.auth, id, reason=body.reason, rate=body.rate)))
