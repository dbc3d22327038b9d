"""Commands whose scope is a tree: pause, place, release, cancel; and whether the tree has come to rest."""

import json

import pytest

from executions import commands
from executions.authoring.flow import Yielded
from executions.commands.trigger import TIMER, fire
from executions.engine.launching import launch_children
from executions.engine.leases import Lease
from executions.errors import Conflict, Invalid, NotAllowed
from executions.models import Hold
from executions.queries.checkpoint import checkpoint_of
from executions.queries.tree import children_of as listed
from executions.queries.tree import tree_of
from tests.domain import story
from tests.domain.refusal import refused
from tests.domain.test_children import by_key, children_of, family, finish
from tests.effects import effects_of


@pytest.fixture
def dynasty(cast):
    """A run, its child and its grandchild, each waiting for the one below; the last is queued."""
    top = story.launch(cast, "dynasty", {"depth": 2})
    story.work(top)
    (middle,) = children_of(top)
    story.work(middle)
    (bottom,) = children_of(middle)
    return top, middle, bottom


def states_of(*runs):
    return [story.fresh(run).state for run in runs]


def test_a_pause_holds_the_whole_tree_and_its_release_lifts_it_everywhere(cast, dynasty):
    operator = cast.actor("operator")
    hold = commands.pause(operator, dynasty[0].pk, reason="a recall")
    assert states_of(*dynasty) == ["paused"] * 3
    spread = list(Hold.objects.filter(spread_from=hold).order_by("execution_id"))
    assert [one.execution_id for one in spread] == [run.pk for run in dynasty[1:]]
    assert {(one.kind, one.reason, one.placed_by_name, one.scope) for one in spread} == {
        ("operator", "a recall", "operator", "tree")
    }
    told = story.data_of(story.events(dynasty[2])[-1])
    assert (told["hold"], told["spread_from"], told["step"]) == (str(spread[1].pk), str(hold.pk), "beget")

    commands.resume(operator, dynasty[0].pk, note="all clear")
    assert states_of(*dynasty) == ["suspended", "suspended", "queued"]
    assert not Hold.objects.filter(spread_from=hold, released_at__isnull=True).exists()
    for run in dynasty:
        assert story.bad_line(run.pk) is None
        assert story.events(run)[-1].kind in ("hold.released", "execution.resumed")


def test_a_pause_of_this_run_alone_leaves_its_children_running(cast, dynasty):
    commands.pause(cast.actor("operator"), dynasty[0].pk, reason="look at the plan", scope="this")
    assert states_of(*dynasty) == ["paused", "suspended", "queued"]


def test_a_pause_before_a_step_is_of_this_run_alone(cast):
    run = family(cast)
    story.work(run)
    hold = commands.pause(cast.actor("operator"), run.pk, reason="x", before_step="gather", scope="tree")
    assert (hold.scope, {child.state for child in children_of(run)}) == ("this", {"queued"})


def test_f7_p9_a_child_paused_alone_leaves_its_parent_and_siblings_as_they_are(cast):
    run = family(cast, how={"1": "ask"})
    story.work(run)
    one, two, three = (by_key(run)[f"child-{number}"] for number in range(3))
    commands.pause(cast.actor("operator"), one.pk, reason="this one only")
    assert states_of(run, one, two, three) == ["suspended", "paused", "queued", "queued"]
    finish(two)
    finish(three)
    assert states_of(run, one, two, three) == ["suspended", "paused", "suspended", "succeeded"]


def test_a_child_is_resumed_alone_while_its_parent_stays_paused(cast, dynasty):
    operator = cast.actor("operator")
    hold = commands.pause(operator, dynasty[0].pk, reason="x")
    commands.resume(operator, dynasty[2].pk)
    assert states_of(*dynasty) == ["paused", "paused", "queued"]
    commands.release(operator, hold.pk, reason="done")
    assert states_of(*dynasty) == ["suspended", "suspended", "queued"]


def test_two_holds_on_two_generations_are_two_claims(cast, dynasty):
    operator, reviewer = cast.actor("operator"), cast.actor("reviewer")
    commands.pause(operator, dynasty[0].pk, reason="the operator's")
    commands.place(reviewer, dynasty[1].pk, reason="the reviewer's")
    with pytest.raises(Conflict, match="Held by reviewer"):
        commands.resume(operator, dynasty[2].pk)
    commands.resume(operator, dynasty[0].pk)
    assert states_of(*dynasty) == ["suspended", "paused", "paused"]


def worker_of(run):
    """Claim a run and return the lease that a worker would have on it."""
    lease = Lease(str(run.pk))
    lease.epoch = story.claim(run).epoch
    return lease


