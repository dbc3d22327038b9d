"""Children through the API: how far commands reach, what is below a run, the list of a run's children."""

import pytest

from tests.domain import story
from tests.domain.test_children import by_key, children_of, family
from tests.effects import effects_table  # noqa: F401

RUNS = "/v1/async-executions"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("effects_table")]


@pytest.fixture
def run(cast):
    """A run that waits for its three children."""
    return story.work(family(cast))


def test_a_run_says_what_is_below_it_and_what_is_still_draining(program, run, path):
    operator = program("operator")
    child = by_key(run)["child-0"]
    story.claim(child)
    assert operator.post(path(run, "pause"), {"reason": "stop"}).status_code == 200
    tree = operator.get(path(run)).json()["tree"]
    assert (tree["counts"], tree["unfinished"], tree["quiescent"]) == ({"pausing": 1, "paused": 2}, 3, False)
    (draining,) = tree["draining"]
    assert draining == {
        "id": str(child.pk),
        "title": "Errand: child-0",
        "state": "pausing",
        "step": "begin",
        "worker": "w1",
    }
    story.give_back(child, story.fresh(child).epoch)
    tree = operator.get(path(run)).json()["tree"]
    assert (tree["counts"], tree["quiescent"], tree["draining"]) == ({"paused": 3}, True, [])


def test_a_child_names_its_parent_and_the_list_finds_the_children(program, run, path):
    operator = program("operator")
    child = operator.get(path(by_key(run)["child-1"])).json()
    assert (child["parent"], child["parent_key"]) == (str(run.pk), "child-1")
    listed = operator.get(f"{RUNS}?parent={run.pk}").json()["items"]
    assert {one["parent_key"] for one in listed} == {"child-0", "child-1", "child-2"}
    assert operator.get(f"{RUNS}?parent={run.pk}&state=succeeded").json()["items"] == []
    refused = operator.get(f"{RUNS}?parent=me")
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["parent"])


@pytest.mark.parametrize(
    ("scope", "state"), [({}, "paused"), ({"scope": "tree"}, "paused"), ({"scope": "this"}, "queued")]
)
def test_a_pause_reaches_the_tree_unless_it_says_otherwise(program, run, path, scope, state):
    answer = program("operator").post(path(run, "pause"), {"reason": "stop", **scope})
    assert answer.status_code == 200
    assert answer.json()["hold"]["scope"] == scope.get("scope", "tree")
    assert {child.state for child in children_of(run)} == {state}
    if state == "paused":
        (spread,) = program("operator").get(path(children_of(run)[0])).json()["holds"]
        assert spread["spread_from"] == answer.json()["hold"]["id"]


@pytest.mark.parametrize(("scope", "state"), [({}, "cancelled"), ({"scope": "this"}, "queued")])
def test_s8_a_cancel_reaches_the_tree_unless_it_says_otherwise(program, run, path, scope, state):
    assert program("admin").post(path(run, "cancel"), {"reason": "stop", **scope}).status_code == 200
    assert {child.state for child in children_of(run)} == {state}


def test_a_compliance_hold_takes_a_scope(program, run):
    body = {"execution": str(run.pk), "reason": "evidence", "scope": "this"}
    assert program("reviewer").post("/v1/holds", body).status_code == 201
    assert {child.state for child in children_of(run)} == {"queued"}


def test_an_unknown_scope_is_422_with_the_field(program, run, path):
    answer = program("operator").post(path(run, "pause"), {"reason": "stop", "scope": "all"})
    assert answer.status_code == 422
    assert "scope" in answer.json()["errors"]


def test_a_childs_hold_that_forbids_cancelling_is_409_and_says_whose(program, run, path):
    child = by_key(run)["child-2"]
    body = {"execution": str(child.pk), "reason": "evidence", "blocks_cancel": True}
    hold = program("reviewer").post("/v1/holds", body).json()["id"]
    answer = program("operator").post(path(run, "cancel"), {"reason": "stop"})
    assert (answer.status_code, answer.json()["holds"]) == (409, [hold])
    assert "Errand: child-2" in answer.json()["detail"]
    assert {one.state for one in children_of(run)} == {"queued", "paused"}
