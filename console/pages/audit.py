"""The audit: who did what, when, through which door and why; refused attempts too."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.pages.base import page


@page("audit:read", what="read audit")
def audit(request: HttpRequest) -> HttpResponse:
    """Search the event chain."""
    return render(request, "audit/list.html", {"nav": "audit"})
