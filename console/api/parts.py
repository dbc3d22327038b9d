"""What several documents of the API are made of."""

import datetime
import re
import uuid
from collections.abc import Iterable
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from executions.text import BEYOND_UTC

Moment = datetime.datetime


def _written_as_time(value: Any) -> Any:
    """Take a time as ISO 8601 writes it; a bare number would be guessed at."""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d[T ]", value):
        return value
    raise PydanticCustomError("time", "Write a time with its zone, such as 2026-01-31T12:00:00Z.")


def _in_utc(moment: datetime.datetime) -> datetime.datetime:
    """Return a time in UTC: PostgreSQL does not know every zone that ISO 8601 can write."""
    try:
        return moment.astimezone(datetime.UTC)
    except OverflowError as error:
        raise PydanticCustomError("time", BEYOND_UTC) from error


GivenMoment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written_as_time), AfterValidator(_in_utc)]
"""A time that is sent."""


UUID_PATTERN = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
# Said to those who send it; the domain checks it, so that its words name what is wrong.
RunId = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid", "pattern": f"^{UUID_PATTERN}$"})]
RunIdOrNone = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^({UUID_PATTERN})?$"})]
NOT_BLANK: dict[str, Any] = {"minLength": 1, "pattern": r"\S"}


def one_of(known: Iterable[str]) -> Any:
    """Return the type of a text that must be one of these; the domain checks it."""
    return Annotated[str, WithJsonSchema({"type": "string", "enum": list(known)})]


class Person(Schema):
    """Who did something: a stable id, and the name at the time."""

    id: str = Field(description="Stable, such as `user:3`, `token:7` or `worker:…`.")
    name: str = Field(description="As it was at the time.")


class VerdictOut(Schema):
    """Whether you may give a command now, and if not, why."""

    allowed: bool = Field(description="You may.")
    code: str = Field(
        description="`ok`, `part` (allowed; `why` says what is left out), `permission`, `state` or `held`."
    )
    why: str = Field(description="A sentence for people; empty where all of it is allowed.")
    holds: list[str] = Field(description="Ids of the holds in the way.")


class ConditionOut(Schema):
    """What ends a hold or a wait by itself. ``outcome`` is ``fired``, ``overtaken`` by another way, or null."""

    id: uuid.UUID = Field(description="Of the condition.")
    kind: str = Field(description="`time`, `cron`, `event` or `webhook`.")
    says: str = Field(description="In words.")
    due_at: Moment | None = Field(description="When it is met; null for an event and a webhook.")
    cron: str = Field(description="The expression; empty for other kinds.")
    timezone: str = Field(description="That the expression is of.")
    event: str = Field(description="Name of the event; empty for other kinds.")
    match: Any = Field(description="What the event's data must contain.")
    set_by: Person = Field(description="Who set it.")
    closed_at: Moment | None = Field(description="When it was met or overtaken; null while it waits.")
    outcome: str | None = Field(description="`fired`, `overtaken` by another way, or null while it waits.")
