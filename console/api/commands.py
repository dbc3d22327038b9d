"""Commands on runs: each view reads its body, gives one command and says how the run stands."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from console.access import record_refusal
from console.api.bodies import read_command
from console.api.documents import Paused, Standing
from console.api.openapi import PROBLEMS, patches, takes
from console.api.replies import etag, reply, seen_version
from console.api.schemas import AmendBody, CancelBody, PauseBody, ReasonBody, ResumeBody
from console.api.shapes import paused, standing
from executions import commands
from executions.errors import Refused
from executions.models import Execution

router = Router(tags=["Commands"])


@router.post(
    "/{id}/pause",
    response={200: Paused, **PROBLEMS},
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
    response={200: Standing, **PROBLEMS},
    openapi_extra=takes(ResumeBody, required=False),
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
    response={200: Standing, **PROBLEMS},
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
    response={200: Standing, **PROBLEMS},
    openapi_extra=takes(ReasonBody),
    operation_id="retry",
    summary="Retry a failed run",
)
def retry(request: HttpRequest, id: str) -> HttpResponse:
    """Take a failed run up again at the step that failed. Needs `executions:control`."""
    body, _ = read_command(request, ReasonBody, "retry", id)
    return stands(request, commands.retry(request.auth, id, reason=body.reason))


@router.patch(
    "/{id}/payload",
    response={200: Standing, **PROBLEMS},
    openapi_extra=patches(AmendBody),
    operation_id="amend",
    summary="Correct the payload",
)
def amend(request: HttpRequest, id: str) -> HttpResponse:
    """Change fields of the payload while the run is paused, suspended or failed. Needs `executions:amend`."""
    try:
        version = seen_version(request, required=True)
    except Refused as refusal:
        record_refusal(request.auth, "amend", refusal, id)
        raise
    body, _ = read_command(request, AmendBody, "amend", id)
    execution = commands.amend_payload(request.auth, id, changes=body.changes, reason=body.reason, version=version)
    return stands(request, execution)


def stands(request: HttpRequest, execution: Execution) -> HttpResponse:
    """Answer a command with how the run stands now."""
    return reply(standing(execution, request.auth), ETag=etag(execution.version))
