"""Small workflows with rules: SLA, budgets, error threshold."""

import time
from datetime import timedelta
from typing import Any

from executions import Context, Workflow, clock
from executions.models import Execution
from tests.workflows_for_tests import DecisionForm, StepsInput, note_effect


def _work(ctx: Context, payload: dict[str, Any]) -> None:
    note_effect(ctx.execution_id, ctx.step)


def _ask(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    answer = ctx.suspend("go-on", title="Go on?", form=DecisionForm)
    return {"decision": answer["decision"]}


def _fail(ctx: Context, payload: dict[str, Any]) -> None:
    raise ValueError("as always")


hurried = Workflow("hurried", title="Has thirty seconds", input=StepsInput, sla=timedelta(seconds=30))
hurried_fails = Workflow("hurried-fails", sla=timedelta(seconds=30), on_sla="fail")
hurried_escalates = Workflow("hurried-escalates", sla=timedelta(seconds=30), on_sla="escalate")
for flow in (hurried, hurried_fails, hurried_escalates):
    flow.step(name="work")(_work)
    flow.step(name="after")(_work)


def _slow(ctx: Context, payload: dict[str, Any]) -> None:
    note_effect(ctx.execution_id, ctx.step)
    while Execution.objects.get(pk=ctx.execution_id).sla_seconds_left(clock.now()) > 0:
        time.sleep(0.05)


hurried_briefly = Workflow("hurried-briefly", sla=timedelta(seconds=5))
hurried_briefly.step(name="slow")(_slow)
hurried_briefly.step(name="after")(_work)

hurried_asking = Workflow("hurried-asking", sla=timedelta(seconds=60))
hurried_asking.step(name="ask")(_ask)
hurried_asking.step(name="after")(_work)

hurried_failing = Workflow("hurried-failing", sla=timedelta(seconds=60))
hurried_failing.step(name="trouble", retries=3, backoff=3600)(_fail)

spending = Workflow("spending", title="Spends tokens", budgets={"tokens": 10_000, "euros": 2.5})


@spending.step
def turns(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Spend what the payload says, once per turn, and note what was left after each."""
    for number, amount in enumerate(payload["amounts"]):
        left = ctx.spend("tokens", amount, key=str(number))
        ctx.once(f"note {number}", note_effect, ctx.execution_id, f"turn {number}, {left} left")
    return {"left": left}


careless = Workflow("careless", title="Spends without keys", budgets={"tokens": 100})


@careless.step
def burn(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Spend once per call of this function, on whatever is named."""
    note_effect(ctx.execution_id, "burning")
    return {"left": ctx.spend(payload.get("budget", "tokens"), payload.get("amount", 60))}


faulty = Workflow("faulty", title="Has bad items", error_threshold=2)


@faulty.step
def sift(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Tell of every bad item, and go on with the next."""
    for item in ctx.each(payload["items"]):
        if item.startswith("bad"):
            ctx.error(item, ValueError(f"{item} is bad"))
        ctx.once(item, note_effect, ctx.execution_id, item)
    return {"sifted": True}


shaky = Workflow("shaky", title="Fails often", error_threshold=2)


@shaky.step(retries=10, backoff=0)
def shake(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Fail so many times."""
    if ctx.attempt < payload["failures"]:
        raise ValueError("shaken")
    return {"attempts": ctx.attempt}


dependent = Workflow("dependent", title="Needs another system")


@dependent.step
def lean(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Hold the run until somebody says that the other system is there."""
    ctx.once("before", note_effect, ctx.execution_id, "before")
    ctx.hold("bank", "The bank's gateway is closed until Monday.", code=payload.get("code", "external-dependency"))
    note_effect(ctx.execution_id, "leaned")
    return {"leaned": True}


promised = Workflow("promised", title="Thirty seconds of work and hours of thought", sla=timedelta(seconds=30))


def _work_for(seconds: float) -> Any:
    def work(ctx: Context, payload: dict[str, Any]) -> None:
        """Take so long, by the clock that counts, without anybody having to wait for it."""
        from tests.domain import story

        ctx.once("worked", story.let_pass, story.fresh(ctx.execution_id), seconds)

    return work


promised.step(name="ten_seconds")(_work_for(10))
promised.step(name="think")(_ask)
promised.step(name="five_seconds")(_work_for(5))
promised.step(name="think_again")(_ask)

watched = Workflow(
    "watched", title="Has every rule", sla=timedelta(hours=1), budgets={"tokens": 100}, error_threshold=2
)
for number in range(3):
    watched.step(name=f"step_{number}")(_work)
