"""More time and more budget, given by a person with a reason."""

import math

import pytest

from executions import clock, commands
from executions.errors import Conflict, Invalid, NotAllowed
from tests.domain import story
from tests.domain.refusal import refused

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


def left(run) -> int:
    return math.ceil(story.fresh(run).sla_seconds_left(clock.now()))


def test_more_time_for_a_run_whose_clock_runs(cast, operator):
    run = story.launch(cast, "hurried", {"seconds": 0})
    now = commands.extend(operator, run.pk, seconds=60, reason="the customer agreed")
    assert (left(now), now.sla_due is not None) == (90, True)
    event = story.events(run)[-1]
    assert (event.kind, event.reason) == ("sla.extended", "the customer agreed")
    told = story.data_of(event)
    assert (told["seconds"], math.ceil(told["seconds_left"]), told["was_breached"]) == (60, 90, False)


def test_more_time_for_a_run_whose_clock_stands(cast, operator):
    run = story.launch(cast, "hurried", {"seconds": 0})
    commands.pause(operator, run.pk, reason="look")
    story.let_pass(run, 3600)
    now = commands.extend(operator, run.pk, seconds=0.5, reason="a little")
    assert (now.state, now.sla_due, math.ceil(now.sla_left * 2) / 2) == ("paused", None, 30.5)


def test_more_time_for_a_run_that_is_over_its_time_counts_from_now(cast, operator):
    run = story.launch(cast, "hurried", {"seconds": 0})
    story.let_pass(run, 7200)
    assert story.work(run).state == "paused"
    now = commands.extend(operator, run.pk, seconds=60, reason="go on")
    assert (now.sla_breached_at, left(run), now.state) == (None, 60, "paused")
    assert story.data_of(story.events(run)[-1])["was_breached"] is True


def test_more_budget(cast, operator):
    run = story.launch(cast, "spending", {"amounts": [1]})
    now = commands.extend(operator, run.pk, budgets={"tokens": 500, "euros": 0.1}, reason="long talk")
    assert now.budgets == {"tokens": 10_500, "euros": 2.6}
    event = story.events(run)[-1]
    assert (event.kind, story.data_of(event)["limits"]) == ("budget.extended", {"tokens": 10_500, "euros": 2.6})


def test_more_of_both_is_two_lines(cast, operator):
    run = story.launch(cast, "hurried", {"seconds": 0})
    story.execute("UPDATE executions_execution SET budgets = '{\"tokens\": 1}' WHERE id = %s", [run.pk])
    commands.extend(operator, run.pk, seconds=1, budgets={"tokens": 1}, reason="both")
    assert story.kinds(run)[-2:] == ["sla.extended", "budget.extended"]


@pytest.mark.parametrize("seconds", [0, -5, "60", True, float("nan"), float("inf"), 1e12])
def test_time_that_is_none_is_refused(cast, operator, seconds):
    run = story.launch(cast, "hurried", {"seconds": 0})
    with refused(Invalid, run, field="seconds"):
        commands.extend(operator, run.pk, seconds=seconds, reason="more")


@pytest.mark.parametrize("budgets", [{"tokens": 0}, {"tokens": "5"}, {"fuel": 5}, {"tokens": 5, "fuel": 5}, "tokens"])
def test_budgets_that_are_none_are_refused(cast, operator, budgets):
    run = story.launch(cast, "spending", {"amounts": [1]})
    with refused(Invalid, run, field="budgets"):
        commands.extend(operator, run.pk, budgets=budgets, reason="more")


def test_a_run_without_an_sla_has_none_to_extend(cast, operator):
    run = story.launch(cast)
    with refused(Invalid, run, field="seconds", match="no SLA"):
        commands.extend(operator, run.pk, seconds=5, reason="more")


def test_an_extension_says_what_and_why(cast, operator):
    run = story.launch(cast, "hurried", {"seconds": 0})
    with refused(Invalid, run, field="seconds"):
        commands.extend(operator, run.pk, reason="more")
    with refused(Invalid, run, field="reason"):
        commands.extend(operator, run.pk, seconds=5, reason=" ")


def test_only_who_may_control_extends_and_only_before_the_end(cast, operator):
    run = story.launch(cast, "hurried", {"seconds": 0})
    with refused(NotAllowed, run):
        commands.extend(cast.actor("reviewer"), run.pk, seconds=5, reason="more")
    story.work(run)
    with refused(Conflict, run, match="succeeded"):
        commands.extend(operator, run.pk, seconds=5, reason="more")
