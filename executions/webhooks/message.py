"""What is sent: an event as the API tells it, with the run it concerns, in the form of Standard Webhooks."""

import json
import uuid
from typing import Any

from executions.models import SYSTEM_LEDGER
from executions.provenance.digests import ledger_name
from executions.provenance.jsontext import to_json
from executions.queries.tail import Line

LARGEST = 65536
"""Bytes of a message. What is larger goes without the event's data, which the API has."""
TEST = "webhook.test"


def message_id(ledger: uuid.UUID, seq: int) -> str:
    """Return the id of the message about an event: the same for whoever is told, at each attempt."""
    return f"msg_{'system' if ledger == SYSTEM_LEDGER else ledger.hex}_{seq}"


def message_of(line: Line) -> str:
    """Return the body of the message about an event.

    Args:
        line: the event with what there is to know of its run.
    """
    try:
        whole = _message(line, json.loads(line.event.data), omitted=False)
        fits = len(whole.encode()) <= LARGEST
    except (ValueError, RecursionError):
        fits = False  # what somebody forged may be no JSON, or none that can be sent; the others must not wait for it
    return whole if fits else _message(line, None, omitted=True)


def test_message(text: str, moment: str) -> str:
    """Return the body of a message that only shows whether messages arrive."""
    return to_json({"type": TEST, "timestamp": moment, "data": {"message": text}})


def _message(line: Line, data: Any, *, omitted: bool) -> str:
    event = line.event
    run = {"id": str(event.ledger), "workflow": line.workflow, "title": line.title, "labels": line.labels}
    told = {
        "ledger": ledger_name(event.ledger),
        "seq": event.seq,
        "run": None if event.ledger == SYSTEM_LEDGER else run,
        "actor": {"id": event.actor_id, "name": event.actor_name},
        "role": event.actor_role,
        "via": event.via,
        "reason": event.reason,
        "data": data,
        "data_omitted": omitted,
        "digest": bytes(event.digest).hex(),
    }
    return to_json({"type": event.kind, "timestamp": f"{event.at:%Y-%m-%dT%H:%M:%S.%fZ}", "data": told})
