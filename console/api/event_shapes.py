"""A line of a history, as the API tells it."""

import uuid
from typing import Any

from ninja import Field, Schema

from console.api.parts import Moment, Person
from executions.models import SYSTEM_LEDGER, Event
from executions.provenance.reading import decoded
from executions.queries.tail import Line


class Act(Schema):
    """What every line of a history tells."""

    seq: int = Field(description="Its number in this history, without gaps.")
    at: Moment = Field(description="When, by the database's clock.")
    kind: str = Field(description="What happened, such as `hold.placed`.")
    actor: Person = Field(description="Who did it.")
    role: str = Field(description="Their role at the time.")
    via: str = Field(description="The door: console, api, cli, webhook, engine.")
    reason: str = Field(description="Why, in their words; empty where none was asked for.")
    digest: str = Field(description="SHA-256 over the line and the one before it.")


class EventOut(Act):
    """One line of a run's history."""

    data: Any = Field(description="What else its kind tells.")


class Whose(Schema):
    """Whose an event is; ``run`` is null in the system ledger."""

    run: uuid.UUID | None = Field(description="Id of the run; null for the system's history.")
    workflow: str = Field(description="The run's; empty for the system's history.")


class StreamedEvent(EventOut, Whose):
    """An event of the stream: a line of a history, after whose it is."""


def event_out(event: Event) -> EventOut:
    """Describe one line of a history."""
    return EventOut(**_facts(event))


def streamed_event(line: Line) -> StreamedEvent:
    """Describe one event of the stream."""
    ledger = line.event.ledger
    return StreamedEvent(run=None if ledger == SYSTEM_LEDGER else ledger, workflow=line.workflow, **_facts(line.event))


def _facts(event: Event) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "at": event.at,
        "kind": event.kind,
        "actor": Person(id=event.actor_id, name=event.actor_name),
        "role": event.actor_role,
        "via": event.via,
        "reason": event.reason,
        "data": decoded(event.data),
        "digest": bytes(event.digest).hex(),
    }
