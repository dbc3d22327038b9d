"""A line of a history, as the API tells it."""

import json
import uuid
from typing import Any

from ninja import Schema

from console.api.parts import Moment, Person
from executions.models import SYSTEM_LEDGER, Event
from executions.queries.tail import Line


class EventOut(Schema):
    """One line of a run's history."""

    seq: int
    at: Moment
    kind: str
    actor: Person
    role: str
    via: str
    reason: str
    data: Any
    digest: str


class Whose(Schema):
    """Whose an event is; ``run`` is null in the system ledger."""

    run: uuid.UUID | None
    workflow: str


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
        "data": _read(event.data),
        "digest": bytes(event.digest).hex(),
    }


def _read(data: str) -> Any:
    """Return data as JSON. What somebody forged may be none: it is shown as it is, and stops nobody's stream."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data
