"""One message of a webhook: what was sent and answered, every attempt; tests and replays."""

import json
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from console.pages.base import command_view, is_fragment, page
from console.pages.webhooks import SETTINGS, show_one
from executions import commands, queries
from executions.actors import Actor
from executions.commands.webhook import SCOPE
from executions.errors import Refused
from executions.models import SYSTEM_LEDGER
from executions.provenance.kinds import KINDS

type Done = tuple[str, str]


@page(SCOPE, what="read webhook log")
def message(request: HttpRequest, endpoint_id: uuid.UUID, delivery_id: uuid.UUID) -> HttpResponse:
    """Show one message; for htmx, which asks again while it waits, its part alone."""
    return show(request, endpoint_id=endpoint_id, delivery_id=delivery_id, refusal=None)


def show(
    request: HttpRequest,
    *,
    endpoint_id: uuid.UUID,
    delivery_id: uuid.UUID,
    refusal: Refused | None,
    said: str = "",
) -> HttpResponse:
    """Render one message.

    Args:
        request: whose.
        endpoint_id: of which webhook.
        delivery_id: which.
        refusal: why it was not replayed.
        said: ignored; the page is loaded anew.
    """
    found = queries.find_delivery(endpoint_id, delivery_id)
    told = KINDS.get(found.kind)
    context = {
        **SETTINGS,
        "endpoint": found.endpoint,
        "delivery": found,
        "title": told.title if told else "Test message",
        "run": found.ledger if found.ledger != SYSTEM_LEDGER else None,
        "body": json.loads(found.body),
        "tries": [{**each, "at": parse_datetime(each["at"])} for each in reversed(found.tries)],
        "under_way": found.state == "waiting",
        "refusal": refusal,
    }
    part = "#message" if is_fragment(request, "message") else ""
    return render(request, f"settings/webhook_message.html{part}", context)


@command_view(show_one, sees=SCOPE)
def test(request: HttpRequest, actor: Actor, endpoint_id: uuid.UUID) -> Done:
    """Send a test message and go where its fate is told."""
    sent = commands.test_webhook(actor, endpoint_id)
    return reverse("webhook-message", args=[endpoint_id, sent.pk]), "A test message is on its way."


@command_view(show, sees=SCOPE)
def replay(request: HttpRequest, actor: Actor, endpoint_id: uuid.UUID, delivery_id: uuid.UUID) -> Done:
    """Send a message again."""
    again = commands.replay_delivery(actor, delivery_id, endpoint_id=endpoint_id)
    return reverse("webhook-message", args=[endpoint_id, again.pk]), "The message is sent again."


@command_view(show_one, sees=SCOPE)
def replay_failed(request: HttpRequest, actor: Actor, endpoint_id: uuid.UUID, **_: Any) -> Done:
    """Try everything again that was given up and is still in the log."""
    since = queries.find_webhook(endpoint_id).endpoint.created_at
    number = commands.replay_failed(actor, endpoint_id, since=since)
    said = "1 message is tried again." if number == 1 else f"{number:,} messages are tried again."
    return reverse("webhook", args=[endpoint_id]), said
