"""Workflows of every style of pausing, as their authors would write them; the acceptance tests drive them."""

import asyncio
import threading
from typing import Any

from asgiref.sync import sync_to_async
from django import forms
from django.contrib.auth.models import User

from executions import Answer, Context, Next, Workflow
from tests.pace import take
from tests.workflows_for_tests import note_effect

type Payload = dict[str, Any]


class DraftInput(forms.Form):
    """What is written about, and how sure the writer is."""

    topic = forms.CharField(max_length=100)
    confidence = forms.IntegerField(min_value=0, max_value=100, initial=50)
    language = forms.CharField(initial="en")


class ReviewForm(forms.Form):
    """What a reviewer says of a draft."""

    verdict = forms.ChoiceField(choices=[("good", "Good"), ("bad", "Bad")])
    stars = forms.IntegerField(min_value=1, max_value=5, initial=3)
    meta = forms.JSONField(required=False, initial=dict)


def _drafted(ctx: Context, payload: Payload) -> Payload:
    note_effect(ctx.execution_id, "drafted")
    return {"draft": f"All about {payload['topic']}", "meta": {"by": "writer", "size": {"words": 3}}}


def _published(ctx: Context, payload: Payload) -> Payload:
    note_effect(ctx.execution_id, "published")
    return {"published": payload["draft"]}


for merge in ("shallow", "deep", "none"):
    static = Workflow(f"static-{merge}", title=f"Static route, {merge} merge", input=DraftInput)
    static.route("draft", Workflow.pause("review", form=ReviewForm, merge=merge), "publish")
    static.step(name="draft")(_drafted)
    static.step(name="publish")(_published)

dynamic = Workflow("dynamic", title="Pauses when it is not sure", input=DraftInput)
dynamic.route("draft", "publish", also=[Workflow.pause("review", form=ReviewForm)])


@dynamic.step
def draft(ctx: Context, payload: Payload) -> Payload:
    """Put the pause into the route where confidence is low."""
    if payload["confidence"] < 90:
        ctx.route = ["review", "publish"]
    return _drafted(ctx, payload)


dynamic.step(name="publish")(_published)

LAWS = {"de": "German law", "fr": "French law"}
several = Workflow("several-pauses", title="Asks three times")
several.route(
    "draft",
    Workflow.pause("facts"),
    "check",
    Workflow.pause("law", format="choice", choices=LAWS, merge="none", urgency="high"),
    Workflow.pause("style", format="yes-no"),
    "publish",
)
several.step(name="draft")(lambda ctx, payload: _drafted(ctx, {"topic": "three pauses"}))


@several.step
def check(ctx: Context, payload: Payload) -> None:
    """Be a step between two pauses."""
    note_effect(ctx.execution_id, "checked")


several.step(name="publish")(_published)

talk = Workflow("talk", title="A conversation of many turns")


@talk.step
def turn(ctx: Context, payload: Payload) -> Next | Payload:
    """Ask, remember, and come back to itself until told to stop."""
    said = ctx.suspend("say", title=f"Turn {len(payload.get('turns', [])) + 1}: what next?", format="text").value
    note_effect(ctx.execution_id, f"heard {said}")
    turns = [*payload.get("turns", []), said]
    return {"turns": turns} if said == "stop" else Next("turn", changes={"turns": turns})


refund = Workflow("refund", title="A pausable stage")


@refund.step
def approve(ctx: Context, payload: Payload) -> Any:
    """Return a question to pause, nothing to go on."""
    ctx.once("looked", note_effect, ctx.execution_id, "looked")
    if payload["amount"] > 500:
        return ctx.ask(f"Approve {payload['amount']}?", context={"amount": payload["amount"]}, format="yes-no")
    return None


@approve.on_resume
def approved(ctx: Context, payload: Payload, answer: Answer) -> Any:
    """Take the answer; large sums need a second one."""
    note_effect(ctx.execution_id, f"handled {answer.value}")
    if payload.get("broken"):
        raise RuntimeError("the ledger is closed")
    if payload["amount"] > 5000 and answer.value and "once more" not in answer.shown:
        return ctx.ask("Really?", context={"once more": payload["amount"]}, format="yes-no")
    return {"approved": answer.value, "by": answer.by}


