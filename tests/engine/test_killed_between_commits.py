"""A worker killed right after any of its commits of a suspend or an answer: the same end as without."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from executions import commands
from tests.effects import effects_of
from tests.engine.watching import data, events, finished_steps, fresh, kinds, launch, story, wait_for, wait_until
from tests.support.services import WORKFLOWS

HASTY = {"HOLDPOINT_LEASE_SECONDS": "1", "HOLDPOINT_HEARTBEAT_SECONDS": "0.2", "HOLDPOINT_SWEEP_SECONDS": "0.1"}


@dataclass(frozen=True)
class Style:
    """A way of pausing, and what must come of it.

    Args:
        workflow: which.
        commits: how many a worker makes from the claim to the end.
        answer: what the person says.
        steps: finished at the end.
        ends: fields of the payload at the end.
        once: effects that are committed with their record.
        payload: the input.
    """

    workflow: str
    commits: int
    answer: dict[str, Any]
    steps: list[str]
    ends: dict[str, Any]
    once: list[str] = field(default_factory=list)
    payload: dict[str, Any] = field(default_factory=dict)


STYLES = {
    "pause": Style(
        "static-shallow",
        8,
        {"verdict": "good"},
        ["draft", "review", "publish"],
        {"stars": 3, "published": "All about rain"},
        payload={"topic": "rain"},
    ),
    "ask": Style(
        "refund",
        8,
        {"answer": True},
        ["approve", "pay"],
        {"approved": True, "paid": True},
        ["paid 700"],
        {"amount": 700},
    ),
    "gate": Style(
        "gated",
        6,
        {"decision": "approve", "changes": {"amount": 7}},
        ["prepare", "pay"],
        {"amount": 7, "paid": 7},
        ["paid 7"],
    ),
    "tool": Style(
        "agent",
        8,
        {"decision": "approve"},
        ["act"],
        {"did": {"transferred": 40, "to": "ann"}},
        ["transferred 40 to ann"],
        {"transactional": True},
    ),
}
POINTS = [(name, after) for name, style in STYLES.items() for after in range(1, style.commits + 2)]


@pytest.mark.parametrize(("name", "after"), POINTS, ids=[f"{name}-{after}" for name, after in POINTS])
def test_a_worker_killed_after_any_commit_of_a_suspend_or_an_answer(name, after, cast, workers):
    style = STYLES[name]
    crashing = {"HOLDPOINT_TEST_CRASH_AFTER": str(after), "HOLDPOINT_WORKFLOWS": f"{WORKFLOWS},tests.crash_points"}
    (doomed,) = workers(1, **HASTY, **crashing)
    run = launch(cast, style.workflow, style.payload)

    def stopped_or(state):
        return not doomed.alive() or fresh(run).state == state

    wait_until(lambda: stopped_or("suspended"), f"suspended or killed; {story(run)}")
    if doomed.alive():
        answer(cast, run, style)
        wait_until(lambda: stopped_or("succeeded"), f"ended or killed; {story(run)}")
    if after <= style.commits:
        wait_until(lambda: not doomed.alive(), f"killed; {doomed.output}")
    assert doomed.alive() is (after > style.commits), "a commit more or less than the style is known to make"
    if fresh(run).state != "succeeded":
        workers(1, **HASTY)
        if not run.suspensions.filter(outcome="answered").exists():
            wait_for(run, "suspended")
            answer(cast, run, style)
        wait_for(run, "succeeded")

    ended = fresh(run)
    assert {name: ended.payload[name] for name in style.ends} == style.ends
    assert finished_steps(run) == style.steps
    assert (kinds(run).count("suspension.opened"), kinds(run).count("suspension.answered")) == (1, 1)
    assert kinds(run).count("tool.executed") == (name == "tool")
    assert [what for what in effects_of(run.pk) if what in style.once] == style.once
    epochs = [data(event)["epoch"] for event in events(run, "lease.acquired")]
    assert epochs == sorted(set(epochs))
    assert kinds(run)[-1] == "execution.succeeded"


def answer(cast, run, style):
    """Answer the open question as the person who looks at it now."""
    question = run.suspensions.get(closed_at=None)
    commands.answer(cast.actor("reviewer"), question.pk, data=style.answer, context_digest=question.context_digest)
