"""Sending named events from outside, which wake what waits for them."""

import functools
import hashlib
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from executions.access import lacking
from executions.actors import Actor
from executions.commands.base import command, require_scope
from executions.conditions import clean_event_name
from executions.engine import statements, wakeups
from executions.engine.database import rows
from executions.models import SYSTEM_LEDGER, Emission
from executions.provenance import append, to_json
from executions.states import Verdict
from executions.text import clean_object

EMIT_SCOPE = "events:emit"


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event that was sent.

    Args:
        emission: the stored event.
        woken: how many holds and waits it met.
    """

    emission: Emission
    woken: int


def emit_verdict(actor: Actor) -> Verdict:
    """Judge whether this actor may send events; ``emit`` asks the same."""
    if actor.can(EMIT_SCOPE):
        return Verdict("emit", True)
    return Verdict("emit", False, "permission", lacking(EMIT_SCOPE))


@command("emit")
def emit(actor: Actor, name: str, data: dict[str, Any] | None = None) -> Emitted:
    """Send a named event: whatever waits for it goes on, each at most once.

    Args:
        actor: who sends it; needs ``events:emit``.
        name: letters, digits and ``. _ : / -``.
        data: what it says; a wait may ask that certain things are in it.

    Returns:
        The event, and how many waited for it.

    Raises:
        NotAllowed, Invalid, TooLarge: as their names say.
    """
    require_scope(actor, EMIT_SCOPE)
    name = clean_event_name(name)
    data = clean_object(data or {}, "data")
    with connection.cursor() as cursor:
        # One name at a time, so that its events become visible in the order of their ids: who has read up to one
        # of them has missed none before it.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"holdpoint:event:{name}"])
    emission = Emission.objects.create(
        name=name, data=data, emitted_by=actor.id, emitted_by_name=actor.name, via=actor.via
    )
    ((waiting,),) = rows(statements.COUNT_WAITING, {"emission": emission.pk})
    digest = hashlib.sha256(to_json(data).encode()).hexdigest()
    append(
        SYSTEM_LEDGER,
        "event.emitted",
        actor,
        data={"emission": emission.pk, "name": name, "data_sha256": digest, "waiting": waiting},
    )
    # After the commit: who begins to wait in this moment either is seen by this look, or sees the event himself.
    transaction.on_commit(functools.partial(wakeups.wake, emission.pk), robust=True)
    return Emitted(emission, waiting)
