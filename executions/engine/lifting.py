"""Lifting a freeze little by little: each run that it kept in the queue needs a leave, given at the freeze's rate.

The rate lies in the database, so any number of workers together keep to it. Messages are sent for the oldest runs as
leaves fall due; nothing but the rows is remembered, except for where this worker stopped looking.
"""

import logging
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Extract, Now

from executions.actors import Actor
from executions.engine import gates, statements
from executions.engine.database import patiently, rows, text_array
from executions.engine.post import office
from executions.models import SYSTEM_LEDGER, Freeze
from executions.provenance import append

logger = logging.getLogger("holdpoint.sweeper")

TICK_SECONDS = 0.1
"""How often runs are let go while a freeze is being lifted."""
PART = 20_000
"""Runs of the queue looked at in one go."""
RESEND_SECONDS = 2.0
"""A run whose message was sent this recently is not sent again."""
SEND_LIMIT = 500
FIRST = uuid.UUID(int=0)

_reached: dict[uuid.UUID, uuid.UUID] = {}
"""Freeze → run before which none is left. What a freeze kept only ever gets less, so the walk never turns back."""
_sent: dict[uuid.UUID, float] = {}


def claim_with_leave(wanted: Mapping[str, Any]) -> list[Any]:
    """Claim a run that only freezes that are being lifted keep in the queue, if each of them has a leave to give.

    Args:
        wanted: parameters of ``CLAIM``.

    Returns:
        The rows of ``CLAIM``: one or none.
    """
    through = text_array([str(row.id) for row in patiently(gates.ADMIT, {"id": wanted["id"]}, seconds=2.0)])
    if through == "{}":
        return []
    found = patiently(statements.CLAIM, {**wanted, "through": through}, seconds=2.0)
    if not found:
        patiently(gates.NOT_ADMITTED, {"through": through}, seconds=2.0)
    return found


def wait(stop: threading.Event, seconds: float) -> None:
    """Wait until the next sweep; meanwhile let runs go as their leaves fall due.

    Args:
        stop: ends the wait.
        seconds: until the next sweep.
    """
    until = time.monotonic() + seconds
    while let_go() and time.monotonic() + TICK_SECONDS < until and not stop.wait(TICK_SECONDS):
        pass
    stop.wait(max(until - time.monotonic(), 0))


def let_go() -> bool:
    """Send messages for as many runs as there are leaves, and end what has nothing left to let go.

    Returns:
        Whether a freeze is being lifted.
    """
    lifting = rows(gates.LIFTING, {})
    for gone in set(_reached) - {freeze.id for freeze in lifting}:
        del _reached[gone]
    for freeze in lifting:
        _let_go(freeze.id, min(freeze.leaves, SEND_LIMIT))
    return bool(lifting)


def _let_go(freeze_id: uuid.UUID, leaves: int) -> None:
    now = time.monotonic()
    for key in [key for key, at in _sent.items() if now - at > RESEND_SECONDS]:
        del _sent[key]
    part = {
        "since": _reached.get(freeze_id, FIRST),
        "part": PART,
        "freeze": freeze_id,
        "limit": leaves + len(_sent) + 1,
    }
    found = rows(gates.KEPT, part)
    kept = [row for row in found if row.id is not None]
    if kept:
        _reached[freeze_id] = kept[0].id
        for row in [row for row in kept if not row.frozen and row.id not in _sent][:leaves]:
            _sent[row.id] = now
            office.run(str(row.id), row.priority)
    elif found[0].seen == PART:
        _reached[freeze_id] = found[0].last
    else:
        _end(freeze_id)


@transaction.atomic
def _end(freeze_id: uuid.UUID) -> None:
    """Nothing is left that the freeze kept: it is lifted."""
    ended = Freeze.objects.filter(pk=freeze_id, lifted_at__isnull=True, lifting_since__isnull=False)
    freeze = ended.select_for_update().annotate(took=Extract(Now() - F("lifting_since"), "epoch")).first()
    if freeze is None:
        return
    ended.update(lifted_at=Now())
    append(
        SYSTEM_LEDGER,
        "freeze.lifted",
        Actor.policy("freezes"),
        reason=freeze.release_reason,
        data={"freeze": str(freeze_id), "admitted": freeze.admitted, "seconds": round(float(freeze.took), 3)},
    )
    logger.info("Freeze %s is lifted; %s runs were let go one by one", freeze_id, freeze.admitted)
