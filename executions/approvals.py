"""The forms that approvals, gates, tools and bare pauses are answered with."""

import json
from typing import Any

from django import forms

APPROVE = "approve"
REJECT = "reject"


class NoFieldsForm(forms.Form):
    """Nothing to fill in: the answer lets the run go on."""


class ApprovalForm(forms.Form):
    """Approve or reject; who rejects says why."""

    decision = forms.ChoiceField(
        choices=[(APPROVE, "Approve"), (REJECT, "Reject")], widget=forms.RadioSelect, label="Decision"
    )
    reason = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed to reject. It is kept in the history.",
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where the answer is no."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("decision") == REJECT and not (cleaned.get("reason") or "").strip():
            self.add_error("reason", "Say why it is rejected. It is kept in the history.")
        return cleaned


class ObjectField(forms.JSONField):
    """A JSON object, or nothing."""

    def prepare_value(self, value: Any) -> Any:
        """Write an object over several lines, so that a person can change it, and nothing as nothing."""
        if value is None:
            return ""
        return (
            json.dumps(value, indent=2, ensure_ascii=False) if isinstance(value, dict) else super().prepare_value(value)
        )

    def clean(self, value: Any) -> dict[str, Any] | None:
        """Refuse JSON that is no object.

        Raises:
            ValidationError: it is none.
        """
        # Django takes whatever is empty for nothing given; an empty object says that there is nothing in it.
        if value == {} or (isinstance(value, str) and value.split() in (["{}"], ["{", "}"])):
            return {}
        cleaned = super().clean(value)
        if cleaned in (None, "") and value != []:
            return None
        if not isinstance(cleaned, dict):
            raise forms.ValidationError('Write a JSON object, such as {"amount": 120}.')
        return cleaned


class GateForm(ApprovalForm):
    """Allow or refuse a step, seeing its exact input, and change that input."""

    changes = ObjectField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        label="Changes to the input",
        help_text='Fields to change first, as JSON: {"amount": 120}. Leave empty to let the step run as shown.',
    )

    field_order = ("decision", "changes", "reason")


class ToolForm(ApprovalForm):
    """Allow or refuse a tool call, seeing its exact arguments, and change them."""

    arguments = ObjectField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"}),
        label="Arguments",
        help_text="The tool is called with these. Change values to call it with others.",
    )
    shown: dict[str, Any] = {}
    """The arguments as selected; set by ``forms.form_of`` for one question."""

    field_order = ("decision", "arguments", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["arguments"].initial = self.shown
        self.fields["arguments"].widget.attrs["rows"] = min(len(self.shown) + 2, 14)

    def clean_arguments(self) -> dict[str, Any] | None:
        """Refuse other names than the tool was selected with.

        Raises:
            ValidationError: a name is missing or unknown.
        """
        given: dict[str, Any] | None = self.cleaned_data.get("arguments")
        if given is None:
            return None
        if set(given) != set(self.shown):
            wanted = ", ".join(sorted(self.shown)) or "none"
            raise forms.ValidationError(f"Name exactly the tool's arguments: {wanted}.")
        return given
