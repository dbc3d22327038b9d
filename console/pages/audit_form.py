"""What the audit page can be searched by."""

from typing import Any

from django import forms

from executions.actors import VIAS
from executions.provenance.auditlines import AuditFilter
from executions.provenance.kinds import KINDS

FAMILIES = {
    "execution": "Runs",
    "hold": "Holds",
    "suspension": "Questions",
    "payload": "Payload",
    "file": "Files",
    "command": "Refused commands",
    "token": "Tokens",
    "audit": "The record itself",
    "view": "Saved views",
    "step": "Steps",
    "lease": "Workers",
    "clean_up": "Clean-up",
}
"""Family of kinds → heading."""


class MomentField(forms.DateTimeField):
    """A date and time in the zone of the page, as browsers ask for it and as addresses carry it."""

    def __init__(self, label: str) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(label=label, required=False, widget=widget)


class AuditForm(forms.Form):
    """The filter, as the address carries it; its fields are those of ``AuditFilter``.

    Args:
        people: id and name of everybody who ever acted, offered while one types.
        workflows: name and title of the workflows that are known.
    """

    text = forms.CharField(
        label="Words of the reason", required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    person = forms.CharField(label="Person", required=False, max_length=200)
    kind = forms.CharField(label="Action", required=False, max_length=100, widget=forms.Select)
    run = forms.CharField(
        label="Run", required=False, max_length=60, widget=forms.TextInput(attrs={"placeholder": "id, or system"})
    )
    workflow = forms.CharField(label="Workflow", required=False, max_length=200, widget=forms.Select)
    via = forms.ChoiceField(
        label="Door", required=False, choices=[("", "Any door"), *((via, via.capitalize()) for via in VIAS)]
    )
    since = MomentField("From")
    until = MomentField("Before")
    refused = forms.BooleanField(label="Refused attempts only", required=False)
    routine = forms.BooleanField(label="Engine lines too", required=False)

    def __init__(
        self, *args: Any, people: list[tuple[str, str]] = (), workflows: list[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self.people = people
        self.fields["person"].widget.attrs |= {"list": "people", "autocomplete": "off"}
        self.fields["text"].widget.attrs |= {"data-search": True}
        self.fields["kind"].widget.choices = [("", "Any action"), *kinds()]
        self.fields["workflow"].widget.choices = [("", "Any workflow"), *workflows]

    def wanted(self) -> AuditFilter:
        """Return the filter as the domain takes it; what is not valid is left out."""
        cleaned = getattr(self, "cleaned_data", {})
        return AuditFilter(**{name: value for name, value in cleaned.items() if value})


def kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every kind of line by family, the whole family first."""
    groups = []
    for family, heading in FAMILIES.items():
        members = [(name, f"{kind.title}") for name, kind in KINDS.items() if name.partition(".")[0] == family]
        every = [(family, f"All: {heading.lower()}")] if len(members) > 1 else []
        groups.append((heading, every + members))
    return groups