def launch_one(run, lease, key="late"):
    place = {"step": story.fresh(run).next_step, "position": story.fresh(run).steps_done, "pass_no": 0}
    more = {"title": "", "labels": None, "priority": None}
    return launch_children(lease, story.WORKER, place, "errand", {key: {}}, **more)[key]


def test_a_child_launched_while_its_parent_is_held_with_its_tree_is_born_held(cast):
    run = family(cast)
    lease = worker_of(run)
    hold = commands.pause(cast.actor("operator"), run.pk, reason="stop spreading")
    commands.pause(cast.actor("operator"), run.pk, reason="only this", scope="this")
    child = story.fresh(launch_one(run, lease))
    assert child.state == "paused"
    (born,) = child.holds.all()
    assert (born.spread_from_id, born.placed_by_name, born.reason) == (hold.pk, "operator", "stop spreading")
    assert story.kinds(child) == ["execution.launched", "hold.placed"]
    commands.release(cast.actor("operator"), hold.pk, reason="go on")
    assert states_of(run, child) == ["pausing", "queued"]


def test_a_grandchild_is_born_held_by_the_hold_at_the_top(cast, dynasty):
    top, _, bottom = dynasty
    lease = worker_of(bottom)
    hold = commands.pause(cast.actor("operator"), top.pk, reason="x")
    child = story.fresh(launch_one(bottom, lease))
    assert [born.spread_from_id for born in child.holds.all()] == [hold.pk]
    commands.resume(cast.actor("operator"), top.pk)
    assert states_of(bottom, child) == ["processing", "queued"]


def test_a_run_that_is_being_cancelled_launches_nothing_more(cast):
    run = family(cast)
    lease = worker_of(run)
    commands.cancel(cast.actor("admin"), run.pk, reason="x")
    with pytest.raises(Yielded):
        launch_one(run, lease)
    assert children_of(run) == []


def test_s8_cancel_reaches_every_unfinished_run_of_the_tree_each_with_its_own_clean_up(cast, dynasty):
    top, _, bottom = dynasty
    lease = worker_of(bottom)
    commands.cancel(cast.actor("admin"), top.pk, reason="the order was withdrawn")
    assert states_of(*dynasty) == ["cancelling"] * 3
    assert [one.outcome for run in dynasty[:2] for one in run.suspensions.all()] == ["withdrawn", "withdrawn"]
    request = next(one for one in story.events(bottom) if one.kind == "execution.cancel_requested")
    assert (request.reason, story.data_of(request)) == ("the order was withdrawn", {"because_of": str(top.pk)})
    assert story.boundary(bottom, lease.epoch, 0, []) is None
    story.give_back(bottom, lease.epoch, "cancel")
    for run in dynasty:
        assert story.work(run).state == "cancelled"
        assert effects_of(run.pk).count("buried") == 1
        assert story.bad_line(run.pk) is None


def test_cancel_of_this_run_alone_leaves_its_children(cast, dynasty):
    commands.cancel(cast.actor("admin"), dynasty[0].pk, reason="x", scope="this")
    assert states_of(*dynasty) == ["cancelling", "suspended", "queued"]


def test_finished_children_keep_their_outcome_when_the_tree_is_cancelled(cast):
    run = family(cast)
    story.work(run)
    one, two, three = children_of(run)
    finish(one)
    commands.cancel(cast.actor("admin"), run.pk, reason="x")
    # Errands have nothing to clean up, and nobody is on them.
    assert states_of(one, two, three) == ["succeeded", "cancelled", "cancelled"]


def test_a_hold_that_forbids_cancelling_a_child_refuses_the_whole_and_says_whose_it_is(cast, dynasty):
    operator = cast.actor("operator")
    commands.place(cast.actor("reviewer"), dynasty[2].pk, reason="evidence", blocks_cancel=True)
    match = r"Nothing was cancelled: below this run, “Heir 0” \(.*\): Held by reviewer \(.*\) since .*: evidence"
    with refused(Conflict, dynasty[0], match=match):
        commands.cancel(operator, dynasty[0].pk, reason="x")
    assert states_of(*dynasty) == ["suspended", "suspended", "paused"]
    commands.cancel(operator, dynasty[0].pk, reason="x", scope="this")
    assert states_of(*dynasty) == ["cancelling", "suspended", "paused"]
    commands.cancel(cast.actor("admin"), dynasty[1].pk, reason="the admin may release it")
    assert states_of(*dynasty) == ["cancelling"] * 3


def test_a_scope_is_this_or_tree(cast, dynasty):
    with pytest.raises(Invalid, match=r"Choose this .* or tree"):
        commands.pause(cast.actor("operator"), dynasty[0].pk, reason="x", scope="all")
    with pytest.raises(Invalid, match="Choose this"):
        commands.cancel(cast.actor("admin"), dynasty[0].pk, reason="x", scope="")


