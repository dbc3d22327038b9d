"""A run's children: each launched once, waited for, and seen when it ends."""

import pytest

from executions import commands
from executions.engine import children as engine
from executions.errors import Conflict, NotAllowed
from executions.models import Execution
from tests.domain import story


def family(cast, **payload):
    return story.launch(cast, "family", {"children": 3, **payload})


def children_of(run):
    return list(Execution.objects.filter(parent=run.pk).order_by("id"))


def by_key(run):
    return {child.parent_key: child for child in children_of(run)}


def test_a_step_launches_children_in_the_name_of_whoever_launched_it(cast):
    run = family(cast)
    assert story.work(run).state == "suspended"
    children = children_of(run)
    assert sorted(child.parent_key for child in children) == ["child-0", "child-1", "child-2"]
    assert {(child.workflow, child.depth, child.state) for child in children} == {("errand", 1, "queued")}
    assert {child.launched_by for child in children} == {run.launched_by}
    assert {child.launched_by_user for child in children} == {cast.operator.pk}
    assert all(child.pk > run.pk for child in children)
    first = by_key(run)["child-1"]
    assert (first.title, first.payload["number"]) == ("Errand: child-1", 1)
    (launched,) = [event for event in story.events(run) if event.kind == "children.launched"]
    assert story.data_of(launched) == {
        "step": "fan_out",
        "workflow": "errand",
        "children": {child.parent_key: str(child.pk) for child in children},
    }
    born = story.events(first)[0]
    assert (born.kind, born.actor_role) == ("execution.launched", "worker")
    assert story.data_of(born)["parent"] == str(run.pk)
    assert story.data_of(born)["parent_key"] == "child-1"


def finish(child):
    """Be the worker of a child, and what happens after its commit."""
    done = story.work(child)
    engine.answer_joins(done.parent_id)
    return done


def test_a_parent_goes_on_when_its_last_child_has_finished_however_it_ended(cast):
    run = family(cast, how={"1": "fail"})
    story.work(run)
    (question,) = run.suspensions.all()
    assert (question.kind, question.title, question.awaits) == ("children", "3 children to finish", None)
    one, two, three = children_of(run)
    finish(one)
    finish(two)
    assert story.fresh(run).state == "suspended"
    commands.cancel(cast.actor("admin"), three.pk, reason="not needed")
    engine.answer_joins(run.pk)
    assert story.fresh(run).state == "queued"
    assert story.work(run).state == "succeeded"
    question.refresh_from_db()
    keys = {child.pk: child.parent_key for child in children_of(run)}
    ended = {"succeeded": 1, "failed": ["child-1"], "cancelled": [keys[three.pk]]}
    if story.fresh(one).outcome == story.fresh(two).outcome:  # the failing one was cancelled
        ended = {"succeeded": 2, "failed": [], "cancelled": ["child-1"]}
    assert (question.outcome, question.answered_by, question.answer) == ("answered", "policy:children", ended)
    payload = story.fresh(run).payload
    assert set(payload["failed"].values()) <= {"errand 1 went wrong"}
    assert len(payload["results"]) == ended["succeeded"]
    assert story.bad_line(run.pk) is None


def test_children_that_have_finished_already_are_not_waited_for(cast):
    run = family(cast, children=0)
    assert story.work(run).state == "succeeded"
    assert not run.suspensions.exists()


def test_a_join_is_answered_once_and_stays_as_it_was_when_a_failed_child_is_retried(cast):
    run = family(cast, children=1, how={"0": "fail"})
    story.work(run)
    (child,) = children_of(run)
    finish(child)
    engine.answer_joins(run.pk)
    commands.retry(cast.actor("admin"), child.pk, reason="the cause is gone")
    done = story.work(run)
    assert (done.state, done.payload["failed"]) == ("succeeded", {"child-0": "errand 0 went wrong"})
    assert story.kinds(run).count("suspension.answered") == 1


def test_a_question_that_waits_for_children_takes_no_answer_from_people(cast):
    run = family(cast)
    story.work(run)
    (question,) = run.suspensions.all()
    with pytest.raises(Conflict, match="waits for child runs"):
        commands.answer(cast.actor("admin"), question.pk, data={}, context_digest=question.context_digest)
    assert story.fresh(run).state == "suspended"


@pytest.mark.parametrize(
    ("workflow", "payload", "words"),
    [
        ("nowhere", {}, "There is no workflow called 'nowhere'"),
        ("errand", {"number": -1}, "Child 'a': number: "),
        ("errand", {"colour": "red"}, "Child 'a': Unknown field 'colour'"),
        ("filing", {}, "Child 'a': Takes files needs files"),
    ],
)
def test_what_a_workflow_does_not_accept_fails_the_step_and_names_the_child_and_the_field(
    cast, workflow, payload, words
):
    run = story.launch(cast, "launching", {"children": {"a": {"workflow": workflow, "payload": payload}}})
    failed = story.work(run)
    assert failed.state == "failed"
    assert failed.error["message"].startswith(words)
    assert children_of(run) == []


def test_generations_end_somewhere(cast):
    top = story.launch(cast, "dynasty", {"depth": 20})
    run = top
    for _ in range(8):
        assert story.work(run).state == "suspended"
        (run,) = children_of(run)
    assert run.depth == 8
    failed = story.work(run)
    assert (failed.state, failed.error["type"]) == ("failed", "Conflict")
    assert "generation 9; at most 8" in failed.error["message"]


def test_children_are_counted(cast, settings):
    settings.HOLDPOINT = {**settings.HOLDPOINT, "MAX_CHILDREN": 4}
    failed = story.work(family(cast, children=5))
    assert failed.state == "failed"
    assert "would have 5; at most 4 are launched (HOLDPOINT_MAX_CHILDREN)" in failed.error["message"]
    assert children_of(failed) == []


def test_joining_what_was_never_launched_is_an_error_that_names_it(cast):
    run = story.launch(cast, "launching", {"join": ["ghost"]})
    failed = story.work(run)
    assert failed.error["type"] == "LookupError"
    assert "no child with the key 'ghost'" in failed.error["message"]


def test_a_step_waits_for_some_and_later_for_the_others(cast):
    errand = {"workflow": "errand", "payload": {}}
    run = story.launch(cast, "launching", {"children": {"a": errand, "b, c": errand}, "join": ["b, c"]})
    story.work(run)
    named = by_key(run)
    (question,) = run.suspensions.all()
    assert (question.awaits, question.title) == (["b, c"], "'b, c' to finish")
    finish(named["a"])
    assert story.fresh(run).state == "suspended"
    finish(named["b, c"])
    done = story.work(run)
    assert (done.state, done.payload["joined"]) == ("succeeded", {"b, c": "succeeded"})


def test_an_outsider_cannot_launch_through_a_child_what_he_may_not_launch_himself(cast):
    with pytest.raises(NotAllowed):
        commands.launch(cast.actor("outsider"), "family", {"children": 1})
