"""What the audit page can be searched by."""

from typing import Any

from django import forms

from console.templatetags.wording import DOORS
from executions.actors import VIAS
from executions.provenance.auditlines import AuditFilter
from executions.provenance.kinds import KINDS

FAMILIES = {
    "execution": "Runs",
    "hold": "Holds",
    "freeze": "Freezes",
    "suspension": "Questions",
    "payload": "Payload",
    "file": "Files",
    "command": "Refused commands",
    "bulk": "Many runs at once",
    "children": "Children",
    "item": "Items of a batch",
    "trigger": "Resume conditions",
    "sla": "SLA clocks",
    "budget": "Budgets",
    "token": "Tokens",
    "account": "Accounts and sign-ins",
    "second_factor": "Second factors",
    "group": "Groups",
    "reason_template": "Templates for reasons",
    "label_rule": "Rules for labels",
    "webhook": "Webhooks",
    "audit": "The record itself",
    "step": "Steps",
    "tool": "Tools of agents",
    "lease": "Workers",
    "clean_up": "Clean-up",
}
"""Family of kinds → heading, in the order in which they are offered; others follow under their own names."""


MORE = ("run", "workflow", "via", "since", "until", "routine")


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
        label="Words of a reason", required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    person = forms.CharField(label="Person", required=False, max_length=200)
    kind = forms.CharField(label="Action", required=False, max_length=100, widget=forms.Select)
    run = forms.CharField(
        label="Run", required=False, max_length=60, widget=forms.TextInput(attrs={"placeholder": "id, or system"})
    )
    workflow = forms.CharField(label="Workflow", required=False, max_length=200, widget=forms.Select)
    via = forms.ChoiceField(
        label="Door",
        required=False,
        choices=[("", "Any door"), *((via, DOORS[via]) for via in VIAS)],
    )
    since = MomentField("From")
    until = MomentField("Before")
    refused = forms.BooleanField(required=False, widget=forms.HiddenInput)
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

    def main_fields(self) -> list[forms.BoundField]:
        """The fields that are always shown."""
        return [each for each in self.visible_fields() if each.name not in MORE]

    def more_fields(self) -> list[forms.BoundField]:
        """Those that are folded on a narrow page."""
        return [self[name] for name in MORE]

    def more_is_open(self) -> bool:
        """Something is asked there, or is wrong there."""
        return self.is_bound and any(self[name].value() or self[name].errors for name in MORE)

    def wanted(self) -> AuditFilter:
        """Return the filter as the domain takes it; what is not valid is left out."""
        cleaned = getattr(self, "cleaned_data", {})
        return AuditFilter(**{name: value for name, value in cleaned.items() if value})


def kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every kind of line by family, the whole family first."""
    groups = []
    others = dict.fromkeys(name.partition(".")[0] for name in KINDS if name.partition(".")[0] not in FAMILIES)
    for family, heading in {**FAMILIES, **{family: family.replace("_", " ").capitalize() for family in others}}.items():
        members = [(name, kind.title) for name, kind in KINDS.items() if name.partition(".")[0] == family]
        every = [(family, f"All of these: {heading.lower()}")] if len(members) > 1 else []
        if members:
            groups.append((heading, every + members))
    return groups
