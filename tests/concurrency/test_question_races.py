"""People and deadlines at one question at once: one of them closes it, and the others are told."""

# ruff: noqa: B023  (every race ends within its round, so no closure outlives its loop variables)

import pytest

from executions import commands
from executions.engine import deadlines
from executions.errors import Conflict, NotAllowed
from tests.concurrency.races import FEWER, ROUNDS, bury, contenders
from tests.domain import story

pytestmark = pytest.mark.usefixtures("live_db")


def ask(cast, workflow="questions", **payload):
    run = story.work(story.launch(cast, workflow, payload))
    return run, run.suspensions.get()


def approve(actor, question):
    return commands.answer(actor, question.pk, data={"decision": "approve"}, context_digest=question.context_digest)


def say(actor, question):
    return commands.answer(actor, question.pk, data={"answer": "red"}, context_digest=question.context_digest)


def test_of_two_approvers_for_the_last_place_one_gets_it(cast):
    first, *rivals = (cast.actor(name) for name in ("admin", "reviewer", "reviewer2"))
    wins = [0, 0]
    with contenders() as race:
        for _ in range(ROUNDS):
            run, question = ask(cast, "signing", who={"approvals": 2})
            approve(first, question)
            outcomes = race(*(lambda actor=actor: approve(actor, question) for actor in rivals))
            won = [not isinstance(outcome, Exception) for outcome in outcomes]
            assert sum(won) == 1, outcomes
            winner = won.index(True)
            wins[winner] += 1
            assert isinstance(outcomes[1 - winner], Conflict)
            question.refresh_from_db()
            assert [vote["by"] for vote in question.answer["votes"]] == ["admin", rivals[winner].name]
            assert question.votes.count() == 2
            kinds = story.kinds(run)
            assert (kinds.count("suspension.voted"), kinds.count("suspension.answered")) == (2, 1)
            bury(run, first)
    assert min(wins) > 0, wins


def test_two_who_approve_at_once_are_both_counted_and_one_of_them_closes(cast):
    people = [cast.actor("reviewer"), cast.actor("reviewer2")]
    closed_by = {"reviewer": 0, "reviewer2": 0}
    with contenders() as race:
        for _ in range(FEWER):
            run, question = ask(cast, "signing", who={"approvals": 2})
            race(*(lambda actor=actor: approve(actor, question) for actor in people))
            question.refresh_from_db()
            closed_by[question.answered_by_name] += 1
            assert {vote["by"] for vote in question.answer["votes"]} == set(closed_by)
            assert story.fresh(run).state == "queued"
            bury(run, cast.actor("admin"))
    assert min(closed_by.values()) > 0, closed_by


def test_one_person_through_two_doors_at_once_is_one_approval(cast):
    token, _ = commands.create_token(cast.actor("admin"), cast.reviewer, name="x", scopes=["suspensions:answer"])
    doors = [cast.actor("reviewer"), type(cast.actor("reviewer")).of_token(token)]
    wins = [0, 0]
    with contenders() as race:
        for _ in range(FEWER):
            run, question = ask(cast, "signing", who={"approvals": 2})
            outcomes = race(*(lambda actor=actor: approve(actor, question) for actor in doors))
            won = [not isinstance(outcome, Exception) for outcome in outcomes]
            assert (sum(won), question.votes.count()) == (1, 1), outcomes
            wins[won.index(True)] += 1
            bury(run, cast.actor("admin"))
    assert min(wins) > 0, wins


def test_s6_of_an_answer_and_the_default_one_is_taken(cast):
    reviewer = cast.actor("reviewer")
    ends = {"red": 0, "grey": 0}
    with contenders() as race:
        for _ in range(ROUNDS):
            run, question = ask(cast, deadline=3600, on_deadline="default", default="grey")
            outcomes = race(
                lambda: say(reviewer, question),
                lambda: deadlines.expire(str(question.pk), str(run.pk), question.deadline),
            )
            question.refresh_from_db()
            said = question.answer["answer"]
            ends[said] += 1
            assert isinstance(outcomes[0], Conflict) is (said == "grey"), outcomes
            assert question.answered_by == ("policy:deadline" if said == "grey" else reviewer.id)
            assert story.kinds(run).count("suspension.answered") == 1
            bury(run, cast.actor("admin"))
    assert min(ends.values()) > 0, ends


def test_s6_of_an_answer_and_the_escalation_one_comes_first_and_the_other_hears_of_it(cast):
    reviewer, admin = cast.actor("reviewer"), cast.actor("admin")
    ends = {"answered": 0, "escalated": 0}
    with contenders() as race:
        for _ in range(ROUNDS):
            run, question = ask(cast, deadline=3600, on_deadline="escalate", escalate_to={"group": "admin"})
            outcomes = race(
                lambda: say(reviewer, question),
                lambda: deadlines.expire(str(question.pk), str(run.pk), question.deadline),
            )
            question.refresh_from_db()
            end = "escalated" if question.is_open else "answered"
            ends[end] += 1
            assert isinstance(outcomes[0], NotAllowed) is (end == "escalated"), outcomes
            kinds = story.kinds(run)
            assert kinds.count("suspension.escalated") == (1 if end == "escalated" else 0)
            assert kinds.count("suspension.answered") == (0 if end == "escalated" else 1)
            bury(run, admin)
    assert min(ends.values()) > 0, ends


def test_s6_of_an_answer_and_the_deadlines_cancel_one_wins(cast):
    reviewer = cast.actor("reviewer")
    ends = {"answered": 0, "expired": 0}
    with contenders() as race:
        for _ in range(FEWER):
            run, question = ask(cast, deadline=3600, on_deadline="cancel")
            outcomes = race(
                lambda: say(reviewer, question),
                lambda: deadlines.expire(str(question.pk), str(run.pk), question.deadline),
            )
            question.refresh_from_db()
            ends[question.outcome] += 1
            assert isinstance(outcomes[0], Conflict) is (question.outcome == "expired"), outcomes
            assert story.fresh(run).state == ("queued" if question.outcome == "answered" else "cancelled")
            bury(run, cast.actor("admin"))
    assert min(ends.values()) > 0, ends


def test_two_sweepers_escalate_and_remind_once(cast):
    with contenders() as race:
        for _ in range(FEWER):
            run, question = ask(cast, deadline=3600, on_deadline="escalate", escalate_to={"group": "admin"}, remind=60)
            type(question).objects.filter(pk=question.pk).update(remind_at=question.opened_at)
            race(*(lambda: deadlines.expire(str(question.pk), str(run.pk), question.deadline) for _ in range(2)))
            race(*(lambda: deadlines.remind(str(question.pk), str(run.pk)) for _ in range(2)))
            kinds = story.kinds(run)
            assert (kinds.count("suspension.escalated"), kinds.count("suspension.reminded")) == (1, 1)
            bury(run, cast.actor("admin"))
