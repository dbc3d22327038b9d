"""Children against what is done to their tree: a parent's row, a child's row, and nothing falls between the two."""

# ruff: noqa: B023  (every race ends within its round, so no closure outlives its loop variables)

import pytest

from executions import commands
from executions.authoring.flow import Yielded
from executions.engine.launching import launch_children
from executions.engine.leases import Lease
from executions.models import Execution
from tests.concurrency.races import FEWER, ROUNDS, bury, contenders
from tests.domain import story

pytestmark = pytest.mark.usefixtures("live_db")


@pytest.fixture
def admin(cast):
    return cast.actor("admin")


def lease_on(run):
    lease = Lease(str(run.pk))
    lease.epoch = story.claim(run).epoch
    return lease


def launch_child(run, lease, key="child-0", workflow="errand", payload=None):
    now = story.fresh(run)
    place = {"step": now.next_step, "position": now.steps_done, "pass_no": 0}
    more = {"title": "", "labels": None, "priority": None}
    ids = launch_children(lease, story.WORKER, place, workflow, {key: payload or {}}, **more)
    return Execution.objects.get(pk=ids[key])


def about_to_gather(cast, children=1):
    """A family whose parent is queued before the step that waits for its children, and these are queued too."""
    run = story.launch(cast, "family", {"children": children})
    lease = lease_on(run)
    born = [launch_child(run, lease, f"child-{number}", payload={"number": number}) for number in range(children)]
    story.boundary(run, lease.epoch, 0, ["gather"], stop=True)
    return run, born


def waiting(cast, children=1):
    run, born = about_to_gather(cast, children)
    assert story.work(run).state == "suspended"
    return run, born


def bury_all(admin, *runs):
    for run in runs:
        bury(run, admin)


def test_a_child_finishing_against_a_pause_of_its_parent_ends_or_is_held_and_the_parent_stays_paused(cast, admin):
    finished = 0
    with contenders() as race:
        for _ in range(ROUNDS):
            run, (child,) = waiting(cast)
            lease = lease_on(child)
            story.boundary(child, lease.epoch, 0, ["end"])
            pause, boundary = race(
                lambda: commands.pause(admin, run.pk, reason="x"),
                lambda: story.boundary(child, lease.epoch, 1, []),
            )
            assert not isinstance(pause, Exception)
            if boundary == "succeeded":
                finished += 1
                story.wake(run)
                assert not child.holds.exists()
            else:
                assert boundary == "paused"
                assert [hold.spread_from_id for hold in child.holds.all()] == [pause.pk]
            assert story.fresh(run).state == "paused"
            assert story.work(run).state == "paused"
            commands.resume(admin, run.pk)
            if boundary == "paused":
                assert story.work(child).state == "succeeded"
            assert story.work(run).state == "succeeded"
            assert story.kinds(run).count("suspension.answered") == 1
            bury_all(admin, run, child)
    assert 0 < finished < ROUNDS


def test_a_join_against_the_end_of_its_last_child_never_waits_for_ever(cast, admin):
    waited = 0
    with contenders() as race:
        for _ in range(ROUNDS):
            run, (child,) = about_to_gather(cast)
            race(lambda: story.work(run), lambda: story.work(child))
            assert story.fresh(child).state == "succeeded"
            now = story.fresh(run)
            waited += now.suspensions.exists()
            assert now.state in ("queued", "succeeded")
            assert story.work(run).payload["results"] == {"child-0": 0}
            bury_all(admin, run, child)
    assert 0 < waited < ROUNDS


def test_of_two_children_that_end_together_one_wakes_the_parent(cast, admin):
    with contenders() as race:
        for _ in range(FEWER):
            run, children = waiting(cast, children=2)
            race(*(lambda child=child: story.work(child) for child in children))
            assert story.fresh(run).state == "queued"
            assert story.work(run).state == "succeeded"
            assert story.kinds(run).count("suspension.answered") == 1
            bury_all(admin, run, *children)


def test_a_launch_against_a_pause_of_the_tree_leaves_no_child_running(cast, admin):
    born_held = 0
    with contenders() as race:
        for _ in range(ROUNDS):
            run = story.launch(cast, "family", {"children": 1})
            lease = lease_on(run)
            pause, child = race(lambda: commands.pause(admin, run.pk, reason="x"), lambda: launch_child(run, lease))
            assert story.fresh(child).state == "paused"
            (hold,) = child.holds.all()
            assert hold.spread_from_id == pause.pk
            placer = next(event for event in story.events(child) if event.kind == "hold.placed").actor_role
            born_held += placer == "worker"
            story.give_back(run, lease.epoch)
            bury_all(admin, run, child)
    assert 0 < born_held < ROUNDS


def test_a_grandchild_launched_against_a_pause_at_the_top_is_held_too(cast, admin):
    with contenders() as race:
        for _ in range(FEWER):
            top, (middle,) = waiting(cast)
            lease = lease_on(middle)
            _, bottom = race(
                lambda: commands.pause(admin, top.pk, reason="x"), lambda: launch_child(middle, lease, "late")
            )
            assert story.fresh(bottom).state == "paused"
            commands.resume(admin, top.pk)
            assert [story.fresh(one).state for one in (middle, bottom)] == ["processing", "queued"]
            story.give_back(middle, lease.epoch)
            bury_all(admin, top, middle, bottom)


def test_a_launch_against_the_release_of_the_tree_leaves_no_child_held(cast, admin):
    born_held = 0
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast, "family", {"children": 1})
            lease = lease_on(run)
            commands.pause(admin, run.pk, reason="x")
            _, child = race(lambda: commands.resume(admin, run.pk), lambda: launch_child(run, lease))
            assert story.fresh(child).state == "queued"
            born_held += child.holds.exists()
            story.give_back(run, lease.epoch)
            bury_all(admin, run, child)
    assert 0 < born_held < FEWER


def test_a_launch_against_a_cancel_of_the_tree_leaves_no_child_behind(cast, admin):
    too_late = 0
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast, "dynasty", {"depth": 0})
            lease = lease_on(run)
            race(lambda: commands.cancel(admin, run.pk, reason="x"), lambda: launched_or_none(run, lease))
            children = list(Execution.objects.filter(parent=run.pk))
            too_late += not children
            assert {child.state for child in children} <= {"cancelled"}
            story.give_back(run, lease.epoch, "cancel")
            bury_all(admin, run, *children)
    assert 0 < too_late < FEWER


def launched_or_none(run, lease):
    try:
        return launch_child(run, lease)
    except Yielded:
        return None
