"""Verifications of the whole record: ask for one, watch it, and read what earlier ones found."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.pages.base import command_view, is_fragment, page
from executions.actors import Actor
from executions.commands.audit import ask_for_verification
from executions.errors import Refused
from executions.queries.verifications import find_outcome, list_outcomes, standing

ROWS = 20


@page("audit:read", what="read audit")
def verifications(request: HttpRequest) -> HttpResponse:
    """Show the verification under way and those before it; for htmx only how it stands."""
    if is_fragment(request, "verification"):
        return render(request, "audit/standing.html", {"standing": standing(), "watched": True})
    return render(request, "audit/verifications.html", listing(request))


@page("audit:read", what="read audit")
def verification(request: HttpRequest, seq: int) -> HttpResponse:
    """Show what one verification found."""
    return render(request, "audit/verification.html", {"nav": "audit", "outcome": find_outcome(seq)})


def show_again(request: HttpRequest, *, refusal: Refused | None, said: str) -> HttpResponse:
    """Show how the verification stands, or why none was begun."""
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "audit/standing.html", {"standing": standing(), "refusal": refusal, "watched": True})
    return render(request, "audit/verifications.html", {**listing(request), "refusal": refusal})


@command_view(show_again, sees="audit:read")
def verify(request: HttpRequest, actor: Actor) -> tuple[str, str]:
    """Have every chain recomputed by a worker."""
    asked = ask_for_verification(actor)
    mine = asked.requested_by == actor.id
    said = (
        "The record is being verified." if mine else f"{asked.requested_by_name} has asked for a verification already."
    )
    return reverse("verifications"), said


def listing(request: HttpRequest) -> dict[str, Any]:
    """Return what the page shows."""
    cursor = request.GET.get("cursor", "")
    found = list_outcomes(cursor or None, ROWS)
    return {
        "nav": "audit",
        "standing": standing(),
        "outcomes": found.rows,
        "first_url": reverse("verifications") if cursor else "",
        "next_url": f"{reverse('verifications')}?{urlencode({'cursor': found.next})}" if found.next else "",
    }
