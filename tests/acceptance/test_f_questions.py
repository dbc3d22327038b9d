"""Questions by a simple API: what waits for approval, wrong answers, urgency and format."""

import uuid

import pytest

from executions import commands
from tests.engine.watching import QUICK, fresh, kinds, launch, wait_for


@pytest.fixture
def program(cast):
    """The API as a reviewer's program sees it."""
    return cast.client("reviewer")


def post(program, address, body):
    return program.post(address, body, content_type="application/json")


def asked(cast, workflow="questions", **payload):
    run = launch(cast, workflow, payload)
    wait_for(run, "suspended")
    return run, run.suspensions.get()


def test_f6_what_needs_an_approval_pauses_itself_and_says_so(cast, program, workers):
    (worker,) = workers(1, **QUICK)
    run, question = asked(cast, "signing", who={"group": "reviewer", "approvals": 2, "not_launcher": True})
    document = program.get(f"/v1/async-executions/{run.pk}").json()
    assert document["state"] == "suspended"
    (shown,) = document["suspensions"]
    assert (shown["kind"], shown["who"]["approvals"], shown["answerable"]["allowed"]) == ("approval", 2, True)
    assert shown["who"]["sentence"].startswith("Members of the group reviewer, but not the person who launched")
    worker.kill9()
    body = {"data": {"decision": "approve"}, "context_digest": shown["context_digest"]}
    first = post(program, f"/v1/suspensions/{question.pk}/answer", body).json()
    assert (first["closed_at"], [vote["by"]["name"] for vote in first["votes"]]) == (None, ["reviewer"])
    assert first["answerable"] == {
        "allowed": False,
        "code": "state",
        "why": "You have approved already: 1 of 2. Another person is needed.",
        "holds": [],
    }
    workers(1, **QUICK)
    assert post(cast.client("reviewer2"), f"/v1/suspensions/{question.pk}/answer", body).status_code == 200
    assert wait_for(run, "succeeded").payload["by"] == "reviewer, reviewer2"


def test_f10_every_wrong_answer_has_its_status_and_changes_nothing(cast, program, worker):
    run, question = asked(cast)
    body = {"data": {"answer": "red"}, "context_digest": question.context_digest}
    address = f"/v1/suspensions/{question.pk}/answer"
    before = kinds(run)
    unknown = post(program, f"/v1/suspensions/{uuid.uuid4()}/answer", body)
    assert unknown.status_code == 404
    bad = post(program, address, {**body, "data": {"answer": ""}})
    assert (bad.status_code, list(bad.json()["errors"])) == (422, ["answer"])
    more = post(program, address, {**body, "data": {"answer": "red", "amount": 1}})
    assert (more.status_code, list(more.json()["errors"])) == (422, ["amount"])
    running = launch(cast, "slow", {"seconds": 0.1})
    wait_for(running, "succeeded")
    assert post(program, f"/v1/async-executions/{running.pk}/answers/question", {"data": {}}).status_code == 409
    assert [kind for kind in kinds(run) if kind != "command.denied"] == before
    assert post(program, address, body).status_code == 200
    again = post(program, address, body)
    assert (again.status_code, "reviewer answered this question already" in again.json()["detail"]) == (409, True)
    wait_for(run, "succeeded")


@pytest.mark.parametrize(
    ("payload", "schema", "data", "said"),
    [
        ({"format": "text"}, "string", "blue", "blue"),
        ({"format": "yes-no"}, "boolean", False, False),
        ({"format": "choice", "choices": [["ber", "Berlin"], ["lis", "Lisbon"]]}, "string", "lis", "lis"),
    ],
    ids=["text", "yes-no", "choice"],
)
def test_f11_a_question_has_urgency_and_a_format_that_is_published_and_kept_to(
    cast, program, worker, payload, schema, data, said
):
    run, question = asked(cast, urgency="high", **payload)
    (shown,) = program.get(f"/v1/suspensions?mine=true&execution={run.pk}").json()["items"]
    assert (shown["urgency"], shown["format"]) == ("high", payload["format"])
    assert shown["form"]["properties"]["answer"]["type"] == schema
    assert shown["form"]["required"] == ["answer"]
    address = f"/v1/suspensions/{question.pk}/answer"
    wrong = post(program, address, {"data": {"answer": ["x"]}, "context_digest": shown["context_digest"]})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["answer"])
    sent = post(program, address, {"data": {"answer": data}, "context_digest": shown["context_digest"]})
    assert sent.status_code == 200, sent.content
    assert wait_for(run, "succeeded").payload["said"] == {"answer": said}


def test_f11_a_typed_form_publishes_its_fields(cast, program, worker):
    _, question = asked(cast, "stages")
    (shown,) = program.get(f"/v1/suspensions?execution={question.execution_id}").json()["items"]
    fields = shown["form"]["properties"]
    assert (fields["name"]["maxLength"], fields["country"]["default"]) == (40, "DE")
    assert shown["form"]["required"] == ["name"]
    commands.cancel(cast.actor("admin"), question.execution_id, reason="seen")
    assert fresh(question.execution_id).state == "cancelled"
