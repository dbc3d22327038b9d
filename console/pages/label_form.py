"""The form for the labels of a run: one field for each that has a rule, and lines for the others."""

from collections.abc import Sequence
from typing import Any

from django import forms

from console.pages.label_field import LabelsField
from console.pages.run_forms import CommandForm, ReasonField
from executions.models import LabelRule

RULED = "label-"
"""Begins the names of the fields for labels with a rule."""


class LabelForm(CommandForm):
    """The labels as they should be.

    Args:
        rules: which labels have values to choose from, and what they mean.
        labels: as the run carries them.
    """

    labels = LabelsField(help_text="name=value, one a line. A line that is taken away takes the label away.")
    reason = ReasonField()

    def __init__(self, *args: Any, rules: Sequence[LabelRule], labels: dict[str, str], **options: Any) -> None:
        known = {rule.name for rule in rules}
        free = "\n".join(f"{name}={value}" for name, value in sorted(labels.items()) if name not in known)
        ruled = {f"{RULED}{name}": labels[name] for name in known if name in labels}
        super().__init__(*args, initial={"labels": free, **ruled}, **options)
        self.order_fields([])
        for rule in rules:
            self.fields[f"{RULED}{rule.name}"] = _field_of(rule, labels.get(rule.name))
        self.order_fields([*(f"{RULED}{rule.name}" for rule in rules), "labels", "reason"])
        self.fields["labels"].label = "Other labels" if rules else "Labels"


def _field_of(rule: LabelRule, value: str | None) -> forms.Field:
    shared: dict[str, Any] = {"label": rule.name, "required": False, "help_text": rule.description}
    if not rule.values:
        return forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "off"}), **shared)
    values = [*rule.values, *([value] if value is not None and value not in rule.values else [])]
    return forms.ChoiceField(choices=[("", "None"), *((each, each or "(empty)") for each in values)], **shared)
