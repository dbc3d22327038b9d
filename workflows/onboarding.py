"""Onboarding: plain code that asks people, one after the other, and may wait for days.

Each wait frees the worker; when it is over, the step is called again from its top and gets the answers it already has.
Every question says to whom it is put and what happens when nobody answers.
"""

from datetime import timedelta
from typing import Any

from django import forms

from executions import Context, Next, Who, Workflow

OFFICES = {"berlin": "Berlin", "lisbon": "Lisbon", "remote": "At home"}
LAPTOPS = {"light": "Light, for travel", "strong": "Strong, for building", "none": "None, brings their own"}
TEAM, MANAGERS = Who(group="reviewer"), Who(group="admin")


class NewcomerForm(forms.Form):
    """Who is to join."""

    name = forms.CharField(label="Name", max_length=80, initial="Mara Lindqvist")
    role = forms.CharField(label="Role", max_length=80, initial="Site reliability engineer")
    production = forms.BooleanField(
        label="Needs access to production",
        required=False,
        initial=True,
        help_text="Two people must approve it, and neither may be the one who launches this.",
    )
    hours = forms.FloatField(
        label="Hours to answer",
        initial=48,
        min_value=0.001,
        max_value=24 * 90,
        help_text="How long each question stays open; after that it is escalated, or a default is taken. "
        "0.01 is 36 seconds, to watch it.",
    )


class DetailsForm(forms.Form):
    """What the team has to tell about the newcomer."""

    first_day = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    office = forms.ChoiceField(label="Office", choices=list(OFFICES.items()))
    mentor = forms.CharField(label="Mentor", max_length=80, help_text="Who shows them around for the first weeks.")
    allergies = forms.CharField(label="Allergies", required=False, max_length=200, help_text="For the welcome lunch.")


onboarding = Workflow(
    "onboarding",
    title="Onboarding",
    description="Collects what is needed for a newcomer, has access approved in stages, waits for the signed contract, "
    "and makes the accounts. What nobody answers in time is escalated or gets a default answer.",
    input=NewcomerForm,
)


@onboarding.step(title="Collect details")
def collect(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Ask the team, then its managers if it keeps silent; take the usual laptop if nobody chooses one."""
    limit = timedelta(hours=payload["hours"])
    details = ctx.suspend(
        "details",
        title=f"Details for {payload['name']}",
        prompt="Please fill this in before the contract goes out.",
        form=DetailsForm,
        context={"name": payload["name"], "role": payload["role"]},
        who=TEAM,
        deadline=limit,
        on_deadline="escalate",
        escalate_to=MANAGERS,
        remind=max(limit / 2, timedelta(minutes=5)),
    )
    laptop = ctx.suspend(
        "laptop",
        title=f"Which laptop for {payload['name']}?",
        format="choice",
        choices=LAPTOPS,
        urgency="low",
        deadline=limit,
        on_deadline="default",
        default="light",
    )
    return {"details": dict(details), "laptop": laptop.value, "laptop_chosen_by": laptop.by}


@onboarding.step(title="Approve access")
def approve(ctx: Context, payload: dict[str, Any]) -> Any:
    """Have access approved, by one person and for production by two more; go to the end on the first no."""
    shown = {"name": payload["name"], "role": payload["role"], **payload["details"]}
    limit = timedelta(hours=payload["hours"])
    stages = {"office systems": Who(group="reviewer")}
    if payload.get("production"):
        stages["production"] = Who(group="reviewer", approvals=2, not_launcher=True)
    approved_by: dict[str, str] = {}
    for stage, who in stages.items():
        approval = ctx.approval(
            stage,
            title=f"Give {payload['name']} access to {stage}?",
            context=shown,
            who=who,
            urgency="high" if stage == "production" else "normal",
            deadline=limit,
            on_deadline="escalate",
            escalate_to=MANAGERS,
        )
        if not approval:
            why = approval.reason or "Nobody decided in time."
            refused = {"stage": stage, "by": approval.by, "why": why}
            return Next("close", changes={"approved_by": approved_by, "refused": refused})
        approved_by[stage] = approval.by
    return {"approved_by": approved_by}


@onboarding.step(title="Sign the contract")
def contract(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Wait for the signing service to send its event; then let a little time pass, in which a mistake can be told."""
    limit = timedelta(hours=payload["hours"])
    about = {"name": payload["name"]}
    signed = ctx.wait_for("contract.signed", match=about, deadline=limit, default={**about, "document": "on paper"})
    ctx.sleep("time to object", limit / 48)
    return {"contract": signed["document"]}


@onboarding.step(title="Make accounts", retries=3, on_error="hold")
def make_accounts(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Make one account for each kind of access, each once."""
    accounts = {access: ctx.once(access, _make_account, payload["name"], access) for access in payload["approved_by"]}
    return {"accounts": accounts}


@onboarding.step(title="Close")
def close(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Say what came of it."""
    if refused := payload.get("refused"):
        summary = f"{payload['name']} gets no access to {refused['stage']}: {refused['why']}"
    else:
        details = payload["details"]
        summary = f"{payload['name']} starts on {details['first_day']}, {OFFICES[details['office']]}."
    ctx.log(summary)
    return {"summary": summary}


def _make_account(name: str, access: str) -> str:
    return f"{'.'.join(name.lower().split())}@{access.replace(' ', '-')}.example"
