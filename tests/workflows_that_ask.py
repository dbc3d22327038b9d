"""Workflows that ask people, told by their payload how."""

from datetime import timedelta
from typing import Any

from django import forms

from executions import Context, DeadlinePassed, Who, Workflow
from tests.effects import effects_of
from tests.workflows_for_tests import note_effect

questions = Workflow("questions", title="Asks as it is told")
TIMES = ("deadline", "escalate_after", "remind")
PEOPLE = ("who", "escalate_to")


def arguments(payload: dict[str, Any], *others: str) -> dict[str, Any]:
    """Read the arguments of a question out of a payload."""
    told: dict[str, Any] = {name: timedelta(seconds=payload[name]) for name in TIMES if name in payload}
    told |= {name: Who.of_json(payload[name]) for name in PEOPLE if name in payload}
    return told | {name: payload[name] for name in (*others, "urgency", "on_deadline", "default") if name in payload}


@questions.step
def ask(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Ask once."""
    ctx.once("before", note_effect, ctx.execution_id, "before asking")
    told = arguments(payload, "format", "choices")
    if "choices" in told:
        told["choices"] = [tuple(pair) for pair in told["choices"]]
    told.setdefault("format", "text")
    try:
        answer = ctx.suspend("question", title=payload.get("title", "Which colour?"), **told)
    except DeadlinePassed:
        return {"said": None, "late": True}
    note_effect(ctx.execution_id, "answered")
    return {"said": dict(answer), "by": answer.by}


signing = Workflow("signing", title="Needs signatures")


@signing.step
def sign(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Ask for an approval."""
    approval = ctx.approval("sign", title="Sign?", context={"amount": 100}, **arguments(payload))
    return {"status": approval.status, "by": approval.by, "why": approval.reason}


@signing.on_cancel
def undo(ctx: Context, payload: dict[str, Any]) -> None:
    """Clean up, once."""
    note_effect(ctx.execution_id, "undone")


class PersonForm(forms.Form):
    """Required, optional, defaulted."""

    name = forms.CharField(max_length=40)
    nick = forms.CharField(required=False)
    country = forms.CharField(initial="DE")


stages = Workflow("stages", title="Asks one after the other")


@stages.step
def collect(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Collect data, then have it approved by two departments, all in one step."""
    ctx.once("before", note_effect, ctx.execution_id, "before the first", transactional=True)
    person = ctx.suspend("person", title="Who is it?", form=PersonForm)
    ctx.once("between", note_effect, ctx.execution_id, "between", transactional=True)
    lead = ctx.approval("lead", title=f"Hire {person['name']}?", who=Who(group="reviewer"))
    money = ctx.approval("money", title="Is there a budget?", who=Who(group="admin"))
    ctx.once("after", note_effect, ctx.execution_id, "after the last", transactional=True)
    return {"person": dict(person), "lead": lead.by, "money": money.by, "hired": bool(lead and money)}


def effects(execution: Any) -> list[str]:
    """What a run has done."""
    return list(effects_of(execution.pk))
