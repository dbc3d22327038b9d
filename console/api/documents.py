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

    id: int = Field(description="Of the note.")
    text: str = Field(description="What it says.")
    author: Person = Field(description="Who wrote it.")
    via: str = Field(description="Through which door.")
    at: Moment = Field(description="When.")


class HoldOut(Schema):
    """A hold: who, when, why, until what; released by whom and why."""

    id: uuid.UUID = Field(description="Of the hold.")
    execution: uuid.UUID = Field(description="Id of the run it holds.")
    kind: str = Field(description="`operator`, `compliance` or `policy`.")
    reason: str = Field(description="Why it was placed.")
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
    placed_by: Person = Field(description="Who placed it.")
    placed_via: str = Field(description="The door: console, api, cli, webhook, engine.")
    placed_at: Moment = Field(description="When.")
    released_by: Person | None = Field(description="Who released it; null while it is open.")
    released_via: str | None = Field(description="Through which door; null while it is open.")
    released_at: Moment | None = Field(description="When; null while it is open.")
    release_reason: str = Field(description="Why it was released; empty where nothing was said.")
    conditions: list[ConditionOut] = Field(description="What releases it by itself.")
    notes: list[NoteOut] = Field(description="What was added to it, oldest first.")


class FreezeOut(Schema):
    """A freeze: which runs it stops, who placed it and why; how it is being, or was, lifted."""

    id: uuid.UUID = Field(description="Of the freeze.")
    kind: str = Field(description="`operator`, or `compliance` where only a reviewer may lift it.")
    workflow: str | None = Field(description="Every workflow where null.")
    labels: dict[str, str] = Field(description="A run must carry all of these.")
    everything: bool = Field(description="It stops every run.")
    reason: str = Field(description="Why it was placed.")
    reason_code: str = Field(description="A word for statistics.")
    ticket: str = Field(description="Link or number of the case elsewhere.")
    dual_control: bool = Field(description="Whoever placed it may not lift it.")
    review_by: Moment | None = Field(description="When somebody must look at it again; null where nobody must.")
    placed_by: Person = Field(description="Who placed it.")
    placed_via: str = Field(description="Through which door.")
    placed_at: Moment = Field(description="When.")
    lifting_since: Moment | None = Field(
        description="Since when its runs are let go at a rate; null where they are not."
    )
    lift_rate: float | None = Field(description="Runs per second while it is being lifted.")
    admitted: int = Field(description="Runs let go while it is being lifted.")
    released_by: Person | None = Field(description="Who lifted it; null while nobody has.")
    released_via: str | None = Field(description="Through which door; null while nobody has.")
    release_reason: str = Field(description="Why it was lifted; empty while it is not.")
    lifted_at: Moment | None = Field(description="When nothing was left that it kept; null until then.")


class CountOut(Schema):
    """How many, exact up to a cap; ``capped`` where there are more."""

    number: int = Field(description="How many, up to the cap.")
    capped: bool = Field(description="There are more.")


class FreezePreview(Schema):
    """What a freeze would stop now; runs launched later are covered as well."""

    running: CountOut = Field(description="Runs that a worker is on: each stops at its next check or boundary.")
    queued: CountOut = Field(description="Runs in the queue: they stay there.")
    waiting: CountOut = Field(description="Runs that are paused or suspended: they would not go on afterwards.")
    known: bool = Field(description="A workflow of that name can be launched here; true where none was named.")


class FileVersionOut(Schema):
    """One version of a file."""

    version: int = Field(description="Counted from 1.")
    size: int = Field(description="In bytes.")
    sha256: str = Field(description="Of its bytes.")
    uploaded_by: Person = Field(description="Who sent it.")
    uploaded_at: Moment = Field(description="When.")
    reason: str = Field(description="Why the version before it was replaced; empty for the first.")


class FileOut(Schema):
    """A file of a run; the first version listed is the one in use."""

    name: str = Field(description="Of the file; one of its kind in the run.")
    href: str = Field(description="Where it is downloaded.")
    versions: list[FileVersionOut] = Field(description="All of them, newest first.")


class StepOut(Schema):
    """A step of a run: finished, running, next or ahead."""

    name: str = Field(description="As in the route.")
    title: str = Field(description="For people.")
    status: str = Field(description="`finished`, `skipped`, `running`, `next` or `ahead`.")
    position: int = Field(description="In the route, from 0.")
    finished_at: Moment | None = Field(description="When it ended; null before.")
    ms: float | None = Field(description="How long it took, in milliseconds.")


class Standing(Schema):
    """How a run stands after a command, and what you may do next."""

    id: uuid.UUID = Field(description="Of the run.")
    state: str = Field(description="Its state now.")
    state_since: Moment = Field(description="Since when.")
    version: int = Field(description="Grows with every change; for `If-Match`.")
    next_step: str | None = Field(description="Name of the step that runs next; null where none does.")
    allowed: list[str] = Field(description="Commands you may give now.")


