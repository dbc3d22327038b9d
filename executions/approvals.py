"""The form every approval is answered with."""

from typing import Any

from django import forms

APPROVE = "approve"
REJECT = "reject"


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
