"""Whom a question is put to, several approvals, answers by key, and what takes no person's answer."""

import itertools
import json

import pytest
from django.contrib.auth.models import Group, Permission

from executions import Who, commands
from executions.actors import Actor
from executions.commands.answering import answer_verdict, answerer_of
from executions.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from executions.models import Suspension
from executions.queries.inbox import list_inbox, put_to
from tests.domain import story
from tests.domain.refusal import refused

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def people(cast):
    return {name: cast.actor(name) for name in ("admin", "reviewer", "reviewer2", "operator")}


def ask(cast, workflow="questions", by="operator", **payload):
    run = commands.launch(cast.actor(by), workflow, payload)
    run = story.work(run)
    return run, run.suspensions.get(closed_at__isnull=True)


def say(actor, question, said="blue", **more):
    return commands.answer(actor, question.pk, data={"answer": said}, context_digest=question.context_digest, **more)


def decide(actor, question, decision="approve", **more):
    data = {"decision": decision, **({"reason": "no"} if decision == "reject" else {})}
    return commands.answer(actor, question.pk, data=data, context_digest=question.context_digest, **more)


# Who
@pytest.mark.parametrize(
    ("who", "may"),
    [
        (None, {"admin", "reviewer", "reviewer2"}),
        ({"group": "admin"}, {"admin"}),
        ({"users": ["reviewer2", "nobody"]}, {"reviewer2"}),
        ({"permission": "executions.control_execution"}, {"admin"}),
        ({"group": "reviewer", "users": ["admin", "reviewer"]}, {"reviewer"}),
        ({"group": "reviewer", "permission": "executions.control_execution"}, set()),
    ],
)
def test_everything_that_is_given_must_be_true_of_a_person(cast, people, who, may):
    for name, actor in people.items():
        run, question = ask(cast, **({"who": who} if who else {}))
        if name in may:
            assert say(actor, question).outcome == "answered"
        else:
            with refused(NotAllowed, run):
                say(actor, question)


def test_f6_who_launched_the_run_may_be_kept_from_approving_it(cast, people):
    run, question = ask(cast, "signing", by="reviewer", who={"not_launcher": True})
    with refused(NotAllowed, run, match="You launched this run, so another person must answer"):
        decide(people["reviewer"], question)
    assert decide(people["reviewer2"], question).outcome == "answered"
    assert story.work(run).payload["by"] == "reviewer2"


def test_the_refusal_says_who_may_answer(cast, people):
    run, question = ask(cast, who={"group": "finance", "users": ["ann"]})
    with refused(NotAllowed, run, match=r"put to: ann, in the group finance\."):
        say(people["admin"], question)


def test_a_token_counts_as_its_owner_and_the_engine_as_nobody(cast):
    token, _ = commands.create_token(cast.actor("admin"), cast.reviewer, name="ci", scopes=["suspensions:answer"])
    run, question = ask(cast, who={"users": ["admin"]})
    with refused(NotAllowed, run):
        say(Actor.of_token(token), question)
    nobody = Actor("policy:x", "x", "policy", "engine", frozenset({"suspensions:answer"}))
    with refused(NotAllowed, run, match="put to: admin"):
        say(nobody, question)
    _, question = ask(cast, who={"users": ["reviewer"]})
    assert say(Actor.of_token(token), question).answered_by_name == "reviewer (ci)"


# Several approvals
def test_h13_two_must_approve_and_both_are_on_record(cast, people):
    run, question = ask(cast, "signing", who={"group": "reviewer", "approvals": 2})
    first = decide(people["reviewer"], question, comment="fine")
    assert (first.outcome, story.fresh(run).state) == (None, "suspended")
    second = decide(people["reviewer2"], question)
    assert second.outcome == "answered"
    assert [(vote["by"], vote["comment"]) for vote in second.answer["votes"]] == [
        ("reviewer", "fine"),
        ("reviewer2", ""),
    ]
    done = story.work(run)
    assert (done.payload["status"], done.payload["by"]) == ("approved", "reviewer, reviewer2")
    voted = [event for event in story.events(run) if event.kind == "suspension.voted"]
    assert [(event.actor_name, event.reason) for event in voted] == [("reviewer", "fine"), ("reviewer2", "")]
    assert [(story.data_of(event)["approvals"], story.data_of(event)["needed"]) for event in voted] == [(1, 2), (2, 2)]
    assert story.bad_line(run.pk) is None


