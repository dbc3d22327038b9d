"""The vocabulary: states, facts → state, and which commands are allowed now.

This module imports nothing of Django's, and of ours only who has which scope, so that every door can share it.
The database computes the same state in a stored generated column (``models/execution.py``); a test
compares the two over every combination of facts. Source: docs/concepts/states.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from executions.access import lacking

QUEUED = "queued"
PROCESSING = "processing"
PAUSING = "pausing"
PAUSED = "paused"
SUSPENDED = "suspended"
CANCELLING = "cancelling"
SUCCEEDED = "succeeded"
FAILED = "failed"
CANCELLED = "cancelled"

STATES = (QUEUED, PROCESSING, PAUSING, PAUSED, SUSPENDED, CANCELLING, SUCCEEDED, FAILED, CANCELLED)
OUTCOMES = (SUCCEEDED, FAILED, CANCELLED)
LEASED_STATES = (PROCESSING, PAUSING, CANCELLING)
"""States in which a worker may hold a lease."""
TERMINAL = frozenset({SUCCEEDED, CANCELLED})
"""Never left again. A failed run is finished too, but `retry` may take it up."""
FINISHED = frozenset(OUTCOMES)
ACTIVE = tuple(state for state in STATES if state not in FINISHED)

OPERATOR = "operator"
COMPLIANCE = "compliance"
POLICY = "policy"
HOLD_KINDS = (OPERATOR, COMPLIANCE, POLICY)

RELEASE_SCOPE = {OPERATOR: "executions:pause", POLICY: "executions:pause", COMPLIANCE: "holds:release"}
"""What a person needs to lift a hold of each kind."""
OUTLAST_RESUME = tuple(kind for kind, scope in RELEASE_SCOPE.items() if scope != RELEASE_SCOPE[OPERATOR])
"""Kinds of hold that take more to be lifted than a resume does."""
PLACE_SCOPE = {OPERATOR: "executions:pause", COMPLIANCE: "holds:place"}

COMMAND_SCOPE = {
    "pause": "executions:pause",
    "resume": "executions:pause",
    "cancel": "executions:cancel",
    "retry": "executions:control",
    "skip": "executions:control",
    "fork": "executions:control",
    "extend": "executions:control",
    "amend": "executions:amend",
    "label": "executions:label",
    "place": "holds:place",
    "answer": "suspensions:answer",
}
"""The scope each command on an execution asks for."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the execution row stores; the state follows from it.

    Args:
        outcome: one of ``OUTCOMES``, or None while the run has not finished.
        cancel_requested: somebody asked to cancel.
        leased: a worker holds the lease.
        open_holds: number of open holds that are in force now.
        at_breakpoint: the next step has an open "pause before this step" hold.
        open_suspensions: number of questions not answered yet.
    """

    outcome: str | None = None
    cancel_requested: bool = False
    leased: bool = False
    open_holds: int = 0
    at_breakpoint: bool = False
    open_suspensions: int = 0


def state_of(facts: Facts) -> str:
    """Derive the state from the facts: the first line that matches.

    Args:
        facts: the stored facts of one execution.

    Returns:
        One of ``STATES``.
    """
    if facts.outcome:
        return facts.outcome
    if facts.cancel_requested:
        return CANCELLING
    if facts.leased:
        return PAUSING if facts.open_holds else PROCESSING
    if facts.open_holds or facts.at_breakpoint:
        return PAUSED
    if facts.open_suspensions:
        return SUSPENDED
    return QUEUED


def in_short(reason: str) -> str:
    """Return a reason as a sentence among others: its first 120 characters, with a stop at its end."""
    short = reason.strip() if len(reason.strip()) <= 120 else reason.strip()[:119] + "…"
    return short if short.endswith((".", "!", "?", "…")) else f"{short}."


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """What the rules need to know of one hold in force.

    Args:
        id: the hold's id as text.
        kind: one of ``HOLD_KINDS``.
        placed_by: printed name of who placed it.
        reason: why.
        blocks_cancel: only those who may release it may cancel the run.
        not_by_user: the person who may not release it, under dual control.
        since: when it was placed, in words such as ``21 Nov 14:02 UTC``.
    """

    id: str
    kind: str
    placed_by: str
    reason: str
    blocks_cancel: bool = False
    not_by_user: int | None = None
    since: str = ""

    def releasable_by(self, scopes: Iterable[str], user_id: int | None = None) -> bool:
        """Tell whether somebody with these scopes may release this hold.

        Args:
            scopes: what they may do.
            user_id: the person; a token counts as its owner.
        """
        another = self.not_by_user is None or (user_id is not None and user_id != self.not_by_user)
        return RELEASE_SCOPE[self.kind] in scopes and another

    def whose(self) -> str:
        """Say whose hold this is, in a sentence that ends with who can lift it."""
        who = "A reviewer" if self.kind == COMPLIANCE else "Somebody who may pause"
        if self.not_by_user is not None:
            who = f"{who} other than {self.placed_by}"
        since = f" since {self.since}" if self.since else ""
        return f"Held by {self.placed_by} ({self.kind}){since}: {in_short(self.reason)} {who} can release it."


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a command is allowed now, and if not, why.

    Args:
        command: its name.
        allowed: may be given now.
        code: ``ok``, ``permission`` (you may not), ``state`` (the state forbids it) or ``held`` (a hold forbids it).
        why: a sentence for the person who reads it; empty when allowed.
        holds: ids of the holds in the way.
    """

    command: str
    allowed: bool
    code: str = "ok"
    why: str = ""
    holds: tuple[str, ...] = field(default=())


