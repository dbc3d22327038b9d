"""Questions with a deadline: answered in time they stay answered, else they end as expired, by whom is on record."""

import pytest

from executions import commands
from executions.engine import deadlines
from executions.errors import Conflict
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
