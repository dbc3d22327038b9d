"""What programs read: lists, one run, histories, checkpoints, workflows."""

import json

import pytest

from executions.models import Record
from tests.api.conftest import events_of, problem

pytestmark = pytest.mark.django_db
RUNS = "/v1/async-executions"


def test_pages_cover_the_list_without_gaps_or_doubles(program, launch):
    made = [str(launch().pk) for _ in range(7)]
    auditor = program("auditor")
    seen, cursor = [], ""
    while True:
        page = auditor.get(f"{RUNS}?limit=3{cursor}").json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert [item for item in seen if item in made] == made[::-1]
    assert len(seen) == len(set(seen))


def test_filters_narrow_the_list(program, launch, path):
    one = launch("counting", {"items": 1}, title="Särskilt ord", labels={"team": "north"})
    launch()
    operator = program("operator")
    operator.post(path(one, "pause"), {"reason": "Differing totals"})

    def ids(query):
        return [item["id"] for item in operator.get(f"{RUNS}?{query}").json()["items"]]

    for query in (
        "workflow=counting&launched_by=admin",
        "state=paused",
        "state=paused&state=failed",
        "state=paused,failed",
        "label=team",
        "label=team:north",
        "q=särskilt",
        f"q={one.pk}",
        f"q={str(one.pk)[:13]}",
    ):
        assert str(one.pk) in ids(query), query
    for query in ("state=failed", "label=team:south", "q=nowhere", "workflow=noop", "launched_by=nobody"):
        assert str(one.pk) not in ids(query), query
    (item,) = [item for item in operator.get(f"{RUNS}?state=paused").json()["items"] if item["id"] == str(one.pk)]
    assert item["holds"][0]["reason"] == "Differing totals"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=nonsense", "cursor"),
        ("state=sleeping", "state"),
        ("sate=paused", "sate"),
        ("workflow=a%00b", "url"),
    ],
)
def test_bad_queries_are_named(program, query, field):
    assert field in problem(program("auditor").get(f"{RUNS}?{query}"), 422)["errors"]


def test_a_run_says_what_you_may_do_and_why_not(program, launch, path):
    run = launch()
    told = program("operator").get(path(run)).json()
    assert "pause" in told["allowed"]
    assert "resume" not in told["allowed"]
    assert told["commands"]["resume"]["code"] == "state"
    assert told["commands"]["place"] == {
        "allowed": False,
        "code": "permission",
        "why": "You may not do this: it needs the scope holds:place, which reviewers and admins have. Ask one of them.",
        "holds": [],
    }
    assert told["next_step"] == "step_0"
    assert [step["status"] for step in told["steps"]] == ["next", "ahead", "ahead"]
    assert told["facts"]["epoch"] == 0


def test_f12_events_can_be_read_from_any_point(program, launch, path):
    run, operator = launch(), program("operator")
    for number in range(4):
        operator.post(path(run, "pause"), {"reason": f"reason {number}"})
    first = operator.get(path(run, "events") + "?limit=3").json()
    assert [event["seq"] for event in first["items"]] == [1, 2, 3]
    assert first["next"] == 3
    rest = operator.get(path(run, "events") + f"?after={first['next']}").json()
    assert [event["seq"] for event in rest["items"]] == [4, 5]
    assert rest["next"] is None
    assert rest["items"][-1]["reason"] == "reason 3"
    assert len(rest["items"][-1]["digest"]) == 64
    problem(operator.get(path(run, "events") + "?after=-1"), 422)
    problem(operator.get(path(run, "events") + "?after=99999999999999999999"), 422)


def test_p2_a_checkpoint_is_one_json_document(program, launch, path, ask):
    from executions.actors import SYSTEM
    from executions.models import Execution
    from executions.provenance import append

    run = launch("asking", {"total": "10.00"})
    asked = ask(run)
    Record.objects.create(execution_id=run.pk, position=0, step="ask", key="before", value={"seen": 1})
    reviewer = program("reviewer")
    reviewer.post(path(run, "pause"), {"reason": "Totals differ"})
    answer = reviewer.get(path(run, "checkpoint"))
    document = json.loads(answer.content)
    assert document["format"] == "holdpoint.checkpoint/1"
    assert document["payload"] == {"total": "10.00"}
    assert document["at"]["step"] == "ask"
    assert document["waiting_for"]["holds"][0]["reason"] == "Totals differ"
    assert document["waiting_for"]["suspensions"][0]["id"] == str(asked.pk)
    (step,) = document["ran"]
    assert (step["step"], step["finished"]) == ("ask", False)
    assert step["recorded"][0]["key"] == "before"

    ended = {"step": "ask", "position": 0, "attempt": 1, "ms": 4.2, "changes": {"decision": "yes"}}
    append(run.pk, "step.finished", SYSTEM, data=ended)
    Execution.objects.filter(pk=run.pk).update(ahead=[], steps_done=1)
    (step,) = json.loads(reviewer.get(path(run, "checkpoint")).content)["ran"]
    assert step["finished"]
    assert step["changes"] == {"decision": "yes"}
    assert step["recorded"][0]["result"] == {"seen": 1}


def test_workflows_publish_route_and_input(program):
    auditor = program("auditor")
    told = auditor.get("/v1/workflows/counting").json()
    assert [step["name"] for step in told["route"]] == ["count", "report"]
    items = {"type": "integer", "minimum": 0, "maximum": 100_000, "default": 5}
    assert items.items() <= told["input"]["properties"]["items"].items()
    assert told["input"]["required"] == []
    assert told["input"]["additionalProperties"] is False
    assert auditor.get("/v1/workflows/filing").json()["files"]["suffix"] == ".txt"
    assert "counting" in [item["name"] for item in auditor.get("/v1/workflows").json()["items"]]


def test_a_workflow_publishes_its_route_in_order_with_what_waits_for_people(program):
    auditor = program("auditor")

    def told(name):
        route = auditor.get(f"/v1/workflows/{name}").json()["route"]
        return [(stop["name"], stop["waits_for"], stop["aside"]) for stop in route]

    assert told("report-review") == [("draft", None, False), ("review", "answer", False), ("publish", None, False)]
    assert told("report-by-confidence")[2] == ("review", "answer", True)
    assert told("fleet-audit")[2] == ("order_repairs", "approval", False)


def test_a_read_without_the_scope_is_refused_and_recorded_where_it_belongs(program, launch, path):
    run, launcher = launch(), program("operator", ["executions:launch"])
    for parts in ((), ("events",), ("checkpoint",), ("files",), ("files", "a.txt")):
        assert "executions:read" in problem(launcher.get(path(run, *parts)), 403)["detail"]
    told = [json.loads(event.data)["command"] for event in events_of(run, "command.denied")]
    assert told == ["read run", "read history", "read checkpoint", "list files", "download file"]


def test_who_may_not_read_learns_nothing_about_what_exists(program):
    launcher = program("operator", ["executions:launch"])
    problem(launcher.get(f"{RUNS}/0198c0de-0000-7000-8000-000000000000"), 403)
    problem(launcher.get(f"{RUNS}/nonsense"), 403)
