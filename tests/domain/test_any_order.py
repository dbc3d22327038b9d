"""Commands and engine statements in any order, against a model of the facts.

``HOLDPOINT_MODEL_EXAMPLES`` and ``HOLDPOINT_MODEL_STEPS`` make the search larger than a daily test needs.
"""

# Both outcomes of a try are checked, and a guard stands apart from what it guards.
# ruff: noqa: PT017, SIM102

import os
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from executions import Who, commands, states
from executions.access import ROLES
from executions.actors import Actor
from executions.authoring.flow import LeaseLost, Question
from executions.authoring.step import Step
from executions.commands.base import verdicts
from executions.engine import deadlines, settle
from executions.engine.leases import Lease
from executions.errors import Conflict, NotAllowed, Refused
from executions.models import Execution
from executions.passes import pass_at
from executions.queries.boundaries import state_at
from executions.states import Facts, HoldFacts, allowed_commands, state_of
from tests.domain import story

ROUTE = ["step_0", "step_1", "step_2"]
PEOPLE = {
    role: Actor(f"user:{role}", role, role, "api", frozenset(scopes), number, role)
    for number, (role, scopes) in enumerate(ROLES.items(), start=10_001)
}
HOUR = timedelta(hours=1)
LATE: dict[str, dict] = {
    "fail": {},
    "default": {"on_deadline": "default", "default": {"a": 0}},
    "escalate": {"on_deadline": "escalate", "escalate": {"who": Who().as_json(), "seconds": 60}},
    "cancel": {"on_deadline": "cancel"},
}
"""What is agreed for the deadline of a question."""
CLOCK_RUNS = (states.QUEUED, states.PROCESSING, states.PAUSING)
WORKERS = [story.WORKER, story.OTHER_WORKER]
PLAIN = Step("step", lambda ctx, payload: None)
STUBBORN = Step("step", lambda ctx, payload: None, on_error="hold")
PATIENT = Step("step", lambda ctx, payload: None, retries=1, backoff=0.0)
ANY = st.sampled_from
WHICH = ANY([0, 0, 0, 1, 2])
"""Which lease a worker thinks it holds: the newest, or one of long ago."""
REACHED: Counter[str] = Counter()
"""States that the walks went through: a search that never gets anywhere proves nothing."""


STARTS = ("queued", "pausing", "cancelling", "failed", "suspended", "last step")
"""Walks begin everywhere: by chance alone, those of this length would hardly reach some states."""


@dataclass
class ModelHold:
    kind: str
    before: str | None = None
    blocks: bool = False
    not_by: int | None = None
    responsible: str = ""


@dataclass
class Model:
    """What the row should say."""

    outcome: str | None = None
    cancel: bool = False
    epoch: int = 0
    leased: bool = False
    late: bool = False
    ahead: list[str] = field(default_factory=lambda: list(ROUTE))
    done: int = 0
    attempt: int = 0
    holds: dict[str, ModelHold] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    records: set[tuple[int, int, str]] = field(default_factory=set)
    passes: list[int] = field(default_factory=list)
    changes: list[tuple[int | None, dict]] = field(default_factory=list)
    """What steps (by position) and people (None) changed, in order."""

    @property
    def payload(self) -> dict:
        return {name: value for _, changes in self.changes for name, value in changes.items()}

    @property
    def plain_holds(self) -> int:
        return sum(hold.before is None for hold in self.holds.values())

    @property
    def facts(self) -> Facts:
        point = bool(self.ahead) and any(hold.before == self.ahead[0] for hold in self.holds.values())
        return Facts(self.outcome, self.cancel, self.leased, self.plain_holds, point, len(self.questions))

    @property
    def state(self) -> str:
        return state_of(self.facts)

    def in_force(self) -> list[HoldFacts]:
        reached = self.ahead[0] if self.ahead and not self.leased else None
        return [
            HoldFacts(key, hold.kind, "somebody", "x", hold.blocks, hold.not_by)
            for key, hold in self.holds.items()
            if hold.before is None or hold.before == reached
        ]

    def may(self, command: str, actor: Actor) -> str:
        return allowed_commands(self.facts, actor.scopes, self.in_force(), actor.user_id)[command].code

    def may_release(self, key: str, actor: Actor) -> bool:
        hold = self.holds[key]
        return states.RELEASE_SCOPE[hold.kind] in actor.scopes and actor.user_id != hold.not_by

    def drop_lease(self) -> None:
        self.leased = self.late = False


