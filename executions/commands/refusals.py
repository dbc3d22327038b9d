"""Refusals are lines of the record, but nobody fills it with them: after so many in one history they are only counted.

One rule for every door. Who hammers at a refused command, or calls a webhook that refuses him, could otherwise write as
many lines as he sends requests, into a history that forgets nothing.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from executions.actors import Actor
from executions.models import RefusalCount
from executions.provenance import append

MOST_WRITTEN = 200
"""Lines that the refusals of one actor take in one history within a window."""
WINDOW = timedelta(hours=1)
MOST_TOLD = 100
"""Windows that one sweep tells of."""

# The ledger's head is locked first, as by every append: so whoever has appended already may be refused as well, and two
# never wait for each other. A history without a line yet has no head, and room.
COUNT = """
WITH head AS (SELECT id FROM executions_ledger WHERE id = %(ledger)s FOR UPDATE)
INSERT INTO executions_refusalcount AS known (ledger, actor_id, actor_name, actor_role, via)
SELECT id, %(actor)s, %(name)s, %(role)s, %(via)s FROM head
ON CONFLICT (ledger, actor_id) DO UPDATE SET
    actor_name = EXCLUDED.actor_name, actor_role = EXCLUDED.actor_role, via = EXCLUDED.via, last_at = now(),
    written = least(known.written + 1, %(most)s),
    counted = known.counted + CASE WHEN known.written >= %(most)s THEN 1 ELSE 0 END
RETURNING written, counted
"""
TAKE_OVER = """
WITH head AS (SELECT id FROM executions_ledger WHERE id = %(ledger)s FOR UPDATE)
DELETE FROM executions_refusalcount AS known USING head
WHERE known.ledger = head.id AND known.actor_id = %(actor)s AND known.since < now() - %(window)s
RETURNING known.actor_name, known.actor_role, known.via, known.since, known.last_at, known.counted
"""


def room_for(ledger: uuid.UUID, actor: Actor) -> tuple[bool, bool]:
    """Count a refusal; belongs into the transaction that writes it down.

    Args:
        ledger: the history it belongs to.
        actor: who was refused.

    Returns:
        Whether it is to be written, and whether it is the last one before further ones are only counted.
    """
    tell(ledger, actor.id)
    told: dict[str, Any] = {
        "ledger": ledger,
        "actor": actor.id,
        "name": actor.name,
        "role": actor.role,
        "via": actor.via,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {**told, "most": MOST_WRITTEN})
        written, counted = cursor.fetchone() or (1, 0)
    return counted == 0, counted == 0 and written == MOST_WRITTEN


@transaction.atomic
def tell(ledger: uuid.UUID, actor_id: str) -> None:
    """Say in one line how many refusals of an actor were only counted, if their window is over; else do nothing.

    Args:
        ledger: the history.
        actor_id: who was refused.
    """
    asked: dict[str, Any] = {"ledger": ledger, "actor": actor_id, "window": WINDOW}
    with connection.cursor() as cursor:
        cursor.execute(TAKE_OVER, asked)
        over = cursor.fetchone()
    if over is None:
        return
    name, role, via, since, last_at, counted = over
    if not counted:
        return
    further = "1 further refusal was" if counted == 1 else f"{counted:,} further refusals were"
    append(
        ledger,
        "command.denials_counted",
        Actor(actor_id, name, role, via),
        reason=f"{further} only counted.",
        data={"count": counted, "written": MOST_WRITTEN, "since": since, "last_at": last_at},
    )


def tell_all() -> None:
    """Say it of every window that is over, some at a time."""
    over = RefusalCount.objects.filter(since__lt=Now() - WINDOW).order_by("since")
    for ledger, actor_id in over.values_list("ledger", "actor_id")[:MOST_TOLD]:
        tell(ledger, actor_id)
