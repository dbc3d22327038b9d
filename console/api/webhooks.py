"""Webhooks: who is told of events, and the log of what was sent."""

import pydantic
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router

from console.access import require_scope
from console.api.bodies import Body, read_command
from console.api.openapi import CONFLICT, PROBLEMS, patches, takes
from console.api.replies import etag, no_content, reply, seen_version
from console.api.webhook_documents import (
    DeliveryDetail,
    DeliveryList,
    DeliveryOut,
    DeliveryQuery,
    DisableBody,
    EnableBody,
    NewSecret,
    Replayed,
    ReplayFailedBody,
    RotateBody,
    WebhookBody,
    WebhookChange,
    WebhookList,
    WebhookOut,
    delivery_detail,
    delivery_facts,
    webhook_facts,
)
from executions import commands, queries
from executions.commands.webhook import SCOPE
from executions.models import WebhookEndpoint
from executions.webhooks.secrets import endpoint_secrets, shown

router = Router(tags=["Webhooks"])


class NothingBody(Body):
    """Nothing needs to be said."""


@router.get("", response={200: WebhookList, **PROBLEMS}, operation_id="webhooks", summary="List webhooks")
def webhooks(request: HttpRequest) -> HttpResponse:
    """List every webhook and how it does; there are a hundred at most. Needs `webhooks:manage`."""
    require_scope(request.auth, "list webhooks", SCOPE)
    return reply(WebhookList(items=[WebhookOut(**webhook_facts(hook)) for hook in queries.list_webhooks()]))


@router.post(
    "",
    response={201: NewSecret, **CONFLICT},
    openapi_extra=takes(WebhookBody),
    operation_id="create_webhook",
    summary="Make a webhook",
)
def create(request: HttpRequest) -> HttpResponse:
    """Have a server told of events from now on; the answer alone shows the secret. Needs `webhooks:manage`.

    Messages follow Standard Webhooks 1.0. The address must be https and lead to public addresses, unless the operator
    allows others.
    """
    body, _ = read_command(request, WebhookBody, "create webhook")
    made = commands.create_webhook(request.auth, **body.dict())
    return _with_secret(made, 201, Location=reverse("v1:webhook", args=[made.pk]))


@router.get(
    "/{id}",
    response={200: WebhookOut, **PROBLEMS},
    operation_id="webhook",
    url_name="webhook",
    summary="Look at a webhook",
)
def webhook(request: HttpRequest, id: str) -> HttpResponse:
    """Look at a webhook and how it does. Needs `webhooks:manage`."""
    require_scope(request.auth, "read webhook", SCOPE)
    return _shown(id)


@router.patch(
    "/{id}",
    response={200: WebhookOut, **CONFLICT},
    openapi_extra=patches(WebhookChange, version="optional"),
    operation_id="change_webhook",
    summary="Change a webhook",
)
def change(request: HttpRequest, id: str) -> HttpResponse:
    """Change where events are sent, or which. What is waiting goes to the new address. Needs `webhooks:manage`."""
    body, _ = read_command(request, WebhookChange, "change webhook")
    version = seen_version(request, required=False)
    commands.change_webhook(request.auth, id, version=version, **body.dict(exclude_none=True))
    return _shown(id)


@router.delete("/{id}", response={204: None, **CONFLICT}, operation_id="delete_webhook", summary="Delete a webhook")
def delete(request: HttpRequest, id: str) -> HttpResponse:
    """Remove a webhook with its log; what waits for it is never sent. Needs `webhooks:manage`."""
    commands.delete_webhook(request.auth, id)
    return no_content()


@router.post(
    "/{id}/rotate",
    response={200: NewSecret, **CONFLICT},
    openapi_extra=takes(RotateBody),
    operation_id="rotate_webhook",
    summary="Rotate the secret",
)
def rotate(request: HttpRequest, id: str) -> HttpResponse:
    """Give a webhook a new secret, which the answer alone shows. Needs `webhooks:manage`.

    For a while messages carry the signatures of both, so that the receiver can change when it suits.
    """
    body, _ = read_command(request, RotateBody, "rotate webhook secret")
    return _with_secret(commands.rotate_webhook(request.auth, id, overlap_hours=body.overlap_hours), 200)


@router.post(
    "/{id}/disable",
    response={200: WebhookOut, **CONFLICT},
    openapi_extra=takes(DisableBody),
    operation_id="disable_webhook",
    summary="Disable a webhook",
)
def disable(request: HttpRequest, id: str) -> HttpResponse:
    """Send nothing to a webhook from now on; what waits for it is kept. Needs `webhooks:manage`."""
    body, _ = read_command(request, DisableBody, "disable webhook")
    commands.disable_webhook(request.auth, id, reason=body.reason)
    return _shown(id)