def test_whoever_may_not_pause_holds_no_child_either(cast, dynasty):
    with pytest.raises(NotAllowed):
        commands.pause(cast.actor("auditor"), dynasty[0].pk, reason="x")
    assert not Hold.objects.filter(execution__in=[run.pk for run in dynasty]).exists()


def test_what_is_still_draining_is_named_until_the_tree_is_quiescent(cast, dynasty, django_assert_num_queries):
    top, _, bottom = dynasty
    lease = worker_of(bottom)
    commands.pause(cast.actor("operator"), top.pk, reason="x")
    top = story.fresh(top)
    with django_assert_num_queries(1):
        tree = tree_of(top)
    assert (tree.counts, tree.total, tree.unfinished) == ({"pausing": 1, "paused": 1}, 2, 2)
    (draining,) = tree.draining
    assert (draining.id, draining.title, draining.step, draining.worker) == (bottom.pk, "Heir 0", "beget", "w1")
    assert not tree.quiescent
    story.give_back(bottom, lease.epoch)
    tree = tree_of(story.fresh(top))
    assert (tree.quiescent, tree.counts) == (True, {"paused": 2})


def test_children_that_need_somebody_are_listed_first(cast):
    run = family(cast, children=30, how={"29": "fail", "28": "ask"})
    story.work(run)
    named = by_key(run)
    for number in (0, 28, 29):
        finish(named[f"child-{number}"])
    found = [child.parent_key for child in listed(run, limit=5)]
    assert found[:2] == ["child-29", "child-28"]
    assert "child-0" not in found
    assert [child.parent_key for child in listed(run, limit=100)][-1] == "child-0"


def test_a_thousand_children_are_held_released_and_cancelled_in_few_statements(cast, django_assert_max_num_queries):
    run = family(cast, children=1000)
    story.work(run)
    with django_assert_max_num_queries(25):
        commands.pause(cast.actor("operator"), run.pk, reason="x")
    assert tree_of(story.fresh(run)).counts == {"paused": 1000}
    with django_assert_max_num_queries(30):
        commands.resume(cast.actor("operator"), run.pk)
    assert tree_of(story.fresh(run)).counts == {"queued": 1000}
    with django_assert_max_num_queries(30):
        commands.cancel(cast.actor("admin"), run.pk, reason="x")
    assert tree_of(story.fresh(run)).counts == {"cancelled": 1000}


def test_a_tree_held_by_a_run_that_was_cancelled_alone_can_still_be_released(cast, dynasty):
    operator = cast.actor("operator")
    hold = commands.pause(operator, dynasty[0].pk, reason="x")
    commands.cancel(operator, dynasty[0].pk, reason="the plan is void, the work is not", scope="this")
    assert states_of(*dynasty) == ["cancelling", "paused", "paused"]
    commands.release(operator, hold.pk, reason="go on below")
    assert states_of(*dynasty) == ["cancelling", "suspended", "queued"]
    with pytest.raises(Conflict, match="means nothing any more"):
        commands.release(operator, hold.pk, reason="again")


def test_a_fork_from_between_launch_and_join_says_that_it_has_no_children(cast):
    run = family(cast)
    story.work(run)
    forked = commands.fork(cast.actor("admin"), run.pk, reason="try again")
    failed = story.work(forked)
    assert (failed.state, failed.error["type"]) == ("failed", "LookupError")
    assert "forked after its children had been launched" in failed.error["message"]


def test_the_checkpoint_names_parent_and_children(cast, dynasty):
    top, middle, bottom = dynasty
    written = json.loads(checkpoint_of(story.fresh(middle)))
    assert written["parent"] == str(top.pk)
    assert written["children"] == [
        {
            "id": str(bottom.pk),
            "parent_key": "heir",
            "workflow": "dynasty",
            "state": "queued",
            "step": story.fresh(bottom).next_step,
            "steps_done": 0,
        }
    ]


def test_a_condition_of_a_tree_lifts_it_everywhere_even_when_its_top_was_cancelled_alone(cast, dynasty):
    operator = cast.actor("operator")
    hold = commands.pause(operator, dynasty[0].pk, reason="a recall", resume_when={"after_seconds": 3600})
    commands.cancel(operator, dynasty[0].pk, reason="the top only", scope="this")
    assert states_of(*dynasty)[1:] == ["paused", "paused"]
    firing = fire(TIMER, hold.conditions.get().pk)
    assert firing.late == ""
    assert states_of(*dynasty)[1:] == ["suspended", "queued"]
    assert story.kinds(dynasty[0]).count("execution.resumed") == 0
