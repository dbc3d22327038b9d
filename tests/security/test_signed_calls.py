"""Webhooks that take signed calls alone: who has the address still needs the secret, and no call counts twice."""

import json
import time
import uuid

import pytest
from django.db import connection
from django.db.models.functions import Now

from executions import commands
from executions.commands import refusals
from executions.commands.condition import resume_token, signing_secret
from executions.errors import NotAllowed
from executions.models import Event, RefusalCount, TriggerCall
from executions.webhooks.secrets import inbound_secrets
from executions.webhooks.signing import headers_of
from tests.api.conftest import Program, ask, events_of, launch, path, problem, program  # noqa: F401  (fixtures)
from tests.domain import story

pytestmark = pytest.mark.django_db
BODY = b'{"data": {"ok": true, "n": 7}, "note": "From the bank"}'


def signed(secret_of, message="msg_1", body=BODY, at=None):
    return headers_of(inbound_secrets(secret_of)[:1], message, int(at or time.time()), body)


@pytest.fixture
def held(cast):
    """Return a run that only a signed call releases, its condition and its token."""
    run = commands.launch(cast.actor("operator"), "noop")
    hold = commands.pause(cast.actor("operator"), run.pk, reason="why", resume_when={"webhook": {"signed": True}})
    return run, hold.new_conditions[0], resume_token(hold)


def call(token, headers, body=BODY):
    return Program().post(f"/v1/triggers/{token}", body, headers=headers)


def test_a_signed_call_resumes(held):
    run, condition, token = held
    answer = call(token, signed(condition.pk))
    assert (answer.status_code, answer.json()["state"]) == (200, "queued")
    (fired,) = events_of(run, "trigger.fired")
    assert (fired.reason, json.loads(fired.data)["data"]) == ("From the bank", {"ok": True, "n": 7})


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        (lambda key: {}, "signed calls only"),
        (lambda key: signed(key, body=b"{}"), "No signature fits"),
        (lambda key: signed(key, at=time.time() - 400), "more than 5 minutes"),
        (lambda key: signed(key, at=time.time() + 400), "more than 5 minutes"),
        (lambda key: {**signed(key), "webhook-id": "msg_2"}, "No signature fits"),
    ],
)
def test_any_other_is_refused_and_recorded_and_changes_nothing(held, headers, says):
    run, condition, token = held
    told = problem(call(token, headers(condition.pk)), 403)
    assert says in told["detail"]
    (denied,) = events_of(run, "command.denied")
    assert (denied.via, says in denied.reason) == ("webhook", True)
    run.refresh_from_db()
    assert (run.state, TriggerCall.objects.count()) == ("paused", 0)
    assert call(token, signed(condition.pk)).status_code == 200


def test_a_call_of_another_hold_s_secret_is_none_of_this_one(cast, held):
    _, condition, _ = held
    run = commands.launch(cast.actor("operator"), "noop")
    other = commands.pause(cast.actor("operator"), run.pk, reason="why", resume_when={"webhook": {"signed": True}})
    problem(call(resume_token(other), signed(condition.pk)), 403)


def test_a_message_that_came_before_is_refused_and_recorded(cast, held):
    """One that came too late is in the history; sent again it is refused for its id, which was seen."""
    run, condition, token = held
    commands.resume(cast.actor("operator"), run.pk)
    headers = signed(condition.pk)
    assert "already" in problem(call(token, headers), 409)["detail"]
    assert "webhook-id was seen already" in problem(call(token, headers), 409)["detail"]
    assert len(events_of(run, "trigger.late")) == 1
    assert "webhook-id was seen" in events_of(run, "command.denied")[-1].reason


def test_a_call_whose_body_is_no_good_may_be_sent_again_with_the_same_id(held):
    _, condition, token = held
    wrong = b'{"data": 7}'
    problem(call(token, signed(condition.pk, body=wrong), wrong), 422)
    assert call(token, signed(condition.pk)).status_code == 200


def test_the_command_itself_lets_no_unsigned_call_in(held):
    from executions.errors import NotAllowed

    with pytest.raises(NotAllowed):
        commands.fire_webhook(held[2])


