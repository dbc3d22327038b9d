"""Report review: a person looks at the draft of a report before it is published. Two ways to pause a route.

``report-review`` has the pause in its route: every draft is looked at. ``report-by-confidence`` puts it there itself,
only when it is unsure. What the reviewer fills in is merged into the payload, where the next step finds it.
"""

from decimal import Decimal
from typing import Any

from django import forms

from executions import Context, Next, Workflow

SURE_ENOUGH = 90
"""Percent. A draft of less confidence is looked at by a person."""
ODD_CHANGE = Decimal(25)
"""Percent. A quarter that differs by more from the one before is seldom true and often a typing error."""


class ReportForm(forms.Form):
    """The figures a report is made of."""

    region = forms.CharField(label="Region", max_length=60, initial="Northern branches")
    quarter = forms.RegexField(
        r"^Q[1-4] \d{4}$",
        label="Quarter",
        initial="Q3 2026",
        error_messages={"invalid": "Write it as Q3 2026."},
    )
    revenue = forms.DecimalField(
        label="Revenue", min_value=0, max_digits=12, decimal_places=2, initial=Decimal(412_300)
    )
    revenue_before = forms.DecimalField(
        label="Revenue of the quarter before", min_value=1, max_digits=12, decimal_places=2, initial=Decimal(398_750)
    )
    branches = forms.IntegerField(label="Branches", min_value=1, max_value=10_000, initial=12)
    reported = forms.IntegerField(
        label="Branches that have reported",
        min_value=0,
        initial=10,
        help_text="The fewer have, the less sure the draft is of itself.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse more reports than there are branches."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "branches" in cleaned and "reported" in cleaned and cleaned["reported"] > cleaned["branches"]:
            self.add_error("reported", f"There are only {cleaned['branches']} branches.")
        return cleaned


class ReviewForm(forms.Form):
    """What a reviewer says about a draft; these fields, and no others, come into the payload."""

    verdict = forms.ChoiceField(
        label="Verdict", widget=forms.RadioSelect, choices=[("publish", "Publish it"), ("rework", "Draft it again")]
    )
    remark = forms.CharField(
        label="Remark",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Printed below the report; to draft it again, what is to be said in it.",
    )

    def clean(self) -> dict[str, Any]:
        """Ask what is to be different."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("verdict") == "rework" and not cleaned.get("remark"):
            self.add_error("remark", "Say what is to be different.")
        return cleaned


REVIEW: dict[str, Any] = {"title": "Review the draft", "form": ReviewForm}

reports = Workflow(
    "report-review",
    title="Report, always reviewed",
    description="Drafts a quarterly report and waits for a reviewer, who publishes it or has it drafted again.",
    input=ReportForm,
)
reports.route("draft", Workflow.pause("review", **REVIEW), "publish")

sure_reports = Workflow(
    "report-by-confidence",
    title="Report, reviewed when unsure",
    description=f"Drafts a quarterly report, and asks a reviewer only if it is less than {SURE_ENOUGH} % sure of it.",
    input=ReportForm,
)
sure_reports.route("draft", "publish", also=[Workflow.pause("review", **REVIEW)])


@reports.step(title="Draft")
def draft(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Write the report, and say how sure it is."""
    before, now = Decimal(payload["revenue_before"]), Decimal(payload["revenue"])
    change = (now - before) / before * 100
    missing = payload["branches"] - payload["reported"]
    text = (
        f"{payload['region']}, {payload['quarter']}: revenue of {now:,.2f} euros, "
        f"{abs(change):.1f} % {'more' if change >= 0 else 'less'} than in the quarter before."
    )
    if missing:
        text += f" {missing} of {payload['branches']} branches have not reported yet."
    if payload.get("verdict") == "rework":
        text += f" {payload['remark']}"
    confidence = 100 * payload["reported"] // payload["branches"] - (30 if abs(change) > ODD_CHANGE else 0)
    return {"draft": text, "confidence": max(confidence, 0), "drafts": payload.get("drafts", 0) + 1}


@sure_reports.step(name="draft", title="Draft")
def draft_and_judge(ctx: Context, payload: dict[str, Any]) -> Any:
    """Write the report; go on to the review only if it is needed."""
    changes = draft(ctx, payload)
    return changes if changes["confidence"] >= SURE_ENOUGH else Next("review", changes=changes)


@reports.step(title="Publish")
@sure_reports.step(title="Publish")
def publish(ctx: Context, payload: dict[str, Any]) -> Any:
    """Publish the report, or go back to the draft; the route then leads past the review again."""
    if payload.get("verdict") == "rework":
        return Next("draft")
    remark = f"\n\nReviewer's remark: {payload['remark']}" if payload.get("remark") else ""
    ctx.log(f"Published: {payload['region']}, {payload['quarter']}.")
    return {"report": payload["draft"] + remark}
