"""The forms that hold a run: pause and compliance hold, each with what ends it by itself."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.functional import lazy

from console import moments
from console.pages.run_forms import ReachForm, ReasonField

CONDITIONS = (
    "resume_at",
    "resume_webhook",
    "resume_signed",
    "resume_cron",
    "resume_zone",
    "resume_event",
    "resume_match",
)
"""Fields that say what ends a hold by itself; ``run_conditions`` reads them."""
DETAILS = ("reason_code", "ticket")


class HoldingForm(ReachForm):
    """What every form that places a hold asks for: why, what ends it, where the case is kept."""

    reason = ReasonField(help_text="Whoever opens this run reads it.")
    resume_at = forms.CharField(
        label="At",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    resume_cron = forms.CharField(
        label="At the next time of",
        required=False,
        widget=forms.TextInput(attrs={"class": "mono", "placeholder": "0 9 * * 1-5", "autocomplete": "off"}),
        help_text="A cron expression: minute, hour, day, month, weekday.",
    )
    resume_zone = forms.CharField(
        label="in the time zone",
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Europe/Berlin", "autocomplete": "off", "spellcheck": "false"}),
    )
    resume_event = forms.CharField(
        label="On the event",
        required=False,
        widget=forms.TextInput(attrs={"class": "mono", "placeholder": "order.shipped", "autocomplete": "off"}),
        help_text="When somebody sends an event of this name.",
    )
    resume_match = forms.CharField(
        label="whose data contain",
        required=False,
        widget=forms.TextInput(attrs={"class": "mono", "placeholder": '{"order": 7}', "autocomplete": "off"}),
        help_text="A JSON object; any event of that name where blank.",
    )
    resume_webhook = forms.BooleanField(
        label="On a call of a web address",
        required=False,
        help_text="The address is made with the hold and shown once, to you.",
    )
    resume_signed = forms.BooleanField(
        label="Only signed calls of it",
        required=False,
        help_text="A secret is shown with the address. Without its signature a call is refused.",
    )
    reason_code = forms.CharField(
        label="Reason code",
        required=False,
        widget=forms.TextInput(attrs={"list": "reason-codes", "autocomplete": "off"}),
        help_text="A word for statistics.",
    )
    ticket = forms.CharField(label="Ticket", required=False, help_text="Link or number of the case elsewhere.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        zone = moments.zone_label()
        self.fields["resume_at"].help_text = f"{zone}. A person may release it before."
        self.fields["resume_zone"].help_text = f"{zone} where blank."


class PauseForm(HoldingForm):
    """Pause a run, at its next boundary or before a certain step."""

    groups = (
        ("Only before a certain step", ("before_step",)),
        ("Resume by itself", CONDITIONS),
        ("Reason code and ticket", DETAILS),
    )

    before_step = forms.ChoiceField(label="Where", required=False)

    def __init__(self, *args: Any, steps: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        before = [(name, f"Before step: {title}") for name, title in steps]
        if not before:
            del self.fields["before_step"]
            return
        self.fields["before_step"].choices = [("", "At once: no further step starts"), *before]  # type: ignore[attr-defined]


class PlaceForm(HoldingForm):
    """Place a compliance hold."""

    groups = (
        ("Review date", ("review_by",)),
        ("Who may go past it", ("dual_control", "blocks_cancel")),
        ("Release by itself", CONDITIONS),
        ("Reason code and ticket", DETAILS),
    )

    review_by = forms.DateTimeField(
        label="Review by",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=lazy(lambda: f"When somebody must look at it again, {moments.zone_label()}.", str)(),
    )
    dual_control = forms.BooleanField(
        label="Dual control", required=False, help_text="Another person than you must release it."
    )
    blocks_cancel = forms.BooleanField(
        label="Forbid cancelling too", required=False, help_text="To all who may not release it."
    )
