"""Webhooks in the settings: made with a secret that is shown once, watched, switched off and on; messages replayed."""

import json
import re

import pytest
from django.test import Client

from executions import commands
from executions.models import WebhookDelivery, WebhookEndpoint
from tests.domain import story
from tests.support.confirming import confirm
from tests.webhooks.conftest import due_now, endpoint, own_network, receiver, send, tell  # noqa: F401  (fixtures)
from tests.webhooks.receiver import verified

pytestmark = pytest.mark.django_db
URL = "/settings/webhooks"
TYPED = {"url": "https://8.8.8.8/hooks", "description": "Chat", "kinds": ["hold.*", "execution.failed"]}


@pytest.fixture
def admin(cast) -> Client:
    return confirm(cast.client("admin"))


def page(client, address=URL):
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_one_is_made_and_its_secret_is_shown_once(admin, cast):
    assert "No webhooks yet" in page(admin)
    form = page(admin, f"{URL}/new")
    assert 'value="hold.*"' in form
    assert 'value="execution.failed"' in form
    typed = {**TYPED, "workflows": "noop\n\nfiling", "labels": "team=a"}
    answer = admin.post(f"{URL}/create", typed)
    assert answer["Cache-Control"] == "no-store"
    (secret,) = set(re.findall(r"whsec_[\w+/]+=*", answer.content.decode()))
    hook = WebhookEndpoint.objects.get()
    assert (hook.workflows, hook.labels, hook.kinds) == (["filing", "noop"], {"team": "a"}, TYPED["kinds"][::-1])
    for address in (URL, f"{URL}/{hook.pk}", f"{URL}/{hook.pk}/edit"):
        assert secret.removeprefix("whsec_")[:20] not in page(admin, address)
    assert "of filing, noop" in words(page(admin))
    assert "Webhooks" not in page(cast.client("operator"), "/settings/profile")


