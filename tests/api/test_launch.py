"""Launching by HTTP: JSON, and JSON with files."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from executions.models import SYSTEM_LEDGER, Event, Execution, RunFile
from tests.api.conftest import problem

pytestmark = pytest.mark.django_db
RUNS = "/v1/async-executions"


def part(name: str, content: bytes = b"one") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_f1_one_call_makes_a_run_with_an_id(program):
    body = {
        "workflow": "counting",
        "payload": {"items": 3},
        "title": "Three items",
        "labels": {"team": "north"},
        "priority": 7,
        "not_before": "2030-01-31T12:00:00+01:00",
    }
    answer = program("operator").post(RUNS, body)
    assert answer.status_code == 201, answer.content
    told = answer.json()
    run = Execution.objects.get(pk=told["id"])
    assert answer["Location"] == f"{RUNS}/{run.pk}"
    assert told["payload"] == run.payload == {"items": 3, "seconds": 0, "label": ""}
    assert told["state"] == "queued"
    assert told["not_before"] == "2030-01-31T11:00:00Z"
    assert (run.title, run.labels, run.priority) == ("Three items", {"team": "north"}, 7)
    assert run.launched_by.startswith("token:")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "workflow"),
        ({"workflow": "unheard-of"}, "workflow"),
        ({"workflow": "noop", "payload": [1]}, "payload"),
        ({"workflow": "noop", "payload": None}, "payload"),
        ({"workflow": "noop", "payload": {"text": "a\x00b"}}, "payload"),
        ({"workflow": "counting", "payload": {"items": -1}}, "items"),
        ({"workflow": "counting", "payload": {"itmes": 1}}, "itmes"),
        ({"workflow": "noop", "labels": {"team": 5}}, "labels.team"),
        ({"workflow": "noop", "labels": {"": "x"}}, "labels"),
        ({"workflow": "noop", "priority": 10}, "priority"),
        ({"workflow": "noop", "priority": True}, "priority"),
        ({"workflow": "noop", "priority": "5"}, "priority"),
        ({"workflow": "noop", "not_before": "2030-01-31T12:00:00"}, "not_before"),
        ({"workflow": "noop", "not_before": "soon"}, "not_before"),
        ({"workflow": "noop", "title": "x" * 300}, "title"),
        ({"workflow": "noop", "payloads": {}}, "payloads"),
        ({"workflow": "filing"}, "files"),
    ],
)
def test_bad_input_is_named_recorded_and_changes_nothing(program, body, field):
    before = Execution.objects.count()
    told = problem(program("operator").post(RUNS, body), 422)
    assert field in told["errors"], told
    assert Execution.objects.count() == before
    denied = Event.objects.filter(ledger=SYSTEM_LEDGER, kind="command.denied").latest("seq")
    assert json.loads(denied.data)["command"] == "launch"


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        (b"{", "application/json", 422),
        (b'{"workflow": NaN}', "application/json", 422),
        (b"\xff\xfe\x00", "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b"[]", "application/json", 422),
        (b'"noop"', "application/json", 422),
        (b"null", "application/json", 422),
        (b"workflow=noop", "application/x-www-form-urlencoded", 415),
        (b"<workflow/>", "application/xml", 415),
        (b"{}", "text/plain", 415),
        (b"no boundary", "multipart/form-data", 422),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x", 422),
    ],
)
def test_a_body_that_cannot_be_read_says_why(program, raw, kind, status):
    told = problem(program("operator").post(RUNS, raw, content_type=kind), status)
    assert told["type"].startswith("urn:holdpoint:problem:")
    assert Event.objects.filter(kind="command.denied", reason=told["detail"]).exists()


def test_too_large_payloads_and_bodies_are_413(program):
    operator = program("operator")
    body = {"workflow": "noop", "payload": {"text": "x" * 300_000}}
    assert (
        "256" in problem(operator.post(RUNS, body), 413)["detail"]
        or "262,144" in operator.post(RUNS, body).content.decode()
    )
    problem(operator.post(RUNS, {"workflow": "noop", "payload": {"text": "x" * 2_000_000}}), 413)


def test_launch_with_files(program):
    parts = {"request": json.dumps({"workflow": "filing"}), "files": [part("a.txt"), part("b.txt", b"two")]}
    answer = program("operator").form(RUNS, parts)
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert told["payload"]["files"] == ["a.txt", "b.txt"]
    assert [file["name"] for file in told["files"]] == ["a.txt", "b.txt"]
    assert bytes(RunFile.objects.get(execution=told["id"], name="b.txt").content) == b"two"


def test_the_request_part_may_be_a_file_of_json(program):
    request = SimpleUploadedFile("request.json", b'{"workflow": "filing"}', content_type="application/json")
    assert program("operator").form(RUNS, {"request": request, "files": part("a.txt")}).status_code == 201


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"files": part("a.txt")}, "workflow"),
        ({"request": "{", "files": part("a.txt")}, "body"),
        ({"request": '{"workflow": "noop"}', "files": part("a.txt")}, "files"),
        ({"request": '{"workflow": "filing"}', "file": part("a.txt")}, "file"),
        ({"request": '{"workflow": "filing"}', "workflow": "filing", "files": part("a.txt")}, "workflow"),
        ({"request": '{"workflow": "filing"}', "files": [part("a.txt"), part("a.txt")]}, "files"),
        ({"request": '{"workflow": "filing"}', "files": part("a.txt", b"")}, "files"),
    ],
)
def test_forms_are_refused_with_the_part_named(program, parts, field):
    before = Execution.objects.count()
    assert field in problem(program("operator").form(RUNS, parts), 422)["errors"]
    assert Execution.objects.count() == before


def test_a_file_over_the_limit_is_413(program, settings):
    limits = {**settings.HOLDPOINT, "MAX_FILE_BYTES": 1000}
    with override_settings(HOLDPOINT=limits):
        parts = {"request": '{"workflow": "filing"}', "files": part("a.txt", b"x" * 1001)}
        problem(program("operator").form(RUNS, parts), 413)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">
<!ENTITY z "&y;&y;&y;&y;&y;&y;&y;&y;">]><Invoice>&z;</Invoice>"""


@pytest.mark.parametrize("content", [BOMB, b"%PDF-1.7", b"not xml at all"])
def test_what_is_no_invoice_is_refused_at_the_door(program, content):
    operator = program("operator")
    names = [item["name"] for item in operator.get("/v1/workflows").json()["items"]]
    assert "invoice-batch" in names
    parts = {"request": '{"workflow": "invoice-batch"}', "files": part("bad.xml", content)}
    told = problem(operator.form(RUNS, parts), 422)
    assert "bad.xml" in told["errors"]["files"][0]
    assert "&z;" not in told["detail"]
