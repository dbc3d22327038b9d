"""What people type: how to run a batch, and what to do about a document that is wrong."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from workflows.invoices.problems import ParseProblem
from workflows.invoices.rules import check
from workflows.invoices.safexml import MAX_BYTES
from workflows.invoices.ubl import parse_invoice

REPLACE, ACCEPT, LEAVE_OUT, CHECK_AGAIN = "replace", "accept", "leave_out", "check_again"


class BatchForm(forms.Form):
    """How to run a batch of invoices."""

    seconds_per_invoice = forms.FloatField(
        label="Seconds per invoice",
        min_value=0,
        max_value=60,
        initial=0,
        required=False,
        help_text="Slows reading and posting down, so that people can act while the batch runs. 0 is full speed.",
    )

    def clean_seconds_per_invoice(self) -> float:
        """Take an empty field as full speed."""
        return float(self.cleaned_data["seconds_per_invoice"] or 0)


class DecisionForm(forms.Form):
    """What to do about an invoice whose totals do not agree."""

    decision = forms.ChoiceField(
        label="Decision",
        widget=forms.RadioSelect,
        choices=[
            (REPLACE, "Replace the file by a corrected one"),
            (ACCEPT, "Accept it as it is, and post the amount due that it states"),
            (LEAVE_OUT, "Leave it out of this batch"),
            (CHECK_AGAIN, "Check it again, because the file has been replaced meanwhile"),
        ],
    )
    file = forms.FileField(label="Corrected file", required=False, help_text="UBL 2.1 XML. The old version is kept.")
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed to accept or to leave out. It is kept in the history.",
    )

    def clean_file(self) -> UploadedFile | None:
        """Refuse a replacement that would only lead to the same question."""
        upload: UploadedFile | None = self.cleaned_data.get("file")
        if upload is None:
            return None
        if upload.size is not None and upload.size > MAX_BYTES:
            raise ValidationError(f"The file has {upload.size:,} bytes; at most {MAX_BYTES:,} are read.")
        try:
            mismatches = check(parse_invoice(upload.read()))
        except ParseProblem as problem:
            raise ValidationError(problem.detail, code=problem.code) from problem
        finally:
            upload.seek(0)
        if mismatches:
            raise ValidationError([f"Still wrong ({found.rule}). {found.sentence}" for found in mismatches])
        return upload

    def clean(self) -> dict[str, Any]:
        """Ask for the file or the reason that the decision needs."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        decision = cleaned.get("decision")
        has_file = cleaned.get("file") is not None
        if decision == REPLACE and not has_file and "file" not in self.errors:
            self.add_error("file", "Choose the corrected file.")
        if decision and decision != REPLACE and has_file:
            self.add_error("file", "Only a replacement takes a file. Remove it, or choose to replace.")
        if decision in (ACCEPT, LEAVE_OUT) and not cleaned.get("reason") and "reason" not in self.errors:
            self.add_error("reason", "Say why. It is kept in the history.")
        return cleaned


class UnreadableForm(DecisionForm):
    """What to do about a document that cannot be read: there is no amount that could be accepted."""

    decision = forms.ChoiceField(
        label="Decision",
        widget=forms.RadioSelect,
        choices=[choice for choice in DecisionForm.base_fields["decision"].choices if choice[0] != ACCEPT],  # type: ignore[attr-defined]
    )