class AnyOrder(RuleBasedStateMachine):
    """One run, five people, two workers, and a sweeper."""

    start = STARTS[0]

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.model = Model()
        self.epochs = [0]
        self.last_epoch = 0

    def teardown(self) -> None:
        if hasattr(self, "run"):
            assert story.bad_line(self.run.pk) is None
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def launch(self) -> None:
        start = self.start
        for role, actor in PEOPLE.items():
            person, _ = User.objects.get_or_create(username=role)
            person.groups.set([Group.objects.get(name=role)])
            assert actor.person == person.username
        self.run = commands.launch(PEOPLE["admin"], "noop")
        story.execute("UPDATE executions_execution SET sla_left = 3600 WHERE id = %s", [self.run.pk])
        if start == "queued":
            return
        self.claim(story.WORKER, late=False)
        if start == "pausing":
            self.pause("admin", before=None)
        elif start == "cancelling":
            self.cancel("admin", sure=0)
        elif start == "failed":
            self.fail(0, PLAIN)
        elif start == "suspended":
            self.suspend(0, old=False, late="fail")
        else:
            for _ in ROUTE[1:]:
                self.boundary(0, stop=False, value=None, skew=0)

    # People

    def _try(self, name: str, actor: Actor, act, *, code: str | None = None) -> object | None:
        """Give a command; it must be carried out or refused exactly as the rules say."""
        code = self.model.may(name, actor) if code is None else code
        before = story.snapshot(self.run)
        denied = story.kinds(self.run).count("command.denied")
        try:
            with transaction.atomic():
                result = act()
        except Refused as refusal:
            assert code != "ok", (name, actor.name, refusal)
            assert type(refusal) is (NotAllowed if code == "permission" else Conflict)
            assert story.snapshot(self.run) == before
            # The refusal was recorded inside the savepoint that its exception has undone; record it again by itself.
            commands.base.record_denial(actor, name, refusal)
            assert story.kinds(self.run).count("command.denied") == denied + 1
            return None
        assert code == "ok", (name, actor.name, code)
        return result

    @rule(who=ANY(sorted(PEOPLE)), before=ANY([None, *ROUTE]))
    def pause(self, who: str, before: str | None) -> None:
        model, actor = self.model, PEOPLE[who]
        if before is not None and (before not in model.ahead or (model.leased and before == model.ahead[0])):
            before = None
        hold = self._try(
            "pause", actor, lambda: commands.pause(actor, self.run.pk, reason="because", before_step=before)
        )
        if hold:
            model.holds[str(hold.pk)] = ModelHold(states.OPERATOR, before, responsible=who)

    @rule(who=ANY(sorted(PEOPLE)), blocks=st.booleans(), dual=st.booleans())
    def place(self, who: str, blocks: bool, dual: bool) -> None:
        actor = PEOPLE[who]
        hold = self._try(
            "place",
            actor,
            lambda: commands.place(actor, self.run.pk, reason="case", blocks_cancel=blocks, dual_control=dual),
        )
        if hold:
            not_by = actor.user_id if dual else None
            self.model.holds[str(hold.pk)] = ModelHold(states.COMPLIANCE, None, blocks, not_by, who)

    @rule(who=ANY(sorted(PEOPLE)))
    def resume(self, who: str) -> None:
        model, actor = self.model, PEOPLE[who]
        released = [hold.id for hold in model.in_force()]
        if self._try("resume", actor, lambda: commands.resume(actor, self.run.pk)):
            for key in released:
                del model.holds[key]

    @precondition(lambda self: self.model.holds)
    @rule(who=ANY(sorted(PEOPLE)), data=st.data())
    def release(self, who: str, data: st.DataObject) -> None:
        model, actor = self.model, PEOPLE[who]
        key = data.draw(ANY(sorted(model.holds)))
        may = model.may_release(key, actor)
        over = model.outcome is not None or model.cancel
        code = "permission" if not may else "state" if over else "ok"
        if self._try("release", actor, lambda: commands.release(actor, key, reason="fine"), code=code):
            del model.holds[key]

    @rule(who=ANY(sorted(PEOPLE)), sure=st.integers(0, 3))
    def cancel(self, who: str, sure: int) -> None:
        model, actor = self.model, PEOPLE[who]
        if sure and model.may("cancel", actor) == "ok":
            return  # or hardly a run would live to see its third step
        if self._try("cancel", actor, lambda: commands.cancel(actor, self.run.pk, reason="enough")):
            model.cancel, model.questions, model.attempt = True, [], 0
            if not model.leased:
                model.outcome = "cancelled"

    @precondition(lambda self: self.model.holds)
    @rule(who=ANY(sorted(PEOPLE)), to=ANY(["reviewer", "admin"]), data=st.data())
    def hand_over(self, who: str, to: str, data: st.DataObject) -> None:
        model, actor = self.model, PEOPLE[who]
        key = data.draw(ANY(sorted(model.holds)))
        if model.holds[key].responsible == to:
            return
        may = model.may_release(key, actor) or model.holds[key].responsible == who
        over = model.outcome is not None or model.cancel
        code = "permission" if not may else "state" if over else "ok"
        if self._try("hand over", actor, lambda: commands.hand_over(actor, key, to=to, reason="away"), code=code):
            model.holds[key].responsible = to

    @rule(who=ANY(sorted(PEOPLE)))
    def retry(self, who: str) -> None:
        actor = PEOPLE[who]
        code = self.model.may("retry", actor)
        code = "state" if code == "ok" and self.model.outcome != "failed" else code
        if self._try("retry", actor, lambda: commands.retry(actor, self.run.pk, reason="again"), code=code):
            self.model.outcome, self.model.attempt = None, 0

    @rule(who=ANY(sorted(PEOPLE)), back=st.integers(0, 3), again=st.booleans())
    def send_back(self, who: str, back: int, again: bool) -> None:
        model, actor = self.model, PEOPLE[who]
        position = max(model.done - back, 0)
        if position == len(ROUTE):
            return  # nothing ran there, and nothing will
        if self._try(
            "retry", actor, lambda: commands.retry(actor, self.run.pk, position=position, again=again, reason="again")
        ):
            model.outcome, model.attempt, model.questions = None, 0, []
            model.done, model.ahead = position, ROUTE[position:]
            model.changes = [(by, changes) for by, changes in model.changes if by is None or by < position]
            if again:
                model.passes.append(position)

    @rule(who=ANY(sorted(PEOPLE)), value=st.none() | st.integers(0, 9))
    def skip(self, who: str, value: int | None) -> None:
        model, actor = self.model, PEOPLE[who]
        code = model.may("skip", actor)
        code = "state" if code == "ok" and not model.ahead else code
        result = {} if value is None else {"s": value}
        if self._try("skip", actor, lambda: commands.skip(actor, self.run.pk, result=result, reason="x"), code=code):
            model.changes.append((model.done, result))
            model.outcome, model.attempt, model.questions = None, 0, []
            model.done, model.ahead = model.done + 1, model.ahead[1:]

    @rule(who=ANY(sorted(PEOPLE)))
    def fork(self, who: str) -> None:
        model, actor = self.model, PEOPLE[who]
        code = model.may("fork", actor)
        if code == "ok" and not model.ahead:
            return
        row = Execution.objects.filter(pk=self.run.pk).values().get()
        fork = self._try("fork", actor, lambda: commands.fork(actor, self.run.pk, reason="what if"), code=code)
        if fork:
            assert (fork.payload, fork.ahead, fork.state) == (model.payload, model.ahead, states.QUEUED)
            assert Execution.objects.filter(pk=self.run.pk).values().get() == row
            assert story.bad_line(fork.pk) is None

    @rule(who=ANY(sorted(PEOPLE)), value=st.integers(0, 9))
    def amend(self, who: str, value: int) -> None:
        actor = PEOPLE[who]
        if self._try(
            "amend", actor, lambda: commands.amend_payload(actor, self.run.pk, changes={"v": value}, reason="typo")
        ):
            self.model.changes.append((None, {"v": value}))

    @precondition(lambda self: self.model.questions)
    @rule(who=ANY(sorted(PEOPLE)))
    def answer(self, who: str) -> None:
        model, actor = self.model, PEOPLE[who]
        question = self.run.suspensions.get(pk=model.questions[0])
        if self._try(
            "answer",
            actor,
            lambda: commands.answer(actor, question.pk, data={"a": 1}, context_digest=question.context_digest),
        ):
            model.questions.pop(0)

    @precondition(lambda self: self.model.questions)
    @rule(on_time=st.booleans())
    def deadline(self, on_time: bool) -> None:
        model = self.model
        question = self.run.suspensions.get(pk=model.questions[0])
        if not on_time:  # a sweeper that saw another deadline
            before = story.snapshot(self.run)
            deadlines.expire(str(question.pk), str(self.run.pk), question.deadline - HOUR)
            assert story.snapshot(self.run) == before
            return
        deadlines.expire(str(question.pk), str(self.run.pk), question.deadline)
        if question.on_deadline == "escalate" and question.escalated_at is None:
            assert self.run.suspensions.get(pk=question.pk).escalated_at is not None
        elif question.on_deadline != "cancel":
            model.questions.pop(0)
        elif not any(hold.blocks_cancel for hold in model.in_force()):
            model.cancel, model.questions, model.attempt = True, [], 0
            if not model.leased:
                model.outcome = "cancelled"

    # Workers, with the epoch of their lease or with one of long ago

    @rule(worker=ANY(WORKERS), late=st.booleans())
    def claim(self, worker: Actor, late: bool) -> None:
        model = self.model
        free = model.outcome is None and not model.leased and model.state in (states.QUEUED, states.CANCELLING)
        claimed = story.claim(self.run, worker, lease=-1 if late else 60)
        assert (claimed is not None) is free
        if claimed:
            model.epoch += 1
            model.leased, model.late = True, late
            assert claimed.epoch == model.epoch
            assert list(claimed.ahead) == model.ahead
            self.epochs.append(model.epoch)

    def _lease(self, which: int) -> tuple[int, bool]:
        """Return an epoch, and whether the database should take writes under it."""
        epoch = self.epochs[-1 - which % len(self.epochs)]
        return epoch, epoch == self.model.epoch and self.model.leased and self.model.outcome is None

    @rule(which=WHICH, stop=st.booleans(), value=st.none() | st.integers(0, 9), skew=ANY([0, 0, 0, 1]))
    def boundary(self, which: int, stop: bool, value: int | None, skew: int) -> None:
        model = self.model
        epoch, fresh = self._lease(which)
        if not model.ahead:
            return
        ahead = model.ahead[1:]
        changes = None if value is None else {"w": value}
        state = story.boundary(self.run, epoch, model.done + skew, ahead, changes=changes, stop=stop)
        assert (state is not None) is (fresh and not model.cancel and skew == 0)
        if state is None:
            return
        model.done, model.ahead, model.attempt = model.done + 1, ahead, 0
        model.changes.append((model.done - 1, changes or {}))
        if not ahead and not model.plain_holds:
            model.outcome = "succeeded"
        at_point = bool(ahead) and any(hold.before == ahead[0] for hold in model.holds.values())
        if stop or model.plain_holds or not ahead or at_point:
            model.drop_lease()
        model.late = False
        assert state == model.state

    @rule()
    def carry_on(self) -> None:
        """Do what a healthy worker would, so that runs come to an end too."""
        if not self.model.leased:
            self.claim(story.WORKER, late=False)
        if self.model.leased and not self.model.ahead:
            self.finish(0)
        elif self.model.leased and self.model.cancel:
            self.clean_up(0)
        else:
            self.boundary(0, stop=False, value=None, skew=0)

    @rule(which=WHICH)
    def finish(self, which: int) -> None:
        model = self.model
        epoch, fresh = self._lease(which)
        state = story.finish(self.run, epoch)
        assert (state is not None) is (fresh and not model.cancel and not model.ahead)
        if state is not None:
            if not model.plain_holds:
                model.outcome = "succeeded"
            model.drop_lease()
            assert state == model.state

    @rule(which=WHICH)
    def give_back(self, which: int) -> None:
        epoch, fresh = self._lease(which)
        state = story.give_back(self.run, epoch)
        assert (state is not None) is fresh
        if fresh:
            self.model.drop_lease()
            assert state == self.model.state

    @rule(which=WHICH)
    def heartbeat(self, which: int) -> None:
        epoch, fresh = self._lease(which)
        told = story.heartbeat(self.run, epoch)
        assert (told is not None) is fresh
        if told:
            self.model.late = False
            assert (told.open_holds, told.cancelling) == (self.model.plain_holds, self.model.cancel)

    @rule(which=WHICH, key=ANY(["once:a", "once:b"]))
    def record(self, which: int, key: str) -> None:
        model = self.model
        epoch, fresh = self._lease(which)
        taken = story.record(self.run, epoch, key, position=model.done)
        place = (model.done, pass_at(model.passes, model.done), key)
        assert taken is (fresh and place not in model.records)
        if taken:
            model.records.add(place)

    @rule()
    def expire(self) -> None:
        model = self.model
        expired = str(self.run.pk) in story.expire()
        assert expired is (model.leased and model.late)
        if expired:
            model.epoch += 1
            model.drop_lease()

    def _settle(self, which: int, act) -> bool:
        epoch, fresh = self._lease(which)
        lease = Lease(str(self.run.pk))
        lease.epoch = epoch
        before = story.snapshot(self.run)
        try:
            act(lease)
        except LeaseLost:
            assert not fresh
            assert story.snapshot(self.run) == before
            return False
        assert fresh
        self.model.drop_lease()
        return True

    @rule(which=WHICH, old=st.booleans(), late=ANY(sorted(LATE)))
    def suspend(self, which: int, old: bool, late: str) -> None:
        model = self.model
        question = None if old else Question(uuid.uuid4().hex, "A question", deadline=HOUR, format="json", **LATE[late])
        if self._settle(which, lambda lease: settle.suspended(lease, story.WORKER, question, "step", model.done)):
            if question and not model.cancel:
                model.questions.append(str(self.run.suspensions.get(key=question.key).pk))

    @rule(which=WHICH, step=ANY([PLAIN, STUBBORN, PATIENT]))
    def fail(self, which: int, step: Step) -> None:
        model = self.model
        error = ValueError("as drawn")
        if not self._settle(which, lambda lease: settle.step_failed(lease, story.WORKER, step, model.done, error)):
            return
        if model.cancel:
            return
        if model.attempt + 1 <= step.retries:
            model.attempt += 1
        elif step is STUBBORN:
            model.attempt = 0
            hold = self.run.holds.filter(kind=states.POLICY).latest("placed_at", "id")
            model.holds[str(hold.pk)] = ModelHold(states.POLICY)
        else:
            model.outcome = "failed"
            model.attempt += 1

    @rule(which=WHICH)
    def clean_up(self, which: int) -> None:
        _, fresh = self._lease(which)
        if fresh and not self.model.cancel:
            return  # a worker cleans up only what was cancelled
        if self._settle(which, lambda lease: settle.cleaned_up(lease, story.WORKER, ran=True)):
            self.model.outcome = "cancelled"

    # What is always true

    @invariant()
    def the_row_is_as_the_model_says(self) -> None:
        if not hasattr(self, "run"):
            return
        model, run = self.model, story.fresh(self.run)
        assert run.state == state_of(run.facts) == model.state
        assert (run.outcome, run.ahead, run.steps_done, run.epoch) == (
            model.outcome,
            model.ahead,
            model.done,
            model.epoch,
        )
        assert (run.lease_until is not None, run.cancel_requested_at is not None) == (model.leased, model.cancel)
        assert (run.payload, run.attempt) == (model.payload, model.attempt)
        then = state_at(run)
        assert (then.payload, then.ahead, then.position) == (model.payload, model.ahead, model.done)
        assert run.epoch >= self.last_epoch  # invariant 3: it only grows
        self.last_epoch = run.epoch
        REACHED[run.state] += 1
        assert (run.sla_due is not None) == (run.state in CLOCK_RUNS)
        self._counters_are_true(run)
        for actor in PEOPLE.values():
            said = {name: its.code for name, its in verdicts(run, actor).items()}
            assert said == {name: model.may(name, actor) for name in said}

    def _counters_are_true(self, run: Execution) -> None:
        holds = list(run.holds.filter(released_at__isnull=True))
        said = {key: hold.responsible for key, hold in self.model.holds.items()}
        assert {str(hold.pk): hold.responsible for hold in holds} == said
        assert run.open_holds == sum(hold.before_step is None for hold in holds) == self.model.plain_holds
        assert sorted(run.breakpoints) == sorted(hold.before_step for hold in holds if hold.before_step)
        assert run.open_suspensions == run.suspensions.filter(closed_at__isnull=True).count()


@pytest.mark.usefixtures("db")
def test_invariants_1_3_5_6_8_hold_in_any_order_of_commands_and_statements():
    for start in STARTS:
        run_state_machine_as_test(
            type("AnyOrder", (AnyOrder,), {"start": start}),
            settings=settings(
                max_examples=int(os.environ.get("HOLDPOINT_MODEL_EXAMPLES", "60")) // len(STARTS),
                stateful_step_count=int(os.environ.get("HOLDPOINT_MODEL_STEPS", "50")),
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=(Phase.explicit, Phase.generate, Phase.target, Phase.shrink),
                derandomize="HOLDPOINT_MODEL_EXAMPLES" not in os.environ,
                database=None,
            ),
        )
    assert set(REACHED) == set(states.STATES), REACHED