def test_the_secret_is_told_once_with_the_token_and_stored_nowhere(program, launch, path):  # noqa: F811
    run, admin = launch(), program("admin")
    body = {"reason": "why", "resume_when": {"webhook": {"signed": True}}}
    first = admin.post(path(run, "pause"), body, headers={"Idempotency-Key": "one"})
    again = admin.post(path(run, "pause"), body, headers={"Idempotency-Key": "one"})
    secret = first.json()["signing_secret"]
    assert secret.startswith("whsec_")
    assert again.json() == first.json()
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT string_agg(each::text, '') FROM \"{table}\" AS each")
            assert secret.removeprefix("whsec_") not in (cursor.fetchone()[0] or ""), table
    assert secret.removeprefix("whsec_") not in admin.get(path(run)).content.decode()
    for wrong in ({"webhook": {"signed": 1}}, {"webhook": {"secret": "x"}}, {"webhook": "signed"}):
        problem(admin.post(path(run, "pause"), {"reason": "why", "resume_when": wrong}), 422)


def test_a_hold_without_a_signature_has_no_secret(cast):
    run = commands.launch(cast.actor("operator"), "noop")
    hold = commands.pause(cast.actor("operator"), run.pk, reason="why", resume_when={"webhook": True})
    assert signing_secret(hold) is None
    assert call(resume_token(hold), {}).status_code == 200


def test_a_wait_for_an_event_is_ended_by_its_own_webhook_once(cast, program, ask, launch):  # noqa: F811
    run = story.work(story.launch(cast, "waits-for-one", {"number": 1}))
    asked = run.suspensions.get()
    operator = program("operator")
    address = f"/v1/suspensions/{asked.pk}/webhook"
    given = operator.post(address, {"signed": True})
    assert given.status_code == 201, given.content
    problem(operator.post(address), 409)
    token, condition = given.json()["resume_token"], given.json()["condition"]["id"]
    problem(call(token, {}), 403)
    assert call(token, signed(uuid.UUID(condition))).json()["state"] == "queued"
    asked.refresh_from_db()
    assert (asked.outcome, asked.answer, asked.answered_via) == ("answered", {"ok": True, "n": 7}, "webhook")
    problem(call(token, signed(uuid.UUID(condition), "msg_2")), 409)
    assert story.work(run).payload["heard"] == 7
    problem(operator.post(address), 409)
    problem(program("reviewer").post(address), 403)
    question = ask(launch())
    problem(operator.post(f"/v1/suspensions/{question.pk}/webhook"), 409)
    assert Event.objects.filter(kind="command.denied", ledger=run.pk).count() >= 2


def test_refusals_fill_no_history_without_end(cast, held, monkeypatch):
    """The holder of a token, who cannot sign, writes so many lines an hour; what comes then is told of in one."""
    run, condition, token = held
    monkeypatch.setattr(refusals, "MOST_WRITTEN", 3)
    for _ in range(5):
        problem(call(token, {}), 403)
    denied = events_of(run, "command.denied")
    assert [json.loads(line.data).get("then_counted", False) for line in denied] == [False, False, True]
    # Others, and other histories, are not silenced by it.
    commands.resume(cast.actor("operator"), run.pk)
    assert "already" in problem(call(token, signed(condition.pk)), 409)["detail"]
    assert not events_of(run, "trigger.late"), "a call that comes too late is a refusal as well"
    with pytest.raises(NotAllowed):
        commands.cancel(cast.actor("outsider"), run.pk, reason="why")
    assert events_of(run, "command.denied")[-1].actor_name == "outsider"

    refusals.tell_all()
    assert not events_of(run, "command.denials_counted"), "the hour is not over"
    RefusalCount.objects.update(since=Now() - 2 * refusals.WINDOW)
    refusals.tell_all()
    (told,) = events_of(run, "command.denials_counted")
    assert (told.actor_id, json.loads(told.data)["count"]) == (denied[0].actor_id, 3)
    assert not RefusalCount.objects.exists()
    problem(call(token, {}), 403)
    assert len(events_of(run, "command.denied")) == 5, "then it is told of again"


def test_whoever_is_refused_after_the_hour_has_it_told_first(held, monkeypatch):
    """With no worker that sweeps nothing is lost either."""
    run, _, token = held
    monkeypatch.setattr(refusals, "MOST_WRITTEN", 1)
    problem(call(token, {}), 403)
    problem(call(token, {}), 403)
    RefusalCount.objects.update(since=Now() - 2 * refusals.WINDOW)
    problem(call(token, {}), 403)
    lines = Event.objects.filter(ledger=run.pk, kind__startswith="command.").order_by("seq")
    assert [line.kind for line in lines] == ["command.denied", "command.denials_counted", "command.denied"]
    assert lines[1].reason == "1 further refusal was only counted."
