"""What waits for whom: questions and holds in one order, the same rules as the commands', and what is done."""

import datetime

import pytest
from django.utils import timezone

from executions import commands
from executions.commands.hold import release_verdict
from executions.errors import Invalid
from executions.models import Hold
from executions.queries import Count
from executions.queries.worklist import WorkFilter, count_mine, holds_for, list_done, list_work
from tests.domain import story
from tests.domain.test_holds_whole import let_pass, soon
from tests.effects import effects_table  # noqa: F401  (a fixture)

pytestmark = pytest.mark.usefixtures("db", "effects_table")
ALL = WorkFilter()
PEOPLE = ("operator", "reviewer", "reviewer2", "auditor", "admin", "outsider")


def ask(cast, **payload):
    return story.work(story.launch(cast, "questions", payload)).suspensions.get()


def place(cast, who="reviewer", **more):
    return commands.place(cast.actor(who), story.launch(cast).pk, reason="x", **more)


def pause(cast, who="operator", **more):
    return commands.pause(cast.actor(who), story.launch(cast).pk, reason="x", **more)


def waiting(cast, who, wanted=ALL, **more):
    return [work.pk for work in list_work(cast.actor(who), wanted, **more).rows]


@pytest.fixture
def everything(cast):
    """One hold of every sort, and what is held no more."""
    late = place(cast, review_by=soon())
    let_pass(late)
    ended = pause(cast)
    commands.cancel(cast.actor("operator"), ended.execution_id, reason="x")
    released = pause(cast)
    commands.release(cast.actor("operator"), released.pk, reason="x")
    ahead = story.launch(cast, "journey")
    return [
        pause(cast),
        place(cast),
        place(cast, dual_control=True),
        late,
        commands.pause(cast.actor("operator"), ahead.pk, reason="x", before_step=ahead.ahead[-1]),
        commands.pause(cast.actor("operator"), ahead.pk, reason="x", before_step=ahead.ahead[0]),
    ]


@pytest.mark.parametrize("who", PEOPLE)
def test_the_database_and_the_commands_agree_on_who_may_release_what(cast, everything, who):
    actor = cast.actor(who)
    expected = {
        hold.pk
        for hold in Hold.objects.select_related("execution")
        if release_verdict(hold.execution, hold, actor).allowed and hold.before_step in (None, hold.execution.next_step)
    }
    assert set(holds_for(actor).values_list("pk", flat=True)) == expected


def test_most_urgent_first_then_oldest_and_what_others_look_after_last(cast):
    foreign = pause(cast)
    calm, low = ask(cast), ask(cast, urgency="low")
    urgent = ask(cast, urgency="high")
    own = pause(cast, "reviewer")
    late = place(cast, review_by=soon())
    let_pass(late)
    assert waiting(cast, "reviewer") == [urgent.pk, late.pk, calm.pk, low.pk, own.pk, foreign.pk]
    assert waiting(cast, "operator") == [foreign.pk, own.pk]
    assert waiting(cast, "auditor") == []


def test_a_hold_under_dual_control_waits_for_another_than_its_placer(cast):
    hold = place(cast, dual_control=True)
    assert waiting(cast, "reviewer") == []
    (found,) = list_work(cast.actor("reviewer2"), ALL).rows
    assert (found.pk, found.rank) == (hold.pk, 1)


def test_filters_pages_and_counts(cast):
    asked = [ask(cast) for _ in range(3)] + [ask(cast, urgency="high")]
    held = [pause(cast, "reviewer"), pause(cast)]
    assert waiting(cast, "reviewer", WorkFilter(kind="hold")) == [hold.pk for hold in held]
    assert waiting(cast, "reviewer", WorkFilter(workflow="noop")) == [hold.pk for hold in held]
    assert waiting(cast, "reviewer", WorkFilter(urgency="high")) == [asked[-1].pk]
    assert waiting(cast, "reviewer", WorkFilter(urgency="others")) == [held[1].pk]
    assert count_mine(cast.actor("reviewer")) == Count(5)
    found, cursor = [], None
    while True:
        page = list_work(cast.actor("reviewer"), ALL, cursor=cursor, limit=2)
        found += [work.pk for work in page.rows]
        if (cursor := page.next) is None:
            break
    assert found == waiting(cast, "reviewer")
    assert len(found) == 6
    for wrong in ("work:9:x", "odd", f"work:-1:{held[0].pk}"):
        with pytest.raises(Invalid):
            list_work(cast.actor("reviewer"), ALL, cursor=wrong)


def test_what_is_done_newest_first_by_me_or_by_anybody(cast):
    asked, other = ask(cast), ask(cast)
    held, others = pause(cast, "reviewer"), pause(cast)
    for who, question in (("reviewer", asked), ("reviewer2", other)):
        commands.answer(cast.actor(who), question.pk, data={"answer": "x"}, context_digest=question.context_digest)
    commands.release(cast.actor("reviewer"), held.pk, reason="x")
    commands.release(cast.actor("operator"), others.pk, reason="x")

    def done(**more):
        return {work.pk for work in list_done(cast.actor("reviewer"), ALL, **more).rows}

    assert done(by_me=True) == {asked.pk, held.pk}
    assert done() == {asked.pk, other.pk, held.pk, others.pk}
    page = list_done(cast.actor("reviewer"), ALL, limit=3)
    rest = list_done(cast.actor("reviewer"), ALL, limit=3, cursor=page.next)
    assert {work.pk for work in page.rows + rest.rows} == done()
    assert rest.next is None
    for wrong in ("done:x", "odd", f"done:{timezone.now().replace(tzinfo=None).isoformat()}/{held.pk}"):
        with pytest.raises(Invalid):
            list_done(cast.actor("reviewer"), ALL, cursor=wrong)


def test_who_approved_as_one_of_several_finds_it_among_what_he_answered(cast):
    run = story.work(story.launch(cast, "signing", {"who": {"group": "reviewer", "approvals": 2}}))
    asked = run.suspensions.get()
    approve = {"decision": "approve"}
    commands.answer(cast.actor("reviewer"), asked.pk, data=approve, context_digest=asked.context_digest)
    assert waiting(cast, "reviewer") == []
    (mine,) = list_done(cast.actor("reviewer"), ALL, by_me=True).rows
    assert (mine.pk, mine.is_open) == (asked.pk, True)
    assert mine.moment <= timezone.now() + datetime.timedelta(seconds=1)
    commands.answer(cast.actor("reviewer2"), asked.pk, data=approve, context_digest=asked.context_digest)
    assert [work.pk for work in list_done(cast.actor("reviewer"), ALL, by_me=True).rows] == [asked.pk]
    assert [work.pk for work in list_done(cast.actor("reviewer2"), ALL, by_me=True).rows] == [asked.pk]
