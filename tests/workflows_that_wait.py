"""Small workflows that wait: for events, for a time, for being resumed."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from executions import Context, DeadlinePassed, Workflow
from tests.workflows_for_tests import StepsInput, note_effect, slow_step

resumed_how = Workflow("tells-how-it-was-resumed", title="Tells how it was resumed")


@resumed_how.step
def tell(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Put what the resume brought into the payload."""
    return {"resumed": asdict(ctx.resumed) if ctx.resumed else None}


ticking = Workflow("waits-for-ticks", title="Waits for ticks")


@ticking.step
def first_ticks(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Hear all ticks but one."""
    heard = [ctx.wait_for("tick", key=f"tick {number}")["n"] for number in range(payload["ticks"] - 1)]
    note_effect(ctx.execution_id, f"heard {heard}")
    return {"heard": heard}


@ticking.step
def last_tick(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Hear one more."""
    tick = ctx.wait_for("tick")
    return {"heard": [*payload["heard"], tick["n"]], "by": tick.by}


shipping = Workflow("waits-for-two-orders", title="Waits for two orders, in its own order")


@shipping.step
def both(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Wait for order 1, then for order 2."""
    orders = [ctx.wait_for("order.shipped", key=f"order {order}", match={"order": order}) for order in (1, 2)]
    return {"shipped": [order["order"] for order in orders]}


hasty = Workflow("waits-not-for-long", title="Waits a second at most")


@hasty.step
def hurry(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Wait for an event, but not for long."""
    default = {"order": 0} if payload["default"] else None
    try:
        came = ctx.wait_for("order.shipped", deadline=timedelta(seconds=1), default=default)
    except DeadlinePassed:
        return {"came": "too late"}
    return {"came": dict(came)}


sleeping = Workflow("sleeps", title="Sleeps", input=StepsInput)


@sleeping.step
def nap(ctx: Context, payload: dict[str, Any]) -> None:
    """Sleep between two effects."""
    ctx.once("before", note_effect, ctx.execution_id, "before sleep")
    ctx.sleep("nap", timedelta(seconds=payload["seconds"]))
    note_effect(ctx.execution_id, "after sleep")


waits_for_one = Workflow("waits-for-one", title="Waits for an event of its own")


@waits_for_one.step
def hear(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Wait for the one event that is meant for this run."""
    deadline = timedelta(seconds=payload["deadline"]) if "deadline" in payload else None
    try:
        one = ctx.wait_for(f"one.{ctx.execution_id}", match={"n": payload["number"]}, deadline=deadline)
        return {"heard": one["n"]}
    except DeadlinePassed:
        return {"heard": None}


slow_then_tells = Workflow("slow-then-tells", title="Slow, then tells how it was resumed", input=StepsInput)
slow_then_tells.step(slow_step("first"))
slow_then_tells.step(name="tell")(tell)
