"""A line of a history, as the API tells it."""

import json
from typing import Any

from ninja import Schema

from console.api.parts import Moment, Person
from executions.models import Event


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


def event_out(event: Event) -> EventOut:
    """Describe one line of a history."""
    return EventOut(
        seq=event.seq,
        at=event.at,
        kind=event.kind,
        actor=Person(id=event.actor_id, name=event.actor_name),
        role=event.actor_role,
        via=event.via,
        reason=event.reason,
        data=json.loads(event.data),
        digest=bytes(event.digest).hex(),
    )
