"""Idempotency-Key: one effect, one answer."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.db.models.functions import Now

from console.api import idempotency
from console.models import IdempotentRequest
from console.models.idempotency import TAKE
from executions.models import ApiToken, Event, Execution, Hold
from tests.api.conftest import problem

RUNS = "/v1/async-executions"


def key(text: str = "") -> dict[str, str]:
    return {"Idempotency-Key": text or str(uuid.uuid4())}


@pytest.mark.django_db
def test_the_same_request_again_has_the_same_answer_and_no_effect(program):
    operator, headers, body = program("operator"), key(), {"workflow": "noop"}
    first = operator.post(RUNS, body, headers=headers)
    before = Execution.objects.count(), Event.objects.count()
    again = operator.post(RUNS, body, headers=headers)
    assert (Execution.objects.count(), Event.objects.count()) == before
    assert again.status_code == first.status_code == 201
    assert again.content == first.content
    assert (again["Location"], again["ETag"]) == (first["Location"], first["ETag"])
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first


@pytest.mark.django_db
def test_the_same_key_for_another_request_is_422(program, launch, path):
    operator, headers, run = program("operator"), key(), launch()
    assert operator.post(path(run, "pause"), {"reason": "why"}, headers=headers).status_code == 200
    told = problem(operator.post(path(run, "pause"), {"reason": "because"}, headers=headers), 422)
    assert "Idempotency-Key" in told["errors"]
    problem(operator.post(path(run, "cancel"), {"reason": "why"}, headers=headers), 422)
    problem(operator.post(path(launch(), "pause"), {"reason": "why"}, headers=headers), 422)
    assert Hold.objects.filter(execution=run).count() == 1


@pytest.mark.django_db
def test_keys_of_others_never_meet(program, launch, path):
    run, headers = launch(), key()
    for name in ("operator", "reviewer"):
        assert program(name).post(path(run, "pause"), {"reason": "why"}, headers=headers).status_code == 200
    assert Hold.objects.filter(execution=run).count() == 2


@pytest.mark.django_db
def test_a_refusal_is_kept_too_and_recorded_once(program, launch, path):
    run, operator, headers = launch(), program("operator"), key()
    first = operator.post(path(run, "resume"), headers=headers)
    problem(first, 409)
    operator.post(path(run, "pause"), {"reason": "why"})
    again = operator.post(path(run, "resume"), headers=headers)
    assert again.content == first.content
    assert problem(again, 409)["state"] == "queued"
    assert Event.objects.filter(ledger=run.pk, kind="command.denied").count() == 1


@pytest.mark.django_db
def test_an_error_of_ours_keeps_nothing(program, launch, path, monkeypatch):
    run, headers = launch(), key()
    operator = program("operator", raise_request_exception=False)
    with monkeypatch.context() as patch:
        patch.setattr("console.api.commands.paused", lambda *_: 1 / 0)
        problem(operator.post(path(run, "pause"), {"reason": "why"}, headers=headers), 500)
    assert not Hold.objects.filter(execution=run).exists(), "the effect must go with the answer"
    assert operator.post(path(run, "pause"), {"reason": "why"}, headers=headers).status_code == 200
    assert Hold.objects.filter(execution=run).count() == 1


@pytest.mark.django_db
def test_a_form_counts_by_its_parts(program):
    operator, headers = program("operator"), key()

    def send(content: bytes):
        parts = {"request": '{"workflow": "filing"}', "files": SimpleUploadedFile("a.txt", content)}
        return operator.form(RUNS, parts, headers=headers)

    first = send(b"one")
    assert first.status_code == 201, first.content
    assert send(b"one").content == first.content
    problem(send(b"two"), 422)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["x" * 256, "a\tb"])
def test_a_bad_key_is_422(program, text):
    problem(program("operator").post(RUNS, {"workflow": "noop"}, headers=key(text)), 422)


@pytest.mark.django_db
def test_answers_are_forgotten_after_a_day(program, launch, path):
    run, operator, headers = launch(), program("operator"), key()
    operator.post(path(run, "pause"), {"reason": "why"}, headers=headers)
    IdempotentRequest.objects.update(created_at=Now() - timedelta(hours=25))
    operator.post(path(run, "pause"), {"reason": "why"}, headers=headers)
    assert Hold.objects.filter(execution=run).count() == 2
    assert IdempotentRequest.objects.count() == 1


@pytest.mark.django_db
def test_nobody_cannot_use_keys():
    from django.test import Client

    answer = Client().post(RUNS, {}, content_type="application/json", headers=key())
    problem(answer, 401)
    assert not IdempotentRequest.objects.exists()


def test_one_that_is_still_worked_on_is_waited_for_without_a_connection(live_db, program, launch, path, monkeypatch):
    run, operator, headers = launch(), program("operator"), key()
    token = ApiToken.objects.latest("created_at")
    other, waited = connection.copy(), []
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute(TAKE, [f"token:{token.pk}", headers["Idempotency-Key"]])

    def wait(_seconds):
        waited.append(connection.connection)
        other.close()  # what it was about has ended, with an error of ours

    monkeypatch.setattr(idempotency.time, "sleep", wait)
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "WAIT_SECONDS", 0)
        answer = operator.post(path(run, "pause"), {"reason": "why"}, headers=headers)
    told = problem(answer, 409)
    assert (told["type"], answer["Retry-After"]) == ("urn:holdpoint:problem:in-progress", "1")
    assert not Hold.objects.filter(execution=run).exists()
    assert not waited
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 60)
    assert operator.post(path(run, "pause"), {"reason": "why"}, headers=headers).status_code == 200
    assert waited == [None]
    assert Hold.objects.filter(execution=run).count() == 1


def test_of_many_at_once_one_takes_effect_and_all_get_its_answer(live_db, program, launch, path, monkeypatch):
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 60)
    operator = program("operator")
    for _ in range(20):
        run, headers = launch(), key()
        ready, answers = threading.Barrier(4), []

        def send(run=run, headers=headers, ready=ready, answers=answers):
            ready.wait()
            answers.append(type(operator)(operator.token).post(path(run, "pause"), {"reason": "why"}, headers=headers))
            connections.close_all()

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status_code for answer in answers} == {200}, [answer.content for answer in answers]
        assert len({answer.content for answer in answers}) == 1
        assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
        assert Hold.objects.filter(execution=run).count() == 1
