"""Commands on runs: each view reads its body, gives one command and says how the run stands."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from console.access import record_refusal
from console.api.bodies import read_command
from console.api.documents import Paused, RunOut, Standing
from console.api.openapi import CONFLICT, patches, takes
from console.api.past_documents import AmendPreview, change_out
from console.api.replies import etag, reply, seen_version
from console.api.runs import address_of
from console.api.schemas import (
    AmendBody,
    CancelBody,
    ExtendBody,
    ForkBody,
    LabelBody,
    PauseBody,
    ResumeBody,
    RetryBody,
    SkipBody,
)
from console.api.shapes import paused, run_out, standing
from console.json_diff import diff
from executions import commands
from executions.errors import Refused
from executions.models import Execution

router = Router(tags=["Commands"])


@router.post(
    "/{id}/pause",
    response={200: Paused, **CONFLICT},
    openapi_extra=takes(PauseBody),
    operation_id="pause",
    summary="Pause a run",
)
def pause(request: HttpRequest, id: str) -> HttpResponse:
    """Place an operator's hold. No further step starts once this has answered. Needs `executions:pause`.

    A queued run is `paused` at once. A processing run is `pausing` until its step ends or yields. With `resume_when`
    the hold is released by itself; with `{"webhook": true}` among it, the answer holds the `resume_token`.
    """
    body, _ = read_command(request, PauseBody, "pause", id)
    hold = commands.pause(
        request.auth,
        id,
        reason=body.reason,
        reason_code=body.reason_code,
        ticket=body.ticket,
        before_step=body.before_step,
        scope=body.scope,
        resume_when=body.resume_when,
    )
    return reply(paused(hold, request.auth), ETag=etag(hold.execution.version))


@router.post(
    "/{id}/resume",
    response={200: Standing, **CONFLICT},
    openapi_extra=takes(ResumeBody),
    operation_id="resume",
    summary="Resume a run",
)
def resume(request: HttpRequest, id: str) -> HttpResponse:
    """Release every hold in force, or none: if one is not yours to release, the answer says whose it is.

    Needs `executions:pause`, and `executions:amend` for `data`.
    """
    body, _ = read_command(request, ResumeBody, "resume", id)
    execution = commands.resume(
        request.auth,
        id,
        note=body.note,
        trigger=body.trigger,
        data=body.data,
        additional_context=body.additional_context,
    )
    return stands(request, execution)


@router.post(
    "/{id}/cancel",
    response={200: Standing, **CONFLICT},
    openapi_extra=takes(CancelBody),
    operation_id="cancel",
    summary="Cancel a run",
)
def cancel(request: HttpRequest, id: str) -> HttpResponse:
    """End a run for ever; its workflow's clean-up runs once. Needs `executions:cancel`."""
    body, _ = read_command(request, CancelBody, "cancel", id)
    return stands(request, commands.cancel(request.auth, id, reason=body.reason, scope=body.scope))


@router.post(
    "/{id}/retry",
    response={200: Standing, **CONFLICT},
    openapi_extra=takes(RetryBody, version=True),
    operation_id="retry",
    summary="Retry a run, or send it back",
)
def retry(request: HttpRequest, id: str) -> HttpResponse:
    """Take a failed run up again at the step that failed, or send any run at rest back. Needs `executions:control`.

    With `from_step` or `position` the run goes on with the payload and the route it had there. What people corrected
    since then stays, what steps changed from there on is dropped; open questions are withdrawn, holds stay. Send
    `If-Match` to be refused when the run has changed since you looked.
    """
    body, _ = read_command(request, RetryBody, "retry", id)
    execution = commands.retry(
        request.auth,
        id,
        reason=body.reason,
        from_step=body.from_step,
        position=body.position,
        again=body.again,
        version=seen_version(request, required=False),
    )
    return stands(request, execution)


