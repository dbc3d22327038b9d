"""Small workflows with rules: SLA, budgets, error threshold."""

from datetime import timedelta
from typing import Any

from executions import Context, Workflow
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

hurried_asking = Workflow("hurried-asking", sla=timedelta(seconds=60))
hurried_asking.step(name="ask")(_ask)
hurried_asking.step(name="after")(_work)

hurried_failing = Workflow("hurried-failing", sla=timedelta(seconds=60))
hurried_failing.step(name="trouble", retries=3, backoff=3600)(_fail)
