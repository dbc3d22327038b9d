"""`holdpoint api`: any request, from what is typed; the answer as it came, a refusal with its exit code."""

import json

import pytest

from tests.client.conftest import word
from tests.engine.watching import fresh


@pytest.fixture
def say(ready, terminal):
    return ready(terminal("admin"))


def test_any_request_can_be_typed(say, run, tmp_path):
    title = word()
    fields = ["-F", "workflow=noop", "-F", "payload.lines[]=1", "-F", "payload.lines[]=x"]
    made = say("api", "post", "/v1/async-executions", *fields, "--raw-field", f"title={title}")
    assert made.document["payload"] == {"lines": [1, "x"]}
    address = f"/v1/async-executions/{made.document['id']}"
    (tmp_path / "pause.json").write_text('{"reason": "Totals differ", "ticket": "none"}')
    key = word()
    for _ in range(2):
        body = ("--data", f"@{tmp_path / 'pause.json'}", "--raw-field", "ticket=12", "--idempotency-key", key, "-i")
        paused = say("api", "POST", f"{address}/pause", *body)
    assert (paused.code, paused.document["hold"]["ticket"]) == (0, "12")
    assert "HTTP 200 OK" in paused.err
    assert "idempotent-replayed: true" in paused.err
    changed = say("api", "PATCH", f"{address}/payload", "-H", "If-Match: *", "-F", "changes.x=1", "-F", "reason=One")
    assert changed.code == 0
    found = say("api", "GET", "/v1/async-executions?limit=1", "-F", f"q={title}", "-F", "workflow=noop")
    assert [item["title"] for item in found.document["items"]] == [title]


def test_files_and_texts_are_sent_and_printed_as_they_are(say, tmp_path):
    (tmp_path / "one.xml").write_text("<one/>")
    sent = ("--data", '{"workflow": "filing"}', "--file", f"files={tmp_path / 'one.xml'}")
    address = say("api", "POST", "/v1/async-executions", *sent).document["files"][0]["href"]
    say("api", "POST", f"{address.partition('/files')[0]}/pause", "-F", "reason=Wrong")
    (tmp_path / "one.xml").write_text("<two/>")
    replaced = say("api", "PUT", address, "--content", tmp_path / "one.xml")
    assert (replaced.code, replaced.document["errors"].keys()) == (2, {"reason"})
    assert say("api", "PUT", f"{address}?reason=Right", "--content", tmp_path / "one.xml").document["version"] == 2
    assert say("api", "GET", address).out == "<two/>"
    told = say("api", "GET", f"{address.partition('/files')[0]}/events/stream?follow=false").out
    assert '"kind":"execution.launched"' in told


def test_all_pages_of_a_list_are_one(say, run):
    label = word()
    ids = [str(run(labels={"of": label}).pk) for _ in range(3)]
    query = f"/v1/async-executions?limit=2&label=of:{label}&sort=oldest"
    assert say("api", "GET", query).document["next"]
    assert [item["id"] for item in say("api", "GET", query, "--all").document["items"]] == ids
    history = say("api", "GET", f"/v1/async-executions/{ids[0]}/events?limit=1", "--all").document
    assert [event["seq"] for event in history["items"]] == list(range(1, len(history["items"]) + 1))
    assert say("api", "GET", "/v1/me", "--all").code == 2
    (newest,) = say("execution", "events", ids[0], "--last", 1, "--json").documents
    assert newest["seq"] == history["items"][-1]["seq"]


def test_what_is_refused_is_printed_and_ends_with_its_code(say, run):
    execution = run()
    for method, path, code, status in [
        ("POST", f"/v1/async-executions/{execution.pk}/resume", 3, 409),
        ("POST", "/v1/suspensions/019a6a4e-0000-7000-8000-000000000000/webhook", 5, 404),
        ("GET", "/v1/holds/nothing", 5, 404),
        ("GET", "/v1/holds?limit=0", 2, 422),
    ]:
        said = say("api", method, path)
        assert (said.code, said.document["status"]) == (code, status)
        assert said.document["detail"].split()[0] in said.err
    assert fresh(execution).state == "queued"


@pytest.mark.parametrize(
    "words",
    [
        "HEAD /v1/me",
        "GET /console",
        "GET https://elsewhere.example/v1/me",
        "GET /v1/me --data {}",
        "GET /v1/me --idempotency-key k",
        "POST /v1/events -F name",
        "POST /v1/events --data [] -F name=x",
        "POST /v1/events -F name=x -F name[]=y",
        "POST /v1/events -H nothing",
        "POST /v1/events --file one.xml",
    ],
)
def test_what_cannot_be_sent_is_said_and_nothing_is_sent(terminal, words):
    said = terminal("operator")("api", *words.split(), HOLDPOINT_URL="http://127.0.0.1:1")
    assert said.code == 2
    assert json.loads(said.out)["title"] == "Not understood"