@router.post(
    "/{id}/skip",
    response={200: Standing, **CONFLICT},
    openapi_extra=takes(SkipBody),
    operation_id="skip",
    summary="Skip the next step",
)
def skip(request: HttpRequest, id: str) -> HttpResponse:
    """Pass the next step of a run at rest without running it, with a result you state. Needs `executions:control`.

    A step that asks for an approval, or asks chosen people, is skipped only by one of these: 403 for others.
    """
    body, _ = read_command(request, SkipBody, "skip", id)
    execution = commands.skip(request.auth, id, reason=body.reason, result=body.result, step=body.step)
    return stands(request, execution)


@router.post(
    "/{id}/fork",
    response={201: RunOut, **CONFLICT},
    openapi_extra=takes(ForkBody),
    operation_id="fork",
    summary="Fork a run",
)
def fork(request: HttpRequest, id: str) -> HttpResponse:
    """Launch another run that begins at a boundary of this one; this one stays as it is, finished or not.

    Needs `executions:control` and `executions:launch`.
    """
    body, _ = read_command(request, ForkBody, "fork", id)
    forked = commands.fork(request.auth, id, reason=body.reason, from_seq=body.from_seq, title=body.title)
    address = address_of(str(forked.pk))
    document = run_out(forked, request.auth, f"{address}/files/")
    return reply(document, 201, Location=address, ETag=etag(forked.version))


@router.post(
    "/{id}/extend",
    response={200: Standing, **CONFLICT},
    openapi_extra=takes(ExtendBody),
    operation_id="extend",
    summary="Extend the SLA or a budget",
)
def extend(request: HttpRequest, id: str) -> HttpResponse:
    """Give a run more time, or let it spend more. It stays held if it is. Needs `executions:control`."""
    body, _ = read_command(request, ExtendBody, "extend", id)
    execution = commands.extend(request.auth, id, reason=body.reason, seconds=body.seconds, budgets=body.budgets)
    return stands(request, execution)


@router.patch(
    "/{id}/labels",
    response={200: Standing, **CONFLICT},
    openapi_extra=patches(LabelBody, version="optional"),
    operation_id="label",
    summary="Set and remove labels",
)
def label(request: HttpRequest, id: str) -> HttpResponse:
    """Set and remove labels of a run that has not ended for ever. Needs `executions:label`.

    Refused with 409 where it would take the run out from under a freeze that you may not lift. Send `If-Match` to be
    refused when the run has changed since you looked.
    """
    body, _ = read_command(request, LabelBody, "label", id)
    execution = commands.label(
        request.auth,
        id,
        reason=body.reason,
        set=body.set,
        remove=body.remove,
        version=seen_version(request, required=False),
    )
    return stands(request, execution)


@router.patch(
    "/{id}/payload",
    response={200: Standing | AmendPreview, **CONFLICT},
    openapi_extra=patches(AmendBody),
    operation_id="amend",
    summary="Correct the payload",
)
def amend(request: HttpRequest, id: str) -> HttpResponse:
    """Change fields of the payload while the run is paused, suspended or failed. Needs `executions:amend`.

    With `dry_run`, nothing is changed: the answer says what would be, by the same rules. That needs `executions:read`
    too.
    """
    try:
        version = seen_version(request, required=True)
    except Refused as refusal:
        record_refusal(request.auth, "amend", refusal, id)
        raise
    body, _ = read_command(request, AmendBody, "amend", id)
    told = {"changes": body.changes, "reason": body.reason, "version": version}
    if body.dry_run:
        execution, payload = commands.preview_amend(request.auth, id, **told)
        return reply(would_change(execution, payload), ETag=etag(execution.version))
    return stands(request, commands.amend_payload(request.auth, id, **told))


def would_change(execution: Execution, payload: dict[str, Any]) -> AmendPreview:
    """Describe what a payload would be, and how it differs from the one there is."""
    found = diff(execution.payload, payload)
    changes = [change_out(change) for change in found.changes]
    return AmendPreview(
        id=execution.pk, version=execution.version, payload=payload, changes=changes, left_out=found.left_out
    )


def stands(request: HttpRequest, execution: Execution) -> HttpResponse:
    """Answer a command with how the run stands now."""
    return reply(standing(execution, request.auth), ETag=etag(execution.version))
