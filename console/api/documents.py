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
    kind: str = Field(description="`operator`, `compliance` or `policy`.")
    reason: str
    reason_code: str = Field(description="A word for statistics.")
    ticket: str = Field(description="Link or number of the case elsewhere.")
    before_step: str | None = Field(description="In force only when this step is next.")
    blocks_cancel: bool = Field(description="Those who may not release it may not cancel the run.")
    dual_control: bool = Field(description="Whoever placed it may not release it.")
    responsible: str = Field(description="Who looks after it now; a hand-over changes it.")
    scope: str = Field(description="`this` run, or the `tree` of its children too.")
    spread_from: uuid.UUID | None = Field(description="The hold on a run above that spread to this one.")
    review_by: Moment | None = Field(description="When somebody must look at it again.")
    overdue: bool = Field(description="It is open and `review_by` has passed.")
    placed_by: Person
    placed_via: str = Field(description="The door: console, api, cli, webhook, engine.")
    placed_at: Moment
    released_by: Person | None
    released_via: str | None
    released_at: Moment | None
    release_reason: str
    conditions: list[ConditionOut] = Field(description="What releases it by itself.")
    notes: list[NoteOut]


class FreezeOut(Schema):
    """A freeze: which runs it stops, who placed it and why; how it is being, or was, lifted."""

    id: uuid.UUID
    kind: str
    workflow: str | None = Field(description="Every workflow where null.")
    labels: dict[str, str] = Field(description="A run must carry all of these.")
    everything: bool
    reason: str
    reason_code: str
    ticket: str
    dual_control: bool = Field(description="Whoever placed it may not lift it.")
    review_by: Moment | None
    placed_by: Person
    placed_via: str
    placed_at: Moment
    lifting_since: Moment | None
    lift_rate: float | None = Field(description="Runs per second while it is being lifted.")
    admitted: int = Field(description="Runs let go while it is being lifted.")
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
    position: int = Field(description="In the route, from 0.")
    finished_at: Moment | None
    ms: float | None = Field(description="How long it took, in milliseconds.")


class Standing(Schema):
    """How a run stands after a command, and what you may do next."""

    id: uuid.UUID
    state: str
    state_since: Moment
    version: int = Field(description="Grows with every change; for `If-Match`.")
    next_step: str | None
    allowed: list[str] = Field(description="Commands you may give now.")


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
    version: int = Field(description="Grows with every change; for `If-Match`.")
    labels: dict[str, str]
    priority: int = Field(description="0 to 9; 9 goes first.")
    launched_by: Person
    created_at: Moment
    finished_at: Moment | None
    not_before: Moment | None = Field(description="It starts no earlier.")
    steps_done: int = Field(description="Boundaries passed.")
    steps_total: int
    next_step: str | None = Field(description="Name of the step that runs next.")
    progress: Any = Field(description="`done`, `total` and `note`, told by the step.")
    open_suspensions: int
    parent: uuid.UUID | None = Field(description="The run whose step launched it.")
    parent_key: str | None = Field(description="What its parent calls it.")
    forked_from: uuid.UUID | None = Field(description="The run that it was forked from.")
    forked_at: int | None = Field(description="Line of that run's history it begins after.")
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

    counts: dict[str, int] = Field(description="Runs by state.")
    unfinished: int
    quiescent: bool = Field(description="No worker is on any of them.")
    draining: list[DrainingOut]


class RunOut(RunSummary):
    """A run with all there is to know and what you may do.

    ``holds``, ``suspensions`` and ``freezes`` are all there were, the open ones first.
    """

    facts: dict[str, Any]
    tree: TreeOut
    allowed: list[str] = Field(description="Commands you may give now.")
    commands: dict[str, VerdictOut] = Field(description="Every command, and why one is not allowed.")
    next_input: Any = Field(description="What the next step would get.")
    payload: Any
    error: Any = Field(description="`type`, `message`, `traceback` and `step` of the last failure.")
    errors: int = Field(description="Errors since the error threshold last held it.")
    sla: SlaOut | None
    budgets: list[BudgetOut]
    resumed: Any = Field(description="`trigger`, `data`, `context` and `actor` of the last resume.")
    steps: list[StepOut]
    suspensions: list[SuspensionOut]
    files: list[FileOut]
