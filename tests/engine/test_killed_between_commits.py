"""A worker killed right after any of its commits of a suspend or an answer: the same end as without."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connections

from executions import commands
from tests.domain.story import bad_line, expire, work
from tests.effects import effects_of
from tests.engine.dying import killed_after_commit
from tests.engine.watching import all_run_out, data, events, finished_steps, fresh, kinds, launch


@dataclass(frozen=True)
class Style:
    """A way of pausing, and what must come of it.

    Args:
        workflow: which.
        answer: what the person says.
        steps: finished at the end.
        ends: fields of the payload at the end.
        once: effects that are committed with their record.
        payload: the input.
    """

    workflow: str
    answer: dict[str, Any]
    steps: list[str]
    ends: dict[str, Any]
    once: list[str] = field(default_factory=list)
    payload: dict[str, Any] = field(default_factory=dict)


STYLES = {
    "pause": Style(
        "static-shallow",
        {"verdict": "good"},
        ["draft", "review", "publish"],
        {"stars": 3, "published": "All about rain"},
        payload={"topic": "rain"},
    ),
    "ask": Style(
        "refund",
        {"answer": True},
        ["approve", "pay"],
        {"approved": True, "paid": True},
        ["paid 700"],
        {"amount": 700},
    ),
    "gate": Style(
        "gated",
        {"decision": "approve", "changes": {"amount": 7}},
        ["prepare", "pay"],
        {"amount": 7, "paid": 7},
        ["paid 7"],
    ),
    "tool": Style(
        "agent",
        {"decision": "approve"},
        ["act"],
        {"did": {"transferred": 40, "to": "ann"}},
        ["transferred 40 to ann"],
        {"transactional": True},
    ),
}


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("name", STYLES)
def test_a_worker_killed_after_any_commit_of_a_suspend_or_an_answer(name, cast, workers):
    style = STYLES[name]
    spare = launch(cast, style.workflow, style.payload)
    until_asked = killed_after_commit(0, lambda: work(spare))
    answer(cast, spare, style)
    until_ended = killed_after_commit(0, lambda: work(spare))
    assert until_asked is not None
    assert until_ended is not None
    assert min(until_asked, until_ended) >= 2
    assert_ended_as_it_must(name, spare)

    asking = [launch(cast, style.workflow, style.payload) for _ in range(until_asked)]
    answered = [launch(cast, style.workflow, style.payload) for _ in range(until_ended)]
    for number, run in enumerate(asking, start=1):
        assert killed_after_commit(number, lambda: work(run)) is None  # noqa: B023
    for number, run in enumerate(answered, start=1):
        work(run)
        answer(cast, run, style)
        assert killed_after_commit(number, lambda: work(run)) is None  # noqa: B023

    connections.close_all()
    all_run_out()
    expire()
    for run in (*asking, *answered):
        if work(run).state == "suspended":
            answer(cast, run, style)
            work(run)
        assert_ended_as_it_must(name, run)


def assert_ended_as_it_must(name, run):
    """Everything was asked, answered and done once, whatever died in between."""
    style, ended = STYLES[name], fresh(run)
    assert ended.state == "succeeded"
    assert {field: ended.payload[field] for field in style.ends} == style.ends
    assert finished_steps(run) == style.steps
    assert (kinds(run).count("suspension.opened"), kinds(run).count("suspension.answered")) == (1, 1)
    assert kinds(run).count("tool.executed") == (name == "tool")
    assert [what for what in effects_of(run.pk) if what in style.once] == style.once
    epochs = [data(event)["epoch"] for event in events(run, "lease.acquired")]
    assert epochs == sorted(set(epochs))
    assert kinds(run)[-1] == "execution.succeeded"
    assert bad_line(run.pk) is None


def answer(cast, run, style):
    """Answer the open question as the person who looks at it now."""
    question = run.suspensions.get(closed_at=None)
    commands.answer(cast.actor("reviewer"), question.pk, data=style.answer, context_digest=question.context_digest)
