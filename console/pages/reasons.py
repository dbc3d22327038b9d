"""Templates for reasons: the words that forms offer, in their order; add, edit, move, delete."""

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.pages.base import actor_of, add_errors, command_view, page
from executions import commands, queries
from executions.actors import Actor
from executions.commands.managing import manage_verdict
from executions.commands.reason import LONGEST_CODE, OFFERED_FOR, find_reason
from executions.errors import Refused

type Done = tuple[str, str]


class ReasonTemplateForm(forms.Form):
    """The words, and where they are offered."""

    text = forms.CharField(
        label="Words", widget=forms.Textarea(attrs={"rows": 2}), help_text="They go into the field and can be edited."
    )
    reason_code = forms.CharField(
        label="Reason code", required=False, max_length=LONGEST_CODE, help_text="A word for statistics that goes along."
    )
    commands = forms.MultipleChoiceField(
        label="Offered for",
        required=False,
        choices=[(name, name.capitalize()) for name in OFFERED_FOR],
        widget=forms.CheckboxSelectMultiple,
        help_text="Every command where none is chosen.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, use_required_attribute=False, **options)

    def given(self) -> dict[str, Any]:
        """Return what was typed as the commands take it."""
        self.is_valid()
        raw = {"text": self.data.get("text", ""), "reason_code": self.data.get("reason_code", "")}
        return {**raw, "commands": self.data.getlist("commands")}  # type: ignore[union-attr]


@page("executions:read", what="read reason templates")
def reasons(request: HttpRequest) -> HttpResponse:
    """List the templates in their order."""
    return show(request, refusal=None)


def show(request: HttpRequest, *, refusal: Refused | None, said: str = "", **_: Any) -> HttpResponse:
    """Render the list.

    Args:
        request: whose; after a refusal with what was typed into the form for a new one.
        refusal: why nothing was changed.
        said: ignored; the page is loaded anew after a change.
    """
    form = ReasonTemplateForm(request.POST if refusal and "text" in request.POST else None)
    if refusal and form.is_bound:
        add_errors(form, refusal)
    context = {
        "nav": "settings",
        "section": "reasons",
        "templates": queries.list_reasons(),
        "verdict": manage_verdict(actor_of(request)),
        "form": form,
        "refusal": None if form.is_bound else refusal,
    }
    return render(request, "settings/reasons.html", context)


@page("console:manage", what="edit reason templates")
def edit(request: HttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """Show one template in a form."""
    return show_one(request, template_id=template_id, refusal=None)


def show_one(request: HttpRequest, *, template_id: uuid.UUID, refusal: Refused | None, said: str = "") -> HttpResponse:
    """Render the form of one template; arguments as in ``show``."""
    template = find_reason(template_id)
    if refusal is None:
        stored = {"text": template.text, "reason_code": template.reason_code, "commands": template.commands}
        form = ReasonTemplateForm(initial=stored)
    else:
        form = ReasonTemplateForm(request.POST)
        add_errors(form, refusal)
    return render(
        request,
        "settings/reason.html",
        {"nav": "settings", "section": "reasons", "template": template, "form": form},
    )


@command_view(show)
def add(request: HttpRequest, actor: Actor) -> Done:
    """Add a template."""
    commands.add_reason(actor, **ReasonTemplateForm(request.POST).given())
    return reverse("settings-reasons"), "Added. Forms offer it from now on."


@command_view(show_one, sees="console:manage")
def change(request: HttpRequest, actor: Actor, template_id: uuid.UUID) -> Done:
    """Change a template."""
    commands.change_reason(actor, template_id, **ReasonTemplateForm(request.POST).given())
    return reverse("settings-reasons"), "Changed. Reasons given with it stay as they are."


@command_view(show)
def move(request: HttpRequest, actor: Actor, template_id: uuid.UUID) -> Done:
    """Move a template one place up or down."""
    commands.move_reason(actor, template_id, places=-1 if request.POST.get("to") == "up" else 1)
    return f"{reverse('settings-reasons')}#reason-{template_id}", "Moved."


@command_view(show)
def delete(request: HttpRequest, actor: Actor, template_id: uuid.UUID) -> Done:
    """Delete a template."""
    commands.delete_reason(actor, template_id)
    return reverse("settings-reasons"), "Deleted. Reasons given with it stay as they are."
