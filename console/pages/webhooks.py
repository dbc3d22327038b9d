"""Webhooks in the settings: who is told of events and how they do; make, change, rotate, switch off and on."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from console.confirmed import confirmed
from console.pages.base import actor_of, add_errors, command_view, page
from console.pages.webhook_forms import WebhookForm, everything, families_of, often, stored
from executions import commands, queries
from executions.actors import Actor
from executions.commands.webhook import MOST_ENDPOINTS, OVERLAP_HOURS, SCOPE
from executions.errors import Invalid, Refused
from executions.models import WebhookEndpoint
from executions.queries.webhooks import STATES
from executions.webhooks.secrets import endpoint_secrets, shown

ROWS = 25
OVERLAPS = (
    (str(OVERLAP_HOURS), "For a day"),
    ("1", "For an hour"),
    ("168", "For a week"),
    ("0", "Not at all: it leaked"),
)
SETTINGS = {"nav": "settings", "section": "webhooks"}
type Done = tuple[str, str]


@page(SCOPE, what="read webhooks")
def webhooks(request: HttpRequest) -> HttpResponse:
    """List every webhook and how it does."""
    return render(
        request, "settings/webhooks.html", {**SETTINGS, "hooks": queries.list_webhooks(), "most": MOST_ENDPOINTS}
    )


@page(SCOPE, what="read webhook")
def webhook(request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """Show one webhook, what can be done about it, and the log of its messages."""
    return show_one(request, endpoint_id=endpoint_id, refusal=None)


def show_one(
    request: HttpRequest, *, endpoint_id: uuid.UUID, refusal: Refused | None, said: str = "", **_: Any
) -> HttpResponse:
    """Render one webhook.

    Args:
        request: whose; ``state`` and ``cursor`` in its address choose among the messages.
        endpoint_id: which.
        refusal: why nothing was done.
        said: ignored; the page is loaded anew after an act.
    """
    there = reverse("webhook", args=[endpoint_id])
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    hook = queries.find_webhook(endpoint_id)
    found = queries.list_deliveries(endpoint_id, state=state, cursor=request.GET.get("cursor") or None, limit=ROWS)
    chosen = {"state": state} if state else {}
    context = {
        **SETTINGS,
        "hook": hook,
        "endpoint": hook.endpoint,
        "messages_of_log": found.rows,
        "tabs": [("", "All"), *((each, each.capitalize()) for each in STATES)],
        "state": state,
        "overlaps": OVERLAPS,
        "next_url": f"{there}?{urlencode({**chosen, 'cursor': found.next})}#log" if found.next else "",
        "first_url": f"{there}?{urlencode(chosen)}#log" if request.GET.get("cursor") else "",
        "refusal": refusal,
    }
    return render(request, "settings/webhook.html", context)


@page(SCOPE, what="make a webhook")
@confirmed
def new(request: HttpRequest) -> HttpResponseBase:
    """Show the form for a new webhook."""
    return show_new(request, refusal=None)


def show_new(request: HttpRequest, *, refusal: Refused | None, said: str = "") -> HttpResponse:
    """Render the form for a new webhook, after a refusal with what was typed."""
    return _form(request, WebhookForm(request.POST if refusal else None), refusal, request.POST.getlist("kinds"), None)


@confirmed
@command_view(show_new, sees=SCOPE, command="create webhook")
def create(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Make a webhook and show its secret in the answer itself."""
    return _secret(request, commands.create_webhook(actor, **WebhookForm(request.POST).given()), made=True)


@page(SCOPE, what="change webhook")
@confirmed
def edit(request: HttpRequest, endpoint_id: uuid.UUID) -> HttpResponseBase:
    """Show a webhook in the form."""
    return show_edit(request, endpoint_id=endpoint_id, refusal=None)


def show_edit(request: HttpRequest, *, endpoint_id: uuid.UUID, refusal: Refused | None, said: str = "") -> HttpResponse:
    """Render the form of a webhook, after a refusal with what was typed."""
    endpoint = queries.find_webhook(endpoint_id).endpoint
    if refusal:
        return _form(request, WebhookForm(request.POST), refusal, request.POST.getlist("kinds"), endpoint)
    return _form(request, WebhookForm(initial=stored(endpoint)), None, endpoint.kinds, endpoint)


@confirmed
@command_view(show_edit, sees=SCOPE, command="change webhook")
def change(request: HttpRequest, actor: Actor, endpoint_id: uuid.UUID) -> Done:
    """Change where events are sent, or which."""
    version = _number(request.POST.get("version", ""))
    commands.change_webhook(actor, endpoint_id, version=version, **WebhookForm(request.POST).given())
    return reverse("webhook", args=[endpoint_id]), "Saved. What waits goes to the address as it is now."


@confirmed
@command_view(show_one, sees=SCOPE, command="rotate webhook secret")
def rotate(request: HttpRequest, actor: Actor, endpoint_id: uuid.UUID) -> HttpResponse:
    """Give a webhook a new secret and show it in the answer itself."""
    chosen = request.POST.get("overlap_hours", str(OVERLAP_HOURS))
    if chosen not in dict(OVERLAPS):
        raise Invalid("Choose one of the list.", errors={"overlap_hours": ["Choose one of the list."]})
    return _secret(request, commands.rotate_webhook(actor, endpoint_id, overlap_hours=float(chosen)), made=False)


@command_view(show_one, sees=SCOPE)
def disable(request: HttpRequest, actor: Actor, endpoint_id: uuid.UUID) -> Done:
    """Send nothing from now on."""
    commands.disable_webhook(actor, endpoint_id, reason=request.POST.get("reason", ""))
    return reverse("webhook", args=[endpoint_id]), "Disabled. What waits is kept."


@command_view(show_one, sees=SCOPE)
def enable(request: HttpRequest, actor: Actor, endpoint_id: uuid.UUID) -> Done:
    """Send again."""
    commands.enable_webhook(actor, endpoint_id, catch_up=bool(request.POST.get("catch_up")))
    return reverse("webhook", args=[endpoint_id]), "Enabled. What waited is sent now."


@command_view(show_one, sees=SCOPE)
def delete(request: HttpRequest, actor: Actor, endpoint_id: uuid.UUID) -> Done:
    """Remove a webhook with its log."""
    commands.delete_webhook(actor, endpoint_id, reason=request.POST.get("reason", ""))
    return reverse("settings-webhooks"), "Deleted, with its log."


def _form(
    request: HttpRequest,
    form: WebhookForm,
    refusal: Refused | None,
    kinds: list[str],
    endpoint: WebhookEndpoint | None,
) -> HttpResponse:
    wrong = list(refusal.errors.get("kinds", [])) if refusal else []
    if refusal and not (wrong and len(refusal.errors) == 1):
        add_errors(form, refusal)
    families = families_of(kinds)
    context = {
        **SETTINGS,
        "form": form,
        "endpoint": endpoint,
        "often": often(kinds),
        "families": families,
        "more": any(family.ticked for family in families),
        "everything": everything(kinds),
        "kinds_wrong": wrong,
    }
    return render(request, "settings/webhook_form.html", context)


def _secret(request: HttpRequest, endpoint: WebhookEndpoint, *, made: bool) -> HttpResponse:
    secret = shown(endpoint_secrets(endpoint.pk, endpoint.generation)[0])
    context = {**SETTINGS, "endpoint": endpoint, "secret": secret, "made": made, "actor": actor_of(request)}
    return render(request, "settings/webhook_secret.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
