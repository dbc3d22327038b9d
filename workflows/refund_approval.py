"""Refund approval: a step pauses by what it returns, and its resume handler goes on with the answer.

Small refunds pass without anybody being asked. Money is paid back once, whatever happens to the worker.
"""

from decimal import Decimal
from typing import Any

from django import forms

from executions import Answer, Context, Next, Who, Workflow
from workflows.payments import pay_back

ASK_ABOVE = Decimal(100)
"""Euros. Up to here a refund needs nobody's approval."""
REASONS = {"damaged": "Arrived damaged", "late": "Arrived too late", "returned": "Sent back", "other": "Something else"}


class RefundForm(forms.Form):
    """What a customer wants back."""

    order = forms.RegexField(
        r"^[A-Z]{2}-\d{4,8}$",
        label="Order",
        initial="OR-20817",
        help_text="Two letters, a hyphen, four to eight digits.",
        error_messages={"invalid": "Write the order's number as it stands on the invoice, such as OR-20817."},
    )
    customer = forms.CharField(label="Customer", max_length=80, initial="Ines Almeida")
    amount = forms.DecimalField(
        label="Amount",
        min_value=Decimal("0.01"),
        max_digits=8,
        decimal_places=2,
        initial=Decimal("480.00"),
        help_text=f"Euros. Above {ASK_ABOVE:.2f} a person decides.",
    )
    reason = forms.ChoiceField(label="Reason", choices=list(REASONS.items()), initial="damaged")
    note = forms.CharField(
        label="What the customer writes", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class DecisionForm(forms.Form):
    """How much of it is paid back."""

    decision = forms.ChoiceField(
        label="Decision",
        widget=forms.RadioSelect,
        choices=[("full", "Pay all of it back"), ("part", "Pay a part of it back"), ("none", "Pay nothing back")],
    )
    amount = forms.DecimalField(
        label="Part to pay back", required=False, min_value=Decimal("0.01"), max_digits=8, decimal_places=2
    )
    why = forms.CharField(label="Why", required=False, max_length=500, help_text="Needed unless all is paid back.")

    def clean(self) -> dict[str, Any]:
        """Ask for what the decision needs."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        decision = cleaned.get("decision")
        if decision == "part" and not cleaned.get("amount") and "amount" not in self.errors:
            self.add_error("amount", "Say how much is paid back.")
        if decision in ("part", "none") and not cleaned.get("why") and "why" not in self.errors:
            self.add_error("why", "Say why. The customer is told, and it is kept in the history.")
        return cleaned


refunds = Workflow(
    "refund-approval",
    title="Refund approval",
    description="Pays a refund back, once. Above 100 euros a person decides whether all of it, a part or nothing.",
    input=RefundForm,
)


@refunds.step(title="Decide")
def decide(ctx: Context, payload: dict[str, Any]) -> Any:
    """Return a question to pause; return changes to go on without one."""
    if Decimal(payload["amount"]) > ASK_ABOVE:
        return _question(ctx, payload)
    return {"refund": payload["amount"], "decided_by": "the rule for small refunds"}


@decide.on_resume
def decided(ctx: Context, payload: dict[str, Any], answer: Answer) -> Any:
    """Go on with what a person decided; a part that is more than the whole is asked about again."""
    if answer["decision"] == "none":
        return Next("tell_customer", changes={"refund": "0.00", "decided_by": answer.by, "why": answer["why"]})
    refund = Decimal(payload["amount"] if answer["decision"] == "full" else answer["amount"])
    if refund > Decimal(payload["amount"]):
        return _question(ctx, payload, f"{refund} is more than the customer asked for. How much is it to be?")
    return {"refund": f"{refund:.2f}", "decided_by": answer.by, "why": answer["why"]}


@refunds.step(title="Pay back", retries=3, on_error="hold")
def pay(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Pay once: a repeated call finds the receipt, and the provider knows the key of a payment it has made."""
    key = ctx.idempotency_key(payload["order"])
    receipt = ctx.once(payload["order"], pay_back, payload["order"], Decimal(payload["refund"]), key)
    return {"receipt": receipt}


@refunds.step(title="Tell the customer")
def tell_customer(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Write the letter."""
    because = f" {payload['why']}" if payload.get("why") else ""
    if "receipt" in payload:
        letter = f"We have paid {payload['refund']} euros back to you, receipt {payload['receipt']}.{because}"
    else:
        letter = f"We cannot pay order {payload['order']} back.{because}"
    ctx.log(f"Letter to {payload['customer']}: {letter}")
    return {"letter": letter}


def _question(ctx: Context, payload: dict[str, Any], prompt: str = "") -> Any:
    shown = {"order": payload["order"], "customer": payload["customer"], "amount": payload["amount"]}
    return ctx.ask(
        f"Pay {payload['amount']} euros back to {payload['customer']}?",
        prompt=prompt,
        form=DecisionForm,
        context={**shown, "reason": REASONS[payload["reason"]], "note": payload.get("note", "")},
        who=Who(group="reviewer"),
    )
