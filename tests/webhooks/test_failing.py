"""Endpoints that hang, fail, rest, ask for patience or are gone: they delay nobody, and are told of what waits."""

import datetime

import pytest
from django.db.models import F
from django.db.models.functions import Now

from executions import commands
from executions.engine import delivering
from executions.models import Event, WebhookDelivery
from executions.webhooks.schedule import rest_after
from tests.domain import story
from tests.webhooks.conftest import due_now, send, tell, told

pytestmark = pytest.mark.django_db


def test_one_that_hangs_delays_no_other(cast, raw, receiver, endpoint, settings):
    """Each endpoint is served by a thread of its own; the one that hangs is in nobody's way, and rests in between."""
    hangs, well = endpoint(raw().url), endpoint(receiver.url)
    for _ in range(3):
        story.launch(cast)
    tell(hangs, well)
    taken = {each.id: each.taken_by for each in delivering.take(10)}
    assert set(taken) == {hangs.pk, well.pk}
    assert delivering.serve(well.pk, taken[well.pk]) == 3
    assert not delivering.take(10), "the other is still in somebody's hands, and has nothing to do with this one"
    settings.HOLDPOINT = {**settings.HOLDPOINT, "WEBHOOK_TIMEOUT_SECONDS": 1.0}
    assert delivering.serve(hangs.pk, taken[hangs.pk]) == 1, "one attempt, then others have their turn"
    hangs.refresh_from_db()
    assert (hangs.failures, hangs.last_error) == (1, "No answer within 1 s.")


def test_those_that_fail_never_have_all_threads(cast, receiver, endpoint):
    failing = [endpoint("http://127.0.0.1:65000/") for _ in range(3)]
    well = endpoint(receiver.url)
    story.launch(cast)
    tell(*failing, well)
    for each in failing:
        each.__class__.objects.filter(pk=each.pk).update(failures=1, turn_at=Now() - datetime.timedelta(hours=1))
    taken = delivering.take(4, failing=2)
    assert sorted(each.failing for each in taken) == [False, True, True]
    assert well.pk in {each.id for each in taken}
    for each in taken:
        delivering.let_go(each.id, each.taken_by)
    assert len(delivering.take(4)) == 4


def test_an_endpoint_that_fails_rests_whatever_waits_and_everything_goes_once_it_answers(cast, receiver, endpoint):
    receiver.answers = [500] * 6
    hook = endpoint(receiver.url)
    for _ in range(9):
        story.launch(cast)
    tell(hook)
    for _ in range(3):
        send()
    hook.refresh_from_db()
    assert hook.failures == 3
    assert send() == 0, "the other six are due, and wait until it has rested"
    assert [line["error"] for line in told("webhook.failing")] == ["It answered 500."]
    for _ in range(3):
        due_now()
        send()
    assert len(told("webhook.failing")) == 1, "said once"
    test = commands.test_webhook(cast.actor("admin"), hook.pk)
    receiver.answers.append(500)
    assert send() == 1, "a test waits for nothing"
    test.refresh_from_db()
    assert test.state == "failed"
    test.delete()
    # An hour later it answers again, at the first message that is due; the others' times are hours away.
    hook.deliveries.update(next_at=Now() + datetime.timedelta(hours=5))
    last = hook.deliveries.order_by("id").last()
    WebhookDelivery.objects.filter(pk=last.pk).update(next_at=Now())
    hook.__class__.objects.filter(pk=hook.pk).update(
        failing_since=F("failing_since") - datetime.timedelta(hours=1), resting_until=Now()
    )
    assert send() == 9
    assert not hook.deliveries.filter(delivered_at=None).exists()
    hook.refresh_from_db()
    assert (hook.failing_since, hook.failures, hook.enabled) == (None, 0, True)
    assert len(told("webhook.recovered")) == 1


def test_retry_after_is_respected(cast, receiver, endpoint):
    receiver.answers = [(429, {"Retry-After": "120"}, b"")]
    hook = endpoint(receiver.url)
    story.launch(cast)
    tell(hook)
    send()
    hook.refresh_from_db()
    rest = hook.resting_until - hook.failing_since
    assert datetime.timedelta(seconds=119) < rest < datetime.timedelta(seconds=140)
    hook.deliveries.update(next_at=Now())
    assert send() == 0
    assert rest_after(1, 503, "Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert rest_after(1, 503, "99999999999999999999") == 86400
    for nonsense in ("nonsense", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"):
        assert rest_after(1, 503, nonsense) > 0
    assert rest_after(1, 500, "") == 0


def test_one_that_is_gone_is_disabled_at_once_and_what_waits_is_kept(cast, receiver, endpoint):
    receiver.answers = [410]
    hook = endpoint(receiver.url)
    for _ in range(2):
        story.launch(cast)
    tell(hook)
    send()
    hook.refresh_from_db()
    assert (hook.enabled, hook.disabled_because) == (False, "gone")
    (line,) = told("webhook.disabled")
    assert (line["because"], line["waiting"], line["host"]) == ("gone", 2, "127.0.0.1")
    due_now()
    assert send() == 0
    commands.enable_webhook(cast.actor("admin"), hook.pk)
    assert send() == 2


def test_one_that_failed_for_days_is_disabled_and_a_test_may_still_be_sent(cast, receiver, endpoint):
    receiver.answers = [500, 500]
    hook = endpoint(receiver.url)
    story.launch(cast)
    tell(hook)
    send()
    hook.refresh_from_db()
    hook.failing_since -= datetime.timedelta(days=3, minutes=1)
    hook.save(update_fields=["failing_since"])
    due_now()
    send()
    hook.refresh_from_db()
    assert hook.disabled_because == "failing"
    line = Event.objects.get(kind="webhook.disabled")
    assert (line.actor_id, "No attempt has succeeded for 3 days" in line.reason) == ("policy:webhooks", True)
    test = commands.test_webhook(cast.actor("admin"), hook.pk)
    assert send() == 1
    test.refresh_from_db()
    assert test.state == "delivered"
    assert receiver.messages[-1]["type"] == "webhook.test"
    hook.refresh_from_db()
    assert not hook.enabled, "whether it is told of events again is for a person to say"
