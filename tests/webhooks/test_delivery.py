"""Messages of webhooks: from rows, signed, at least once, until they arrive; nobody waits for a server."""

import datetime
import json

import pytest
from django.db import transaction
from django.db.models.functions import Now

from executions import commands
from executions.engine import delivering, fanout, herald
from executions.models import Event, WebhookDelivery
from executions.webhooks.schedule import PAUSES, pause_after
from executions.webhooks.secrets import endpoint_secrets, shown
from tests.domain import story
from tests.webhooks.conftest import due_now, lines, send, tell, told
from tests.webhooks.receiver import verified

pytestmark = pytest.mark.django_db


def test_a_message_is_an_event_in_the_form_of_the_specification_and_its_signature_holds(cast, receiver, endpoint):
    hook = endpoint(receiver.url)
    run = story.launch(cast, title="Ünit", labels={"team": "a"})
    tell(hook)
    assert send() == 1
    (headers, body) = receiver.got[0]
    message = verified(shown(endpoint_secrets(hook.pk, 1)[0]), headers, body)
    event = Event.objects.get(ledger=run.pk, kind="execution.launched")
    assert headers["webhook-id"] == f"msg_{run.pk.hex}_{event.seq}"
    assert headers["content-type"] == "application/json"
    assert set(message) == {"type", "timestamp", "data"}
    assert (message["type"], message["timestamp"]) == ("execution.launched", f"{event.at:%Y-%m-%dT%H:%M:%S.%fZ}")
    assert message["data"]["run"] == {
        "id": str(run.pk), "workflow": "noop", "title": "Ünit", "labels": {"team": "a"},
    }  # fmt: skip
    assert (message["data"]["seq"], message["data"]["ledger"]) == (event.seq, str(run.pk))
    assert message["data"]["actor"] == {"id": event.actor_id, "name": "operator"}
    assert message["data"]["data"] == json.loads(event.data)
    row = hook.deliveries.get()
    assert (row.state, row.attempts, row.status, row.next_at) == ("delivered", 1, 204, None)
    assert row.request_headers["webhook-signature"] == headers["webhook-signature"]
    hook.refresh_from_db()
    assert hook.last_delivered_at is not None


def test_an_endpoint_is_told_of_what_it_chose(cast, receiver, endpoint):
    everything = endpoint(receiver.url)
    holds = endpoint(receiver.url, ("hold.*", "webhook.created"))
    other = endpoint(receiver.url, workflows=["another"])
    team = endpoint(receiver.url, labels={"team": "a"})
    run = story.launch(cast, labels={"team": "a", "x": "y"})
    story.launch(cast, labels={"team": "b"})
    commands.pause(cast.actor("operator"), run.pk, reason="Look")
    happened = lines()
    fanout.write([everything, holds, other, team], happened)
    assert sorted({row.kind for row in holds.deliveries.all()}) == ["hold.placed", "webhook.created"]
    assert not other.deliveries.exists()
    assert {row.ledger for row in team.deliveries.all()} == {run.pk}
    assert everything.deliveries.count() == len(happened)


def test_an_event_has_one_message_however_often_it_is_read(cast, receiver, endpoint):
    hook = endpoint(receiver.url)
    story.launch(cast)
    tell(hook)
    tell(hook)
    assert hook.deliveries.count() == 1
    # A worker that dies between writing messages and moving on leaves neither.
    run = story.launch(cast)
    with transaction.atomic():
        tell(hook, ledger=run.pk)
        transaction.set_rollback(True)
    assert hook.deliveries.count() == 1
    tell(hook, ledger=run.pk)
    assert send() == 2
    assert len(receiver.got) == 2


def test_an_event_larger_than_a_message_goes_without_its_data(cast, receiver, endpoint):
    hook = endpoint(receiver.url)
    run = story.launch(cast)
    (line,) = lines(ledger=run.pk, kind="execution.launched")
    line.event.data = json.dumps({"payload": "ä" * 40_000})
    fanout.write([hook], [line])
    send()
    (message,) = receiver.messages
    assert (message["data"]["data"], message["data"]["data_omitted"]) == (None, True)


