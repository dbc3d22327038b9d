"""Appending to a ledger."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection

from executions.actors import Actor
from executions.provenance.jsontext import to_json

# seq, at, prev, salt and the digests are the trigger's.
INSERT_EVENTS = (
    "INSERT INTO executions_event (ledger, kind, actor_id, actor_name, actor_role, via, reason, data)"
    " SELECT ledger, %s, %s, %s, %s, %s, %s, data FROM unnest(%s::uuid[], %s::text[]) AS told (ledger, data)"
)
INSERT_EVENT = (
    "INSERT INTO executions_event (ledger, kind, actor_id, actor_name, actor_role, via, reason, data)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING seq"
)


def append(ledger: uuid.UUID, kind: str, actor: Actor, *, reason: str = "", data: dict[str, Any] | None = None) -> int:
    """Append one event; belongs into the transaction whose act it tells of.

    Args:
        ledger: the execution's id, or ``SYSTEM_LEDGER``.
        kind: a dotted past participle, such as ``hold.placed``.
        actor: who did it.
        reason: why, in the actor's words.
        data: what else there is to know; JSON.

    Returns:
        The event's sequence number in its ledger.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT_EVENT,
            [ledger, kind, actor.id, actor.name, actor.role, actor.via, reason, to_json(_told(actor, data or {}))],
        )
        (seq,) = cursor.fetchone()
    return int(seq)


def append_each(kind: str, actor: Actor, told: Iterable[tuple[uuid.UUID, dict[str, Any]]], *, reason: str = "") -> None:
    """Append one event of the same kind to each of many ledgers, in one statement.

    Args:
        kind: as in ``append``.
        actor: who did it.
        told: ledger and data of each event, in their order.
        reason: why, in the actor's words.
    """
    lines = [(ledger, to_json(_told(actor, data))) for ledger, data in told]
    if not lines:
        return
    ledgers, data = zip(*lines, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT_EVENTS, [kind, actor.id, actor.name, actor.role, actor.via, reason, list(ledgers), list(data)]
        )


def _told(actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Return the data with the bulk job it was done for, where there is one."""
    return {**data, "bulk": actor.bulk} if actor.bulk else data
