"""What the rows should say, kept by plain rules of its own."""

import uuid
from dataclasses import dataclass, field

from executions import Who, Workflow, states
from executions.access import ROLES
from executions.actors import Actor
from executions.authoring.registry import find
from executions.states import Facts, HoldFacts, allowed_commands, state_of

ROUTE = ["step_0", "step_1", "step_2"]
FLOW = "watched"
LABELS = {"team": "red"}
BUDGET = 100
ERRORS = 2
PEOPLE = {
    role: Actor(f"user:{number}", role, role, "api", frozenset(scopes), number, role)
    for number, (role, scopes) in enumerate(ROLES.items(), start=10_001)
}
LAUNCHER = "admin"
CLOCK_RUNS = (states.QUEUED, states.PROCESSING, states.PAUSING)
SLOW, FAST = 0.01, 10_000.0
"""Rates at which a freeze is lifted: a leave every 100 seconds, and always one."""


def flow() -> Workflow:
    """Return the workflow of the walks."""
    found = find(FLOW)
    assert found is not None
    return found


@dataclass
class ModelHold:
    kind: str
    before: str | None = None
    blocks: bool = False
    not_by: int | None = None
    responsible: str = ""
    tree: bool = False
    origin: str | None = None

    def releasable_by(self, actor: Actor) -> bool:
        return states.RELEASE_SCOPE[self.kind] in actor.scopes and actor.user_id != self.not_by


@dataclass
class ModelQuestion:
    kind: str
    position: int
    pass_no: int
    who: Who = field(default_factory=Who)
    awaits: tuple[str, ...] | None = None
    votes: set[int | None] = field(default_factory=set)
    chosen: bool = False
    """Whether it is put to chosen people."""
    approved: bool = False

    def lets_pass(self, actor: Actor) -> bool:
        """Whether this person may pass its step without its being answered."""
        if self.approved or not (self.kind == "approval" or self.chosen):
            return True
        return self.who.approvals == 1 and self.put_to(actor) and actor.can("suspensions:answer")

    def put_to(self, actor: Actor) -> bool:
        launched_it = self.who.not_launcher and actor.name == LAUNCHER
        return not launched_it and (not self.who.users or actor.name in self.who.users)


@dataclass
class ModelCondition:
    kind: str
    hold: str | None = None
    question: str | None = None
    asked: ModelQuestion | None = None
    match: dict = field(default_factory=dict)
    after: int = 0
    outcome: str | None = None
    heard: int | None = None


@dataclass
class ModelFreeze:
    matches: bool
    kind: str
    not_by: int | None
    everything: bool = False
    lifting: int | None = None
    rate: float | None = None
    leave: bool = True
    admitted: int = 0
    open: bool = True

    @property
    def gates(self) -> bool:
        """Whether it stops a run that a worker is on."""
        return self.open and self.matches and self.lifting is None

    def keeps(self, since: int) -> bool:
        """Whether it keeps a run that came to the queue then."""
        return self.open and self.matches and (self.lifting is None or since < self.lifting)


@dataclass
class Run:
    """What is alike for the run and its children."""

    outcome: str | None = None
    cancel: bool = False
    leased: bool = False
    epoch: int = 0
    ahead: list[str] = field(default_factory=lambda: list(ROUTE))
    done: int = 0
    holds: dict[str, ModelHold] = field(default_factory=dict)
    questions: dict[str, ModelQuestion] = field(default_factory=dict)
    since: int | None = None
    """When it came to the queue; None where it is not in it."""

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

    @property
    def over(self) -> bool:
        return self.outcome is not None or self.cancel

    @property
    def over_for_good(self) -> bool:
        return self.outcome in states.TERMINAL or self.cancel

    def in_force(self) -> list[HoldFacts]:
        reached = self.ahead[0] if self.ahead and not self.leased else None
        return [
            HoldFacts(key, hold.kind, "somebody", "x", hold.blocks, hold.not_by)
            for key, hold in self.holds.items()
            if hold.before is None or hold.before == reached
        ]

    def may(self, command: str, actor: Actor) -> str:
        return allowed_commands(self.facts, actor.scopes, self.in_force(), actor.user_id)[command].code

    def request_cancel(self) -> None:
        self.cancel, self.questions = True, {}
        if not self.leased:
            self.outcome = "cancelled"


@dataclass
class Child(Run):
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    key: str = ""


@dataclass
class Model(Run):
    """What the run's row should say, and all that hangs on it."""

    late: bool = False
    attempt: int = 0
    errors: int = 0
    spent: int = 0
    limit: int = BUDGET
    breached: bool = False
    records: set[tuple[int, int, str]] = field(default_factory=set)
    passes: list[int] = field(default_factory=list)
    changes: list[tuple[int | None, dict]] = field(default_factory=list)
    """What steps (by position) and people (None) changed, in order."""
    asked: list[ModelQuestion] = field(default_factory=list)
    """Every question that was ever asked."""
    conditions: dict[str, ModelCondition] = field(default_factory=dict)
    emissions: dict[int, dict] = field(default_factory=dict)
    freezes: dict[str, ModelFreeze] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    forks: list[int] = field(default_factory=list)
    """When each came to the queue, in which it stays."""
    tick: int = 0

    @property
    def payload(self) -> dict:
        return {name: value for _, changes in self.changes for name, value in changes.items()}

    @property
    def frozen(self) -> bool:
        return any(freeze.gates for freeze in self.freezes.values())

    def kept_by(self, run: Run) -> list[ModelFreeze]:
        since = self.tick if run.since is None else run.since
        return [freeze for freeze in self.freezes.values() if freeze.keeps(since)]

    def may_be_claimed(self, run: Run) -> bool:
        if run.outcome is not None or run.leased:
            return False
        return run.cancel or (run.state == states.QUEUED and not self.kept_by(run))

    def drop_lease(self) -> None:
        self.leased = self.late = False

    # What comes to its end takes what hangs on it along

    def overtake(self, hold: str | None = None, question: str | None = None) -> None:
        for condition in self.conditions.values():
            if condition.outcome is None and (
                (hold and condition.hold == hold) or (question and condition.question == question)
            ):
                condition.outcome = "overtaken"

    def close(self, question: str) -> None:
        del self.questions[question]
        self.overtake(question=question)

    def withdraw(self) -> None:
        for question in list(self.questions):
            self.close(question)

    def request_cancel(self) -> None:
        self.withdraw()
        super().request_cancel()
        self.attempt = 0

    def cancel_below(self, kept_by: Actor | None = None) -> None:
        """Cancel the children, but for those that a hold keeps from a rule."""
        for child in self.children.values():
            keeps = [hold for hold in child.holds.values() if hold.blocks]
            if not child.over and not (kept_by is not None and keeps):
                child.request_cancel()

    def holds_others(self, key: str) -> bool:
        return any(hold.origin == key for child in self.children.values() for hold in child.holds.values())

    def holds_below(self, actor: Actor) -> bool:
        """Whether a child is held that may still go on, by a hold which this person may not release."""
        below = [child for child in self.children.values() if child.outcome in (None, states.FAILED)]
        return any(not hold.releasable_by(actor) for child in below for hold in child.holds.values())

    def release(self, key: str) -> None:
        for child in self.children.values():
            if not child.over_for_good:
                child.holds = {held: hold for held, hold in child.holds.items() if hold.origin != key}
        if not self.over_for_good:
            del self.holds[key]
            self.overtake(hold=key)
