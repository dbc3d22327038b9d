"""Meeting events and times with what waits for them.

A wake-up cannot be lost: sending an event commits, then looks for who waits; beginning to wait commits, then looks for
what was sent. Whichever commits last sees the other. Should the process die between its commit and its look, the row
says that the look is still owed, and a sweeper makes it.
"""

import logging
import uuid

from django.db.models.functions import Now

from executions.commands.trigger import TIMER, Firing, actor_of_emission, fire
from executions.engine import statements
from executions.engine.database import OUTAGE, rows
from executions.models import Emission, Trigger

logger = logging.getLogger("holdpoint.engine")

AT_ONCE = 200
"""Most waits that one look wakes; a sweeper goes on with the rest."""


def wake(emission_id: int) -> int:
    """Look for all that waits for an event that was sent, and wake it.

    Args:
        emission_id: the event.

    Returns:
        How many were woken.
    """
    waiting = rows(statements.WAITING, {"emission": emission_id, "limit": AT_ONCE})
    woken = [_meet(row.id) for row in waiting]
    if len(waiting) < AT_ONCE and None not in woken:
        Emission.objects.filter(pk=emission_id).update(looked_at=Now())
    return sum(bool(met) for met in woken)


def look_back(trigger_id: uuid.UUID) -> None:
    """Look whether an event was sent already that a condition waits for."""
    if _meet(trigger_id) is not None:
        Trigger.objects.filter(pk=trigger_id, closed_at__isnull=True).update(looked_at=Now())


def fire_due() -> None:
    """Fire every condition whose time has come."""
    for row in rows(statements.DUE_CONDITIONS, {}):
        _fire(row.id)


def look_again() -> None:
    """Make the looks that are still owed."""
    for row in rows(statements.UNSEEN_EVENTS, {}):
        wake(row.id)
    for row in rows(statements.UNSEEN_WAITS, {}):
        look_back(row.id)


def _meet(trigger_id: uuid.UUID) -> bool | None:
    """Fire a condition with the oldest event it waits for; None where that went wrong and must be tried again."""
    found = rows(statements.FIRST_MATCH, {"trigger": trigger_id})
    if not found:
        return False
    firing = _fire(trigger_id, Emission.objects.get(pk=found[0].id))
    return None if firing is None else not firing.late


def _fire(trigger_id: uuid.UUID, emission: Emission | None = None) -> Firing | None:
    """Fire one condition; one that cannot be fired must not keep the others waiting."""
    try:
        if emission is None:
            return fire(TIMER, trigger_id)
        return fire(actor_of_emission(emission), trigger_id, data=emission.data, emission=emission)
    except OUTAGE:
        raise
    except Exception:
        logger.exception("Condition %s could not be fired; it is tried again", trigger_id)
        return None
