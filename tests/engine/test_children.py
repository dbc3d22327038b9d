"""Children with real workers: launched once, waited for, and found again whatever is killed in between."""

import pytest

from executions.models import Execution
from tests.effects import effects_of
from tests.engine.watching import data, events, kinds, launch, nothing_waits, story, wait_for

CHILDREN = 20


@pytest.fixture(autouse=True)
def _alone(live_db):
    nothing_waits()


def children_of(run):
    return list(Execution.objects.filter(parent=run.pk).order_by("id"))


def assert_each_child_once(run, count):
    children = children_of(run)
    assert sorted(child.parent_key for child in children) == sorted(f"child-{number}" for number in range(count))
    for child in children:
        assert (child.state, effects_of(child.pk)) == ("succeeded", ["began", "ended"]), story(child)
    assert run.payload["results"] == {f"child-{number}": number * 2 for number in range(count)}
    assert sum(len(data(event)["children"]) for event in events(run, "children.launched")) == count
    assert kinds(run).count("suspension.answered") <= 1


def test_a_parent_fans_out_waits_without_a_worker_and_gathers(cast, workers):
    run = launch(cast, "family", {"children": CHILDREN, "seconds": 0.02})
    workers(2)
    done = wait_for(run, "succeeded")
    assert_each_child_once(done, CHILDREN)
    assert effects_of(run.pk)[:2] == ["fan out", "gather"]
    assert effects_of(run.pk)[-1] == "gathered"


def test_a_fan_out_of_1_000_launches_and_joins_each_child_once(cast, workers):
    run = launch(cast, "family", {"children": 1000})
    workers(2)
    done = wait_for(run, "succeeded", seconds=120)
    assert_each_child_once(done, 1000)
    assert len(events(run, "children.launched")) == 10
