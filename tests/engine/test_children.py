"""Children with real workers: launched once, waited for, and found again whatever is killed in between."""

import pytest
from django.db import connections

from executions import commands
from executions.engine import runner
from executions.engine.children import sweep_joins
from executions.models import Execution
from tests.domain.story import bad_line, expire
from tests.effects import effects_of
from tests.engine.dying import killed_after_commit
from tests.engine.watching import (
    QUICK,
    all_run_out,
    data,
    events,
    fresh,
    kill,
    kinds,
    launch,
    nothing_waits,
    story,
    wait_for,
    wait_until,
)

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
        assert child.state == "succeeded", story(child)
        assert effects_of(child.pk)[0] == "began"
        assert kinds(child).count("execution.launched") == 1
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
    done = wait_for(run, "succeeded", seconds=240)
    assert_each_child_once(done, 1000)
    assert len(events(run, "children.launched")) == 10


def test_a_fan_out_and_a_join_survive_the_deaths_of_their_workers(cast, workers):
    run = launch(cast, "family", {"children": CHILDREN, "seconds": 0.1})
    for finished in (0, 4, 8):
        (doomed,) = workers(1, **QUICK)
        wait_until(lambda: len([c for c in children_of(run) if c.outcome]) > finished, "children end")  # noqa: B023
        kill(doomed)
    workers(2, **QUICK)
    assert_each_child_once(wait_for(run, "succeeded"), CHILDREN)


def raise_family(run_id):
    """Be the worker of a run and its children until all have ended or nothing can go on."""
    for _ in range(30):
        family = Execution.objects.filter(pk=run_id) | Execution.objects.filter(parent=run_id)
        waiting = list(family.filter(state="queued").order_by("-pk").values_list("pk", flat=True))
        if not waiting:
            return
        for key in waiting:
            runner.run(str(key))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
def test_kill_9_after_any_commit_of_a_fan_out_and_a_join_comes_to_the_same_end(cast, workers):
    runs = [launch(cast, "family", {"children": 2}) for _ in range(60)]
    spare = runs.pop()
    commits = killed_after_commit(0, lambda: raise_family(spare.pk))
    assert commits is not None
    assert 15 < commits < len(runs), "as many runs as there are commits to die after"
    assert_each_child_once(fresh(spare), 2)
    for number, run in enumerate(runs[:commits], start=1):
        assert killed_after_commit(number, lambda: raise_family(run.pk)) is None  # noqa: B023
    connections.close_all()
    all_run_out()
    expire()
    found_by_the_sweeper = 0
    for run in runs[:commits]:
        raise_family(run.pk)
        if fresh(run).state == "suspended":
            found_by_the_sweeper += 1
            sweep_joins()
            raise_family(run.pk)
        assert_each_child_once(fresh(run), 2)
        assert [bad_line(one.pk) for one in (run, *children_of(run))] == [None] * 3
    # Between the end of the last child and the look at its parent lies a commit after which only the sweeper knows.
    assert found_by_the_sweeper >= 1
    for run in runs[commits:]:
        commands.cancel(cast.actor("admin"), run.pk, reason="not needed")