@router.post(
    "/{id}/enable",
    response={200: WebhookOut, **CONFLICT},
    openapi_extra=takes(EnableBody),
    operation_id="enable_webhook",
    summary="Enable a webhook",
)
def enable(request: HttpRequest, id: str) -> HttpResponse:
    """Have a webhook told of events again; what waited for it is sent now. Needs `webhooks:manage`."""
    body, _ = read_command(request, EnableBody, "enable webhook")
    commands.enable_webhook(request.auth, id, catch_up=body.catch_up)
    return _shown(id)


@router.post(
    "/{id}/test",
    response={202: DeliveryOut, **CONFLICT},
    openapi_extra=takes(NothingBody),
    operation_id="test_webhook",
    summary="Send a test message",
)
def test(request: HttpRequest, id: str) -> HttpResponse:
    """Have a message of the type `webhook.test` sent, once, to a disabled webhook as well. Needs `webhooks:manage`.

    What came of it is in the log: look at the message that the answer names.
    """
    read_command(request, NothingBody, "test webhook")
    sent = commands.test_webhook(request.auth, id)
    there = reverse("v1:webhook_delivery", args=[sent.endpoint_id, sent.pk])
    return reply(DeliveryOut(**delivery_facts(sent)), 202, Location=there)


@router.get(
    "/{id}/deliveries",
    response={200: DeliveryList, **PROBLEMS},
    operation_id="webhook_deliveries",
    summary="List messages",
)
def deliveries(request: HttpRequest, id: str, query: Query[DeliveryQuery]) -> HttpResponse:
    """List the messages of a webhook, newest first. Needs `webhooks:manage`."""
    require_scope(request.auth, "read webhook log", SCOPE)
    queries.find_webhook(id)
    page = queries.list_deliveries(
        id, state=query.state, kind=query.kind, since=query.since, cursor=query.cursor, limit=query.limit
    )
    items = [DeliveryOut(**delivery_facts(each)) for each in page.rows]
    return reply(DeliveryList(items=items, next=page.next))


@router.get(
    "/{id}/deliveries/{delivery}",
    response={200: DeliveryDetail, **PROBLEMS},
    operation_id="webhook_delivery",
    url_name="webhook_delivery",
    summary="Look at a message",
)
def delivery(request: HttpRequest, id: str, delivery: str) -> HttpResponse:
    """Look at a message: what was sent, what was answered, every attempt. Needs `webhooks:manage`."""
    require_scope(request.auth, "read webhook log", SCOPE)
    return reply(delivery_detail(queries.find_delivery(id, delivery)))


@router.post(
    "/{id}/deliveries/{delivery}/replay",
    response={202: DeliveryOut, **CONFLICT},
    openapi_extra=takes(NothingBody),
    operation_id="replay_webhook_delivery",
    summary="Replay a message",
)
def replay(request: HttpRequest, id: str, delivery: str) -> HttpResponse:
    """Send a message again with the id and body it had. Needs `webhooks:manage`.

    One that was delivered becomes another line of the log; one that failed, or waits, is tried again now. 409 while the
    webhook is disabled.
    """
    read_command(request, NothingBody, "replay webhook message")
    again = commands.replay_delivery(request.auth, delivery, endpoint_id=id)
    there = reverse("v1:webhook_delivery", args=[again.endpoint_id, again.pk])
    return reply(DeliveryOut(**delivery_facts(again)), 202, Location=there)


@router.post(
    "/{id}/replay-failed",
    response={202: Replayed, **CONFLICT},
    openapi_extra=takes(ReplayFailedBody),
    operation_id="replay_failed_webhook_deliveries",
    summary="Replay all that failed",
)
def replay_failed(request: HttpRequest, id: str) -> HttpResponse:
    """Try again, now, every message written since a time that was given up, 10,000 at most. Needs `webhooks:manage`."""
    body, _ = read_command(request, ReplayFailedBody, "replay failed webhook messages")
    return reply(Replayed(messages=commands.replay_failed(request.auth, id, since=body.since)), 202)


def _shown(id: str) -> HttpResponse:
    hook = queries.find_webhook(id)
    return reply(WebhookOut(**webhook_facts(hook)), ETag=etag(hook.endpoint.version))


def _with_secret(endpoint: WebhookEndpoint, status: int, **headers: str) -> HttpResponse:
    """Answer with the secret; what is kept of the answer, for a request that is repeated, is without it."""
    facts = webhook_facts(queries.find_webhook(endpoint.pk))
    secret = shown(endpoint_secrets(endpoint.pk, endpoint.generation)[0])
    answer: pydantic.BaseModel = NewSecret(**facts, secret=secret)
    response = reply(answer, status, ETag=etag(endpoint.version), **headers)
    response.content_to_keep = NewSecret(**facts, secret=None).model_dump_json().encode()  # type: ignore[attr-defined]
    return response
