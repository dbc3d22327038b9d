"""What comes out: the documents the API answers with."""

import datetime
import uuid
from typing import Any

from ninja import Schema

Moment = datetime.datetime


class Person(Schema):
    """Who did something: a stable id, and the name at the time."""

    id: str
    name: str


class NoteOut(Schema):
    """A note on a hold."""

    id: int
    text: str
    author: Person
    via: str
    at: Moment


class ConditionOut(Schema):
    """What ends a hold or a wait by itself. ``outcome`` is ``fired``, ``overtaken`` by another way, or null."""

    id: uuid.UUID
    kind: str
    says: str
    due_at: Moment | None
    cron: str
    timezone: str
    event: str
    match: Any
    set_by: Person
    closed_at: Moment | None
    outcome: str | None


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


class VerdictOut(Schema):
    """Whether you may give a command now, and if not, why."""

    allowed: bool
    code: str
    why: str
    holds: list[str]


class WhoOut(Schema):
    """Whom a question is put to: everything given must be true of a person."""

    permission: str
    group: str
    users: list[str]
    approvals: int
    not_launcher: bool
    sentence: str


class VoteOut(Schema):
    """One of several approvals. One that is not valid was for what the question showed before."""

    by: Person
    via: str
    at: Moment
    comment: str
    answer: Any
    valid: bool


class NotificationOut(Schema):
    """A message about a question: waiting, failing (it will be tried again), delivered or given up."""

    occasion: str
    to: str
    status: str
    attempts: int
    error: str
    created_at: Moment
    delivered_at: Moment | None
    next_at: Moment | None


class SuspensionOut(Schema):
    """A question, with the JSON Schema of its answer, and whether you may answer it."""

    id: uuid.UUID
    execution: uuid.UUID
    step: str
    key: str
    kind: str
    title: str
    prompt: str
    context: Any
    context_digest: str
    input: Any
    urgency: str
    format: str
    choices: list[list[str]] | None
    who: WhoOut
    votes: list[VoteOut]
    answerable: VerdictOut
    deadline: Moment | None
    on_deadline: str
    default: Any
    escalated_at: Moment | None
    remind_at: Moment | None
    form: dict[str, Any] | None
    replaces: dict[str, str]
    opened_at: Moment
    closed_at: Moment | None
    outcome: str | None
    answer: Any
    comment: str
    answered_by: Person | None
    answered_via: str | None
    conditions: list[ConditionOut]
    notifications: list[NotificationOut]


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


class HoldPlaced(HoldOut):
    """A hold that was just placed, and its webhook's token, which is shown this once."""

    resume_token: str | None


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
    resumed: Any
    steps: list[StepOut]
    suspensions: list[SuspensionOut]
    files: list[FileOut]