@refund.step(name="pay")
def pay_refund(ctx: Context, payload: Payload) -> Payload:
    """Pay what was approved."""
    if payload.get("approved", True):
        ctx.once("pay", note_effect, ctx.execution_id, f"paid {payload['amount']}", transactional=True)
    return {"paid": payload.get("approved", True)}


@refund.on_cancel
def give_up(ctx: Context, payload: Payload) -> None:
    """Clean up."""
    note_effect(ctx.execution_id, "given up")


handlerless = Workflow("handlerless", title="Asks and cannot take an answer")


@handlerless.step
def alone(ctx: Context, payload: Payload) -> Any:
    """Ask without a handler."""
    note_effect(ctx.execution_id, "asked")
    return ctx.ask("Anybody?")


gated = Workflow("gated", title="A gate before the payment")


@gated.step
def prepare(ctx: Context, payload: Payload) -> Payload:
    """Work out what is to be paid."""
    return {"amount": payload.get("amount", 700), "to": "ACME"}


@gated.step(name="pay", approval=True)
def pay_gated(ctx: Context, payload: Payload) -> Payload:
    """Pay exactly what was seen at the gate."""
    ctx.once("pay", note_effect, ctx.execution_id, f"paid {payload['amount']}", transactional=True)
    if payload.get("stumble") and ctx.attempt == 0 and not payload.get("mended"):
        raise RuntimeError("stumbled after paying")
    return {"paid": payload["amount"]}


bonus = Workflow("bonus", title="A gate that may leave its step out")


@bonus.step(name="pay", approval="executions.answer_suspension", on_refuse="skip")
def pay_bonus(ctx: Context, payload: Payload) -> Payload:
    """Pay a bonus, if somebody allows it."""
    note_effect(ctx.execution_id, "paid the bonus")
    return {"bonus": True}


agent = Workflow("agent", title="Calls tools that people see first")


def transfer(run: str, amount: int, to: str) -> dict[str, Any]:
    """Send money to somebody."""
    note_effect(run, f"transferred {amount} to {to}")
    return {"transferred": amount, "to": to}


@agent.step
def act(ctx: Context, payload: Payload) -> Payload:
    """Select a call, have it reviewed, go on with what came of it."""
    ctx.once("selected", note_effect, ctx.execution_id, "selected")
    done = ctx.tool(
        transfer,
        transactional=payload.get("transactional", False),
        run=ctx.execution_id,
        amount=payload.get("amount", 40),
        to="ann",
    )
    note_effect(ctx.execution_id, "went on")
    take(ctx.execution_id, "act", payload.get("seconds", 0))
    return {"did": done.value, "refused": done.refused, "feedback": done.feedback, "by": done.by}


waiting = Workflow("asynchronous", title="Awaits")


@waiting.step
async def work(ctx: Any, payload: Payload) -> Payload:
    """Walk a batch, ask the database and a person, all awaited."""
    kind = payload.get("kind", "")
    if kind == "raise":
        raise ValueError("raised in a coroutine")
    if kind == "cancelled":
        raise asyncio.CancelledError
    if kind == "cancelled within":
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task
    if kind == "plain orm":
        User.objects.count()
    if kind == "clean":
        await ctx.once("began", note_effect, ctx.execution_id, "began")
        while True:
            if ctx.lifecycle.check_paused():
                ctx.lifecycle.checkpoint()
            await asyncio.sleep(0.01)
    people = await User.objects.acount()
    also = await sync_to_async(User.objects.count)()
    async for item in ctx.each(range(payload.get("items", 3))):
        await ctx.once(f"item {item}", note_effect, ctx.execution_id, f"item {item}")
        await asyncio.sleep(payload.get("seconds", 0))
    both = await asyncio.gather(ctx.once("a", _later, 1), ctx.once("b", lambda: _later(2)))
    thread = await asyncio.to_thread(lambda: threading.current_thread() is not threading.main_thread())
    answer = await ctx.suspend("well", title="Well?", format="text")
    return {"people": people == also, "both": both, "thread": thread, "said": answer.value}


async def _later(value: int) -> int:
    await asyncio.sleep(0)
    return value


@waiting.on_cancel
async def tidy(ctx: Any, payload: Payload) -> None:
    """Clean up, awaited."""
    await ctx.once("tidied", note_effect, ctx.execution_id, "tidied")
