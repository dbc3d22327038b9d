"""Stopping runs from the list of holds: look first, then place a hold on one run or a freeze on many."""

import functools
import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.access import find_execution, record_refusal
from console.pages.base import actor_of, add_errors, command_view, page, refused
from console.pages.freeze_forms import SELECTOR, FreezeForm, SelectorForm
from console.pages.run_page import RunPage
from console.pages.run_row import RunRow
from executions import commands, queries, states
from executions.actors import Actor
from executions.commands.freeze import freeze_verdict
from executions.errors import Invalid, NotAllowed, NotFound, Refused
from executions.states import Verdict

RUNS = 8
"""Runs offered to choose from."""
type Done = tuple[str, str]


class Placement:
    """The page as it stands. Lazy: a part that is not shown costs nothing.

    Args:
        request: whose; the run or the selector in its address is looked at.
        refusal: why a freeze was not placed.
    """

    def __init__(self, request: HttpRequest, refusal: Refused | None = None) -> None:
        self.request = request
        self.actor = actor_of(request)
        self.refusal = refusal
        self.selects = refusal is not None or bool(set(SELECTOR) & set(request.GET))
        self.by_run = not self.selects and request.GET.get("by") != "many"
        self.text = request.GET.get("q", "").strip()[:200]

    # One run
    @functools.cached_property
    def run(self) -> RunPage | None:
        """The run that was chosen."""
        try:
            return RunPage(self.request, find_execution(self.actor, uuid.UUID(self.request.GET.get("run", ""))))
        except (ValueError, NotFound):
            return None

    @functools.cached_property
    def found(self) -> list[RunRow]:
        """Unfinished runs to choose from: those that match, else the newest."""
        wanted = queries.RunFilter(states=states.ACTIVE, text=self.text)
        return [RunRow(run) for run in queries.list_runs(wanted, None, RUNS).rows]

    # Many runs
    @property
    def verdict(self) -> Verdict:
        """Whether this person may freeze."""
        return freeze_verdict(self.actor)

    @functools.cached_property
    def selector(self) -> SelectorForm:
        """Which runs; with what is wrong with it."""
        given = self.request.POST if self.refusal else self.request.GET
        form = SelectorForm(given if self.selects else None, name="select")
        if self.selects and not self.refusal and form.is_valid():
            try:
                self._look(form, queries.preview)
            except Invalid as refusal:
                add_errors(form, refusal)
        return form

    @functools.cached_property
    def form(self) -> FreezeForm | None:
        """The form that places the freeze, once what it would stop was looked at."""
        if self.refusal:
            form = FreezeForm(self.actor, self.request.POST, name="place")
            add_errors(form, self.refusal)
            return form
        if not self.selects or self.selector.errors:
            return None
        return FreezeForm(self.actor, initial=self.request.GET.dict(), name="place")

    @functools.cached_property
    def preview(self) -> queries.Preview | None:
        """What it would stop now."""
        found: queries.Preview | None = self._looked_at(queries.preview)
        return found

    @functools.cached_property
    def samples(self) -> list[RunRow]:
        """A few of them by name."""
        return [RunRow(run) for run in self._looked_at(queries.samples) or []]

    def _looked_at(self, look: Any) -> Any:
        form = self.form if self.refusal else self.selector
        if not self.selects or form is None or not self.selector.is_valid():
            return None
        try:
            return self._look(self.selector, look)
        except Invalid:  # it stands beside the field
            return None

    def _look(self, form: forms.Form, look: Any) -> Any:
        return look(*(form.cleaned_data[name] for name in SELECTOR))


@page("executions:read", what="place hold")
def new(request: HttpRequest) -> HttpResponse:
    """Show what a hold or a freeze would stop, and the form that places it."""
    return show(request)


def show(request: HttpRequest, refusal: Refused | None = None) -> HttpResponse:
    """Render the page; with a freeze that was refused, if one was."""
    actor = actor_of(request)
    if not actor.can("executions:read"):
        return refused(request, refusal or NotAllowed("You may not look at runs."))
    return render(request, "holds/new.html", {"nav": "holds", "placement": Placement(request, refusal)})


@command_view(lambda request, *, refusal, said: show(request, refusal))
def freeze(request: HttpRequest, actor: Actor) -> Done:
    """Place a freeze."""
    form = FreezeForm(actor, request.POST, name="place")
    given = clean(actor, form, "freeze")
    commands.freeze(
        actor,
        reason=request.POST.get("reason", ""),
        workflow=given["workflow"] or None,
        labels=given["labels"],
        everything=given["everything"],
        kind=request.POST.get("kind") or states.OPERATOR,
        reason_code=given["reason_code"],
        ticket=given["ticket"],
        dual_control=given["dual_control"],
        review_by=given["review_by"],
    )
    return reverse("freezes"), "Frozen. No run that it matches starts a step any more."


def clean(actor: Actor, form: forms.Form, command: str) -> dict[str, Any]:
    """Return what was typed, read by the form; the reason and the rules are the command's.

    Args:
        actor: who typed it.
        form: bound to it.
        command: as the record of a refusal names it.

    Raises:
        Invalid: what cannot be read; the attempt is recorded.
    """
    form.is_valid()
    wrong = {
        name: [str(text) for text in texts] for name, texts in form.errors.items() if name not in ("reason", "kind")
    }
    if wrong:
        refusal = Invalid(next(iter(wrong.values()))[0], errors=wrong)
        record_refusal(actor, command, refusal)
        raise refusal
    return form.cleaned_data
