"""What several documents of the API are made of."""

import datetime
import uuid
from typing import Any

from ninja import Field, Schema

Moment = datetime.datetime


class Person(Schema):
    """Who did something: a stable id, and the name at the time."""

    id: str
    name: str


class VerdictOut(Schema):
    """Whether you may give a command now, and if not, why."""

    allowed: bool
    code: str = Field(
        description="`ok`, `part` (allowed; `why` says what is left out), `permission`, `state` or `held`."
    )
    why: str = Field(description="A sentence for people; empty where all of it is allowed.")
    holds: list[str] = Field(description="Ids of the holds in the way.")


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
