"""Holds, whole: dual control, review dates, hand-over, and the list of what is open."""

import datetime

import pytest
from django.utils import timezone

from executions import commands
from executions.actors import SYSTEM, Actor
from executions.commands.hand_over import hand_over_verdict
from executions.commands.hold import release_verdict
from executions.engine.reviews import mark_overdue
from executions.errors import Conflict, Invalid, NotAllowed, NotFound
from executions.models import ApiToken, Hold
from executions.queries.open_work import list_holds
from tests.domain import story
from tests.domain.refusal import refused

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def reviewer(cast):
    return cast.actor("reviewer")


@pytest.fixture
def reviewer2(cast):
    return cast.actor("reviewer2")


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


@pytest.fixture
def run(cast):
    return story.launch(cast)


def soon():
    return timezone.now() + datetime.timedelta(hours=1)


def let_pass(hold):
    """Let the review date pass."""
    story.let_pass(hold.execution, 7200)


def token_of(user, name):
    _, text = commands.create_token(SYSTEM, user, name=name)
    assert text
    return Actor.of_token(ApiToken.objects.get(owner=user, name=name))


# Dual control


def test_under_dual_control_another_person_than_the_placer_releases(reviewer, reviewer2, run):
    hold = commands.place(reviewer, run.pk, reason="large sum", dual_control=True)
    with refused(NotAllowed, run, match="reviewer other than reviewer can") as caught:
        commands.release(reviewer, hold.pk, reason="I am sure")
    assert caught.value.holds == (str(hold.pk),)
    with refused(Conflict, run, match="other than reviewer"):
        commands.resume(reviewer, run.pk)
    verdict = release_verdict(story.fresh(run), hold, reviewer)
    assert (verdict.allowed, verdict.code) == (False, "permission")
    assert commands.release(reviewer2, hold.pk, reason="checked").released_by_name == "reviewer2"
    assert story.fresh(run).state == "queued"


def test_a_second_person_may_resume_past_it(reviewer, reviewer2, run):
    commands.place(reviewer, run.pk, reason="large sum", dual_control=True)
    assert commands.resume(reviewer2, run.pk).state == "queued"


def test_one_person_with_two_tokens_is_one_person(cast, reviewer, run):
    first, second = token_of(cast.reviewer, "first"), token_of(cast.reviewer, "second")
    hold = commands.place(first, run.pk, reason="large sum", dual_control=True)
    for same in (first, second, reviewer):
        with refused(NotAllowed, run, match="other than"):
            commands.release(same, hold.pk, reason="x")
    assert hold.responsible == "reviewer"
    other = token_of(cast.reviewer2, "other")
    assert commands.release(other, hold.pk, reason="x").released_at


def test_even_an_admin_does_not_release_his_own(cast, run):
    admin = cast.actor("admin")
    hold = commands.place(admin, run.pk, reason="x", dual_control=True, blocks_cancel=True)
    with refused(NotAllowed, run):
        commands.release(admin, hold.pk, reason="x")
    with refused(Conflict, run, match="other than admin"):
        commands.cancel(admin, run.pk, reason="x")


def test_a_scope_is_needed_besides(operator, reviewer, run):
    hold = commands.place(reviewer, run.pk, reason="x", dual_control=True)
    with refused(NotAllowed, run, match="holds:release"):
        commands.release(operator, hold.pk, reason="x")


# Hand-over


def test_who_is_responsible_hands_over_and_the_history_says_so(reviewer, run):
    hold = commands.place(reviewer, run.pk, reason="x", dual_control=True)
    assert hold.responsible == "reviewer"
    assert commands.hand_over(reviewer, hold.pk, to="reviewer2", reason="on leave").responsible == "reviewer2"
    line = story.events(run)[-1]
    assert (line.kind, line.reason, story.data_of(line)) == (
        "hold.handed_over",
        "on leave",
        {"hold": str(hold.pk), "from": "reviewer", "to": "reviewer2"},
    )
    # The placer under dual control is neither responsible now nor could he release it.
    with refused(NotAllowed, run, match="reviewer2’s to hand over"):
        commands.hand_over(reviewer, hold.pk, to="admin", reason="x")


def test_it_changes_nothing_about_who_may_release(cast, reviewer, reviewer2, run):
    hold = commands.place(reviewer, run.pk, reason="x", dual_control=True)
    commands.hand_over(reviewer2, hold.pk, to="admin", reason="x")
    with refused(NotAllowed, run):
        commands.release(reviewer, hold.pk, reason="x")
    assert commands.release(reviewer2, hold.pk, reason="x").released_at


