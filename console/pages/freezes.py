"""Freezes: what is stopped by selector, who did it and why; look what a new one would stop, place it, lift it."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import get_current_timezone

from console.access import record_refusal
from console.pages.base import actor_of, add_errors, command_view, page, refused
from console.pages.label_field import LabelsField
from console.pages.run_forms import CommandForm, ReasonField
from executions import commands, queries, states
from executions.actors import Actor
from executions.authoring import registry
from executions.commands.freeze import freeze_verdict, lift_verdict
from executions.errors import Invalid, NotAllowed, Refused
from executions.models import Freeze
from executions.states import Verdict

PAGE_SIZE = 25
type Done = tuple[str, str]


class SelectorForm(CommandForm):
    """Which runs."""

    workflow = forms.CharField(
        required=False,
        max_length=200,
        help_text="Name of a workflow; every workflow where empty.",
        widget=forms.TextInput(attrs={"list": "workflows", "spellcheck": "false"}),
    )
    labels = LabelsField(help_text="name=value, one a line or with commas between. A run must carry all of these.")
    everything = forms.BooleanField(required=False, label="Every run", help_text="Instead of a workflow or labels.")


class FreezeForm(SelectorForm):
    """Place a freeze: the selector as it was looked at, and why."""

    more = ("reason_code", "ticket", "review_by", "dual_control")

    reason = ReasonField(help_text="Whoever opens a frozen run reads it.")
    kind = forms.ChoiceField(required=False)
    reason_code = forms.CharField(required=False, max_length=60)
    ticket = forms.CharField(required=False, max_length=500)
    review_by = forms.DateField(required=False, label="Review by", widget=forms.DateInput(attrs={"type": "date"}))
    dual_control = forms.BooleanField(required=False, label="Somebody else must lift it")

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(states.OPERATOR, "Operator: lifted by whoever may freeze")]
        if freeze_verdict(actor, states.COMPLIANCE).allowed:
            choices.append((states.COMPLIANCE, "Compliance: lifted by reviewers only"))
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]
        for name in SelectorForm.base_fields:
            self.fields[name].widget = self.fields[name].hidden_widget()


class LiftForm(CommandForm):
    """Lift a freeze, at once or little by little."""

    reason = ReasonField(help_text="Why the runs may go on.")
    rate = forms.FloatField(
        required=False,
        label="Runs per second",
        help_text="All at once where empty. Those that waited longest go first; new ones are free.",
        widget=forms.NumberInput(attrs={"step": "any", "min": "0"}),
    )


@dataclass(frozen=True, slots=True)
class FreezeView:
    """A freeze with what can be done about it."""

    freeze: Freeze
    verdict: Verdict
    form: LiftForm

    @property
    def key(self) -> str:
        """Part of its form's id."""
        return str(self.freeze.pk)


@page("executions:read", what="read freezes")
def freezes(request: HttpRequest) -> HttpResponse:
    """Show open freezes, or with ``lifted=1`` all; with a selector in the address, what it would stop."""
    return show(request)


@command_view(lambda request, *, refusal, said: show(request, placing=refusal))
def place(request: HttpRequest, actor: Actor) -> Done:
    """Place a freeze."""
    form = FreezeForm(actor, request.POST, name="place")
    given = _clean(actor, form, "freeze")
    review = given["review_by"]
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
        review_by=datetime.datetime.combine(review, datetime.time(), get_current_timezone()) if review else None,
    )
    return reverse("freezes"), "Frozen. No run that it matches starts a step any more."


@command_view(lambda request, *, refusal, said, freeze_id: show(request, lifting=(freeze_id, refusal)))
def lift(request: HttpRequest, actor: Actor, freeze_id: uuid.UUID) -> Done:
    """Lift a freeze."""
    given = _clean(actor, LiftForm(request.POST, name="lift"), "lift")
    lifted = commands.lift(actor, freeze_id, reason=request.POST.get("reason", ""), rate=given["rate"])
    return reverse("freezes"), "Lifted." if lifted.lifted_at else "Runs are being let go, the oldest first."


def _clean(actor: Actor, form: forms.Form, command: str) -> dict[str, Any]:
    """Return what was typed, read by the form; the reason and the rules are the command's.

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


def show(
    request: HttpRequest, *, placing: Refused | None = None, lifting: tuple[uuid.UUID, Refused | None] | None = None
) -> HttpResponse:
    """Render the page.

    Args:
        request: whose; a selector in its address is previewed.
        placing: why a freeze was not placed.
        lifting: the freeze that was not lifted, and why.
    """
    actor = actor_of(request)
    if not actor.can("executions:read"):
        return refused(request, placing or (lifting and lifting[1]) or NotAllowed("You may not look at freezes."))
    everyone = request.GET.get("lifted") == "1"
    found = queries.list_freezes(open_only=not everyone, cursor=request.GET.get("cursor") or None, limit=PAGE_SIZE)
    selector, placement, preview = _placement(request, actor, placing)
    context = {
        "nav": "freezes",
        "freezes": [_view(request, actor, freeze, lifting) for freeze in found.rows],
        "all": everyone,
        "next": found.next,
        "verdict": freeze_verdict(actor),
        "selector": selector,
        "placement": placement,
        "preview": preview,
        "refusal": placing or (lifting and lifting[1]),
        "workflows": registry.all_workflows(),
    }
    return render(request, "freezes/page.html", context)


def _view(
    request: HttpRequest, actor: Actor, freeze: Freeze, lifting: tuple[uuid.UUID, Refused | None] | None
) -> FreezeView:
    refusal = lifting[1] if lifting and lifting[0] == freeze.pk else None
    form = LiftForm(request.POST if refusal else None, name=f"lift-{freeze.pk}")
    if refusal:
        add_errors(form, refusal)
    return FreezeView(freeze, lift_verdict(freeze, actor), form)


def _placement(
    request: HttpRequest, actor: Actor, placing: Refused | None
) -> tuple[SelectorForm, FreezeForm | None, queries.Preview | None]:
    """Return the selector's form; once it was looked at, also the form that places the freeze, and the counts."""
    if placing is not None:
        placement = FreezeForm(actor, request.POST, name="place")
        add_errors(placement, placing)
        try:
            preview = _preview(placement)
        except Invalid:  # it stands beside the field
            preview = None
        return SelectorForm(request.POST, name="select"), placement, preview
    if not {"workflow", "labels", "everything"} & set(request.GET):
        return SelectorForm(name="select"), None, None
    selector = SelectorForm(request.GET, name="select")
    if not selector.is_valid():
        return selector, None, None
    try:
        preview = _preview(selector)
    except Invalid as refusal:
        add_errors(selector, refusal)
        return selector, None, None
    return selector, FreezeForm(actor, initial=request.GET.dict(), name="place"), preview


def _preview(form: SelectorForm) -> queries.Preview | None:
    given = form.cleaned_data
    if not {"workflow", "labels", "everything"} <= set(given):
        return None
    return queries.preview(given["workflow"], given["labels"], given["everything"])
