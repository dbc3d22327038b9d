"""Doors from outside into a run that waits: webhooks of one hold, and named events."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from console.api.bodies import Body, body_of, read_command
from console.api.openapi import CONFLICT, problems, takes
from console.api.replies import reply
from executions import commands
from executions.authoring.waiting import EVENT_NAME
from executions.commands.inbound import CALL, check_call, webhook_actor
from executions.commands.trigger import find_webhook

webhooks = Router(tags=["Waiting"])
events = Router(tags=["Waiting"])


class WebhookBody(Body):
    """What comes along; all of it may be left out. None of it is merged into the payload."""

    data: dict[str, Any] = Field({}, description="For the step, as `ctx.resumed.data`.")
    additional_context: dict[str, Any] = Field({}, description="For the step, apart from the data.")
    note: str = Field("", description="Words for those who read the history.")


class Woken(Schema):
    """How the run stands after its webhook was called."""

    execution: uuid.UUID = Field(description="Id of the run.")
    state: str = Field(description="Its state now.")


class EventBody(Body):
    """Send a named event."""

    name: str = Field(
        description="Its name.",
        examples=["order.shipped"],
        json_schema_extra={"pattern": f"^{EVENT_NAME.pattern}$"},
    )
    data: dict[str, Any] = Field({}, description="What it says; a wait may ask that certain things are in it.")


class EventSent(Schema):
    """An event that was sent, and how many holds and waits it met."""

    id: int = Field(description="Of the event.")
    name: str = Field(description="Of the event.")
    woken: int = Field(description="How many holds and waits it met.")


@webhooks.post(
    "/{token}",
    auth=None,
    response={200: Woken, **problems(403, 409)},
    openapi_extra=takes(WebhookBody),
    operation_id="call_webhook",
    summary="Resume by webhook",
)
def call_webhook(request: HttpRequest, token: str) -> HttpResponse:
    """Release the one hold, or answer the one wait, that this resume token was given out for.

    Needs no login and no scope: the token, from the answer to a pause with `{"webhook": true}`, is the permission. It
    works once. 409 where the hold has ended meanwhile, and then nothing is changed: a later hold of the same run is
    another one. 404 for a token that was never given out.

    One that was set with `{"webhook": {"signed": true}}` takes calls signed by Standard Webhooks 1.0 alone, with the
    `signing_secret` that came with the token: 403 for a signature that does not fit or a time more than five minutes
    off, 409 for a `webhook-id` that came before. Each refusal is recorded in the run's history.
    """
    trigger = find_webhook(token)
    # Whatever is wrong with the call belongs into the history of the run that the token is for.
    request.auth = webhook_actor(trigger)  # type: ignore[attr-defined]
    message_id = check_call(trigger, request.headers, body_of(request))
    body, _ = read_command(request, WebhookBody, CALL, str(trigger.execution_id))
    execution = commands.fire_webhook(
        token, data=body.data, additional_context=body.additional_context, note=body.note, message_id=message_id
    )
    return reply(Woken(execution=execution.pk, state=execution.state))


@events.post(
    "",
    response={201: EventSent, **CONFLICT},
    openapi_extra=takes(EventBody),
    operation_id="emit",
    summary="Send an event",
)
def emit(request: HttpRequest) -> HttpResponse:
    """Send a named event: every hold and every step that waits for it goes on. Needs `events:emit`.

    Runs that were launched before and come to wait for it later hear it as well.
    """
    body, _ = read_command(request, EventBody, "emit")
    sent = commands.emit(request.auth, body.name, body.data)  # type: ignore[attr-defined]
    return reply(EventSent(id=sent.emission.pk, name=sent.emission.name, woken=sent.woken), 201)
