"""F1, F7, P9, S8: runs that launch runs, against real workers; nothing that matters lives in a worker's memory."""

import pytest

from executions import commands, queries
from executions.models import Execution
from executions.queries.tree import tree_of
from tests.effects import effects_of
from tests.engine.watching import (
    data,
    events,
    finished_steps,
    fresh,
    kinds,
    launch,
    nothing_waits,
    wait_for,
    wait_for_effect,
    wait_until,
)
from tests.pace import LONG, go_on


@pytest.fixture(autouse=True)
def _alone(live_db):
    nothing_waits()


def children_of(run):
    return {child.parent_key: child for child in Execution.objects.filter(parent=run.pk)}


def all_launched(run, count):
    return wait_until(lambda: len(children_of(run)) == count and children_of(run), f"{count} children")


def answer(cast, run, data):
    (question,) = run.suspensions.filter(closed_at__isnull=True)
    commands.answer(cast.actor("reviewer"), question.pk, data=data, context_digest=question.context_digest)


def test_f1_an_execution_launches_another_which_is_a_run_with_an_id_like_any_other(cast, workers):
    workers(1)
    run = launch(cast, "family", {"children": 1})
    wait_for(run, "succeeded")
    child = children_of(run)["child-0"]
    (told,) = events(run, "children.launched")
    assert data(told)["children"] == {"child-0": str(child.pk)}
    assert finished_steps(child) == ["begin", "end"]
    assert child.launched_by == run.launched_by
    assert queries.find(child.pk).parent_id == run.pk


def test_f7_of_parallel_children_one_asks_and_one_fails_and_only_these_stop(cast, workers):
    (first,) = workers(1)
    run = launch(cast, "family", {"children": 5, "how": {"1": "ask", "3": "fail"}})
    children = all_launched(run, 5)
    asking, failing = children["child-1"], children["child-3"]
    for key in ("child-0", "child-2", "child-4"):
        wait_for(children[key], "succeeded")
    wait_for(asking, "suspended")
    wait_for(failing, "failed")
    assert fresh(run).state == "suspended"
    assert not Execution.objects.filter(parent=run.pk, open_holds__gt=0).exists()
    first.kill9()

    workers(1)
    answer(cast, asking, {"which": "the blue one"})
    done = wait_for(run, "succeeded")
    assert sorted(done.payload["results"]) == ["child-0", "child-1", "child-2", "child-4"]
    assert done.payload["failed"] == {"child-3": "errand 3 went wrong"}
    assert fresh(asking).payload["answered"] == "the blue one"


def test_p9_a_pause_inside_a_child_leaves_the_state_outside_and_siblings_go_on(cast, workers):
    (first,) = workers(1)
    run = launch(cast, "family", {"children": 3, "seconds": LONG})
    children = all_launched(run, 3)
    wait_until(lambda: any(effects_of(child.pk) for child in children.values()), "a child has begun")
    paused = next(child for child in children.values() if effects_of(child.pk))
    commands.pause(cast.actor("operator"), paused.pk, reason="look at this one")
    wait_for(paused, "paused")
    before = fresh(run)
    for child in children.values():
        go_on(child)
        if child.pk != paused.pk:
            wait_for(child, "succeeded")
    assert fresh(run).state == "suspended"
    assert fresh(run).payload == before.payload
    assert effects_of(paused.pk) == ["began"]
    first.kill9()

    workers(1)
    commands.resume(cast.actor("operator"), paused.pk, note="it is fine")
    done = wait_for(run, "succeeded")
    assert done.payload["results"] == {"child-0": 0, "child-1": 2, "child-2": 4}
    assert effects_of(paused.pk) == ["began", "ended"]
    assert effects_of(run.pk).count("fan out") == 1


def test_a_paused_tree_comes_to_rest_and_says_who_is_still_draining(cast, workers):
    workers(2, HOLDPOINT_TIME_SLICE_SECONDS="600")  # so that the other two do not get their turn
    run = launch(cast, "family", {"children": 4, "seconds": 600})
    children = all_launched(run, 4)
    wait_until(lambda: sum(bool(effects_of(child.pk)) for child in children.values()) == 2, "two at work")
    assert {busy.step for busy in tree_of(fresh(run)).draining} == {"begin"}
    commands.pause(cast.actor("operator"), run.pk, reason="a recall")
    tree = wait_until(lambda: (tree := tree_of(fresh(run))).quiescent and tree, "quiescent")
    assert tree.counts == {"paused": 4}
    assert fresh(run).state == "paused"
    commands.cancel(cast.actor("operator"), run.pk, reason="the recall stands")
    for child in children.values():
        wait_for(child, "cancelled")
    assert sum(bool(effects_of(child.pk)) for child in children.values()) == 2


def test_s8_cancel_reaches_running_children_between_steps_and_inside_a_step(cast, workers):
    workers(3)
    told = {
        "inside": {"workflow": "obedient", "payload": {"seconds": 60}},
        "between": {"workflow": "slow", "payload": {"seconds": LONG}},
        "waiting": {"workflow": "dynasty", "payload": {"depth": 0, "seconds": 60}},
    }
    run = launch(cast, "launching", {"children": told})
    children = all_launched(run, 3)
    wait_for_effect(children["inside"], "began")
    wait_for_effect(children["between"], "start first")
    wait_for_effect(children["waiting"], "reigns")
    commands.cancel(cast.actor("operator"), run.pk, reason="withdrawn")
    go_on(children["between"])
    assert wait_for(run, "cancelled").payload == {"children": told}
    for child in children.values():
        wait_for(child, "cancelled")
    # The loop saw the signal, and its clean-up ran once.
    began, saw, tidied = effects_of(children["inside"].pk)
    assert (began, saw.partition(":")[0], tidied) == ("began", "saw cancel", "tidied")
    assert "after" not in effects_of(children["inside"].pk)
    # The step that does not look ends; its result is discarded, and the next one never starts.
    assert effects_of(children["between"].pk) == ["start first", "end first"]
    assert "step.discarded" in kinds(children["between"])
    assert effects_of(children["waiting"].pk).count("buried") == 1
