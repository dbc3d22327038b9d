"""Bulk commands over HTTP: a dry run, a job, its items, its end."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from executions import commands
from executions.engine import bulk
from executions.models import BulkJob, Event, Execution
from tests.api.conftest import problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(launch):
    """Make runs under one label; return them and the filter that selects them."""

    def make(count: int):
        label = uuid.uuid4().hex[:12]
        return [launch(labels={"batch": label}) for _ in range(count)], {"label": f"batch:{label}"}

    return make


def work() -> None:
    while bulk.work():
        pass


def states_of(runs) -> list[str]:
    return [Execution.objects.get(pk=run.pk).state for run in runs]


def test_a_dry_run_counts_and_changes_nothing(program, cast, batch):
    runs, wanted = batch(4)
    commands.cancel(cast.actor("operator"), runs[0].pk, reason="x")
    commands.place(cast.actor("reviewer"), runs[1].pk, reason="Suspicious")
    commands.pause(cast.actor("operator"), runs[2].pk, reason="x")
    body = {"command": "resume", "filter": wanted, "dry_run": True}

    told = program("operator").post("/v1/bulk", body).json()

    assert (told["eligible"], told["by_state"], told["matched"]["number"]) == (1, {"paused": 1}, 4)
    groups = {group["code"]: group for group in told["left_out"] if group["examples"]}
    assert groups["held"]["examples"] == [str(runs[1].pk)]
    assert "Held by reviewer (compliance)" in groups["held"]["why"]
    assert {group["why"] for group in told["left_out"]} >= {
        "The run was cancelled. Only a paused or pausing run can be resumed.",
        "The run is queued. Only a paused or pausing run can be resumed.",
    }
    assert not BulkJob.objects.exists()


def test_a_job_is_begun_and_followed_to_its_end(program, batch):
    runs, wanted = batch(3)
    client = program("operator")
    body = {"command": "pause", "filter": wanted, "reason": "The bank is down", "arguments": {"ticket": "OPS-7"}}

    answer = client.post("/v1/bulk", body, headers={"Idempotency-Key": "k1"})
    again = client.post("/v1/bulk", body, headers={"Idempotency-Key": "k1"})

    assert (answer.status_code, answer.json()) == (201, again.json())
    job = answer.json()
    assert answer["Location"] == f"/v1/bulk/{job['id']}"
    assert (job["state"], job["total"], job["selector"]) == ("running", 3, {"filter": wanted})
    work()
    job = client.get(answer["Location"]).json()
    assert (job["state"], job["done"], job["left"]) == ("finished", 3, 0)
    items = client.get(f"{answer['Location']}/items?limit=2").json()
    assert [(item["outcome"], item["state"]) for item in items["items"]] == [("done", "paused")] * 2
    rest = client.get(f"{answer['Location']}/items?limit=2&cursor={items['next']}").json()
    assert [item["execution"] for item in rest["items"]] == [str(runs[2].pk)]
    assert {event.via for event in Event.objects.filter(ledger=runs[0].pk, kind="hold.placed")} == {"api"}
    assert [each["id"] for each in client.get("/v1/bulk").json()["items"]] == [job["id"]]
    assert client.get("/v1/bulk?open=true").json()["items"] == []


def test_an_earlier_job_can_be_undone_and_one_under_way_stopped(program, batch):
    runs, wanted = batch(2)
    client = program("operator")
    paused = client.post("/v1/bulk", {"command": "pause", "filter": wanted, "reason": "x"}).json()
    work()
    body = {"command": "release", "job": paused["id"], "arguments": {"of_job": paused["id"]}, "reason": "y"}
    job = client.post("/v1/bulk", {**body, "rate": 0.01}).json()
    bulk.work()

    stopped = client.post(f"/v1/bulk/{job['id']}/stop", {"reason": "wait"}).json()

    assert (stopped["state"], stopped["done"], stopped["left"]) == ("stopped", 1, 1)
    assert stopped["stopped_by"]["name"] == "operator (test)"
    problem(client.post(f"/v1/bulk/{job['id']}/stop"), 409)
    left = client.get(f"/v1/bulk/{job['id']}/items?outcome=left").json()["items"]
    assert [item["execution"] for item in left] == [str(runs[1].pk)]
    assert sorted(states_of(runs)) == ["paused", "queued"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"command": "pause"}, 422, "ids"),
        ({"command": "pause", "ids": []}, 422, "ids"),
        ({"command": "pause", "ids": ["x"]}, 422, "ids"),
        ({"command": "pause", "ids": [str(uuid.uuid4())]}, 422, "ids"),
        ({"command": "pause", "ids": ["x"], "filter": {}}, 422, "ids"),
        ({"command": "fork", "filter": {}}, 422, "command"),
        ({"command": "pause", "filter": {"colour": "red"}}, 422, "filter.colour"),
        ({"command": "pause", "filter": {"state": ["asleep"]}}, 422, "state"),
        ({"command": "pause", "filter": {}, "rate": 0}, 422, "rate"),
        ({"command": "pause", "filter": {}, "arguments": {"before_step": "x"}}, 422, "before_step"),
        ({"command": "place", "filter": {}, "arguments": {"review_by": "soon"}}, 422, "review_by"),
        ({"command": "label", "filter": {}, "arguments": {"set": []}}, 422, "set"),
        ({"command": "label", "filter": {}, "arguments": {"remove": [7]}}, 422, "remove"),
        ({"command": "pause", "filter": {}, "arguments": {"scope": ["tree"]}}, 422, "scope"),
        ({"command": "release", "filter": {}, "arguments": {"placed_by": "nobody"}}, 422, "placed_by"),
        ({"command": "release", "filter": {}, "arguments": {"of_job": 7}}, 422, "of_job"),
        ({"command": "place", "filter": {}, "arguments": {"blocks_cancel": "false"}}, 422, "blocks_cancel"),
    ],
)
def test_nonsense_is_refused_with_its_field(program, body, status, field):
    told = problem(program("admin").post("/v1/bulk", {"reason": "x", **body}), status)
    assert field in told["errors"], told
    assert not BulkJob.objects.exists()


def test_unknown_ids_are_named_in_one_look_however_many_are_given(program, launch):
    known = [str(launch().pk) for _ in range(10)]
    body = {"command": "pause", "ids": [*known, str(uuid.uuid4()), str(uuid.uuid4())], "reason": "x"}
    with CaptureQueriesContext(connection) as queries:
        told = problem(program("operator").post("/v1/bulk", body), 422)
    assert f"{body['ids'][10]} and 1 more" in told["detail"]
    assert sum(known[0].replace("-", "") in each["sql"].replace("-", "") for each in queries) <= 2


def test_a_job_that_nobody_began_is_not_found(program):
    for path in ("", "/items", "/stop"):
        address = f"/v1/bulk/{uuid.uuid4()}{path}"
        client = program("operator")
        problem(client.post(address) if path == "/stop" else client.get(address), 404)
