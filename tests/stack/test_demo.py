"""The demo's past is written by real commands under an earlier clock; in its present, people leave work to others."""

import datetime
import random
from contextlib import suppress

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from console.stack.people import COLLEAGUES, ensure_demo_people
from executions import clock, commands, ids, states
from executions.actors import SYSTEM, Actor
from executions.models import SYSTEM_LEDGER, Event, Execution, Hold, Suspension
from executions.past import AlreadyVerified, NotADemo, Past
from executions.provenance import append
from executions.provenance.verify import verify
from workflows.demo.past import plan, write_past
from workflows.demo.present import LEFT_OPEN, Present
from workflows.demo.stories import STORIES
from workflows.demo.stories.standing import STANDING
from workflows.demo.team import Team
from workflows.demo.teller import StillToCome, Teller

NOW = datetime.datetime.now(datetime.UTC)
LONG_AGO = NOW - datetime.timedelta(days=13, hours=NOW.hour - 10)


@pytest.fixture
def team(cast, encoded_password, settings) -> Team:
    settings.HOLDPOINT_DEMO = True
    ensure_demo_people(encoded_password, COLLEAGUES)
    found = Team.of_database()
    assert found is not None
    return found


def tell(story, team: Team, *, seed: int, moment: datetime.datetime = LONG_AGO) -> Execution:
    with Past() as past:
        teller = Teller(past, team, random.Random(seed), timezone.now())
        with past.at(moment), suppress(StillToCome):
            story(teller)
        return teller.run


def rows(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_every_story_tells_of_a_run_that_could_have_been(story, team):
    for seed in (1, 2):
        tell(story, team, seed=seed)
    assert verify().problems == []
    for run in Execution.objects.all():
        assert run.state == states.state_of(run.facts)
        lines = list(Event.objects.filter(ledger=run.pk).order_by("seq").values_list("at", flat=True))
        assert lines == sorted(lines)
        assert abs(lines[0] - run.created_at) < datetime.timedelta(seconds=1)
        assert LONG_AGO <= lines[0] < lines[-1] < NOW
        assert abs(run.pk.int // 2**80 / 1000 - run.created_at.timestamp()) < 1
        if run.finished_at:
            assert abs(run.finished_at - lines[-1]) < datetime.timedelta(seconds=1)
        assert run.open_holds == run.holds.filter(released_at=None, before_step=None).count()
        assert run.open_suspensions == run.suspensions.filter(closed_at=None).count()


def test_a_story_that_has_not_ended_yet_waits_for_people(team):
    some = [tell(story, team, seed=3, moment=NOW - datetime.timedelta(minutes=20)) for story in STORIES]
    at_rest = {states.SUSPENDED, states.PAUSED, *states.TERMINAL, states.FAILED}
    assert {run.state for run in Execution.objects.all()} <= at_rest
    assert any(run.state in (states.SUSPENDED, states.PAUSED) for run in some)
    assert not Event.objects.filter(at__gt=timezone.now()).exists()


def test_the_past_is_written_once_and_said_to_be_one(team):
    assert write_past(team, rng=random.Random(5), limit=3) == 3
    marked = Event.objects.get(ledger=SYSTEM_LEDGER, kind="demo.seeded")
    assert marked.at > NOW
    assert write_past(team, rng=random.Random(5), limit=3) == 0


def test_an_installation_with_runs_of_its_own_gets_no_past(team, cast):
    User.objects.create_user("ada").groups.set(cast.operator.groups.all())
    commands.launch(Actor.of_user(User.objects.get(username="ada")), "site-audit", {"site": "graz"})
    assert write_past(team, rng=random.Random(5), limit=3) == 0
    assert Execution.objects.count() == 1


def test_once_the_record_was_verified_nothing_is_dated_earlier(team, cast):
    with Past() as past, pytest.raises(AlreadyVerified), past.at(LONG_AGO):
        append(SYSTEM_LEDGER, "audit.verified", SYSTEM, data={"outcome": "whole"})
    assert not Event.objects.filter(kind="audit.verified").exists()


def test_outside_of_demo_mode_there_is_no_past(settings):
    settings.HOLDPOINT_DEMO = False
    with pytest.raises(NotADemo), Past():
        pass


def test_afterwards_it_is_now_again(team, cast):
    tell(next(iter(STORIES)), team, seed=1)
    run = commands.launch(cast.actor("operator"), "site-audit", {"site": "graz"})
    run.refresh_from_db()
    assert NOW < run.created_at < timezone.now() + datetime.timedelta(seconds=1)
    assert clock.now() > NOW
    assert ids.milliseconds() / 1000 >= NOW.timestamp()
    assert rows("SELECT count(*) FROM pg_namespace WHERE nspname = 'holdpoint_past'") == [(0,)]
    assert rows("SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O' AND NOT tgisinternal") == [(0,)]


def test_stories_begin_in_the_last_two_weeks_and_the_newest_is_told_first():
    found = [moment for moment, _ in plan(NOW, random.Random(1))]
    assert found == sorted(found, reverse=True)
    assert 200 < len(found) < 400
    assert NOW - found[-1] < datetime.timedelta(days=15)


def test_some_situations_are_there_in_every_demo(team):
    for story, hours in STANDING.items():
        tell(story, team, seed=1, moment=NOW - datetime.timedelta(hours=hours))
    assert verify().problems == []
    holds = Hold.objects.filter(released_at=None)
    assert holds.filter(dual_control=True, overdue_at__lt=NOW).exists()
    assert holds.filter(before_step="post", execution__state="paused").exists()
    assert holds.filter(reason_code="budget-exceeded").exists()
    assert Execution.objects.filter(state="failed", parent=None).exists()
    assert Execution.objects.filter(parent__isnull=False, state="suspended").count() > 1
    assert Event.objects.filter(kind="command.denied").count() == 2


def test_in_the_present_people_act_and_leave_work_to_whoever_looks(team):
    for seed in range(LEFT_OPEN + 6):
        tell(next(iter(STORIES)), team, seed=seed, moment=NOW - datetime.timedelta(minutes=30))
    present = Present(team, random.Random(2))
    before = Execution.objects.count()
    assert present.launch()
    assert Execution.objects.count() == before + 1
    while present.answer():
        pass
    assert Suspension.objects.filter(closed_at=None, kind="input", execution__open_holds=0).count() <= LEFT_OPEN
    while present.hold():
        pass
    assert Hold.objects.filter(released_at=None).exists()
    for _ in range(20):
        present.act()
    assert verify().problems == []


def test_people_in_the_present_leave_a_visitors_runs_alone(team, cast):
    run = commands.launch(cast.actor("operator"), "site-audit", {"site": "graz"})
    commands.pause(cast.actor("operator"), run.pk, reason="Mine.")
    present = Present(team, random.Random(2))
    assert not any((present.answer(), present.hold(), present.let_go(), present.sign()))
    assert Hold.objects.get(released_at=None).execution_id == run.pk
