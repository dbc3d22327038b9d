"""Questions: asked, answered, voted on, and what comes of their deadlines. Waits are questions nobody may answer."""

import uuid
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from executions import Who, commands
from executions.authoring.flow import Question
from executions.engine import deadlines, settle
from executions.passes import pass_at
from tests.domain import story
from tests.domain.any_order.machine import ANY, WHICH, WHO, Walk
from tests.domain.any_order.model import PEOPLE, ROUTE, ModelCondition, ModelQuestion
from tests.domain.any_order.people import EVENT

HOUR = timedelta(hours=1)
LATE: dict[str, dict] = {
    "fail": {},
    "default": {"on_deadline": "default", "default": {"a": 0}},
    "escalate": {"on_deadline": "escalate", "escalate": {"who": Who().as_json(), "seconds": 60}},
    "cancel": {"on_deadline": "cancel"},
}
"""What is agreed for the deadline of a question."""
PUT_TO = {
    "anybody": Who(),
    "two": Who(approvals=2),
    "another": Who(not_launcher=True),
    "reviewer": Who(users=("reviewer",)),
}
APPROVAL = {"kind": "approval", "form": "executions.approvals:ApprovalForm"}
WAITS: dict[str, dict] = {
    "time": {"kind": "time", "wake_in": HOUR},
    "event": {"kind": "event", "event": EVENT},
    "match": {"kind": "event", "event": EVENT, "match": {"order": 1}, "deadline": HOUR},
    "children": {"kind": "children"},
    "first child": {"kind": "children"},
}
APPROVE, REJECT = {"decision": "approve"}, {"decision": "reject", "reason": "no"}


class Questions(Walk):
    """Ask, approve, wait, answer, and let deadlines pass."""

    def _ask(self, which: int, question: Question | None, who: Who | None = None) -> None:
        model = self.model
        at = model.done
        if not model.ahead:
            return
        if not self._settle(which, lambda lease: settle.suspended(lease, story.WORKER, question, ROUTE[at], at)):
            return
        if question is None or model.cancel:
            return
        asked = self.run.suspensions.get(key=question.key)
        pass_no = pass_at(model.passes, at)
        found = ModelQuestion(question.kind, at, pass_no, who or Who(), question.awaits)
        found.chosen = question.who is not None
        model.questions[str(asked.pk)] = found
        model.asked.append(found)
        for each in asked.conditions.all():
            model.conditions[str(each.pk)] = ModelCondition(
                each.kind, question=str(asked.pk), asked=found, match=each.match
            )

    @rule(which=WHICH, old=st.booleans(), late=ANY(sorted(LATE)))
    def suspend(self, which: int, old: bool, late: str) -> None:
        question = Question(uuid.uuid4().hex, "A question", deadline=HOUR, format="json", **LATE[late])
        self._ask(which, None if old else question)

    @rule(which=WHICH, to=ANY(sorted(PUT_TO)), late=ANY(["fail", "escalate", "cancel"]))
    def approval(self, which: int, to: str, late: str) -> None:
        who = PUT_TO[to]
        asked = {**APPROVAL, **LATE[late], "deadline": HOUR, "who": who.as_json()}
        self._ask(which, Question(uuid.uuid4().hex, "May it?", **asked), who)

    @rule(which=WHICH, wait=ANY(sorted(WAITS)))
    def wait(self, which: int, wait: str) -> None:
        asked = {"format": "json", **WAITS[wait]}
        if wait == "first child":
            if not self.model.children:
                return
            asked["awaits"] = (min(child.key for child in self.model.children.values()),)
        self._ask(which, Question(uuid.uuid4().hex, "A wait", **asked))

    def _code_of_an_answer(self, asked: ModelQuestion, who: str) -> str:
        actor = PEOPLE[who]
        code = self.model.may("answer", actor)
        if code != "permission" and asked.kind not in ("input", "approval"):
            return "state"
        if code != "ok":
            return code
        if not asked.put_to(actor):
            return "permission"
        return "state" if asked.who.approvals > 1 and actor.user_id in asked.votes else "ok"

    @precondition(lambda self: self.model.questions)
    @rule(who=WHO, yes=ANY([True, True, False]))
    def answer(self, who: str, yes: bool) -> None:
        model, actor = self.model, PEOPLE[who]
        key, asked = next(iter(model.questions.items()))
        question = self.run.suspensions.get(pk=key)
        data = {"a": 1} if asked.kind != "approval" else APPROVE if yes else REJECT
        answered = self._try(
            "answer",
            actor,
            lambda: commands.answer(actor, key, data=data, context_digest=question.context_digest),
            code=self._code_of_an_answer(asked, who),
        )
        if not answered:
            return
        if yes and asked.who.approvals > len(asked.votes) + 1:
            asked.votes.add(actor.user_id)
            assert answered.is_open
        else:
            assert answered.outcome == "answered"
            asked.approved = yes and asked.kind == "approval"
            model.close(key)

    @precondition(lambda self: self.model.questions)
    @rule(on_time=ANY([True, True, False]))
    def deadline(self, on_time: bool) -> None:
        model = self.model
        key, asked = next(iter(model.questions.items()))
        question = self.run.suspensions.get(pk=key)
        if question.deadline is None:
            return
        if not on_time:  # a sweeper that saw another deadline
            before = story.snapshot(self.run)
            deadlines.expire(key, str(self.run.pk), question.deadline - HOUR)
            assert story.snapshot(self.run) == before
            return
        deadlines.expire(key, str(self.run.pk), question.deadline)
        if question.on_deadline == "escalate" and question.escalated_at is None:
            assert self.run.suspensions.get(pk=key).escalated_at is not None
            asked.who, asked.chosen = Who(), True
        elif question.on_deadline != "cancel":
            model.close(key)
        elif not any(hold.blocks_cancel for hold in model.in_force()):
            model.close(key)
            model.request_cancel()
            model.cancel_below(deadlines.POLICY)
