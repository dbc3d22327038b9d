"""Resume conditions: what ends a hold or a wait by itself, once, and nothing but its own."""

import datetime

import pytest
from django.utils import timezone

from executions import commands
from executions.commands.condition import resume_token
from executions.commands.trigger import TIMER, fire
from executions.conditions import in_words, next_time, read_conditions
from executions.engine import wakeups
from executions.errors import Conflict, Invalid, NotAllowed, NotFound
from executions.models import Event, Execution
from executions.states import PAUSED, QUEUED
from tests.domain import story
from tests.domain.refusal import refused

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


@pytest.fixture
def reviewer(cast):
    return cast.actor("reviewer")


def pause(actor, run, *conditions, **more):
    return commands.pause(actor, run.pk, reason="wait", resume_when=list(conditions), **more)


def soon(seconds=3600):
    return (timezone.now() + datetime.timedelta(seconds=seconds)).isoformat()


def come(hold):
    """Let the time of a hold's conditions have come, and sweep."""
    for trigger in hold.conditions.filter(closed_at__isnull=True):
        assert trigger.due_at > timezone.now()
        fire(TIMER, trigger.pk)


def outcomes(hold):
    return sorted((trigger.kind, trigger.outcome) for trigger in hold.conditions.all())


# What is accepted
def test_a_condition_is_read_in_every_form():
    assert read_conditions(None) == read_conditions("manual") == read_conditions(["manual", {"kind": "manual"}]) == ()
    at, after, event, webhook = read_conditions(
        [
            {"at": "2030-01-31T12:00:00+02:00"},
            {"after_seconds": 60},
            {"event": "order.shipped", "match": {"order": 7}},
            {"webhook": True},
        ]
    )
    assert at.due_at == datetime.datetime(2030, 1, 31, 10, tzinfo=datetime.UTC)
    assert 59 < (after.due_at - timezone.now()).total_seconds() <= 60
    assert (event.kind, event.event, event.match) == ("event", "order.shipped", {"order": 7})
    assert webhook.kind == "webhook"
    (cron,) = read_conditions({"cron": "0 9 * * 1-5", "timezone": "Europe/Berlin"})
    assert (cron.kind, cron.cron, cron.timezone) == ("cron", "0 9 * * 1-5", "Europe/Berlin")
    assert cron.due_at > timezone.now()


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2026-03-28T08:00:00+00:00", "2026-03-28T08:30:00+00:00"),  # 09:30 in Berlin, winter
        ("2026-03-29T00:00:00+00:00", "2026-03-29T07:30:00+00:00"),  # 09:30 in Berlin, summer
        ("2026-03-29T07:30:00+00:00", "2026-03-30T07:30:00+00:00"),  # strictly later
    ],
)
def test_a_cron_expression_is_meant_in_its_time_zone(after, due):
    moment = datetime.datetime.fromisoformat
    assert next_time("30 9 * * *", "Europe/Berlin", moment(after)) == moment(due)


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ("later", "resume_when", "Must be an object"),
        ({}, "resume_when", "Says nothing"),
        ({"kind": "cron"}, "resume_when.kind", "Must be manual"),
        ({"kind": "manual", "at": "now"}, "resume_when", "only one"),
        ({"at": "2030-01-01T00:00:00Z", "event": "x"}, "resume_when", "only one"),
        ({"at": "2020-01-01T00:00:00Z"}, "resume_when.at", "has passed"),
        ({"at": "2030-01-01T00:00:00"}, "resume_when.at", "time zone"),
        ({"at": "2030-13-01T00:00:00Z"}, "resume_when.at", "time zone"),
        ({"at": "9999-01-01T00:00:00Z"}, "resume_when.at", "ten years"),
        ({"at": 5}, "resume_when.at", "time zone"),
        ({"after_seconds": 0}, "resume_when.after_seconds", "above 0"),
        ({"after_seconds": float("nan")}, "resume_when.after_seconds", "above 0"),
        ({"after_seconds": True}, "resume_when.after_seconds", "above 0"),
        ({"after_seconds": 10**12}, "resume_when.after_seconds", "ten years"),
        ({"cron": "0 9 * *"}, "resume_when.cron", "Wrong number of fields"),
        ({"cron": "0 0 9 * * 1-5"}, "resume_when.cron", "Wrong number of fields"),
        ({"after_seconds": 10**400}, "resume_when.after_seconds", "within ten years"),
        ({"after_seconds": float("inf")}, "resume_when.after_seconds", "within ten years"),
        ({"cron": "61 9 * * *"}, "resume_when.cron", "Bad minute"),
        ({"cron": "0 0 30 2 *"}, "resume_when.cron", "Bad day-of-month"),
        ({"cron": 5}, "resume_when.cron", "Write a text"),
        ({"cron": "0 9 * * *", "timezone": "Mars/Olympus"}, "resume_when.timezone", "Name a time zone"),
        ({"cron": "0 9 * * *", "timezone": "../../etc/passwd"}, "resume_when.timezone", "Name a time zone"),
        ({"cron": "0 9 * * *", "timezone": 5}, "resume_when.timezone", "Name a time zone"),
        ({"cron": "0 9 * * *", "timezone": "x\x00"}, "resume_when.timezone", "Name a time zone"),
        ({"event": "two words"}, "resume_when.event", "Name the event"),
        ({"event": ""}, "resume_when.event", "Name the event"),
        ({"event": "x", "match": [1]}, "resume_when.match", "JSON object"),
        ({"event": "x", "mach": {}}, "resume_when.mach", "Unknown field"),
        ({"webhook": False}, "resume_when.webhook", "Must be true"),
        ([{"webhook": True}, {"webhook": True}], "resume_when", "One webhook"),
        ([{"after_seconds": 5}, {"at": "x"}], "resume_when.1.at", "time zone"),
        ([{"after_seconds": 5}] * 11, "resume_when", "Too many"),
    ],
)
def test_a_condition_that_is_none_is_refused_by_name(given, field, says):
    with pytest.raises(Invalid) as refusal:
        read_conditions(given)
    assert field in refusal.value.errors
    assert says in refusal.value.errors[field][0]