STATE_SENTENCE = {
    QUEUED: "The run is queued.",
    PROCESSING: "A worker is processing the run.",
    PAUSING: "The run is pausing; its current step finishes first.",
    PAUSED: "The run is paused.",
    SUSPENDED: "The run waits for an answer.",
    CANCELLING: "The run is being cancelled.",
    SUCCEEDED: "The run has succeeded.",
    FAILED: "The run has failed.",
    CANCELLED: "The run was cancelled.",
}

ALLOWED_STATES: dict[str, frozenset[str]] = {
    "pause": frozenset({QUEUED, PROCESSING, PAUSING, PAUSED, SUSPENDED}),
    "resume": frozenset({PAUSING, PAUSED}),
    "cancel": frozenset({QUEUED, PROCESSING, PAUSING, PAUSED, SUSPENDED}),
    "retry": frozenset({PAUSED, SUSPENDED, FAILED}),
    "skip": frozenset({PAUSED, SUSPENDED, FAILED}),
    "fork": frozenset(STATES),
    "extend": frozenset({QUEUED, PROCESSING, PAUSING, PAUSED, SUSPENDED}),
    "amend": frozenset({PAUSED, SUSPENDED, FAILED}),
    "label": frozenset(STATES) - TERMINAL,
    "place": frozenset({QUEUED, PROCESSING, PAUSING, PAUSED, SUSPENDED}),
    "answer": frozenset({SUSPENDED, PAUSED}),
}
"""From which states each command is accepted; `answer` also needs an open question."""

STATE_HINT = {
    "pause": "Only a run that has not finished can be paused.",
    "resume": "Only a paused or pausing run can be resumed.",
    "cancel": "Only a run that has not finished can be cancelled.",
    "retry": "A failed run can be retried; pause any other first to send it back.",
    "skip": "Pause the run first: a step is skipped while nothing runs.",
    "fork": "",
    "extend": "Only a run that has not finished can be extended.",
    "amend": "Pause the run first: data is corrected while nothing runs.",
    "label": "A run that has ended for ever keeps its labels.",
    "place": "A hold can only be placed on a run that has not finished.",
    "answer": "There is no open question.",
}
GOES_BACK = frozenset({"retry", "skip", "amend"})
"""Commands that change what a run does next; what has ended for ever has no next step."""
FORK_INSTEAD = "Fork it to go on from one of its boundaries."


def allowed_commands(
    facts: Facts, scopes: Iterable[str], holds: Iterable[HoldFacts] = (), user_id: int | None = None
) -> dict[str, Verdict]:
    """Judge every command for one person on one execution, now.

    The console's buttons, the API's ``allowed`` list and every command itself ask here, so none of them can differ.

    Args:
        facts: the execution's stored facts.
        scopes: what the actor may do (see ``access.SCOPES``).
        holds: the holds in force now, breakpoints reached included.
        user_id: the person who asks, for holds under dual control.

    Returns:
        Command name → verdict, for every command in ``COMMAND_SCOPE``.
    """
    scopes = frozenset(scopes)
    holds = tuple(holds)
    state = state_of(facts)
    mine = frozenset(hold.id for hold in holds if hold.releasable_by(scopes, user_id))
    return {name: _judge(name, facts, state, scopes, holds, mine) for name in COMMAND_SCOPE}


def _judge(
    name: str, facts: Facts, state: str, scopes: frozenset[str], holds: tuple[HoldFacts, ...], mine: frozenset[str]
) -> Verdict:
    if COMMAND_SCOPE[name] not in scopes:
        return Verdict(name, False, "permission", lacking(COMMAND_SCOPE[name]))
    if state not in ALLOWED_STATES[name]:
        hint = FORK_INSTEAD if name in GOES_BACK and state in TERMINAL else STATE_HINT[name]
        return Verdict(name, False, "state", f"{STATE_SENTENCE[state]} {hint}")
    if name == "answer" and not facts.open_suspensions:
        return Verdict(name, False, "state", STATE_HINT[name])
    if name in ("resume", "fork"):
        # A fork takes no holds along, so for whoever may not lift them it would be a way round.
        blocking = tuple(hold for hold in holds if hold.id not in mine)
    elif name == "cancel":
        blocking = tuple(hold for hold in holds if hold.blocks_cancel and hold.id not in mine)
    else:
        blocking = ()
    if blocking:
        return Verdict(name, False, "held", " ".join(hold.whose() for hold in blocking), tuple(h.id for h in blocking))
    return Verdict(name, True)
