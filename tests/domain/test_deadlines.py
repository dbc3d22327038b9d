"""Questions with a deadline: answered in time they stay answered, else they end as expired, by whom is on record."""

import datetime

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from executions import commands
from executions.engine import deadlines
from executions.errors import Conflict, NotAllowed
from executions.models import Event
from tests.domain import story
from tests.domain.refusal import refused
from tests.effects import effects_of

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def reviewer(cast):
    return cast.actor("reviewer")


def ask(cast, seconds):
    """Return a run that waits for an approval, and its question."""
    run = story.work(story.launch(cast, "approving", {"deadline": seconds}))
    return run, run.suspensions.get()


def approve(actor, question):
    return commands.answer(actor, question.pk, data={"decision": "approve"}, context_digest=question.context_digest)


def test_s6_a_question_answered_in_time_never_expires(cast, reviewer):
    run, question = ask(cast, 3600)
    deadlines.expire_questions()
    approve(reviewer, question)
    deadlines.expire(str(question.pk), str(run.pk), question.deadline)
    question.refresh_from_db()
    assert (question.outcome, question.answered_by_name) == ("answered", "reviewer")
    assert story.work(run).payload["status"] == "approved"


def test_h13_an_overdue_question_ends_as_expired_by_the_deadline(cast):
    run, question = ask(cast, 0)
    deadlines.expire_questions()
    question.refresh_from_db()
    assert (question.outcome, question.answered_by, question.answer) == ("expired", "policy:deadline", None)
    event = Event.objects.get(ledger=run.pk, kind="suspension.expired")
    assert (event.actor_id, event.actor_role, event.via) == ("policy:deadline", "policy", "engine")
    assert story.fresh(run).state == "queued"
    done = story.work(run)
    assert (done.state, done.payload["status"]) == ("succeeded", "expired")
    assert "paid" not in effects_of(run.pk)


def test_an_answer_after_the_deadline_is_refused_even_before_anybody_has_looked(cast, reviewer):
    run, question = ask(cast, 0)
    with refused(Conflict, run, match="deadline for this answer passed"):
        approve(reviewer, question)


def test_a_run_that_is_paused_lets_its_question_expire_and_stays_paused(cast):
    run, _ = ask(cast, 0)
    commands.pause(cast.actor("operator"), run.pk, reason="look first")
    deadlines.expire_questions()
    assert story.fresh(run).state == "paused"


# What else may be agreed
def question_of(cast, workflow="questions", **payload):
    """Return a run that waits for an answer, and its question."""
    run = story.work(story.launch(cast, workflow, payload))
    return run, run.suspensions.get()


def pass_by(question):
    """Let the deadline be over and sweep."""
    type(question).objects.filter(pk=question.pk).update(deadline=Now() - datetime.timedelta(seconds=1))
    deadlines.expire_questions()
    question.refresh_from_db()


def test_s6_the_default_answer_is_taken_at_the_deadline_by_the_rule(cast, reviewer):
    run, question = question_of(cast, deadline=3600, on_deadline="default", default="grey")
    pass_by(question)
    assert (question.outcome, question.answer, question.answered_by) == (
        "answered",
        {"answer": "grey"},
        "policy:deadline",
    )
    (event,) = [event for event in story.events(run) if event.kind == "suspension.answered"]
    assert (event.actor_id, event.reason) == ("policy:deadline", "Nobody answered before the deadline.")
    with refused(Conflict, run, match="deadline answered this question already"):
        commands.answer(reviewer, question.pk, data={"answer": "x"}, context_digest=question.context_digest)
    assert story.work(run).payload["said"] == {"answer": "grey"}


def test_a_default_approval_is_an_approval_by_the_rule(cast):
    run, question = question_of(
        cast, "signing", deadline=3600, on_deadline="default", default={"decision": "approve"}, who={"approvals": 2}
    )
    pass_by(question)
    done = story.work(run)
    assert (done.payload["status"], done.payload["by"]) == ("approved", "deadline")


def test_a_default_that_the_form_refuses_fails_the_step_that_asks(cast):
    run = story.work(story.launch(cast, "questions", {"deadline": 1, "on_deadline": "default", "default": " "}))
    assert run.state == "failed"
    assert "default is no valid answer" in run.error["message"]
    assert not run.suspensions.exists()


def test_s6_an_escalation_puts_it_to_others_once_and_then_it_expires(cast, reviewer):
    run, question = question_of(
        cast,
        deadline=3600,
        on_deadline="escalate",
        who={"group": "reviewer"},
        escalate_to={"group": "admin"},
        escalate_after=600,
    )
    before = question.deadline
    pass_by(question)
    assert (question.is_open, question.urgency, question.who["group"]) == (True, "high", "admin")
    assert question.escalated_at is not None
    assert question.deadline < before
    with refused(NotAllowed, run, match="group admin"):
        commands.answer(reviewer, question.pk, data={"answer": "x"}, context_digest=question.context_digest)
    event = Event.objects.get(ledger=run.pk, kind="suspension.escalated")
    assert (story.data_of(event)["before"]["group"], story.data_of(event)["who"]["group"]) == ("reviewer", "admin")
    assert story.fresh(run).state == "suspended"
    pass_by(question)
    assert question.outcome == "expired"
    assert story.kinds(run).count("suspension.escalated") == 1
    assert story.work(run).payload["late"] is True


