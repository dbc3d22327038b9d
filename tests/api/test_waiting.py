"""Resume conditions, webhooks and events as programs use them."""

import pytest

from executions.engine import wakeups
from executions.models import Event, Execution, Trigger
from tests.api.conftest import Program, events_of, facts_of, problem

pytestmark = pytest.mark.django_db

WEBHOOK = {"reason": "why", "resume_when": {"webhook": True}}


@pytest.fixture
def paused(program, launch, path):
    """A run that a webhook can resume, and its token."""

    def make():
        run = launch()
        answer = program("operator").post(path(run, "pause"), WEBHOOK)
        assert answer.status_code == 200, answer.content
        return run, answer.json()["resume_token"]

    return make


def test_f2_a_pause_answers_with_state_id_conditions_and_a_resume_token(program, launch, path):
    run, operator = launch(), program("operator")
    conditions = [{"webhook": True}, {"event": "order.shipped", "match": {"order": 7}}, {"after_seconds": 60}]
    told = operator.post(path(run, "pause"), {"reason": "wait", "resume_when": conditions}).json()
    assert (told["id"], told["state"]) == (str(run.pk), "paused")
    assert told["resume_token"]
    assert [condition["kind"] for condition in told["hold"]["conditions"]] == ["webhook", "event", "time"]
    assert told["hold"]["conditions"][1]["match"] == {"order": 7}
    (waiting,) = operator.get(path(run, "checkpoint")).json()["waiting_for"]["holds"]
    assert waiting["reason"] == "wait"
    assert [condition["kind"] for condition in waiting["resume_when"]] == ["webhook", "event", "time"]
    (hold,) = operator.get(path(run)).json()["holds"]
    assert [condition["says"] for condition in hold["conditions"]][:2] == [
        "a call of its webhook",
        'event order.shipped with {"order":7}',
    ]


def test_without_a_webhook_there_is_no_token(program, launch, path):
    for conditions in ("manual", [], {"event": "x"}):
        told = program("operator").post(path(launch(), "pause"), {"reason": "why", "resume_when": conditions}).json()
        assert told["resume_token"] is None


def test_f5_a_webhook_needs_no_login_and_resumes_once(paused):
    run, token = paused()
    body = {"data": {"total": 5}, "additional_context": {"from": "supplier"}, "note": "called back"}
    answer = Program().post(f"/v1/triggers/{token}", body)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"execution": str(run.pk), "state": "queued"}
    again = Program().post(f"/v1/triggers/{token}")
    assert "fired already" in problem(again, 409)["detail"]
    run.refresh_from_db()
    assert (run.resumed["data"], run.resumed["note"], run.payload) == ({"total": 5}, "called back", {})


def test_a_webhook_that_comes_after_a_person_is_told_so(program, paused, path):
    run, token = paused()
    program("operator").post(path(run, "resume"))
    before = facts_of(run)
    told = problem(Program().post(f"/v1/triggers/{token}"), 409)
    assert "operator (test) released this hold already" in told["detail"]
    assert facts_of(run) == before
    assert len(events_of(run, "trigger.late")) == 1


def test_a_bad_body_of_a_webhook_is_refused_recorded_and_uses_nothing_up(paused):
    run, token = paused()
    for body in (b"{", b"[]", b'{"payload": {}}', b'{"data": "x"}'):
        problem(Program().post(f"/v1/triggers/{token}", body), 422)
    (first, *_) = events_of(run, "command.denied")
    assert (first.via, first.actor_name) == ("webhook", "webhook of operator (test)")
    assert len(events_of(run, "command.denied")) == 4
    assert Program().post(f"/v1/triggers/{token}").status_code == 200


def test_only_post_calls_a_webhook(paused):
    run, token = paused()
    for method in ("get", "put", "delete", "patch"):
        problem(Program().send(method, f"/v1/triggers/{token}"), 405)
    run.refresh_from_db()
    assert run.state == "paused"


def test_a_compliance_hold_has_a_token_too(program, launch):
    run = launch()
    body = {"execution": str(run.pk), "reason": "look", "resume_when": {"webhook": True}}
    placed = program("reviewer").post("/v1/holds", body).json()
    assert Program().post(f"/v1/triggers/{placed['resume_token']}").json()["state"] == "queued"


def test_f5_an_event_wakes_what_waits_and_says_how_many(program, launch, path, django_capture_on_commit_callbacks):
    run, other, operator = launch(), launch(), program("operator")
    for each, order in ((run, 7), (other, 8)):
        condition = {"event": "order.shipped", "match": {"order": order}}
        operator.post(path(each, "pause"), {"reason": "why", "resume_when": condition})
    with django_capture_on_commit_callbacks(execute=True):
        sent = operator.post("/v1/events", {"name": "order.shipped", "data": {"order": 7, "by": "van"}})
    assert (sent.status_code, sent.json()["woken"]) == (201, 1)
    run.refresh_from_db()
    other.refresh_from_db()
    assert (run.state, other.state) == ("queued", "paused")
    assert run.resumed["trigger"] == "event:order.shipped"
    (emitted,) = Event.objects.filter(kind="event.emitted")
    assert emitted.ledger.int == 0
    assert "van" not in emitted.data


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "two words"}, "name"),
        ({"name": ""}, "name"),
        ({}, "name"),
        ({"name": "x", "data": []}, "data"),
        ({"name": "x", "more": 1}, "more"),
        ({"name": "x", "data": {"a": "\x00"}}, "data"),
    ],
)
def test_f10_an_event_that_is_none_is_refused_by_name(program, body, field):
    assert field in problem(program("operator").post("/v1/events", body), 422)["errors"]


def test_a_wait_of_the_code_shows_what_it_waits_for_and_takes_no_answer(program, launch, path):
    run = launch("waits-not-for-long", {"default": False})
    from tests.domain import story

    story.work(run)
    admin = program("admin")
    (waiting,) = admin.get(path(run)).json()["suspensions"]
    assert (waiting["kind"], waiting["title"]) == ("event", "Event order.shipped")
    assert waiting["conditions"][0]["says"] == "event order.shipped"
    body = {"data": {}, "context_digest": waiting["context_digest"]}
    assert "waits for an event" in problem(admin.post(f"/v1/suspensions/{waiting['id']}/answer", body), 409)["detail"]


def test_s3_an_event_reaches_a_step_with_its_data(program, launch, path):
    from tests.domain import story

    run = launch("waits-not-for-long", {"default": False})
    story.work(run)
    program("operator").post("/v1/events", {"name": "order.shipped", "data": {"order": 7}})
    wakeups.look_back(Trigger.objects.get(execution=run).pk)
    assert story.work(run).payload["came"] == {"order": 7}
    assert Execution.objects.get(pk=run.pk).state == "succeeded"
