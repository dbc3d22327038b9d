"""The record by HTTP: search, verify, export."""

import csv
import io
import json
from urllib.parse import quote

import pytest

from executions.models import SYSTEM_LEDGER, Event
from executions.provenance.csvtext import harmless
from tests.api.conftest import problem

pytestmark = pytest.mark.django_db


def test_h7_an_auditor_finds_who_did_what_and_what_was_refused(program, launch, path):
    run, operator, auditor = launch(), program("operator"), program("auditor")
    operator.post(path(run, "pause"), {"reason": "Totals differ"})
    problem(auditor.post(path(run, "resume")), 403)
    lines = auditor.get(f"/v1/audit?run={run.pk}").json()["items"]
    assert [line["kind"] for line in lines][:2] == ["command.denied", "hold.placed"]
    (refused,) = auditor.get(f"/v1/audit?run={run.pk}&refused=true").json()["items"]
    assert refused["actor"]["name"] == "auditor (test)"
    assert auditor.get("/v1/audit?person=operator&kind=hold.placed&q=totals").json()["items"]
    for query in ("kind=nonsense", "via=window", "run=x", "cursor=x", "since=yesterday", "who=me"):
        problem(auditor.get(f"/v1/audit?{query}"), 422)
    odd = ("2026-01-01T00:00:00+00:00:00.5", "0001-01-01T00:00:00+23:59")
    for moment in map(quote, odd):
        assert auditor.get(f"/v1/audit?cursor=older:{moment}~{run.pk.hex}~1").status_code in (200, 422)
        assert operator.get(f"/v1/inbox?done=all&cursor=done:{moment}/{run.pk}").status_code in (200, 422)
        assert operator.get(f"/v1/async-executions?sort=since&cursor=after:{run.pk}:{moment}").status_code in (200, 422)


def test_verify_recomputes_one_chain_or_all(program, launch):
    run, auditor = launch(), program("auditor")
    one = auditor.get(f"/v1/audit/verify?ledger={run.pk}").json()
    assert (one["whole"], one["ledgers"], one["events"]) == (True, 1, 1)
    everything = auditor.get("/v1/audit/verify").json()
    assert everything["whole"]
    assert everything["problems"] == []
    assert (
        Event.objects.filter(ledger=SYSTEM_LEDGER, kind="audit.verified").latest("seq").actor_name == "auditor (test)"
    )


def test_a_long_record_is_verified_in_the_background(program, launch, monkeypatch):
    monkeypatch.setattr("executions.queries.verifications.SHORT_RECORD", 0)
    launch()
    auditor = program("auditor")
    assert "POST /v1/audit/verifications" in problem(auditor.get("/v1/audit/verify"), 409)["detail"]
    answer = auditor.post("/v1/audit/verifications", {})
    assert answer.status_code == 202
    there = auditor.get(answer.headers["Location"]).json()
    assert (there["id"], there["requested_by"]["name"]) == (answer.json()["id"], "auditor (test)")
    assert (there["finished_at"], there["outcome"], there["result"]) == (None, None, None)
    assert program("admin").post("/v1/audit/verifications", {}).json()["id"] == there["id"]


def test_an_export_is_json_lines_and_is_recorded(program, launch):
    run, auditor = launch(), program("auditor")
    answer = auditor.get(f"/v1/audit/export?ledger={run.pk}")
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert any(line.get("kind") == "execution.launched" for line in lines)
    assert Event.objects.filter(kind="audit.exported").exists()
    problem(auditor.get("/v1/audit/export?since=2030-01-02T00:00:00Z&until=2030-01-01T00:00:00Z"), 422)


def test_an_export_as_csv_is_quoted_and_holds_no_formula(program, launch, path):
    run, auditor = launch(), program("auditor")
    program("operator").post(path(run, "pause"), {"reason": '=HYPERLINK("http://x.test", "1,200")'})
    address = f"/v1/audit/export?ledger={run.pk}"
    answer = auditor.get(f"{address}&format=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode(), newline="")))
    (held,) = [row for row in rows if row["kind"] == "hold.placed"]
    assert held["reason"] == '\'=HYPERLINK("http://x.test", "1,200")'
    assert harmless("＝1＋1").startswith("'＝"), "some spreadsheets obey the wide signs too"
    assert json.loads(held["data"])["hold"]
    assert [int(row["seq"]) for row in rows] == list(range(1, len(rows) + 1))
    assert auditor.get(address, headers={"Accept": "text/csv"})["Content-Type"].startswith("text/csv")
    for accept in ("*/*", "application/json", "application/jsonl, text/csv;q=0.5"):
        assert auditor.get(address, headers={"Accept": accept})["Content-Type"] == "application/jsonl"
    exported = Event.objects.filter(kind="audit.exported").order_by("seq")
    assert json.loads(exported[0].data)["format"] == "csv"
