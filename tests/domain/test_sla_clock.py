"""The SLA clock: the database keeps it, and it stands whenever people are to act."""

import datetime
import math

import pytest
from django.db import connection

from executions import commands, queries
from executions.engine import sla
from executions.engine.database import rows
from tests.domain import story

pytestmark = pytest.mark.usefixtures("db")


def now() -> datetime.datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    return moment


def left(run) -> float:
    """Return the seconds left, as if what the test itself takes were none."""
    return math.ceil(story.fresh(run).sla_seconds_left(now()))


def running(run) -> bool:
    return story.fresh(run).sla_due is not None


@pytest.fixture
def run(cast):
    return story.launch(cast, "hurried", {"seconds": 0})


def test_it_runs_from_the_launch_on(run):
    assert (running(run), left(run)) == (True, 30)
    story.let_pass(run, 7)
    assert left(run) == 23


def test_a_run_without_an_sla_has_none(cast):
    run = story.fresh(story.launch(cast))
    assert (run.sla_left, run.sla_due, run.sla_seconds_left(now())) == (None, None, None)


def test_it_stands_before_the_first_start_of_a_run_for_later(cast):
    run = story.launch(cast, "hurried", {"seconds": 0}, not_before=now() + datetime.timedelta(hours=1))
    assert not running(run)
    story.let_pass(run, 3600)
    assert left(run) == 30
    rows(story.statements.DUE, {})
    assert (running(run), left(run)) == (True, 30)


def test_it_stands_while_a_person_holds_the_run_and_goes_on_after(cast, run):
    operator = cast.actor("operator")
    story.let_pass(run, 10)
    first = commands.pause(operator, run.pk, reason="look")
    commands.pause(operator, run.pk, reason="look again")
    story.let_pass(run, 7200)
    assert (running(run), left(run)) == (False, 20)
    commands.release(operator, first.pk, reason="one")
    assert not running(run)
    commands.resume(operator, run.pk)
    assert (running(run), left(run)) == (True, 20)


def test_it_runs_while_a_worker_finishes_its_step_though_somebody_has_paused(cast, run):
    claimed = story.claim(run)
    assert math.ceil(claimed.sla_seconds) == 30
    commands.pause(cast.actor("operator"), run.pk, reason="look")
    assert (story.fresh(run).state, running(run)) == ("pausing", True)
    story.let_pass(run, 4)
    story.boundary(run, claimed.epoch, 0, ["after"])
    assert (story.fresh(run).state, running(run), left(run)) == ("paused", False, 26)


def test_it_stands_at_a_breakpoint_once_that_is_reached(cast, run):
    commands.pause(cast.actor("operator"), run.pk, reason="before", before_step="after")
    assert running(run)
    claimed = story.claim(run)
    story.boundary(run, claimed.epoch, 0, ["after"])
    assert (story.fresh(run).state, running(run)) == ("paused", False)


def test_it_stands_while_a_question_is_open(cast):
    run = story.work(story.launch(cast, "hurried-asking"))
    assert (run.state, running(run)) == ("suspended", False)
    story.let_pass(run, 7200)
    assert left(run) == 60
    question = run.suspensions.get()
    answer = {"decision": "yes"}
    commands.answer(cast.actor("reviewer"), question.pk, data=answer, context_digest=question.context_digest)
    assert (running(run), left(run)) == (True, 60)


def test_it_stands_for_good_when_the_run_ends_or_is_to_be_cancelled(cast, run):
    assert story.work(run).state == "succeeded"
    assert not running(run)
    cancelled = story.launch(cast, "hurried", {"seconds": 0})
    claimed = story.claim(cancelled)
    commands.cancel(cast.actor("operator"), cancelled.pk, reason="no more")
    assert (story.fresh(cancelled).state, running(cancelled)) == ("cancelling", False)
    assert claimed


def test_it_runs_between_two_tries(cast):
    run = story.work(story.launch(cast, "hurried-failing"))
    assert (run.state, run.not_before is not None, running(run)) == ("queued", True, True)


@pytest.mark.parametrize("lie", ["sla_due = NULL", "sla_due = now() + interval '1 year'", "sla_due = '-infinity'"])
def test_no_statement_can_move_it(run, lie):
    story.execute(f"UPDATE executions_execution SET {lie} WHERE id = %s", [run.pk])
    assert (running(run), left(run)) == (True, 30)


@pytest.mark.parametrize("lie", ["sla_due = now()", "sla_due = now() + interval '1 year'"])
def test_no_statement_can_start_it_while_people_think(cast, run, lie):
    commands.pause(cast.actor("operator"), run.pk, reason="look")
    story.execute(f"UPDATE executions_execution SET {lie} WHERE id = %s", [run.pk])
    assert (running(run), left(run)) == (False, 30)


def test_more_time_counts_whether_it_runs_or_stands(cast, run):
    more = "UPDATE executions_execution SET sla_left = sla_left + 100 WHERE id = %s"
    story.execute(more, [run.pk])
    assert left(run) == 130
    commands.pause(cast.actor("operator"), run.pk, reason="look")
    story.execute(more, [run.pk])
    assert left(run) == 230
    commands.resume(cast.actor("operator"), run.pk)
    assert left(run) == 230


def test_it_gives_back_the_time_in_which_a_freeze_kept_the_run_in_the_queue(cast, run):
    operator = cast.actor("operator")
    story.let_pass(run, 5)
    freeze = commands.freeze(operator, workflow="hurried", reason="incident")
    other = commands.freeze(operator, labels={}, workflow="hurried", reason="another, at the same time")
    story.let_pass(run, 3600)
    sla.breach_overdue()
    assert story.fresh(run).sla_breached_at is None
    assert math.ceil(queries.clock_of(story.fresh(run)).left_seconds) == 25
    for each in (freeze, other):
        commands.lift(operator, each.pk, reason="over")
    claimed = story.claim(run)
    assert math.ceil(claimed.sla_seconds) == 25
    assert left(run) == 25


def test_a_freeze_of_other_runs_gives_nothing_back(cast, run):
    commands.freeze(cast.actor("operator"), workflow="noop", reason="incident")
    story.let_pass(run, 20)
    assert math.ceil(story.claim(run).sla_seconds) == 10