@pytest.mark.parametrize("data", ["{no JSON", '"\\ud800"', '{"sum": NaN}', "[" * 100_000])
def test_a_line_that_was_forged_stops_no_webhook(cast, receiver, endpoint, data):
    hook = endpoint(receiver.url)
    (line,) = lines(ledger=story.launch(cast).pk, kind="execution.launched")
    line.event.data = data
    fanout.write([hook], [line])
    send()
    (message,) = receiver.messages
    assert (message["data"]["data"], message["data"]["data_omitted"]) == (None, True)


def test_what_fails_is_tried_again_later_and_later_with_the_same_id_and_body_and_a_new_time(cast, receiver, endpoint):
    receiver.answers = [500, (302, {"Location": receiver.url}, b"there"), 404]
    hook = endpoint(receiver.url)
    story.launch(cast)
    tell(hook)
    waits = []
    for _ in range(4):
        assert send() == 1
        assert send() == 0, "not before its time"
        row = hook.deliveries.get()
        if row.next_at:
            waits.append((row.next_at - row.attempted_at).total_seconds())
        due_now()
    assert len(set(receiver.ids)) == 1
    assert len({body for _, body in receiver.got}) == 1
    for wait, pause in zip(waits, PAUSES, strict=False):
        assert pause <= wait <= pause * 1.2 + 1
    assert (row.state, row.attempts) == ("delivered", 4)
    assert [each["status"] for each in row.tries] == [500, 302, 404, 204]
    assert "Redirects are not followed" in row.tries[1]["error"]


def test_after_the_last_attempt_it_is_given_up_and_can_be_replayed(cast, receiver, endpoint):
    assert 2.5 * 86400 < sum(PAUSES) < 3.5 * 86400, "days, as the specification recommends"
    assert pause_after(len(PAUSES) + 1) is None
    receiver.answers = [500]
    hook = endpoint(receiver.url)
    story.launch(cast)
    tell(hook)
    hook.deliveries.update(attempts=len(PAUSES))
    send()
    row = hook.deliveries.get()
    assert (row.state, row.next_at, row.response) == ("failed", None, "")
    due_now()
    assert send() == 0
    commands.replay_delivery(cast.actor("admin"), row.pk)
    send()
    row.refresh_from_db()
    assert (row.state, row.attempts, len(row.tries)) == ("delivered", 1, 2)


def test_a_replay_asked_for_during_the_last_attempt_is_not_lost(cast, receiver, endpoint, monkeypatch):
    hook = endpoint(receiver.url)
    story.launch(cast)
    tell(hook)
    hook.deliveries.update(attempts=len(PAUSES))

    def failing(*_):
        commands.replay_delivery(cast.actor("admin"), hook.deliveries.get().pk)
        return None, "It answered 500."

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(delivering, "_send", failing)
        send()
    due_now()
    assert send() == 1
    assert hook.deliveries.get().state == "delivered"


def test_a_replay_of_what_was_delivered_is_another_line_with_the_same_id_and_body(cast, receiver, endpoint):
    hook = endpoint(receiver.url)
    story.launch(cast)
    tell(hook)
    send()
    old = hook.deliveries.get()
    again = commands.replay_delivery(cast.actor("admin"), old.pk)
    assert (again.pk != old.pk, again.replay_of_id, again.asked_by_name) == (True, old.pk, "admin")
    send()
    assert receiver.ids == [old.message_id] * 2
    assert receiver.got[0][1] == receiver.got[1][1]
    assert told("webhook.replayed")[-1]["delivery"] == str(again.pk)


