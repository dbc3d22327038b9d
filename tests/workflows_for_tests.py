"""Small workflows that the tests drive: each shows one thing a step can do."""

import time
from typing import Any

from django import forms
from django.db import connection

from executions import Context, FileRules, Workflow

noop = Workflow("noop", title="Nothing, many times")
for number in range(3):

    @noop.step(name=f"step_{number}")
    def _nothing(ctx: Context, payload: dict[str, Any]) -> None:
        return None


class CountInput(forms.Form):
    """How many items, and how long each takes."""

    items = forms.IntegerField(min_value=0, max_value=100_000, initial=5)
    seconds = forms.FloatField(min_value=0, max_value=60, initial=0)
    label = forms.CharField(required=False, max_length=50)


counting = Workflow("counting", title="Count items", input=CountInput)


def note_effect(execution_id: str, what: str) -> int:
    """Write down that something was done; tests count these rows."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_effect (execution_id, what) VALUES (%s, %s)", [execution_id, what])
    return 1


@counting.step
def count(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Do something once per item."""
    for item in ctx.each(range(payload["items"])):
        ctx.once(str(item), note_effect, ctx.execution_id, f"item {item}", transactional=True)
        ctx.progress(item + 1, payload["items"])
        time.sleep(payload["seconds"])
    return {"counted": payload["items"]}


@counting.step
def report(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Say how many."""
    note_effect(ctx.execution_id, "reported")
    return {"report": f"{payload['counted']} counted"}


class StepsInput(forms.Form):
    """How long each step takes."""

    seconds = forms.FloatField(min_value=0, max_value=600, initial=0)


slow = Workflow("slow", title="Slow steps", input=StepsInput)


def _slow_step(name: str) -> Any:
    def work(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
        note_effect(ctx.execution_id, f"start {name}")
        ends = time.monotonic() + payload["seconds"]
        while time.monotonic() < ends:
            time.sleep(0.01)
        note_effect(ctx.execution_id, f"end {name}")
        return {name: "done"}

    work.__name__ = name
    return work


for name in ("first", "second", "third"):
    slow.step(_slow_step(name))


obedient = Workflow("obedient", title="Looks up all the time", input=StepsInput)


@obedient.step
def spin(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Spin until told to stop; yields with the time at which it saw the signal in its log."""
    ctx.once("began", note_effect, ctx.execution_id, "began")
    ends = time.monotonic() + payload["seconds"]
    while time.monotonic() < ends:
        signal = ctx.lifecycle.check_paused()
        if signal:
            note_effect(ctx.execution_id, f"saw {signal.kind}: {signal.reason}")
            ctx.lifecycle.checkpoint()
        time.sleep(0.001)
    return {"spun": True}


@obedient.step
def after(ctx: Context, payload: dict[str, Any]) -> None:
    """Be the step that must not start while paused."""
    note_effect(ctx.execution_id, "after")


@obedient.on_cancel
def tidy(ctx: Context, payload: dict[str, Any]) -> None:
    """Clean up, once."""
    note_effect(ctx.execution_id, "tidied")


class DecisionForm(forms.Form):
    """Yes or no, with a number."""

    decision = forms.ChoiceField(choices=[("yes", "Yes"), ("no", "No")])
    amount = forms.DecimalField(required=False, max_digits=9, decimal_places=2)


asking = Workflow("asking", title="Asks a person")


@asking.step
def ask(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Ask, then go on with the answer."""
    ctx.once("before", note_effect, ctx.execution_id, "before asking")
    answer = ctx.suspend("decision", title="Go on?", form=DecisionForm, context={"payload": payload})
    note_effect(ctx.execution_id, f"answered {answer['decision']} by {answer.by}")
    return {"decision": answer["decision"]}


class TroubleInput(forms.Form):
    """How often to fail before it works."""

    failures = forms.IntegerField(initial=100)
    message = forms.CharField(initial="as told")


def _trouble(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    ctx.once("before", note_effect, ctx.execution_id, "before trouble")
    if ctx.attempt < payload["failures"]:
        raise ValueError(payload["message"])
    return {"fine": True}


failing = Workflow("failing", title="Fails", input=TroubleInput)
failing.step(name="trouble")(_trouble)
retrying = Workflow("retrying", title="Fails, then works", input=TroubleInput)
retrying.step(name="trouble", retries=3, backoff=0.05)(_trouble)
holding = Workflow("holding", title="Fails and is held", input=TroubleInput)
holding.step(name="trouble", on_error="hold")(_trouble)

filing = Workflow("filing", title="Takes files", files=FileRules(least=1, most=10, suffix=".txt"))


@filing.step
def read(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Read every file once per content."""
    seen = []
    for name in ctx.each(payload["files"], key=lambda name: f"{name}@{ctx.file(name).sha256}"):
        note_effect(ctx.execution_id, f"read {name} v{ctx.file(name).version}")
        seen.append(name)
    return {"last_seen": seen}


unruly = Workflow("unruly", title="Returns what cannot be stored")


@unruly.step
def odd(ctx: Context, payload: dict[str, Any]) -> Any:
    """Return whatever kind of trouble the payload names."""
    return {
        "list": [1],
        "set": {"field": {1, 2}},
        "large": {"field": "x" * 300_000},
        "nan": {"field": float("nan")},
        "nul": {"field": "a\x00b"},
    }[payload["kind"]]
