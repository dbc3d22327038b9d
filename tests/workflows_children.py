"""Workflows that launch others, for the tests of trees."""

from typing import Any

from django import forms

from executions import Context, Workflow
from tests.pace import take
from tests.workflows_for_tests import note_effect


class ErrandInput(forms.Form):
    """What a child does."""

    number = forms.IntegerField(min_value=0, initial=0)
    seconds = forms.FloatField(min_value=0, max_value=600, initial=0)
    how = forms.ChoiceField(choices=[(name, name) for name in ("well", "fail", "ask")], initial="well")


errand = Workflow("errand", title="Errand", input=ErrandInput)


@errand.step
def begin(ctx: Context, payload: dict[str, Any]) -> dict[str, Any] | None:
    """Do what was said, looking up all the time."""
    ctx.once("began", note_effect, ctx.execution_id, "began")
    take(ctx.execution_id, "begin", payload["seconds"], look_up=ctx.lifecycle.checkpoint)
    if payload["how"] == "fail":
        raise ValueError(f"errand {payload['number']} went wrong")
    if payload["how"] == "ask":
        return {"answered": ctx.suspend("which", title="Which one?").get("which")}
    return None


@errand.step
def end(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Finish."""
    note_effect(ctx.execution_id, "ended")
    return {"result": payload["number"] * 2}


class FamilyInput(forms.Form):
    """How many children, and what they do."""

    children = forms.IntegerField(min_value=0, max_value=20_000, initial=3)
    seconds = forms.FloatField(min_value=0, max_value=600, initial=0)
    how = forms.JSONField(required=False, initial=dict)


family = Workflow("family", title="Family", input=FamilyInput)


@family.step
def fan_out(ctx: Context, payload: dict[str, Any]) -> None:
    """Send every child on its errand."""
    note_effect(ctx.execution_id, "fan out")
    errands = {
        f"child-{number}": {
            "number": number,
            "seconds": payload["seconds"],
            "how": (payload["how"] or {}).get(str(number), "well"),
        }
        for number in range(payload["children"])
    }
    ctx.launch_all(errand, errands)


@family.step
def gather(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Wait for all of them."""
    note_effect(ctx.execution_id, "gather")
    children = ctx.join()
    note_effect(ctx.execution_id, "gathered")
    return {
        "results": {key: child.payload.get("result") for key, child in children.items() if child.ok},
        "failed": {key: child.error for key, child in children.items() if child.state == "failed"},
        "cancelled": [key for key, child in children.items() if child.state == "cancelled"],
    }


class DynastyInput(forms.Form):
    """How deep."""

    depth = forms.IntegerField(min_value=0, initial=2)
    seconds = forms.FloatField(min_value=0, max_value=600, initial=0)


dynasty = Workflow("dynasty", title="Dynasty", input=DynastyInput)


@dynasty.step
def beget(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Launch one of one's own kind until the depth is reached, and work a while."""
    if payload["depth"] > 0:
        ctx.launch("heir", "dynasty", {**payload, "depth": payload["depth"] - 1}, title=f"Heir {payload['depth'] - 1}")
    note_effect(ctx.execution_id, "reigns")
    take(ctx.execution_id, "beget", payload["seconds"], look_up=ctx.lifecycle.checkpoint)
    return {"heirs": len(ctx.join())}


@dynasty.on_cancel
def bury(ctx: Context, payload: dict[str, Any]) -> None:
    """Clean up, once."""
    note_effect(ctx.execution_id, "buried")


launching = Workflow("launching", title="Launches what it is told")


@launching.step
def do_as_told(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Launch children one by one and wait for those named."""
    for key, child in payload.get("children", {}).items():
        ctx.launch(key, child["workflow"], child["payload"])
    return {"joined": {key: child.state for key, child in ctx.join(*payload.get("join", [])).items()}}
