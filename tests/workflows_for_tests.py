"""Small workflows that the tests drive: each shows one thing a step can do."""

import asyncio
import os
import signal
import sys
import time
from datetime import timedelta
from typing import Any

import psycopg
from django import forms
from django.db import connection, transaction

from executions import Context, FileRules, Who, Workflow
from tests.pace import take

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
        take(ctx.execution_id, f"item {item}", payload["seconds"])
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


def slow_step(name: str) -> Any:
    def work(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
        note_effect(ctx.execution_id, f"start {name}")
        take(ctx.execution_id, name, payload["seconds"])
        note_effect(ctx.execution_id, f"end {name}")
        return {name: "done"}

    work.__name__ = name
    return work


for name in ("first", "second", "third"):
    slow.step(slow_step(name))


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


poison = Workflow("poison", title="Takes its worker down", input=TroubleInput)


@poison.step
def swallow(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """End the worker's process as a crash does, so many times."""
    ctx.once("tasted", note_effect, ctx.execution_id, "tasted")
    note_effect(ctx.execution_id, "swallowed")
    if effects_so_far(ctx.execution_id, "swallowed") <= payload["failures"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"survived": True}


def effects_so_far(execution_id: str, what: str) -> int:
    """Count how often something was done, over all workers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM test_effect WHERE execution_id = %s AND what = %s", [execution_id, what])
        (count,) = cursor.fetchone()
    return int(count)


many = Workflow("many-steps", title="Many short steps", input=StepsInput)


def _short_step(ctx: Context, payload: dict[str, Any]) -> None:
    note_effect(ctx.execution_id, ctx.step)
    take(ctx.execution_id, ctx.step, payload["seconds"])


for number in range(60):
    many.step(name=f"part_{number}")(_short_step)


class CleaningInput(StepsInput):
    """How often the clean-up fails, and how long it takes."""

    failures = forms.IntegerField(initial=0)
    kind = forms.CharField(initial="raise")
    clean_up_seconds = forms.FloatField(initial=0)


cleaning = Workflow("cleaning", title="Cleans up with difficulty", input=CleaningInput)
cleaning.step(name="spin")(spin)


@cleaning.on_cancel
def sweep(ctx: Context, payload: dict[str, Any]) -> None:
    """Clean up, slowly or only after some failures."""
    note_effect(ctx.execution_id, "sweeping")
    if effects_so_far(ctx.execution_id, "sweeping") <= payload["failures"]:
        if payload["kind"] == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        raise RuntimeError("the broom broke")
    for item in ctx.each(range(10)):
        ctx.once(f"corner {item}", note_effect, ctx.execution_id, f"swept {item}")
        take(ctx.execution_id, f"corner {item}", payload["clean_up_seconds"] / 10)
    note_effect(ctx.execution_id, "swept")


class OddInput(forms.Form):
    """Which oddity."""

    kind = forms.CharField()


odder = Workflow("odder", title="Raises what nobody expects", input=OddInput)


class Unprintable(Exception):
    """An exception that fails even at being printed."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@odder.step
def raise_it(ctx: Context, payload: dict[str, Any]) -> dict[str, Any] | None:
    """Leave the step in a way authors do not mean to."""
    kind = payload["kind"]
    if kind == "exit":
        sys.exit(3)
    if kind == "cancelled":
        raise asyncio.CancelledError
    if kind == "unprintable":
        raise Unprintable
    if kind == "other-database":
        psycopg.connect("host=/nowhere connect_timeout=1")
    if kind == "question":
        ctx.suspend("odd", title="Odd?", context={"thing": {1, 2}})
    if kind == "deep":
        deep: list[Any] = []
        for _ in range(3000):
            deep = [deep]
        return {"field": deep}
    if kind == "once":
        ctx.once("large", lambda: "x" * 300_000)
    return None


stubborn = Workflow("stubborn", title="Walks a batch without looking up", input=CountInput)


@stubborn.step
def walk(ctx: Context, payload: dict[str, Any]) -> None:
    """Do all items in one go; only ``each`` looks up, between two of them."""
    for item in ctx.each(range(payload["items"])):
        ctx.once(str(item), note_effect, ctx.execution_id, f"item {item}")
        ends = time.monotonic() + payload["seconds"]
        while time.monotonic() < ends:
            time.sleep(0.01)


approving = Workflow("approving", title="Needs an approval", files=FileRules(least=0, most=5, suffix=".txt"))


@approving.step
def gather(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Gather what is to be approved."""
    note_effect(ctx.execution_id, "gathered")
    return {"amount": 100}


@approving.step
def approve(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Ask for approval and go by it."""
    deadline = timedelta(seconds=payload["deadline"]) if "deadline" in payload else None
    who = Who.of_json(payload["who"]) if "who" in payload else None
    approval = ctx.approval("payment", title="Pay?", context={"amount": payload["amount"]}, deadline=deadline, who=who)
    return {"approved": bool(approval), "approver": approval.by, "status": approval.status, "why": approval.reason}


@approving.step
def pay(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Pay, once, if approved."""
    if payload["approved"]:
        ctx.once("payment", note_effect, ctx.execution_id, "paid", transactional=True)
    return {"paid": payload["approved"]}


charging = Workflow("charging", title="Charges what it ingested", input=StepsInput, files=FileRules(least=1, most=10))


@charging.step
def charge(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Ingest and charge every file once per content."""
    for name in ctx.each(payload["files"], key=lambda name: f"{name}@{ctx.file(name).sha256}"):
        file = ctx.file(name)
        ctx.once(
            f"ingest {name}", note_effect, ctx.execution_id, f"ingested {name} v{file.version}", transactional=True
        )
        take(ctx.execution_id, name, payload["seconds"])
        ctx.once(f"charge {name}", note_effect, ctx.execution_id, f"charged {name} v{file.version}", transactional=True)
    return {"charged": len(payload["files"])}


patient = Workflow("patient", title="Waits an hour between two tries", input=TroubleInput)
patient.step(name="trouble", retries=3, backoff=3600)(_trouble)
patient.on_cancel(tidy)


journey = Workflow("journey", title="Three legs and an arrival")


def _leg(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    ctx.once("travelled", note_effect, ctx.execution_id, f"{ctx.step} with {payload.get('load')}", transactional=True)
    note_effect(ctx.execution_id, f"entered {ctx.step}")
    return {ctx.step: payload.get("load"), "last": ctx.step}


journey.step(name="north")(_leg)
journey.step(name="east")(_leg)


@journey.step
def border(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Ask whether to cross."""
    ctx.once("queued", note_effect, ctx.execution_id, "queued at the border", transactional=True)
    answer = ctx.suspend("stamp", title="May they cross?", context={"load": payload.get("load")})
    return {"stamp": answer["stamp"], "last": "border"}


@journey.step
def arrive(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Arrive, if the load is in order."""
    if payload.get("load") == "contraband":
        raise ValueError("seized")
    note_effect(ctx.execution_id, "arrived")
    return {"arrived": payload["stamp"]}


cutting = Workflow("cuts-its-connection", title="Loses its connection in its own transaction")


@cutting.step
def cut(ctx: Context, payload: dict[str, Any]) -> None:
    """Have the server end this very session, at the first two entries."""
    if effects_so_far(ctx.execution_id, "cut") < 2:
        note_effect(ctx.execution_id, "cut")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