def test_a_password_is_asked_for_before_a_server_is_told_anything(cast):
    client = cast.client("admin")
    for answer in (client.get(f"{URL}/new"), client.post(f"{URL}/create", TYPED)):
        assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not WebhookEndpoint.objects.exists()


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(admin):
    answer = admin.post(f"{URL}/create", {**TYPED, "url": "https://127.0.0.1/", "description": "Kept"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "a loopback address" in words(html)
    assert 'value="Kept"' in html
    assert re.search(r'value="hold\.\*" checked', html)
    answer = admin.post(f"{URL}/create", {"url": "https://8.8.8.8/"})
    assert (answer.status_code, "Choose at least one kind" in answer.content.decode()) == (422, True)
    answer = admin.post(f"{URL}/create", {**TYPED, "labels": "=x"})
    assert (answer.status_code, "has a value and no name" in answer.content.decode()) == (422, True)


def test_one_is_changed_as_it_was_seen(admin, cast):
    hook = commands.create_webhook(cast.actor("admin"), url=TYPED["url"], kinds=["*"])
    form = page(admin, f"{URL}/{hook.pk}/edit")
    version = re.search(r'name="version" value="(\d+)"', form)[1]
    typed = {**TYPED, "version": version}
    assert admin.post(f"{URL}/{hook.pk}/change", typed).status_code == 303
    hook.refresh_from_db()
    assert (hook.description, hook.kinds) == ("Chat", ["execution.failed", "hold.*"])
    answer = admin.post(f"{URL}/{hook.pk}/change", {**typed, "description": "Another"})
    assert (answer.status_code, "changed meanwhile" in answer.content.decode()) == (412, True)


def test_a_test_is_told_of_with_request_and_answer_and_can_be_replayed(admin, cast, receiver, endpoint):  # noqa: F811
    receiver.answers = [(503, {"X-Full": "<b>yes"}, b"<script>alert(1)</script>")]
    hook = endpoint(receiver.url)
    answer = admin.post(f"{URL}/{hook.pk}/test")
    there = answer["Location"]
    assert "waiting" in page(admin, there)
    send()
    html = page(admin, there)
    assert "It answered 503." in html
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert "webhook-signature" in html
    part = admin.get(there, headers={"HX-Request": "true", "HX-Target": "message"}).content.decode()
    assert part.strip().startswith('<div id="message"')
    assert "hx-get" not in part, "what is over is not asked for again"
    replay = there + "/replay"
    assert admin.post(replay)["Location"] == there
    due_now()
    send()
    assert "delivered" in page(admin, there)
    again = admin.post(replay)["Location"]
    assert again != there
    assert WebhookDelivery.objects.count() == 2
    assert "an earlier line of the log" in page(admin, again)


def test_the_log_is_filtered_and_all_that_failed_is_replayed(admin, cast, receiver, endpoint):  # noqa: F811
    hook = endpoint(receiver.url)
    assert "No messages yet" in page(admin, f"{URL}/{hook.pk}")
    runs = [story.launch(cast) for _ in range(2)]
    tell(hook)
    first, second = hook.deliveries.order_by("id")
    hook.deliveries.filter(pk=first.pk).update(next_at=None, error="It answered 500.", status=500, attempts=16)
    failed = page(admin, f"{URL}/{hook.pk}?state=failed")
    assert first.message_id[:50] in failed
    assert second.message_id[:50] not in failed
    assert "No message stands so" in page(admin, f"{URL}/{hook.pk}?state=delivered")
    assert "Replay 1 that failed" in words(failed)
    admin.post(f"{URL}/{hook.pk}/replay-failed")
    assert send() == 2
    assert {each["data"]["run"]["id"] for each in receiver.messages} == {str(run.pk) for run in runs}
    assert "Replay" not in words(page(admin, f"{URL}/{hook.pk}"))


def test_one_that_fails_or_is_gone_is_said_so_here_and_on_the_system_page(admin, cast, receiver, endpoint):  # noqa: F811
    receiver.answers = [500] * 3 + [410]
    hook = endpoint(receiver.url)
    for _ in range(4):
        story.launch(cast)
    tell(hook)
    for _ in range(3):
        send()
    assert "Failing since" in words(page(admin, f"{URL}/{hook.pk}"))
    assert "It answered 500." in page(admin)
    assert "1 webhook is failing" in page(cast.client("operator"), "/system")
    link = f'<a href="{URL}">Webhooks</a>'
    assert link in page(admin, "/system")
    assert link not in page(cast.client("operator"), "/system"), "whom it would refuse"
    due_now()
    send()
    assert "it answered 410 Gone" in words(page(admin, f"{URL}/{hook.pk}"))
    assert "1 webhook is disabled" in page(cast.client("operator"), "/system")
    assert admin.post(f"{URL}/{hook.pk}/enable", {"catch_up": "1"}).status_code == 303
    assert send() == 4
    assert admin.post(f"{URL}/{hook.pk}/disable", {"reason": "Moving"}).status_code == 303
    assert admin.post(f"{URL}/{hook.pk}/disable").status_code == 409
    assert "by a person" in words(page(admin))


def test_the_secret_is_rotated_and_the_endpoint_deleted(admin, cast, receiver, endpoint):  # noqa: F811
    hook = endpoint(receiver.url)
    assert admin.post(f"{URL}/{hook.pk}/rotate", {"overlap_hours": "5"}).status_code == 422
    html = admin.post(f"{URL}/{hook.pk}/rotate", {"overlap_hours": "0"}).content.decode()
    commands.test_webhook(cast.actor("admin"), hook.pk)
    send()
    message = verified(re.search(r"whsec_[\w+/]+=*", html)[0], *receiver.got[0])
    assert "Sent by admin" in message["data"]["message"]
    assert json.loads(receiver.got[0][1]) == message
    assert admin.post(f"{URL}/{hook.pk}/delete", {"reason": "Done"})["Location"] == URL
    assert not WebhookDelivery.objects.exists()


def test_the_pages_cost_the_same_however_much_there_is(admin, cast, receiver, endpoint, django_assert_num_queries):  # noqa: F811
    hooks = [endpoint(receiver.url)]
    for runs in (1, 4):
        for _ in range(runs):
            story.launch(cast)
        hooks.append(endpoint(receiver.url))
        tell(*hooks)
        with django_assert_num_queries(8):
            page(admin)
        with django_assert_num_queries(9):
            page(admin, f"{URL}/{hooks[0].pk}")