def test_nobody_approves_twice_not_even_by_a_token(cast, people):
    run, question = ask(cast, "signing", who={"approvals": 2})
    decide(people["admin"], question)
    with refused(Conflict, run, match="You have approved already: 1 of 2"):
        decide(people["admin"], question)
    token, _ = commands.create_token(people["admin"], cast.admin, name="second", scopes=["suspensions:answer"])
    with refused(Conflict, run, match="You have approved already"):
        decide(Actor.of_token(token), question)


def test_one_rejection_closes_it_at_once(cast, people):
    run, question = ask(cast, "signing", who={"approvals": 3})
    decide(people["admin"], question)
    closed = decide(people["reviewer"], question, "reject")
    assert (closed.outcome, closed.answered_by_name, len(closed.answer["votes"])) == ("answered", "reviewer", 1)
    done = story.work(run)
    assert (done.payload["status"], done.payload["by"], done.payload["why"]) == ("rejected", "reviewer", "no")


def test_who_has_approved_cannot_reject_afterwards(cast, people):
    run, question = ask(cast, "signing", who={"approvals": 2})
    decide(people["admin"], question)
    with refused(Conflict, run, match="approved already"):
        decide(people["admin"], question, "reject")


def test_an_approval_of_what_has_changed_since_is_void(cast, people):
    run, question = ask(cast, "signing", who={"approvals": 2})
    decide(people["reviewer"], question)
    Suspension.objects.filter(pk=question.pk).update(context_digest="0" * 64)
    with refused(Stale, run):
        decide(people["reviewer2"], question)
    question.refresh_from_db()
    assert decide(people["reviewer2"], question).outcome is None
    closed = decide(people["reviewer"], question)
    assert [vote["by"] for vote in closed.answer["votes"]] == ["reviewer2", "reviewer"]
    assert closed.votes.count() == 3


def test_h12_two_approve_while_the_run_is_paused(cast, people):
    run, question = ask(cast, "signing", who={"approvals": 2})
    commands.pause(people["operator"], run.pk, reason="look first")
    decide(people["reviewer"], question)
    decide(people["reviewer2"], question)
    assert story.fresh(run).state == "paused"
    commands.resume(people["operator"], run.pk)
    assert story.work(run).payload["status"] == "approved"


# By key
def test_s3_a_program_answers_by_run_and_key(cast, people):
    run, _ = ask(cast)
    answered = commands.answer_by_key(people["reviewer"], run.pk, "question", data={"answer": "red"})
    assert answered.answer == {"answer": "red"}
    assert story.work(run).payload["said"] == {"answer": "red"}


def test_s3_a_wrong_key_is_told_the_right_one_and_resumes_nothing(cast, people):
    run, question = ask(cast)
    with refused(NotFound, run, match="has the key 'other'. Open: question"):
        commands.answer_by_key(people["reviewer"], run.pk, "other", data={"answer": "red"})
    assert story.fresh(run).state == "suspended"
    assert question.is_open


def test_f10_by_key_what_is_not_awaited_is_a_conflict(cast, people):
    run = story.launch(cast)
    with refused(Conflict, run, match="waits for no answer"):
        commands.answer_by_key(people["reviewer"], run.pk, "question", data={})
    run, _ = ask(cast)
    commands.answer_by_key(people["reviewer"], run.pk, "question", data={"answer": "red"})
    with refused(Conflict, run, match="reviewer answered this question already"):
        commands.answer_by_key(people["reviewer"], run.pk, "question", data={"answer": "blue"})


