"""The documents of questions."""

import uuid
from typing import Any

from ninja import Field, Schema

from console.api.parts import ConditionOut, Moment, Person, VerdictOut


class WhoOut(Schema):
    """Whom a question is put to: everything given must be true of a person."""

    permission: str = Field(description="They have this scope; empty for any.")
    group: str = Field(description="They are in this group; empty for any.")
    users: list[str] = Field(description="They are one of these; anybody where empty.")
    approvals: int = Field(description="How many must approve.")
    not_launcher: bool = Field(description="Whoever launched the run may not.")
    sentence: str = Field(description="All of it in words.")


class VoteOut(Schema):
    """One of several approvals. One that is not valid was for what the question showed before."""

    by: Person = Field(description="Who approved.")
    via: str = Field(description="Through which door.")
    at: Moment = Field(description="When.")
    comment: str = Field(description="What they said besides.")
    answer: Any = Field(description="What they answered.")
    valid: bool = Field(description="It counts: it was for what the question shows now.")


class NotificationOut(Schema):
    """A message about a question: waiting, failing (it will be tried again), delivered or given up."""

    occasion: str = Field(description="`opened`, `reminded` or `escalated`.")
    to: str = Field(description="Where it goes.")
    status: str = Field(description="`waiting`, `failing` (it will be tried again), `delivered` or `given up`.")
    attempts: int = Field(description="How often it was tried.")
    error: str = Field(description="Why the last attempt failed; else empty.")
    created_at: Moment = Field(description="When it was written.")
    delivered_at: Moment | None = Field(description="When it arrived; null before.")
    next_at: Moment | None = Field(description="When it is tried next; null once it was delivered or given up.")


class SuspensionOut(Schema):
    """A question, with the JSON Schema of its answer, and whether you may answer it."""

    id: uuid.UUID = Field(description="Of the question.")
    execution: uuid.UUID = Field(description="Id of the run that asks.")
    step: str = Field(description="Name of the step that asks.")
    key: str = Field(description="What the code calls it; one open question of a run has it.")
    kind: str = Field(description="`input`, `approval`, `event`, `time` or `children`.")
    title: str = Field(description="The question in a few words.")
    prompt: str = Field(description="What there is to say besides; may be empty.")
    context: Any = Field(description="What the person is shown to decide by.")
    context_digest: str = Field(description="SHA-256 of what is shown; send it with the answer.")
    input: Any = Field(description="Of a gate, the payload that its step would get now; null for every other question.")
    urgency: str = Field(description="`low`, `normal` or `high`.")
    format: str = Field(description="How it is answered: `form`, `text`, `yes-no`, `choice` or `json`.")
    choices: list[list[str]] | None = Field(description="Value and label of each, for the format `choice`; else null.")
    who: WhoOut = Field(description="Whom it is put to.")
    votes: list[VoteOut] = Field(description="Approvals given so far.")
    answerable: VerdictOut = Field(description="Whether you may answer it now, and if not why.")
    deadline: Moment | None = Field(description="Until when an answer is waited for; null for as long as it takes.")
    on_deadline: str = Field(description="What happens then: `fail`, `default`, `escalate` or `cancel`.")
    default: Any = Field(description="The answer that is taken then, for `default`.")
    escalated_at: Moment | None = Field(description="When it was put to others; null where it was not.")
    remind_at: Moment | None = Field(description="When people are next reminded of it; null for never.")
    form: dict[str, Any] | None = Field(
        description="JSON Schema of `data` in the answer; null where no person answers."
    )
    replaces: dict[str, str] = Field(description="Field of the form → name of the run's file that its upload replaces.")
    opened_at: Moment = Field(description="When it was asked.")
    closed_at: Moment | None = Field(description="When it was closed; null while it is open.")
    outcome: str | None = Field(description="`answered`, `withdrawn` or `expired`; null while it is open.")
    answer: Any = Field(description="What was answered; null before.")
    comment: str = Field(description="What was said besides.")
    answered_by: Person | None = Field(description="Who answered; null where nobody did.")
    answered_via: str | None = Field(description="Through which door; null where nobody did.")
    conditions: list[ConditionOut] = Field(description="What ends a wait by itself.")
    notifications: list[NotificationOut] = Field(description="Messages about it.")
