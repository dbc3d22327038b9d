"""The documents of questions."""

import uuid
from typing import Any

from ninja import Schema

from console.api.parts import ConditionOut, Moment, Person, VerdictOut


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
