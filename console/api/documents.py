"""What comes out: the documents the API answers with."""

import uuid
from typing import Any

from ninja import Field, Schema

from console.api.limits import BudgetOut, SlaOut
from console.api.parts import ConditionOut, Moment, Person, VerdictOut
from console.api.question_documents import SuspensionOut

SIGNING = "What calls of the webhook are to be signed with, where it takes signed calls only; shown this once."


class NoteOut(Schema):
    """A note on a hold."""

    id: int
    text: str
    author: Person
    via: str
    at: Moment


class HoldOut(Schema):
    """A hold: who, when, why, until what; released by whom and why."""

    id: uuid.UUID
    execution: uuid.UUID
    kind: str
    reason: str
    reason_code: str
    ticket: str
    before_step: str | None
    blocks_cancel: bool
    dual_control: bool
    responsible: str
    scope: str
    spread_from: uuid.UUID | None
    review_by: Moment | None
    overdue: bool
    placed_by: Person
    placed_via: str
    placed_at: Moment
    released_by: Person | None
    released_via: str | None
    released_at: Moment | None
    release_reason: str
    conditions: list[ConditionOut]
    notes: list[NoteOut]


class FreezeOut(Schema):
    """A freeze: which runs it stops, who placed it and why; how it is being, or was, lifted."""

    id: uuid.UUID
    kind: str
    workflow: str | None
    labels: dict[str, str]
    everything: bool
    reason: str
    reason_code: str
    ticket: str
    dual_control: bool
    review_by: Moment | None
    placed_by: Person
    placed_via: str
    placed_at: Moment
    lifting_since: Moment | None
    lift_rate: float | None
    admitted: int
    released_by: Person | None
    released_via: str | None
    release_reason: str
    lifted_at: Moment | None


class CountOut(Schema):
    """How many, exact up to a cap; ``capped`` where there are more."""

    number: int
    capped: bool


class FreezePreview(Schema):
    """What a freeze would stop now; runs launched later are covered as well."""

    running: CountOut
    queued: CountOut
    waiting: CountOut
    known: bool


class FileVersionOut(Schema):
    """One version of a file."""

    version: int
    size: int
    sha256: str
    uploaded_by: Person
    uploaded_at: Moment
    reason: str


class FileOut(Schema):
    """A file of a run; the first version listed is the one in use."""

    name: str
    href: str
    versions: list[FileVersionOut]


class StepOut(Schema):
    """A step of a run: finished, running, next or ahead."""

    name: str
    title: str
    status: str
    position: int
    finished_at: Moment | None
    ms: float | None


class Standing(Schema):
    """How a run stands after a command, and what you may do next."""

    id: uuid.UUID
    state: str
    state_since: Moment
    version: int
    next_step: str | None
    allowed: list[str]


class Paused(Standing):
    """How a run stands after a pause, the hold that keeps it, and its webhook's token, which is shown this once."""

    hold: HoldOut
    resume_token: str | None
    signing_secret: str | None = Field(description=SIGNING)


class HoldPlaced(HoldOut):
    """A hold that was just placed, and its webhook's token, which is shown this once."""

    resume_token: str | None
    signing_secret: str | None = Field(description=SIGNING)


class RunSummary(Schema):
    """A run in a list."""

    id: uuid.UUID
    workflow: str
    title: str
    state: str
    state_since: Moment
    version: int
    labels: dict[str, str]
    priority: int
    launched_by: Person
    created_at: Moment
    finished_at: Moment | None
    not_before: Moment | None
    steps_done: int
    steps_total: int
    next_step: str | None
    progress: Any
    open_suspensions: int
    parent: uuid.UUID | None
    parent_key: str | None
    forked_from: uuid.UUID | None
    forked_at: int | None
    holds: list[HoldOut]
    freezes: list[FreezeOut]


class DrainingOut(Schema):
    """A run of a tree that a worker is on."""

    id: uuid.UUID
    title: str
    state: str
    step: str | None
    worker: str


class TreeOut(Schema):
    """What is below a run, at any depth, and what of its tree, itself included, a worker is on."""

    counts: dict[str, int]
    unfinished: int
    quiescent: bool
    draining: list[DrainingOut]


class RunOut(RunSummary):
    """A run with all there is to know and what you may do.

    ``holds``, ``suspensions`` and ``freezes`` are all there were, the open ones first.
    """

    facts: dict[str, Any]
    tree: TreeOut
    allowed: list[str]
    commands: dict[str, VerdictOut]
    next_input: Any
    payload: Any
    error: Any
    errors: int
    sla: SlaOut | None
    budgets: list[BudgetOut]
    resumed: Any
    steps: list[StepOut]
    suspensions: list[SuspensionOut]
    files: list[FileOut]
