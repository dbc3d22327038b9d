"""Webhooks through the API: made with a secret that is shown once, changed, switched off and on, replayed."""

import json
import socket
import threading

import pytest
from django.db import connection

from executions.models import SYSTEM_LEDGER, Event, WebhookEndpoint
from executions.outbound import lookups
from executions.queries.tail import now
from tests.api.conftest import launch, problem, program  # noqa: F401  (fixtures)
from tests.webhooks.conftest import due_now, endpoint, own_network, receiver, send, tell  # noqa: F401  (fixtures)
from tests.webhooks.receiver import verified

pytestmark = pytest.mark.django_db
MADE = {"url": "https://8.8.8.8/hooks", "kinds": ["hold.*", "execution.failed"]}


@pytest.fixture
def admin(program):  # noqa: F811
    return program("admin")


def made(admin, **more):
    answer = admin.post("/v1/webhooks", {**MADE, **more})
    assert answer.status_code == 201, answer.content
    return answer


def recorded(kind):
    event = Event.objects.filter(ledger=SYSTEM_LEDGER, kind=kind).latest("seq")
    return event, json.loads(event.data)


def test_a_secret_is_shown_once_and_stored_nowhere(admin):
    headers = {"Idempotency-Key": "one"}
    first = admin.post("/v1/webhooks", MADE, headers=headers)
    secret = first.json()["secret"]
    again = admin.post("/v1/webhooks", MADE, headers=headers)
    assert (again["Idempotent-Replayed"], again.json()["secret"]) == ("true", None)
    assert {**again.json(), "secret": secret} == first.json()
    there = first["Location"]
    assert "secret" not in admin.get(there).json()
    rotated = admin.post(f"{there}/rotate", {"overlap_hours": 2.5}, headers={"Idempotency-Key": "two"}).json()
    assert rotated["secret"] != secret
    assert rotated["old_secret_until"] is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT string_agg(each::text, '') FROM \"{table}\" AS each")
            (everything,) = cursor.fetchone()
            for text in (secret, rotated["secret"]):
                assert text.removeprefix("whsec_") not in (everything or ""), table
    problem(admin.post(f"{there}/rotate", {"overlap_hours": 999}), 422)
    event, data = recorded("webhook.secret_rotated")
    assert (event.actor_name.startswith("admin"), data["host"]) == (True, "8.8.8.8")


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"url": "http://8.8.8.8/"}, "url", "Use https"),
        ({"url": "https://127.0.0.1/"}, "url", "loopback"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url", "private"),
        ({"url": "https://metadata.invalid/"}, "url", "cannot be resolved"),
        ({"url": "x\x00"}, "url", ""),
        ({"kinds": []}, "kinds", "Choose at least one"),
        ({"kinds": ["hold.dropped"]}, "kinds", "no kind"),
        ({"kinds": ["nothing.*"]}, "kinds", "no kind"),
        ({"workflows": ["w" * 300]}, "workflows", "Too long"),
        ({"labels": {"": "x"}}, "labels", ""),
        ({"secret": "mine"}, "secret", "Unknown field"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(admin, change, field, says):
    told = problem(admin.post("/v1/webhooks", {**MADE, **change}), 422)
    assert says in told["errors"][field][0]
    assert not WebhookEndpoint.objects.exists()


def test_a_change_is_bound_to_what_was_seen_and_names_no_path_in_the_record(admin):
    there = made(admin)["Location"]
    seen = admin.get(there)["ETag"]
    body = {"url": "https://8.8.8.8/another?secret=path", "labels": {"team": "a"}}
    changed = admin.send("patch", there, body, headers={"If-Match": seen}).json()
    assert (changed["url"], changed["labels"], changed["kinds"]) == (body["url"], {"team": "a"}, MADE["kinds"][::-1])
    problem(admin.send("patch", there, {"description": "x"}, headers={"If-Match": seen}), 412)
    event, data = recorded("webhook.changed")
    assert (data["address"], data["before"]["labels"], data["after"]["labels"]) == (True, {}, {"team": "a"})
    assert "path" not in event.data
    before = Event.objects.count()
    admin.send("patch", there, {})
    assert Event.objects.count() == before, "nothing was changed, so nothing is recorded"


def test_off_and_on_again(admin):
    there = made(admin)["Location"]
    off = admin.post(f"{there}/disable", {"reason": "Moving house"}).json()
    assert (off["health"], off["disabled_because"]) == ("disabled", "person")
    problem(admin.post(f"{there}/disable"), 409)
    assert recorded("webhook.disabled")[0].reason == "Moving house"
    WebhookEndpoint.objects.update(cursor="1")
    on = admin.post(f"{there}/enable", {"catch_up": True}).json()
    assert (on["health"], WebhookEndpoint.objects.get().cursor) == ("new", "1")
    problem(admin.post(f"{there}/enable"), 409)
    admin.post(f"{there}/disable")
    admin.post(f"{there}/enable")
    assert WebhookEndpoint.objects.get().cursor == str(now())
    assert admin.send("delete", there).status_code == 204
    problem(admin.get(there), 404)
    problem(admin.get(f"{there}/deliveries"), 404)
    assert recorded("webhook.deleted")[1]["host"] == "8.8.8.8"


def test_there_is_an_end_to_them(admin, monkeypatch):
    monkeypatch.setattr("executions.commands.webhook.MOST_ENDPOINTS", 1)
    made(admin)
    problem(admin.post("/v1/webhooks", MADE), 409)


def test_a_test_its_log_and_a_replay(admin, receiver, launch):  # noqa: F811
    receiver.answers = [(500, {"X-Why": "full"}, b"disk full")]
    answer = made(admin, url=receiver.url, kinds=["*"])
    there, secret = answer["Location"], answer.json()["secret"]
    sent = admin.post(f"{there}/test")
    assert (sent.status_code, sent.json()["state"], sent.json()["kind"]) == (202, "waiting", "webhook.test")
    assert send() == 1
    shown = admin.get(sent["Location"]).json()
    assert (shown["state"], shown["status"], shown["response"]["body"]) == ("failed", 500, "disk full")
    assert shown["response"]["headers"]["x-why"] == "full"
    assert json.loads(shown["request"]["body"])["type"] == "webhook.test"
    assert shown["request"]["headers"]["webhook-id"] == shown["message_id"]
    assert [each["status"] for each in shown["tries"]] == [500]

    run = launch()
    tell(WebhookEndpoint.objects.get(), ledger=run.pk)
    due_now()
    assert send() == 1
    failed = admin.get(f"{there}/deliveries?state=failed").json()["items"]
    assert [each["id"] for each in failed] == [shown["id"]]
    page = admin.get(f"{there}/deliveries?limit=1").json()
    (newest,) = page["items"]
    assert (newest["ledger"], newest["state"], newest["kind"]) == (str(run.pk), "delivered", "execution.launched")
    rest = admin.get(f"{there}/deliveries?limit=1&cursor={page['next']}").json()
    assert [each["id"] for each in rest["items"]] == [shown["id"]]
    problem(admin.get(f"{there}/deliveries?cursor=message:zz"), 422)
    problem(admin.get(f"{there}/deliveries?state=lost"), 422)

    again = admin.post(f"{there}/deliveries/{newest['id']}/replay").json()
    assert (again["origin"], again["replay_of"], again["message_id"]) == ("replay", newest["id"], newest["message_id"])
    assert admin.post(f"{there}/replay-failed", {"since": "2020-01-01T00:00:00Z"}).json() == {"messages": 1}
    assert send() == 2
    for headers, body in receiver.got:
        verified(secret, headers, body)
    assert receiver.ids.count(newest["message_id"]) == 2
    told = admin.get(there).json()
    assert (told["health"], told["waiting"], told["failed"]) == ("well", 0, 0)
    other = made(admin, url=receiver.url)["Location"]
    problem(admin.post(f"{other}/deliveries/{newest['id']}/replay"), 404)
    problem(admin.get(f"{other}/deliveries/{newest['id']}"), 404)


def test_the_log_costs_the_same_however_long_it_is(admin, receiver, launch, django_assert_num_queries):  # noqa: F811
    there = made(admin, url=receiver.url, kinds=["*"])["Location"]
    for number in (1, 5):
        for _ in range(number):
            tell(WebhookEndpoint.objects.get(), ledger=launch().pk)
        admin.get(there)  # when the token was last used is kept
        with django_assert_num_queries(8):
            admin.get(f"{there}/deliveries")


@pytest.mark.parametrize("after", ["\r\n", " \t", " " * 1500])
def test_an_address_is_kept_as_it_was_checked(admin, after):
    hook = made(admin, url=f"  {MADE['url']}{after}").json()
    assert hook["url"] == MADE["url"]
    there, change = f"/v1/webhooks/{hook['id']}", {"url": f"https://1.1.1.1/{after}"}
    changed = admin.send("patch", there, change).json()
    assert (changed["url"], changed["version"]) == ("https://1.1.1.1/", 2)
    assert admin.send("patch", there, change).json()["version"] == 2


def test_names_that_nobody_answers_for_take_no_more_than_a_few_requests(admin, monkeypatch):
    """A name server of one's own that is silent for long would else hold every connection to the database."""
    answered, lookup = threading.Event(), socket.getaddrinfo

    def silent(host, *rest, **more):
        if host == "silent.example.com":
            answered.wait(30)
            host = "8.8.8.8"
        return lookup(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    monkeypatch.setattr(lookups, "SECONDS", 0.05)
    body = {**MADE, "url": "https://silent.example.com/"}
    for _ in range(lookups.AT_ONCE):
        assert "cannot be resolved" in problem(admin.post("/v1/webhooks", body), 422)["detail"]
    assert "in a moment" in problem(admin.post("/v1/webhooks", body), 422)["detail"]
    answered.set()
    for _ in range(lookups.AT_ONCE):  # each that hung gives its place back
        assert lookups.places.acquire(timeout=10)
    lookups.places.release(lookups.AT_ONCE)
    monkeypatch.setattr(lookups, "SECONDS", 30)
    made(admin, url=body["url"])
