"""Workflows that the measurements drive."""

import os
import time
from pathlib import Path
from typing import Any

from executions import Context, Next, Workflow

JOURNAL = Path(os.environ.get("BENCH_JOURNAL", os.devnull))
"""Where steps write when they started; one short line per write, so that appends of several workers do not mix."""


def note(*words: object) -> None:
    """Append one line with the time in nanoseconds."""
    with JOURNAL.open("ab", buffering=0) as journal:
        journal.write((" ".join(map(str, (*words, time.time_ns()))) + "\n").encode())


def _steps(name: str, count: int, body: Any) -> Workflow:
    workflow = Workflow(name)
    for number in range(count):
        workflow.step(name=f"step_{number}")(body)
    return workflow


def _nothing(ctx: Context, payload: dict[str, Any]) -> None:
    return None


def _short(ctx: Context, payload: dict[str, Any]) -> None:
    note("start", ctx.execution_id)
    time.sleep(0.003)


def _spin(ctx: Context, payload: dict[str, Any]) -> None:
    note("start", ctx.execution_id)
    while not ctx.lifecycle.check_paused():
        time.sleep(0.0002)
    note("seen", ctx.execution_id)
    ctx.lifecycle.checkpoint()


def _long(ctx: Context, payload: dict[str, Any]) -> None:
    note("start", ctx.execution_id)
    time.sleep(60)


two_hundred = _steps("bench-200", 200, _nothing)
twenty = _steps("bench-20", 20, _nothing)
short = _steps("bench-short", 2000, _short)
spin = _steps("bench-spin", 1, _spin)
long = _steps("bench-long", 1, _long)


asking = Workflow("bench-asking")


@asking.step
def turn(ctx: Context, payload: dict[str, Any]) -> Next:
    """Ask, and when the answer is there come again."""
    note("asks", ctx.execution_id)
    ctx.suspend("k", title="Go on?", format="yes-no")
    note("told", ctx.execution_id)
    return Next("turn")


child = Workflow("bench-child")


@child.step
def double(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Do next to nothing."""
    return {"result": payload["number"] * 2}


patient_child = Workflow("bench-patient-child")


@patient_child.step
def be_asked(ctx: Context, payload: dict[str, Any]) -> None:
    """Wait for somebody."""
    ctx.suspend("k", title="Go on?", format="yes-no")


family = Workflow("bench-family")


@family.step
def launch_and_join(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Launch many children and add up what they bring."""
    kind = patient_child if payload.get("later") else child
    ctx.launch_all(kind, {str(number): {"number": number} for number in range(payload["children"])})
    return {"sum": sum(one.payload["result"] for one in ctx.join().values())}
