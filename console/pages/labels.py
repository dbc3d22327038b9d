"""Rules for labels, and which labels are in use."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.pages.base import actor_of, add_errors, command_view, page
from executions import commands, queries
from executions.actors import Actor
from executions.commands.label_rule import LONGEST_NAME
from executions.commands.managing import manage_verdict
from executions.errors import Refused
from executions.models import LabelRule
from executions.queries.labels import NEWEST_RUNS, LabelInUse

type Done = tuple[str, str]


class LabelRuleForm(forms.Form):
    """What a label means, and which values it takes."""

    name = forms.CharField(
        label="Label", max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"spellcheck": "false"})
    )
    description = forms.CharField(label="What it means", required=False, max_length=200)
    values = forms.CharField(
        label="Values it may take",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="One a line. Any value where empty.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, use_required_attribute=False, **options)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label with its rule, its use, or both."""

    name: str
    rule: LabelRule | None
    use: LabelInUse | None

    @property
    def address(self) -> str:
        """The runs that carry it."""
        return f"{reverse('executions')}?{urlencode({'label': self.name})}"

    @property
    def against(self) -> list[str]:
        """Frequent values that the rule does not know."""
        if self.rule is None or not self.rule.values or self.use is None:
            return []
        return [value for value in self.use.values if value not in self.rule.values]


@page("executions:read", what="read labels")
def labels(request: HttpRequest) -> HttpResponse:
    """List the rules and the labels in use; with ``edit=name`` its rule stands in the form."""
    return show(request, refusal=None)


def show(request: HttpRequest, *, refusal: Refused | None, said: str = "") -> HttpResponse:
    """Render the page.

    Args:
        request: whose; after a refusal with what was typed.
        refusal: why nothing was changed.
        said: ignored; the page is loaded anew after a change.
    """
    rules = {rule.name: rule for rule in queries.list_label_rules()}
    uses = {use.name: use for use in queries.labels_in_use()}
    edited = request.GET.get("edit", "")
    if refusal and "values" in request.POST:
        form = LabelRuleForm(request.POST)
        add_errors(form, refusal)
    elif edited in rules:
        rule = rules[edited]
        stored = {"name": rule.name, "description": rule.description, "values": "\n".join(rule.values)}
        form = LabelRuleForm(initial=stored)
    else:
        form = LabelRuleForm(initial={"name": edited[:LONGEST_NAME]})
    context = {
        "nav": "settings",
        "section": "labels",
        "rows": [LabelRow(name, rules.get(name), uses.get(name)) for name in sorted({*rules, *uses})],
        "verdict": manage_verdict(actor_of(request)),
        "form": form,
        "edited": edited,
        "newest": NEWEST_RUNS,
        "refusal": None if form.is_bound else refusal,
    }
    return render(request, "settings/labels.html", context)


@command_view(show)
def save(request: HttpRequest, actor: Actor) -> Done:
    """Make or change a rule."""
    rule = commands.set_label_rule(
        actor,
        request.POST.get("name", ""),
        description=request.POST.get("description", ""),
        values=request.POST.get("values", "").splitlines(),
    )
    return reverse("settings-labels"), f"The rule for {rule.name} is in force. Labels that runs carry stay as they are."


@command_view(show)
def remove(request: HttpRequest, actor: Actor) -> Done:
    """Remove a rule."""
    name = request.POST.get("name", "")
    commands.remove_label_rule(actor, name)
    return reverse("settings-labels"), f"{name} takes any value again."
