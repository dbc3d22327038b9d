"""Help: one screen per role, with pictures of the product itself."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from console.pages.base import SeeOther, actor_of, own_page
from executions.actors import Actor
from executions.errors import NotFound

ROLES = ("operator", "reviewer", "auditor")
CAN = {"operator": "executions:control", "reviewer": "suspensions:answer", "auditor": "audit:read"}
"""What somebody of each role, and of none before it, may do."""


@own_page
def help_for_me(request: HttpRequest) -> HttpResponseBase:
    """Go to the page for what this person does."""
    return SeeOther(reverse("help-role", args=[role_of(actor_of(request))]))


@own_page
def help_for_role(request: HttpRequest, role: str) -> HttpResponse:
    """Show the page of one role; whoever is signed in may read them all."""
    if role not in ROLES:
        raise NotFound(f"There is no help for {role[:40]!r}. There is for {', '.join(ROLES)}.")
    context = {"nav": "help", "role": role, "roles": ROLES, "mine": actor_of(request).role}
    return render(request, f"help/{role}.html", context)


def role_of(actor: Actor) -> str:
    """Return whose page helps this person most."""
    return next((role for role in ROLES if actor.can(CAN[role])), ROLES[0])
