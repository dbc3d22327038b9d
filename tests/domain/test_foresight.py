"""What pages foresee of commands is what the commands say."""

import pytest

from executions import commands
from executions.commands.base import verdicts
from executions.commands.foresight import Foresight
from executions.errors import Refused
from tests.domain import story
from tests.domain.test_children import children_of, family

pytestmark = pytest.mark.usefixtures("db")


def foreseen(cast, person: str, run) -> Foresight:
    run, actor = story.fresh(run), cast.actor(person)
    return Foresight(run, actor, verdicts(run, actor), has_children=run.children.exists())


def said_by(act) -> str:
    """Return why a command was refused."""
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.detail


@pytest.fixture
def held_below(cast):
    """A run that waits for its children, one of them under a compliance hold that forbids cancelling."""
    run = family(cast)
    story.work(run)
    commands.place(cast.actor("reviewer"), children_of(run)[0].pk, reason="sanctions", blocks_cancel=True)
    return story.fresh(run)


def test_a_hold_below_is_foreseen_for_fork_retry_and_cancel(cast, held_below):
    operator, seen = cast.actor("operator"), foreseen(cast, "operator", held_below)

    again = said_by(lambda: commands.retry(operator, held_below.pk, from_step="fan_out", again=True, reason="r"))
    assert (seen.anew.allowed, seen.anew.why) == (False, again)
    assert seen.fork.why == said_by(lambda: commands.fork(operator, held_below.pk, reason="r"))
    assert seen.cancel_tree.why == said_by(lambda: commands.cancel(operator, held_below.pk, reason="r"))
    assert seen.cancel_tree.holds == tuple(str(hold.pk) for hold in children_of(held_below)[0].holds.all())
    assert seen.judged["cancel"].allowed, "the run alone can be cancelled"

    admin = foreseen(cast, "admin", held_below)
    assert (admin.anew.allowed, admin.fork.allowed, admin.cancel_tree.allowed) == (True, True, True)


def test_a_step_that_asks_chosen_people_is_foreseen_for_skip(cast):
    run = story.work(story.launch(cast, "signing", {"who": {"users": ["reviewer"]}}))
    why = said_by(lambda: commands.skip(cast.actor("operator"), run.pk, reason="r"))
    assert (foreseen(cast, "operator", run).skip.why, "put to" in why) == (why, True)


def test_the_end_of_the_route_is_foreseen_for_skip_and_limits_for_extend(cast):
    run = story.launch(cast)
    claimed = story.claim(run)
    commands.pause(cast.actor("operator"), run.pk, reason="look")
    assert story.boundary(run, claimed.epoch, 0, []) == "paused"
    seen = foreseen(cast, "operator", run)
    assert (seen.skip.code, seen.skip.why) == ("state", "No step lies ahead that could be skipped.")
    assert said_by(lambda: commands.skip(cast.actor("operator"), run.pk, reason="r")).startswith(seen.skip.why[:-1])
    assert seen.extend.code == "state"
    assert foreseen(cast, "operator", story.launch(cast, "hurried", {"seconds": 0})).extend.allowed


def test_what_a_run_has_on_record_is_counted_with_what_is_below(cast):
    run = family(cast)
    story.work(run)
    child = children_of(run)[0]
    before = foreseen(cast, "operator", run).recorded
    claimed = story.claim(child)
    assert story.record(child, claimed.epoch, "charge-1", 7)
    assert foreseen(cast, "operator", run).recorded == before + 1
