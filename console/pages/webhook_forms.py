"""The form of a webhook: where events are sent, and which."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms

from console.pages.audit_form import FAMILIES
from console.pages.label_field import LabelsField
from executions.errors import Invalid
from executions.models import WebhookEndpoint
from executions.provenance.kinds import KINDS
from executions.webhooks.choosing import EVERY

OFTEN = (
    "execution.launched",
    "execution.succeeded",
    "execution.failed",
    "execution.cancelled",
    "hold.placed",
    "hold.released",
    "suspension.opened",
    "suspension.answered",
    "suspension.escalated",
    "freeze.placed",
    "freeze.lifted",
    "sla.breached",
)
"""Kinds that are offered before all others."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One box to tick."""

    value: str
    title: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class Family:
    """Kinds of events that begin with the same noun.

    Args:
        name: the noun.
        title: what people call it.
        whole: the box for all of them, those to come too.
        kinds: a box for each.
    """

    name: str
    title: str
    whole: Choice
    kinds: list[Choice]

    @property
    def ticked(self) -> int:
        """How many boxes are ticked."""
        return sum(choice.ticked for choice in (self.whole, *self.kinds))


class WebhookForm(forms.Form):
    """Where events are sent, and which. The kinds are boxes of their own: see ``families_of``."""

    url = forms.CharField(
        label="Address",
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false", "placeholder": "https://"}
        ),
        help_text="Messages are posted there.",
    )
    description = forms.CharField(label="What it is for", required=False, max_length=200)
    workflows = forms.CharField(
        label="Workflows",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="Names, one a line. Only events of their runs are sent; of every run where empty.",
    )
    labels = LabelsField(help_text="name=value, one a line. Only events of runs that carry all of them are sent.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, use_required_attribute=False, **options)
        self.fields["labels"].label = "Labels"

    def given(self) -> dict[str, Any]:
        """Return what was typed as the commands take it.

        Raises:
            Invalid: the labels cannot be read.
        """
        self.is_valid()
        if "labels" in self.errors:
            raise Invalid(
                "The labels cannot be read.", errors={"labels": [str(each) for each in self.errors["labels"]]}
            )
        typed: Any = self.data
        return {
            "url": typed.get("url", "").strip(),
            "description": typed.get("description", ""),
            "kinds": typed.getlist("kinds"),
            "workflows": typed.get("workflows", "").splitlines(),
            "labels": self.cleaned_data["labels"],
        }


def stored(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return what the form shows of an endpoint."""
    return {
        "url": endpoint.url,
        "description": endpoint.description,
        "workflows": "\n".join(endpoint.workflows),
        "labels": "\n".join(f"{name}={value}" for name, value in sorted(endpoint.labels.items())),
    }


def often(ticked: Iterable[str]) -> list[Choice]:
    """Return the boxes for kinds that are chosen often."""
    chosen = set(ticked)
    return [Choice(kind, _title(kind), kind in chosen) for kind in OFTEN]


def _title(kind: str) -> str:
    title = KINDS[kind].title
    return f"Run {title[0].lower()}{title[1:]}" if kind.startswith("execution.") else title


def families_of(ticked: Iterable[str]) -> list[Family]:
    """Return the boxes for all other kinds of events, by their nouns.

    Args:
        ticked: names of kinds and families.
    """
    chosen = set(ticked)
    found: dict[str, Family] = {}
    for kind, told in KINDS.items():
        noun = kind.partition(".")[0]
        if noun not in found:
            whole = f"{noun}.*"
            title = FAMILIES.get(noun, noun.replace("_", " ").capitalize())
            found[noun] = Family(noun, title, Choice(whole, "All of them", whole in chosen), [])
        if kind not in OFTEN:
            found[noun].kinds.append(Choice(kind, told.title, kind in chosen))
    return list(found.values())


def everything(ticked: Iterable[str]) -> Choice:
    """Return the box for every kind there is."""
    return Choice(EVERY, "Every event, and kinds that come with later versions", EVERY in set(ticked))