def test_all_that_failed_since_a_time_is_replayed_at_once(cast, receiver, endpoint):
    hook = endpoint(receiver.url)
    for _ in range(3):
        story.launch(cast)
    tell(hook)
    hook.deliveries.update(next_at=None, error="It answered 500.", attempts=16)
    since = hook.created_at - datetime.timedelta(hours=1)
    assert commands.replay_failed(cast.actor("admin"), hook.pk, since=since + datetime.timedelta(days=1)) == 0
    assert commands.replay_failed(cast.actor("admin"), hook.pk, since=since) == 3
    assert send() == 3
    assert commands.replay_failed(cast.actor("admin"), hook.pk, since=since) == 0


def test_a_test_is_tried_once(cast, receiver, endpoint):
    receiver.answers = [(500, {}, b"no \x00 \xff" + b"x" * 9999)]
    hook = endpoint(receiver.url)
    test = commands.test_webhook(cast.actor("admin"), hook.pk)
    send()
    test.refresh_from_db()
    assert (test.state, test.next_at, len(test.response)) == ("failed", None, 2000)
    assert test.response.startswith("no ␀ �")


def test_a_rotated_secret_signs_beside_the_old_one_and_then_alone(cast, receiver, endpoint):
    hook = endpoint(receiver.url)
    commands.rotate_webhook(cast.actor("admin"), hook.pk)
    old, new = (shown(endpoint_secrets(hook.pk, generation)[0]) for generation in (1, 2))
    commands.test_webhook(cast.actor("admin"), hook.pk)
    send()
    for secret in (old, new):
        verified(secret, *receiver.got[0])
    hook.refresh_from_db()
    hook.__class__.objects.update(old_secret_until=Now() - datetime.timedelta(seconds=1))
    commands.test_webhook(cast.actor("admin"), hook.pk)
    send()
    verified(new, *receiver.got[1])
    with pytest.raises(AssertionError):
        verified(old, *receiver.got[1])
    commands.rotate_webhook(cast.actor("admin"), hook.pk, overlap_hours=0)
    commands.test_webhook(cast.actor("admin"), hook.pk)
    send()
    with pytest.raises(AssertionError):
        verified(new, *receiver.got[2])


def test_what_may_no_longer_be_called_is_not_called(cast, receiver, endpoint, settings):
    """The guard looks at each attempt, not only when the webhook was made."""
    hook = endpoint(receiver.url)
    commands.test_webhook(cast.actor("admin"), hook.pk)
    settings.HOLDPOINT = {**settings.HOLDPOINT, "WEBHOOK_ALLOW": []}
    send()
    row = hook.deliveries.get()
    assert (row.state, receiver.got) == ("failed", [])
    assert "HOLDPOINT_WEBHOOK_ALLOW" in row.error


def test_a_worker_that_died_in_an_attempt_leaves_it_to_others(cast, receiver, endpoint):
    hook = endpoint(receiver.url)
    story.launch(cast)
    tell(hook)
    (taken,) = delivering.take(1)  # and dies
    assert delivering.take(1) == []
    hook.__class__.objects.update(taken_until=Now() - datetime.timedelta(seconds=1))
    assert send() == 1
    hook.refresh_from_db()
    assert hook.taken_until is None
    assert delivering.serve(hook.pk, taken.taken_by) == 0, "the one that comes back lets go of nothing"


def test_what_is_old_is_forgotten_and_what_waits_is_not(cast, receiver, endpoint):
    hook = endpoint(receiver.url)
    story.launch(cast)
    tell(hook)
    send()
    story.launch(cast)
    tell(hook)
    assert herald.purge() == 0
    from executions import ids

    old = ids.earliest_id(hook.created_at - datetime.timedelta(days=31))
    delivered = hook.deliveries.get(delivered_at__isnull=False)
    waiting = hook.deliveries.get(delivered_at__isnull=True)
    WebhookDelivery.objects.filter(pk=delivered.pk).update(id=old)
    WebhookDelivery.objects.filter(pk=waiting.pk).update(id=ids.new_id(after=old).__class__(int=old.int + 1))
    assert herald.purge() == 1
    assert hook.deliveries.get().state == "waiting"