def test_conditions_are_put_into_words():
    due = datetime.datetime(2030, 1, 31, 10, tzinfo=datetime.UTC)
    assert in_words("time", due_at=due) == "2030-01-31 10:00:00 UTC"
    assert in_words("cron", due_at=due, cron="0 9 * * *", zone="UTC").endswith("of cron 0 9 * * * (UTC)")
    assert in_words("event", event="a.b", match={"n": 1}) == 'event a.b with {"n":1}'
    assert in_words("webhook") == "a call of its webhook"


# Who may set one
def test_a_compliance_hold_takes_conditions_only_from_who_may_release_it(cast, reviewer):
    run = story.launch(cast)
    hold = commands.place(reviewer, run.pk, reason="look", resume_when={"after_seconds": 60})
    assert outcomes(hold) == [("time", None)]
    from dataclasses import replace

    placer = replace(reviewer, scopes=frozenset({"holds:place"}))
    with refused(NotAllowed, run, match="needs the scope holds:release"):
        commands.place(placer, run.pk, reason="look", resume_when={"after_seconds": 60})
    commands.place(placer, run.pk, reason="look", resume_when="manual")


def test_a_hold_under_dual_control_takes_no_conditions(cast, reviewer):
    run = story.launch(cast)
    with refused(Invalid, run, match="second person", field="resume_when"):
        commands.place(reviewer, run.pk, reason="look", dual_control=True, resume_when={"after_seconds": 60})
    assert story.fresh(run).open_holds == 0


def test_a_pause_with_a_wrong_condition_is_refused_as_a_whole(cast, operator):
    run = story.launch(cast)
    with refused(Invalid, run, match="has passed"):
        pause(operator, run, {"at": "2020-01-01T00:00:00Z"})
    assert story.fresh(run).open_holds == 0


# Times
@pytest.mark.parametrize("condition", [{"after_seconds": 1}, {"at": None}])
def test_f5_a_hold_is_released_when_its_time_has_come(condition, cast, operator):
    run = story.launch(cast)
    condition = {"at": soon(1)} if "at" in condition else condition
    hold = pause(operator, run, condition)
    wakeups.fire_due()
    assert story.fresh(run).state == PAUSED
    sleep_until_due(hold)
    wakeups.fire_due()
    wakeups.fire_due()
    now = story.fresh(run)
    assert now.state == QUEUED
    assert story.kinds(run)[-3:] == ["trigger.fired", "hold.released", "execution.resumed"]
    assert now.resumed["trigger"] == "time"
    assert now.resumed["by"] == "timer"
    hold.refresh_from_db()
    assert (hold.released_by, hold.released_via) == ("policy:timer", "engine")
    assert outcomes(hold) == [("time", "fired")]


def sleep_until_due(hold):
    import time

    due = hold.conditions.get().due_at
    time.sleep(max((due - timezone.now()).total_seconds(), 0) + 0.01)


def test_f5_a_cron_condition_fires_once(cast, operator):
    run = story.launch(cast)
    hold = pause(operator, run, {"cron": "*/5 * * * *"})
    come(hold)
    assert story.fresh(run).resumed["trigger"] == "cron"
    assert outcomes(hold) == [("cron", "fired")]


def test_a_condition_releases_its_own_hold_and_no_other(cast, operator, reviewer):
    run = story.launch(cast)
    hold = pause(operator, run, {"after_seconds": 60})
    commands.place(reviewer, run.pk, reason="look")
    come(hold)
    now = story.fresh(run)
    assert (now.state, now.open_holds) == (PAUSED, 1)
    assert "execution.resumed" not in story.kinds(run)


def test_the_first_condition_that_is_met_overtakes_the_others(cast, operator):
    run = story.launch(cast)
    hold = pause(operator, run, {"after_seconds": 60}, {"event": "go"}, {"webhook": True})
    commands.fire_webhook(resume_token(hold))
    assert outcomes(hold) == [("event", "overtaken"), ("time", "overtaken"), ("webhook", "fired")]
    assert story.kinds(run).count("hold.released") == 1


