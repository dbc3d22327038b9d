"""Holds and questions by HTTP."""

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from executions.models import Hold, RunFile, Suspension
from tests.api.conftest import events_of, facts_of, problem

pytestmark = pytest.mark.django_db


def test_place_annotate_list_release(program, launch):
    run, reviewer, operator = launch(), program("reviewer"), program("operator")
    body = {"execution": str(run.pk), "reason": "Suspicious", "ticket": "T-1", "review_by": "2030-01-31T12:00:00Z"}
    placed = reviewer.post("/v1/holds", body)
    assert placed.status_code == 201, placed.content
    hold = placed.json()
    assert hold["kind"] == "compliance"
    assert hold["review_by"] == "2030-01-31T12:00:00Z"

    note = operator.post(f"/v1/holds/{hold['id']}/notes", {"text": "Supplier called"})
    assert note.status_code == 201
    assert note.json()["author"]["name"] == "operator (test)"
    (listed,) = operator.get(f"/v1/holds?execution={run.pk}").json()["items"]
    assert [note["text"] for note in listed["notes"]] == ["Supplier called"]

    problem(operator.post(f"/v1/holds/{hold['id']}/release", {"reason": "let go"}), 403)
    released = reviewer.post(f"/v1/holds/{hold['id']}/release", {"reason": "Checked"})
    assert released.json()["release_reason"] == "Checked"
    assert released.json()["notes"]
    problem(reviewer.post(f"/v1/holds/{hold['id']}/release", {"reason": "again"}), 409)
    assert operator.get(f"/v1/holds?execution={run.pk}").json()["items"] == []
    assert len(operator.get(f"/v1/holds?execution={run.pk}&released=true").json()["items"]) == 1
    run.refresh_from_db()
    assert run.state == "queued"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "why"}, "execution"),
        ({"execution": "{run}"}, "reason"),
        ({"execution": "{run}", "reason": " "}, "reason"),
        ({"execution": "{run}", "reason": "why", "review_by": "2030-01-31"}, "review_by"),
        ({"execution": "{run}", "reason": "why", "blocks_cancel": "yes"}, "blocks_cancel"),
        ({"execution": "{run}", "reason": "why", "kind": "operator"}, "kind"),
    ],
)
def test_bad_holds_are_refused(program, launch, body, field):
    run = launch()
    body = {name: str(run.pk) if value == "{run}" else value for name, value in body.items()}
    assert field in problem(program("reviewer").post("/v1/holds", body), 422)["errors"]
    assert not Hold.objects.filter(execution=run).exists()


def test_a_blank_note_is_refused(program, launch):
    run, reviewer = launch(), program("reviewer")
    hold = reviewer.post("/v1/holds", {"execution": str(run.pk), "reason": "Suspicious"}).json()
    for text in ("", " ", 5, "x" * 10_000):
        assert "text" in problem(reviewer.post(f"/v1/holds/{hold['id']}/notes", {"text": text}), 422)["errors"]


def test_h13_an_answer_is_stored_once_with_who_gave_it(program, ask):
    asked, reviewer = ask(), program("reviewer")
    (question,) = [
        item for item in reviewer.get("/v1/suspensions?mine=true").json()["items"] if item["id"] == str(asked.pk)
    ]
    assert question["form"]["properties"]["decision"]["oneOf"][0] == {"const": "yes", "title": "Yes"}
    assert question["form"]["required"] == ["decision"]
    body = {"data": {"decision": "yes"}, "context_digest": question["context_digest"], "comment": "Looks right"}
    answered = reviewer.post(f"/v1/suspensions/{asked.pk}/answer", body)
    assert answered.status_code == 200, answered.content
    assert answered.json()["answer"]["decision"] == "yes"
    assert answered.json()["answered_by"]["name"] == "reviewer (test)"
    told = problem(reviewer.post(f"/v1/suspensions/{asked.pk}/answer", body), 409)
    assert "answered this question already" in told["detail"]
    assert reviewer.get(f"/v1/suspensions?execution={asked.execution_id}").json()["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"data": {}}, "decision"),
        ({"data": {"decision": "maybe"}}, "decision"),
        ({"data": {"decision": "yes", "amount": "much"}}, "amount"),
        ({"data": {"decision": "yes", "extra": 1}}, "extra"),
        ({"data": "yes"}, "data"),
        ({"context_digest": None}, "context_digest"),
        ({"comments": "typo"}, "comments"),
    ],
)
def test_f10_bad_answers_name_the_field_and_change_nothing(program, ask, change, field):
    asked = ask()
    before = facts_of(asked.execution)
    body = {"data": {"decision": "yes"}, "context_digest": asked.context_digest, **change}
    assert field in problem(program("reviewer").post(f"/v1/suspensions/{asked.pk}/answer", body), 422)["errors"]
    assert Suspension.objects.get(pk=asked.pk).is_open
    assert facts_of(asked.execution) == before


def test_an_answer_to_what_has_changed_is_409_and_shows_what_is_asked_now(program, ask):
    asked = ask()
    body = {"data": {"decision": "yes"}, "context_digest": "0" * 64}
    told = problem(program("reviewer").post(f"/v1/suspensions/{asked.pk}/answer", body), 409)
    assert told["type"] == "urn:holdpoint:problem:stale"
    assert told["suspension"]["context_digest"] == asked.context_digest
    assert len(events_of(asked.execution, "command.denied")) == 1


def test_who_may_not_answer_is_refused_and_sees_nothing_as_his(program, ask):
    asked, operator = ask(), program("operator")
    body = {"data": {"decision": "yes"}, "context_digest": asked.context_digest}
    problem(operator.post(f"/v1/suspensions/{asked.pk}/answer", body), 403)
    assert operator.get("/v1/suspensions?mine=true").json()["items"] == []
    assert operator.get("/v1/suspensions").json()["items"]


class UploadForm(forms.Form):
    """A corrected file, with a word on it."""

    word = forms.CharField(max_length=20)
    corrected = forms.FileField()


def test_an_answer_with_a_file_replaces_it(program, launch, ask):
    import json

    run = launch("filing", files=[("a.txt", b"one")])
    asked = ask(run, form=f"{__name__}:UploadForm", replaces={"corrected": "a.txt"})
    reviewer = program("reviewer")
    request = {"data": {"word": "fixed"}, "context_digest": asked.context_digest}
    address = f"/v1/suspensions/{asked.pk}/answer"
    parts = {"request": json.dumps(request), "wrong": SimpleUploadedFile("x", b"two")}
    assert "wrong" in problem(reviewer.form(address, parts), 422)["errors"]
    parts = {"request": json.dumps(request), "corrected": SimpleUploadedFile("mine.txt", b"two")}
    answered = reviewer.form(address, parts)
    assert answered.status_code == 200, answered.content
    assert answered.json()["answer"]["corrected"]["version"] == 2
    assert bytes(RunFile.objects.get(execution=run, version=2).content) == b"two"


def test_open_work_comes_in_pages(program, launch):
    reviewer = program("reviewer")
    bodies = [{"execution": str(launch().pk), "reason": "why"} for _ in range(5)]
    made = [reviewer.post("/v1/holds", body).json()["id"] for body in bodies]
    seen, cursor = [], ""
    while True:
        page = reviewer.get(f"/v1/holds?limit=2{cursor}").json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert [item for item in seen if item in made] == made
    problem(reviewer.get("/v1/holds?cursor=after:x"), 422)