def test_an_escalated_question_is_answered_by_those_it_was_put_to(cast):
    run, question = question_of(cast, deadline=3600, on_deadline="escalate", escalate_to={"group": "admin"})
    pass_by(question)
    commands.answer(cast.actor("admin"), question.pk, data={"answer": "x"}, context_digest=question.context_digest)
    assert story.work(run).payload["by"] == "admin"


def test_a_sweeper_that_saw_the_first_deadline_does_nothing_after_the_escalation(cast):
    run, question = question_of(cast, deadline=3600, on_deadline="escalate", escalate_to={"group": "admin"})
    seen = question.deadline
    deadlines.expire(str(question.pk), str(run.pk), seen)
    deadlines.expire(str(question.pk), str(run.pk), seen)
    question.refresh_from_db()
    assert question.is_open


def test_s6_a_deadline_can_cancel_the_run_and_its_clean_up_runs(cast):
    run, question = question_of(cast, "signing", deadline=3600, on_deadline="cancel")
    pass_by(question)
    assert question.outcome == "expired"
    assert story.fresh(run).state == "cancelling"
    assert story.work(run).state == "cancelled"
    assert effects_of(run.pk) == ["undone"]
    event = Event.objects.get(ledger=run.pk, kind="execution.cancel_requested")
    assert (event.actor_id, event.reason) == ("policy:deadline", "Nobody answered “Sign?” before the deadline.")
    assert story.bad_line(run.pk) is None


def test_a_hold_that_forbids_cancelling_puts_the_deadlines_cancel_off(cast, reviewer):
    run, question = question_of(cast, deadline=3600, on_deadline="cancel")
    hold = commands.place(reviewer, run.pk, reason="evidence", blocks_cancel=True)
    pass_by(question)
    assert (question.is_open, story.fresh(run).state) == (True, "paused")
    deadlines.expire(str(question.pk), str(run.pk), question.deadline)
    assert story.fresh(run).state == "paused"
    commands.release(reviewer, hold.pk, reason="done")
    deadlines.expire_questions()
    assert story.fresh(run).state == "cancelled"


@pytest.mark.parametrize(
    "payload",
    [
        {"on_deadline": "default", "default": "grey"},
        {"on_deadline": "escalate", "escalate_to": {"group": "admin"}},
        {"on_deadline": "cancel"},
    ],
)
def test_s6_whatever_was_agreed_an_answer_in_time_is_the_end_of_it(cast, reviewer, payload):
    run, question = question_of(cast, deadline=3600, **payload)
    commands.answer(reviewer, question.pk, data={"answer": "red"}, context_digest=question.context_digest)
    deadlines.expire(str(question.pk), str(run.pk), question.deadline)
    deadlines.expire_questions()
    assert story.work(run).payload["said"] == {"answer": "red"}
    assert not {"suspension.expired", "suspension.escalated", "execution.cancelled"} & set(story.kinds(run))


def test_a11_people_are_reminded_again_and_again_while_it_is_open_and_not_afterwards(cast, reviewer):
    run, question = question_of(cast, remind=3600)
    deadlines.remind_of_questions()
    assert "suspension.reminded" not in story.kinds(run)
    for count in (1, 2):
        type(question).objects.filter(pk=question.pk).update(remind_at=Now() - datetime.timedelta(days=3))
        deadlines.remind_of_questions()
        deadlines.remind_of_questions()
        assert story.kinds(run).count("suspension.reminded") == count
    question.refresh_from_db()
    assert question.remind_at > timezone.now() + datetime.timedelta(minutes=59)
    type(question).objects.filter(pk=question.pk).update(remind_at=Now())
    commands.answer(reviewer, question.pk, data={"answer": "x"}, context_digest=question.context_digest)
    deadlines.remind_of_questions()
    deadlines.remind(str(question.pk), str(run.pk))
    assert story.kinds(run).count("suspension.reminded") == 2


def test_s8_the_deadlines_cancel_reaches_children_but_for_those_that_a_hold_keeps(cast, reviewer):
    run, question = question_of(cast, deadline=3600, on_deadline="cancel")
    free, kept = story.launch(cast), story.launch(cast)
    for child in (free, kept):
        type(child).objects.filter(pk=child.pk).update(parent=run, parent_key=str(child.pk))
    commands.place(reviewer, kept.pk, reason="evidence", blocks_cancel=True)
    pass_by(question)
    assert [story.fresh(each).state for each in (run, free, kept)] == ["cancelled", "cancelled", "paused"]