@pytest.mark.parametrize("way", ["resume", "release"])
def test_a_stale_timer_never_touches_a_later_hold(way, cast, operator):
    run = story.launch(cast)
    hold = pause(operator, run, {"after_seconds": 60})
    (trigger,) = hold.conditions.all()
    if way == "resume":
        commands.resume(operator, run.pk)
    else:
        commands.release(operator, hold.pk, reason="fine")
    assert outcomes(hold) == [("time", "overtaken")]
    later = pause(operator, run)
    before = story.kinds(run)
    firing = fire(TIMER, trigger.pk)
    assert "released this hold already" in firing.late
    later.refresh_from_db()
    assert later.is_open
    assert story.fresh(run).state == PAUSED
    assert story.kinds(run) == [*before, "trigger.late"]


def test_a_condition_on_a_cancelled_run_changes_nothing_and_says_so(cast, operator):
    run = story.launch(cast, "obedient", {"seconds": 0})
    hold = pause(operator, run, {"after_seconds": 60}, {"webhook": True})
    token = resume_token(hold)
    commands.cancel(operator, run.pk, reason="enough")
    with pytest.raises(Conflict, match="being cancelled"):
        commands.fire_webhook(token)
    fire(TIMER, hold.conditions.get(kind="time").pk)
    assert outcomes(hold) == [("time", "overtaken"), ("webhook", "overtaken")]
    assert story.kinds(run).count("trigger.late") == 2


def test_what_a_webhook_brings_is_in_no_fork_either(cast, operator):
    run = story.launch(cast)
    hold = pause(operator, run, {"webhook": True})
    commands.fire_webhook(resume_token(hold), data={"amount": 9})
    assert "amount" not in commands.fork(operator, run.pk, reason="what if").payload


def test_a_condition_on_a_run_that_failed_releases_its_hold_and_leaves_it_failed(cast, operator):
    run = story.launch(cast, "failing", {"failures": 9, "message": "no"})
    claimed = story.claim(run)
    hold = pause(operator, run, {"after_seconds": 60})
    story.give_back(run, claimed.epoch)
    Execution.objects.filter(pk=run.pk).update(outcome="failed", finished_at=timezone.now())
    from executions.actors import SYSTEM
    from executions.provenance import append

    append(run.pk, "execution.failed", SYSTEM, data={"step": "trouble", "message": "no"})
    come(hold)
    assert (story.fresh(run).state, story.fresh(run).open_holds) == ("failed", 0)
    assert "execution.resumed" not in story.kinds(run)
    assert commands.retry(operator, run.pk, reason="again").state == QUEUED


# Webhooks
def test_f2_f4_a_webhook_brings_data_and_context_to_the_next_step_and_none_into_the_payload(cast, operator):
    run = story.launch(cast, "tells-how-it-was-resumed")
    token = resume_token(pause(operator, run, {"webhook": True}))
    resumed = commands.fire_webhook(
        token, data={"total": 5}, additional_context={"ticket": "T-1"}, note="supplier called back"
    )
    assert (resumed.state, resumed.payload) == (QUEUED, {})
    told = story.work(run).payload["resumed"]
    assert told == {
        "trigger": "webhook",
        "data": {"total": 5},
        "additional_context": {"ticket": "T-1"},
        "by": "webhook of operator",
        "note": "supplier called back",
    }
    fired = Event.objects.get(ledger=run.pk, kind="trigger.fired")
    assert (fired.actor_role, fired.via, fired.reason) == ("webhook", "webhook", "supplier called back")


def test_f5_a_webhook_works_once_and_each_later_call_is_in_the_history(cast, operator):
    run = story.launch(cast)
    token = resume_token(pause(operator, run, {"webhook": True}))
    commands.fire_webhook(token)
    later = pause(operator, run, {"webhook": True})
    for _ in range(2):
        with pytest.raises(Conflict, match="fired already"):
            commands.fire_webhook(token)
    later.refresh_from_db()
    assert later.is_open
    assert story.kinds(run).count("trigger.late") == 2
    assert resume_token(later) != token


def test_a_webhook_with_bad_data_changes_nothing_and_can_be_called_again(cast, operator):
    run = story.launch(cast)
    token = resume_token(pause(operator, run, {"webhook": True}))
    with refused(Invalid, run, match="cannot be stored"):
        commands.fire_webhook(token, data={"a": "\x00"})
    assert commands.fire_webhook(token, data={"a": "b"}).state == QUEUED


def test_a_token_that_nobody_was_given_is_not_found(cast, operator):
    run = story.launch(cast)
    hold = pause(operator, run, {"webhook": True}, {"after_seconds": 60})
    token = resume_token(hold)
    timer = hold.conditions.get(kind="time")
    _, _, mac = token.partition(".")
    for wrong in ("", "x", token[:-1], token + "A", token.replace(".", ""), f"{timer.pk.hex}.{mac}", "\x00", "é"):
        with pytest.raises(NotFound):
            commands.fire_webhook(wrong)
    assert story.fresh(run).state == PAUSED
