"""Commands on the record itself: verify it, export it. Both leave a line in the system ledger."""

import dataclasses
import uuid

from django.db import transaction

from executions.actors import SYSTEM, Actor
from executions.commands.base import record_denial, require_scope
from executions.errors import Conflict, Invalid, NotAllowed
from executions.models import SYSTEM_LEDGER, Check
from executions.provenance import append
from executions.provenance.export import MOST_UNDER_WAY, Selection, is_busy
from executions.provenance.outcome import Verification
from executions.provenance.verify import verify
from executions.text import clean_moment

ON_THE_SERVER = dataclasses.replace(SYSTEM, via="cli")
"""Whoever runs a management command on the server: he has the database anyway, so no scope is asked."""


def verify_record(actor: Actor) -> Verification:
    """Recompute every chain and record the outcome as ``audit.verified``.

    Args:
        actor: who asks; needs ``audit:read``.

    Returns:
        The outcome.

    Raises:
        NotAllowed: without the scope; recorded.
    """
    _require_auditor(actor, "verify record")
    result = verify()
    with transaction.atomic():
        append(SYSTEM_LEDGER, "audit.verified", actor, data=result.as_dict())
    return result


def ask_for_verification(actor: Actor) -> Check:
    """Have every chain recomputed in the background; a worker records the outcome as ``audit.verified``.

    Args:
        actor: who asks; needs ``audit:read``.

    Returns:
        The verification: a new one, or the one that is under way already.

    Raises:
        NotAllowed: without the scope; recorded.
    """
    _require_auditor(actor, "verify record")
    asked = Check(
        requested_by=actor.id,
        requested_by_name=actor.name,
        requested_by_role=actor.role,
        requested_via=actor.via,
    )
    with transaction.atomic():
        Check.objects.bulk_create([asked], ignore_conflicts=True)
        made = Check.objects.filter(pk=asked.pk).first()
        if made is not None:
            append(SYSTEM_LEDGER, "audit.verification_requested", actor, data={"check": str(made.pk)})
            return made
        # Another one is open, or was a moment ago: whoever asked then is answered by the same outcome.
        return Check.objects.latest("requested_at")


def verify_ledger(actor: Actor, ledger: uuid.UUID) -> Verification:
    """Recompute one chain, as a run's page does each time it is looked at; nothing is recorded.

    Args:
        actor: who asks; needs ``executions:read`` or ``audit:read``.
        ledger: an execution's id or ``SYSTEM_LEDGER``.

    Raises:
        NotAllowed: without either scope.
    """
    if actor is not ON_THE_SERVER and not actor.can("executions:read"):
        _require_auditor(actor, "verify ledger")
    return verify(ledger)


def begin_export(actor: Actor, selection: Selection, *, as_csv: bool = False) -> None:
    """Record ``audit.exported``, before the first line is handed out.

    Args:
        actor: who asks; needs ``audit:read``.
        selection: what is handed out; to be passed on to ``provenance.export``.
        as_csv: in which form, likewise.

    Raises:
        NotAllowed: without the scope; recorded.
        Invalid: a time without a zone, or an empty span.
        Conflict: this process hands out as many as it may.
    """
    _require_auditor(actor, "export record")
    if is_busy():
        raise Conflict(f"{MOST_UNDER_WAY} exports are under way already. Try again when one of them is through.")
    for name in ("since", "until"):
        time = getattr(selection, name)
        if time is not None:
            clean_moment(time, name, "Say which time zone this time is in.")
    if selection.since and selection.until and selection.since >= selection.until:
        problem = "This is not before the end."
        raise Invalid(problem, errors={"since": [problem]})
    with transaction.atomic():
        append(SYSTEM_LEDGER, "audit.exported", actor, data=selection.as_dict() | ({"format": "csv"} if as_csv else {}))


def _require_auditor(actor: Actor, doing: str) -> None:
    if actor is ON_THE_SERVER:
        return
    try:
        require_scope(actor, "audit:read")
    except NotAllowed as refusal:
        record_denial(actor, doing, refusal)
        raise
