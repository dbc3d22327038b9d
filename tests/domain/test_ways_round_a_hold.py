"""A hold or an approval is not to be got round: not by a fork, a retry, a skip or a child."""

import pytest

from executions import commands
from executions.errors import Conflict, NotAllowed
from tests.domain import story
from tests.domain.refusal import refused
from tests.domain.test_children import by_key, children_of, family, finish

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


@pytest.fixture
def held(cast):
    """A run under a compliance hold."""
    run = story.launch(cast, "journey", {"load": "tea"})
    commands.place(cast.actor("reviewer"), run.pk, reason="sanctions")
    return story.fresh(run)


def test_no_operator_forks_a_run_that_he_may_not_release(operator, cast, held):
    with refused(Conflict, held, match=r"Held by reviewer .* since .*: sanctions\. A reviewer can release it"):
        commands.fork(operator, held.pk, reason="round it")
    assert commands.fork(cast.actor("admin"), held.pk, reason="an experiment").state == "queued"


def test_nor_after_cancelling_it(operator, held):
    commands.cancel(operator, held.pk, reason="then I may fork it")
    with refused(Conflict, held, match="sanctions"):
        commands.fork(operator, held.pk, reason="round it")


def test_under_dual_control_whoever_placed_the_hold_does_not_fork_either(cast):
    run = story.launch(cast, "journey", {"load": "tea"})
    commands.place(cast.actor("admin"), run.pk, reason="two of us", dual_control=True)
    with refused(Conflict, run, match="other than admin"):
        commands.fork(cast.actor("admin"), run.pk, reason="alone")


def test_a_hold_that_one_may_lift_hinders_no_fork(operator, held, cast):
    hold = held.holds.get()
    commands.release(cast.actor("reviewer"), hold.pk, reason="cleared")
    commands.pause(operator, held.pk, reason="a look")
    assert commands.fork(operator, held.pk, reason="what if").state == "queued"


def test_skip_and_retry_leave_the_hold_in_force(operator, held):
    commands.skip(operator, held.pk, reason="pass it")
    commands.retry(operator, held.pk, from_step="north", reason="again", again=True)
    assert (story.fresh(held).state, story.claim(held)) == ("paused", None)


def test_a_hold_on_the_tree_also_holds_failed_children_that_are_retried(operator, cast):
    run = family(cast, how={"1": "fail"})
    story.work(run)
    failed = finish(by_key(run)["child-1"])
    assert failed.outcome == "failed"
    hold = commands.place(cast.actor("reviewer"), run.pk, reason="sanctions")
    assert story.fresh(failed).state == "failed"
    commands.retry(operator, failed.pk, reason="round it")
    assert (story.fresh(failed).state, story.claim(failed)) == ("paused", None)
    commands.release(cast.actor("reviewer"), hold.pk, reason="cleared")
    assert story.fresh(failed).state == "queued"


def test_a_child_that_is_held_is_not_launched_anew_by_its_parent(operator, cast):
    run = family(cast)
    story.work(run)
    child = children_of(run)[0]
    hold = commands.place(cast.actor("reviewer"), child.pk, reason="sanctions")
    with refused(Conflict, run, match="Below this run.*Held by reviewer.*sanctions"):
        commands.retry(operator, run.pk, from_step="fan_out", again=True, reason="round it")
    with refused(Conflict, run, match="Below this run.*Held by reviewer.*sanctions"):
        commands.fork(operator, run.pk, reason="round it")
    commands.retry(operator, run.pk, from_step="fan_out", reason="with what is on record")
    commands.release(cast.actor("reviewer"), hold.pk, reason="cleared")
    commands.pause(operator, run.pk, reason="to send it back")
    commands.retry(operator, run.pk, from_step="fan_out", again=True, reason="now")


# Approvals
CHOSEN = {"who": {"users": ["reviewer"]}}


def signing(cast, **payload):
    return story.work(story.launch(cast, "signing", payload))


@pytest.mark.parametrize("payload", [{}, CHOSEN])
def test_whoever_may_not_approve_does_not_skip_the_approval(operator, cast, payload):
    run = signing(cast, **payload)
    with refused(NotAllowed, run, match="You may not skip sign, which asks people"):
        commands.skip(operator, run.pk, reason="round it", result={"status": "approved"})
    commands.pause(operator, run.pk, reason="to send it back")
    commands.retry(operator, run.pk, from_step="sign", reason="this withdraws the question", again=True)
    with refused(NotAllowed, run, match="You may not skip sign"):
        commands.skip(operator, run.pk, reason="round it", result={"status": "approved"})


def test_somebody_who_could_have_approved_skips_it(cast):
    run = signing(cast)
    assert commands.skip(cast.actor("admin"), run.pk, reason="by phone").steps_done == 1
    run = signing(cast, **CHOSEN)
    with refused(NotAllowed, run, match="not put to you"):
        commands.skip(cast.actor("admin"), run.pk, reason="not chosen")


def test_nobody_alone_skips_what_two_must_approve(cast):
    run = signing(cast, who={"approvals": 2})
    with refused(NotAllowed, run, match="2 people must approve"):
        commands.skip(cast.actor("admin"), run.pk, reason="alone")
