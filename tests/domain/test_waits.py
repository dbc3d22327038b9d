"""Events and what waits for them: a mailbox per run, deadlines, sleeps."""

import pytest
from django.utils import timezone

from executions import commands
from executions.commands.condition import resume_token
from executions.engine import wakeups
from executions.errors import Conflict, NotAllowed
from executions.models import Emission, Trigger
from executions.states import PAUSED, QUEUED, SUSPENDED
from tests.domain import story
from tests.domain.refusal import refused
from tests.domain.test_conditions import outcomes, pause, sleep_until_due

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


@pytest.fixture
def reviewer(cast):
    return cast.actor("reviewer")


# Events
def test_f5_an_event_resumes_a_hold_when_its_data_match(cast, operator):
    run = story.launch(cast)
    commands.emit(operator, "order.shipped", {"order": 7})
    hold = pause(operator, run, {"event": "order.shipped", "match": {"order": 7}})
    wakeups.look_back(hold.conditions.get().pk)
    assert story.fresh(run).state == PAUSED, "it was sent before the pause"
    for name, data in (("order.shipped", {"order": 8}), ("order.lost", {"order": 7})):
        emitted = commands.emit(operator, name, data)
        assert (emitted.woken, wakeups.wake(emitted.emission.pk)) == (0, 0)
    assert story.fresh(run).state == PAUSED
    emitted = commands.emit(cast.actor("admin"), "order.shipped", {"order": 7, "by": {"van": 3}})
    assert (emitted.woken, wakeups.wake(emitted.emission.pk)) == (1, 1)
    now = story.fresh(run)
    assert now.state == QUEUED
    assert (now.resumed["trigger"], now.resumed["by"]) == ("event:order.shipped", "admin")
    assert now.resumed["data"] == {"order": 7, "by": {"van": 3}}
    assert wakeups.wake(emitted.emission.pk) == 0
    assert story.kinds(run).count("trigger.late") == 0


def test_who_may_not_send_events_sends_none(cast, reviewer):
    before = Emission.objects.count()
    with pytest.raises(NotAllowed, match="events:emit"):
        commands.emit(reviewer, "order.shipped")
    assert Emission.objects.count() == before


def test_a_wait_takes_each_event_since_the_run_began_once_and_in_order(cast, operator):
    commands.emit(operator, "tick", {"n": 0})
    run = story.launch(cast, "waits-for-ticks", {"ticks": 3})
    for number in (1, 2):
        commands.emit(operator, "tick", {"n": number})
    story.work(run)
    assert look(run) == [1]
    assert look(run) == [1, 2]
    assert look(run) == [1, 2]
    assert story.fresh(run).state == SUSPENDED
    commands.emit(operator, "tick", {"n": 3})
    assert look(run) == [1, 2, 3]
    assert story.fresh(run).state == "succeeded"


def look(run):
    """Make the look that a worker makes after its commit, let the run go on, and return what it has heard."""
    for trigger in Trigger.objects.filter(execution=run, closed_at__isnull=True):
        wakeups.look_back(trigger.pk)
    story.work(run)
    answers = run.suspensions.filter(outcome="answered").order_by("opened_at")
    return [suspension.answer["n"] for suspension in answers]


def test_an_event_that_another_wait_passed_over_is_not_lost(cast, operator):
    run = story.launch(cast, "waits-for-two-orders")
    for order in (2, 1):
        commands.emit(operator, "order.shipped", {"order": order})
    story.work(run)
    for _ in range(2):
        (trigger,) = Trigger.objects.filter(execution=run, closed_at__isnull=True)
        wakeups.look_back(trigger.pk)
        story.work(run)
    assert story.fresh(run).payload["shipped"] == [1, 2]


def test_a_wait_has_a_deadline(cast):
    run = story.work(story.launch(cast, "waits-not-for-long", {"default": False}))
    _pass_deadline(run)
    assert story.work(run).payload == {"default": False, "came": "too late"}


def test_a_wait_takes_its_default_at_the_deadline(cast):
    run = story.work(story.launch(cast, "waits-not-for-long", {"default": True}))
    _pass_deadline(run)
    assert story.work(run).payload["came"] == {"order": 0}
    assert run.conditions.get().outcome == "overtaken"


