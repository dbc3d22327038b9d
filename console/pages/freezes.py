"""Freezes: what is stopped by selector, who did it and why, which are overdue; lifting them, and how far that is."""

import uuid
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.pages.base import actor_of, add_errors, command_view, page, refused
from console.pages.freeze_forms import LiftForm
from console.pages.hold_tabs import tab_counts
from console.pages.place_hold import clean
from executions import commands, queries
from executions.actors import Actor
from executions.commands.freeze import freeze_verdict, lift_verdict
from executions.errors import NotAllowed, Refused
from executions.models import Freeze
from executions.queries import Count
from executions.states import Verdict

PAGE_SIZE = 25
type Done = tuple[str, str]
type Lifting = tuple[uuid.UUID, Refused | None] | None
"""The freeze that a lift was about, and why it was refused."""


@dataclass(frozen=True, slots=True)
class FreezeView:
    """A freeze with what can be done about it.

    Args:
        freeze: as just read.
        verdict: whether this person may lift it.
        form: lifts it.
        me: the person who looks.
        kept: how many runs it keeps in the queue; None where it has ended.
    """

    freeze: Freeze
    verdict: Verdict
    form: LiftForm
    me: int | None
    kept: Count | None = None

    @property
    def key(self) -> str:
        """Part of its form's id."""
        return str(self.freeze.pk)

    @property
    def is_being_lifted(self) -> bool:
        """Runs are let go, and some are left."""
        return self.freeze.is_open and self.freeze.lifting_since is not None

    @property
    def total(self) -> int:
        """Runs let go and left."""
        return self.freeze.admitted + (self.kept.number if self.kept else 0)

    @property
    def dual_control(self) -> str:
        """What dual control means for the person who looks; empty where it does not apply."""
        freeze = self.freeze
        if not freeze.dual_control or not freeze.is_open:
            return ""
        if freeze.placed_by_user == self.me:
            return "Dual control: you placed it; somebody else must lift it."
        told = f"Dual control: {freeze.placed_by_name} placed it and cannot lift it."
        return f"{told} You can." if self.verdict.allowed else told


@page("executions:read", what="read freezes")
def freezes(request: HttpRequest) -> HttpResponse:
    """Show open freezes, overdue ones first, or with ``lifted=1`` all."""
    return show(request)


@page("executions:read", what="read freezes")
def progress(request: HttpRequest, freeze_id: uuid.UUID) -> HttpResponse:
    """Show how far the lifting of a freeze is; an open page asks again while it goes on."""
    (view,) = _views(request, [queries.find_freeze(freeze_id)], None)
    return render(request, "freezes/lifting.html", {"view": view, "freeze": view.freeze})


@page("executions:read", what="read freezes")
def news(request: HttpRequest) -> HttpResponse:
    """Tell an open first page what it does not show: freezes placed since, and those lifted meanwhile."""
    shown = {text for text in request.GET.get("rows", "").split(",")[: 2 * PAGE_SIZE] if text}
    found = queries.list_freezes(open_only=True, overdue_first=True, limit=PAGE_SIZE)
    listed = {str(freeze.pk) for freeze in found.rows}
    placed, lifted = len(listed - shown), 0 if found.next else len(shown - listed)
    words = ["new"] if placed else []
    words += [f"and {lifted} lifted" if placed else "lifted"] if lifted else []
    new = Count(placed or lifted, capped=False)
    context = {"new": new, "new_words": " ".join(words), "newest_url": reverse("freezes"), "counts": tab_counts()}
    return render(request, "freezes/news.html", context)


@command_view(lambda request, *, refusal, said, freeze_id: show(request, (freeze_id, refusal)))
def lift(request: HttpRequest, actor: Actor, freeze_id: uuid.UUID) -> Done:
    """Lift a freeze."""
    given = clean(actor, LiftForm(request.POST, name="lift"), "lift")
    lifted = commands.lift(actor, freeze_id, reason=request.POST.get("reason", ""), rate=given["rate"])
    return reverse("freezes"), "Lifted." if lifted.lifted_at else "Runs are being let go, the oldest first."


def show(request: HttpRequest, lifting: Lifting = None) -> HttpResponse:
    """Render the page; with the lift that was refused, if one was."""
    actor = actor_of(request)
    refusal = lifting[1] if lifting else None
    if not actor.can("executions:read"):
        return refused(request, refusal or NotAllowed("You may not look at freezes."))
    everyone = request.GET.get("lifted") == "1"
    found = queries.list_freezes(
        open_only=not everyone, overdue_first=True, cursor=request.GET.get("cursor") or None, limit=PAGE_SIZE
    )
    context = {
        "nav": "holds",
        "freezes": _views(request, found.rows, lifting),
        "all": everyone,
        "next": found.next,
        "paged": bool(request.GET.get("cursor")),
        "verdict": freeze_verdict(actor),
        "refusal": refusal,
        "counts": tab_counts(),
        "may_place": any(actor.can(scope) for scope in ("holds:place", "holds:freeze")),
    }
    return render(request, "freezes/page.html", context)


def _views(request: HttpRequest, found: list[Freeze], lifting: Lifting) -> list[FreezeView]:
    actor, kept = actor_of(request), queries.kept_by_each(found)
    views = []
    for freeze in found:
        refusal = lifting[1] if lifting and lifting[0] == freeze.pk else None
        form = LiftForm(request.POST if refusal else None, name=f"lift-{freeze.pk}")
        if refusal:
            add_errors(form, refusal)
        views.append(FreezeView(freeze, lift_verdict(freeze, actor), form, actor.user_id, kept.get(freeze.pk)))
    return views