def test_it_goes_to_somebody_who_could_release_it(cast, reviewer, run):
    hold = commands.place(reviewer, run.pk, reason="x")
    cast.reviewer2.is_active = False
    cast.reviewer2.save()
    for nobody in ("operator", "outsider", "nobody at all", "reviewer2", "", "reviewer"):
        with refused(Invalid, run, field="to"):
            commands.hand_over(reviewer, hold.pk, to=nobody, reason="x")
    with refused(Invalid, run, field="reason"):
        commands.hand_over(reviewer, hold.pk, to="admin", reason=" ")


def test_a_pause_is_handed_over_among_those_who_may_pause(operator, run):
    hold = commands.pause(operator, run.pk, reason="x")
    assert commands.hand_over(operator, hold.pk, to="reviewer", reason="shift ends").responsible == "reviewer"


def test_others_and_released_holds_are_refused(cast, operator, reviewer, run):
    hold = commands.place(reviewer, run.pk, reason="x")
    with refused(NotAllowed, run, match="needs the scope holds:release or holds:place"):
        commands.hand_over(operator, hold.pk, to="admin", reason="x")
    commands.release(reviewer, hold.pk, reason="x")
    hold.refresh_from_db()
    with refused(Conflict, run, match="released this hold already"):
        commands.hand_over(reviewer, hold.pk, to="reviewer2", reason="x")
    assert hand_over_verdict(story.fresh(run), hold, reviewer).code == "state"
    with pytest.raises(NotFound):
        commands.hand_over(reviewer, run.pk, to="reviewer2", reason="x")


# Review dates


def test_a_review_date_lies_ahead(reviewer, run):
    with refused(Invalid, run, field="review_by", match="passed already"):
        commands.place(reviewer, run.pk, reason="x", review_by=timezone.now() - datetime.timedelta(seconds=1))


def test_once_it_has_passed_the_history_says_so_once(reviewer, run):
    hold = commands.place(reviewer, run.pk, reason="x", review_by=soon())
    mark_overdue()
    assert "hold.overdue" not in story.kinds(run)
    let_pass(hold)
    mark_overdue()
    mark_overdue()
    assert story.kinds(run).count("hold.overdue") == 1
    line = story.events(run)[-1]
    assert (line.actor_id, story.data_of(line)["responsible"]) == ("policy:review", "reviewer")
    hold.refresh_from_db()
    assert hold.is_overdue
    assert hold.overdue_at
    assert story.fresh(run).state == "paused"  # nothing else happens: people decide


def test_released_holds_and_those_of_ended_runs_are_never_overdue(cast, operator, reviewer):
    runs = [story.launch(cast) for _ in range(2)]
    holds = [commands.place(reviewer, run.pk, reason="x", review_by=soon()) for run in runs]
    commands.release(reviewer, holds[0].pk, reason="x")
    commands.cancel(cast.actor("admin"), runs[1].pk, reason="x")
    for hold in holds:
        let_pass(hold)
    mark_overdue()
    assert not any("hold.overdue" in story.kinds(run) for run in runs)
    assert not Hold.objects.exclude(overdue_at=None).exists()


# The list


def test_the_list_has_what_keeps_runs_now(cast, operator, reviewer):
    paused, placed, late, ended = (story.launch(cast) for _ in range(4))
    pause = commands.pause(operator, paused.pk, reason="x")
    plain = commands.place(reviewer, placed.pk, reason="x")
    overdue = commands.place(reviewer, late.pk, reason="x", review_by=soon())
    let_pass(overdue)
    commands.place(reviewer, ended.pk, reason="x")
    commands.cancel(cast.actor("admin"), ended.pk, reason="x")

    def found(**wanted):
        return [hold.pk for hold in list_holds(**wanted).rows]

    assert found() == [pause.pk, plain.pk, overdue.pk]
    assert found(overdue=True) == [overdue.pk]
    assert found(kind="operator") == [pause.pk]
    assert found(responsible="reviewer") == [plain.pk, overdue.pk]
    assert found(kind="compliance", responsible="operator") == []
    commands.hand_over(reviewer, plain.pk, to="reviewer2", reason="x")
    assert found(responsible="reviewer2") == [plain.pk]
    with pytest.raises(Invalid, match="no such kind"):
        list_holds(kind="odd")