class Paused(Standing):
    """How a run stands after a pause, the hold that keeps it, and its webhook's token, which is shown this once."""

    hold: HoldOut = Field(description="The hold that keeps it.")
    resume_token: str | None = Field(
        description="For `POST /v1/triggers/{token}`, where a webhook was asked for; shown this once."
    )
    signing_secret: str | None = Field(description=SIGNING)


class HoldPlaced(HoldOut):
    """A hold that was just placed, and its webhook's token, which is shown this once."""

    resume_token: str | None = Field(
        description="For `POST /v1/triggers/{token}`, where a webhook was asked for; shown this once."
    )
    signing_secret: str | None = Field(description=SIGNING)


class RunSummary(Schema):
    """A run in a list."""

    id: uuid.UUID = Field(description="Of the run; it begins with the time of launch.")
    workflow: str = Field(description="Its name.")
    title: str = Field(description="What people call the run.")
    state: str = Field(
        description="`queued`, `processing`, `pausing`, `paused`, `suspended`, `cancelling`, or how it ended: "
        "`succeeded`, `failed`, `cancelled`."
    )
    state_since: Moment = Field(description="Since when it is in that state.")
    version: int = Field(description="Grows with every change; for `If-Match`.")
    labels: dict[str, str] = Field(description="Name → value.")
    priority: int = Field(description="0 to 9; 9 goes first.")
    launched_by: Person = Field(description="Who launched it.")
    created_at: Moment = Field(description="When it was launched.")
    finished_at: Moment | None = Field(description="When it finished; null before.")
    not_before: Moment | None = Field(description="It starts no earlier.")
    steps_done: int = Field(description="Boundaries passed.")
    steps_total: int = Field(description="Boundaries passed, and steps ahead.")
    next_step: str | None = Field(description="Name of the step that runs next.")
    progress: Any = Field(description="`done`, `total` and `note`, told by the step.")
    open_suspensions: int = Field(description="Questions that are open.")
    parent: uuid.UUID | None = Field(description="The run whose step launched it.")
    parent_key: str | None = Field(description="What its parent calls it.")
    forked_from: uuid.UUID | None = Field(description="The run that it was forked from.")
    forked_at: int | None = Field(description="Line of that run's history it begins after.")
    holds: list[HoldOut] = Field(description="Holds that are open.")
    freezes: list[FreezeOut] = Field(description="Freezes that keep it from going on now.")


class DrainingOut(Schema):
    """A run of a tree that a worker is on."""

    id: uuid.UUID = Field(description="Of the run.")
    title: str = Field(description="What it is called.")
    state: str = Field(description="Its state now.")
    step: str | None = Field(description="Name of the step that the worker is on.")
    worker: str = Field(description="Name of the worker.")


class TreeOut(Schema):
    """What is below a run, at any depth, and what of its tree, itself included, a worker is on."""

    counts: dict[str, int] = Field(description="Runs by state.")
    unfinished: int = Field(description="How many of those runs have not finished.")
    quiescent: bool = Field(description="No worker is on any of them.")
    draining: list[DrainingOut] = Field(description="The runs that a worker is on.")


class RunOut(RunSummary):
    """A run with all there is to know and what you may do.

    ``holds``, ``suspensions`` and ``freezes`` are all there were, the open ones first.
    """

    holds: list[HoldOut] = Field(description="Every hold it had, open ones first.")
    freezes: list[FreezeOut] = Field(description="Every freeze that overlapped its life, those in force first.")
    facts: dict[str, Any] = Field(
        description="What its state follows from: `outcome`, the lease, open holds; and how often the step was tried."
    )
    tree: TreeOut = Field(description="The runs below it.")
    allowed: list[str] = Field(description="Commands you may give now.")
    commands: dict[str, VerdictOut] = Field(description="Every command, and why one is not allowed.")
    next_input: Any = Field(description="What the next step would get.")
    payload: Any = Field(description="What it carries.")
    error: Any = Field(description="`type`, `message`, `traceback` and `step` of the last failure.")
    errors: int = Field(description="Errors since the error threshold last held it.")
    sla: SlaOut | None = Field(description="Its clock; null where it has no SLA.")
    budgets: list[BudgetOut] = Field(description="What it may spend and has spent.")
    resumed: Any = Field(description="`trigger`, `data`, `context` and `actor` of the last resume.")
    steps: list[StepOut] = Field(description="Its route: steps that ran, and those ahead.")
    suspensions: list[SuspensionOut] = Field(description="Questions, open ones first.")
    files: list[FileOut] = Field(description="Its files by name.")