def test_an_event_sent_after_the_deadline_does_not_count_even_if_nobody_has_looked(cast, operator):
    run = story.work(story.launch(cast, "waits-not-for-long", {"default": False}))
    (trigger,) = Trigger.objects.filter(execution=run)
    import time

    deadline = run.suspensions.get().deadline
    time.sleep(max((deadline - timezone.now()).total_seconds(), 0) + 0.01)
    emitted = commands.emit(operator, "order.shipped")
    assert wakeups.wake(emitted.emission.pk) == 0
    trigger.refresh_from_db()
    assert trigger.closed_at is None
    _pass_deadline(run)
    trigger.refresh_from_db()
    assert trigger.outcome == "overtaken"


def _pass_deadline(run):
    import time

    from executions.engine import deadlines

    deadline = run.suspensions.get().deadline
    time.sleep(max((deadline - timezone.now()).total_seconds(), 0) + 0.01)
    deadlines.expire_questions()


def test_a_sleep_ends_by_itself_and_nobody_can_answer_it(cast, reviewer):
    run = story.work(story.launch(cast, "sleeps", {"seconds": 0.2}))
    assert run.state == SUSPENDED
    question = run.suspensions.get()
    assert (question.kind, question.conditions.get().kind) == ("time", "time")
    with refused(Conflict, run, match="waits for a time"):
        commands.answer(reviewer, question.pk, data={}, context_digest=question.context_digest)
    sleep_until_due(question)
    wakeups.fire_due()
    assert story.kinds(run)[-2:] == ["trigger.fired", "suspension.answered"]
    assert story.work(run).state == "succeeded"


def test_a_cancel_overtakes_a_wait(cast, operator):
    run = story.work(story.launch(cast, "sleeps", {"seconds": 60}))
    commands.cancel(operator, run.pk, reason="enough")
    (trigger,) = Trigger.objects.filter(execution=run)
    assert trigger.outcome == "overtaken"


def test_looks_that_are_owed_are_made_by_the_sweeper(cast, operator):
    run = story.launch(cast)
    hold = pause(operator, run, {"event": "go"})
    emission = commands.emit(operator, "go").emission
    assert story.fresh(run).state == PAUSED, "in this test nothing commits, so no look is made"
    import time

    time.sleep(1.05)
    wakeups.look_again()
    assert story.fresh(run).state == QUEUED
    assert outcomes(hold) == [("event", "fired")]
    emission.refresh_from_db()
    assert emission.looked_at is not None


def test_a_step_that_is_done_anew_hears_its_event_anew(cast, operator):
    run = story.launch(cast, "waits-for-ticks", {"ticks": 3})
    for number in (1, 2, 3):
        commands.emit(operator, "tick", {"n": number})
    story.work(run)
    while story.fresh(run).state == SUSPENDED:
        look(run)
    assert story.fresh(run).payload["heard"] == [1, 2, 3]
    again = commands.launch(operator, "waits-for-ticks", {"ticks": 3})
    for number in (1, 2):
        commands.emit(operator, "tick", {"n": number})
    story.work(again)
    assert look(again) == [1]
    assert look(again) == [1, 2]
    assert story.fresh(again).next_step == "last_tick"
    commands.pause(operator, again.pk, reason="send it back")
    commands.retry(operator, again.pk, reason="hear them again", from_step="first_ticks", again=True)
    commands.resume(operator, again.pk)
    story.work(again)
    assert look(again)[-1:] == [1]
    assert look(again)[-1:] == [2]
    assert story.fresh(again).payload["heard"] == [1, 2]


# ctx.resumed
def test_ctx_resumed_is_right_for_a_release_too(cast, operator, reviewer):
    run = story.launch(cast, "tells-how-it-was-resumed")
    token = resume_token(pause(operator, run, {"webhook": True}))
    commands.fire_webhook(token, data={"old": True})
    hold = commands.place(reviewer, run.pk, reason="look")
    commands.release(reviewer, hold.pk, reason="fine")
    told = story.work(run).payload["resumed"]
    assert told == {"trigger": "manual", "data": {}, "additional_context": {}, "by": "reviewer", "note": "fine"}
