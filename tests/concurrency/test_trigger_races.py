"""Conditions against people, against each other, and against the moment in which somebody begins to wait."""

# ruff: noqa: B023  (every race ends within its round, so no closure outlives its loop variables)

import random
import time

import pytest

from executions import commands
from executions.commands.condition import resume_token
from executions.commands.trigger import TIMER, Firing, fire
from executions.engine import deadlines, wakeups
from executions.errors import Conflict
from executions.models import Emission, Execution
from tests.concurrency.races import FEWER, ROUNDS, bury, contenders
from tests.domain import story

pytestmark = pytest.mark.usefixtures("live_db")


@pytest.fixture
def admin(cast):
    return cast.actor("admin")


def test_a_timer_against_a_resume_by_hand_releases_the_hold_once(cast, admin):
    wins = {"timer": 0, "person": 0}
    with contenders() as race:
        for _ in range(ROUNDS):
            run = story.launch(cast)
            hold = commands.pause(admin, run.pk, reason="x", resume_when={"after_seconds": 3600})
            trigger = hold.conditions.get()
            fired, resumed = race(lambda: fire(TIMER, trigger.pk), lambda: commands.resume(admin, run.pk))
            assert isinstance(fired, Firing)
            assert bool(fired.late) != isinstance(resumed, Conflict), (fired, resumed)
            wins["person" if fired.late else "timer"] += 1
            kinds = story.kinds(run)
            assert (kinds.count("hold.released"), kinds.count("execution.resumed")) == (1, 1)
            assert kinds.count("trigger.late") == bool(fired.late)
            trigger.refresh_from_db()
            assert trigger.outcome == ("overtaken" if fired.late else "fired")
            now = story.fresh(run)
            assert now.state == "queued"
            assert now.resumed["trigger"] == ("manual" if fired.late else "time")
            bury(run, admin)
    assert min(wins.values()) > 0, wins


def test_a_webhook_against_a_resume_and_a_new_pause_never_lifts_the_later_hold(cast, admin):
    wins = [0, 0]

    def again(run):
        commands.resume(admin, run.pk)
        return commands.pause(admin, run.pk, reason="later")

    with contenders() as race:
        for _ in range(ROUNDS):
            run = story.launch(cast)
            token = resume_token(commands.pause(admin, run.pk, reason="x", resume_when={"webhook": True}))
            called, later = race(lambda: commands.fire_webhook(token), lambda: again(run))
            webhook_won = isinstance(called, Execution)
            wins[webhook_won] += 1
            if isinstance(later, Conflict):
                assert webhook_won
                later = commands.pause(admin, run.pk, reason="later")
            later.refresh_from_db()
            assert later.is_open
            assert story.fresh(run).state == "paused"
            bury(run, admin)
    assert min(wins) > 0, wins


def test_of_two_calls_of_a_webhook_one_wins_and_the_other_is_told(cast, admin):
    wins = [0, 0]
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast)
            token = resume_token(commands.pause(admin, run.pk, reason="x", resume_when={"webhook": True}))
            outcomes = race(*(lambda n=n: commands.fire_webhook(token, data={"n": n}) for n in range(2)))
            won = [isinstance(outcome, Execution) for outcome in outcomes]
            assert sorted(won) == [False, True], outcomes
            wins[won.index(True)] += 1
            assert story.fresh(run).resumed["data"] == {"n": won.index(True)}
            kinds = story.kinds(run)
            assert (kinds.count("trigger.fired"), kinds.count("trigger.late")) == (1, 1)
            bury(run, admin)
    assert min(wins) > 0, wins


def test_an_event_sent_while_a_run_begins_to_wait_is_never_lost(cast, admin):
    """The wait is opened by a worker's commit, the event by another: whichever is last sees the other."""
    first = {"event": 0, "wait": 0}
    chance = random.Random(7)

    def send(name, number, delay):
        time.sleep(delay)  # a worker has a longer way to its commit
        commands.emit(admin, name, {"n": number})

    with contenders() as race:
        for number in range(ROUNDS):
            run = story.launch(cast, "waits-for-one", {"number": number})
            name = f"one.{run.pk}"
            delay = chance.random() * 0.04
            race(lambda: story.work(run), lambda: send(name, number, delay))
            trigger = run.conditions.get()
            emission = Emission.objects.get(name=name)
            first["event" if emission.at < trigger.created_at else "wait"] += 1
            assert trigger.outcome == "fired", story.kinds(run)
            assert story.fresh(run).state == "queued"
            assert story.work(run).payload["heard"] == number
            assert story.kinds(run).count("trigger.fired") == 1
            bury(run, admin)
    assert min(first.values()) > 0, first


def test_an_event_sent_while_a_pause_is_placed_meets_it_or_came_before_it(cast, admin):
    met = {"event": 0, "not": 0}
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast)
            name = f"go.{run.pk}"
            condition = {"event": name}
            hold, _ = race(
                lambda: commands.pause(admin, run.pk, reason="x", resume_when=condition),
                lambda: commands.emit(admin, name),
            )
            trigger = hold.conditions.get()
            emission = Emission.objects.get(name=name)
            assert (trigger.outcome == "fired") == (emission.pk > trigger.after)
            met["event" if trigger.outcome else "not"] += 1
            bury(run, admin)
    assert min(met.values()) > 0, met


def test_an_event_against_the_deadline_of_its_wait_ends_it_once(cast, admin):
    wins = {"answered": 0, "expired": 0}
    with contenders() as race:
        for _ in range(FEWER):
            run = story.work(story.launch(cast, "waits-for-one", {"number": 1, "deadline": 3600}))
            asked, trigger = run.suspensions.get(), run.conditions.get()
            race(
                lambda: fire(admin, trigger.pk, data={"n": 1}),
                lambda: deadlines.expire(str(asked.pk), str(run.pk), asked.deadline),
            )
            asked.refresh_from_db()
            trigger.refresh_from_db()
            wins[asked.outcome] += 1
            assert trigger.outcome == {"answered": "fired", "expired": "overtaken"}[asked.outcome]
            kinds = story.kinds(run)
            assert kinds.count("suspension.answered") + kinds.count("suspension.expired") == 1
            bury(run, admin)
    assert min(wins.values()) > 0, wins


def test_sweepers_that_meet_over_the_same_times_fire_each_once(cast, admin):
    with contenders(3) as race:
        for _ in range(FEWER // 3):
            runs = [story.launch(cast) for _ in range(3)]
            for run in runs:
                commands.pause(admin, run.pk, reason="x", resume_when={"after_seconds": 0.001})
            race(*[wakeups.fire_due] * 3)
            for run in runs:
                kinds = story.kinds(run)
                assert (kinds.count("trigger.fired"), kinds.count("hold.released")) == (1, 1)
                assert "trigger.late" not in kinds, "a second sweeper is not late"
                bury(run, admin)