def test_by_key_the_same_rules_hold(cast, people):
    run, question = ask(cast, who={"users": ["reviewer"]})
    with refused(NotAllowed, run, match="put to: reviewer"):
        commands.answer_by_key(people["admin"], run.pk, "question", data={"answer": "x"})
    with refused(NotAllowed, run, match="suspensions:answer"):
        commands.answer_by_key(people["operator"], run.pk, "question", data={"answer": "x"})
    with refused(Stale, run):
        commands.answer_by_key(people["reviewer"], run.pk, "question", data={"answer": "x"}, context_digest="0")
    with refused(Invalid, run, field="answer"):
        commands.answer_by_key(people["reviewer"], run.pk, "question", data={})
    assert question.is_open


@pytest.mark.parametrize(("kind", "said"), [("event", "an event"), ("time", "a time"), ("children", "child runs")])
def test_f10_what_waits_for_no_person_takes_no_persons_answer(cast, people, kind, said):
    run = story.launch(cast)
    question = Suspension(execution=run, position=0, step="x", key="k", kind=kind, title="?", context_digest="d")
    question.save(force_insert=True)
    with refused(Conflict, run, match=f"waits for {said}"):
        commands.answer(people["admin"], question.pk, data={}, context_digest="d")


# The rule for one question and for the whole inbox
def test_a11_the_inbox_and_the_rule_agree_for_everybody(cast, people):
    group = Group.objects.create(name="finance")
    group.permissions.add(Permission.objects.get(codename="answer_suspension"))
    cast.outsider.groups.add(group)
    people["outsider"] = cast.actor("outsider")
    criteria = itertools.product(
        ("", "executions.control_execution"), ("", "reviewer", "finance"), ((), ("reviewer", "outsider")), (False, True)
    )
    for permission, named_group, users, not_launcher in criteria:
        who = {"permission": permission, "group": named_group, "users": users, "not_launcher": not_launcher}
        ask(cast, by="reviewer", who=who)
    ask(cast)
    ask(cast, deadline=0)
    _, voted = ask(cast, "signing", who={"approvals": 2})
    decide(people["reviewer"], voted)
    commands.pause(people["operator"], ask(cast)[0].pk, reason="x")
    commands.cancel(people["admin"], ask(cast)[0].pk, reason="x")
    questions = list(Suspension.objects.select_related("execution"))
    assert len(questions) == 29
    for name, actor in people.items():
        found = set(put_to(answerer_of(actor)).values_list("pk", flat=True)) if name != "operator" else set()
        allowed = {q.pk for q in questions if answer_verdict(q, q.execution, actor).allowed}
        assert found == allowed, name
        assert name == "operator" or found


def test_a11_the_inbox_comes_in_pages_most_urgent_first_then_oldest(cast, people):
    asked = [ask(cast, urgency=urgency)[1].pk for urgency in ("low", "normal", "high", "normal", "high")]
    wanted = [asked[2], asked[4], asked[1], asked[3], asked[0]]
    seen, cursor = [], None
    while True:
        page = list_inbox(answerer_of(people["reviewer"]), cursor=cursor, limit=2)
        seen += [question.pk for question in page.rows]
        cursor = page.next
        if cursor is None:
            break
    assert seen == wanted
    for wrong in ("x", "inbox:9:1", "inbox:1:x"):
        with pytest.raises(Invalid):
            list_inbox(answerer_of(people["reviewer"]), cursor=wrong)


def test_what_is_asked_says_whom_it_is_put_to(cast):
    run, question = ask(cast, who={"group": "finance"})
    opened = next(event for event in story.events(run) if event.kind == "suspension.opened")
    assert json.loads(opened.data)["who"] == question.who == Who(group="finance").as_json()
