"""What the page of one run reads, besides ``queries``."""

import uuid

from django.db.models import Q

from executions.commands.base import parse_id
from executions.errors import NotFound
from executions.models import Event, Execution, Hold, Suspension


def find_hold(execution_id: uuid.UUID | str, hold_id: uuid.UUID | str) -> Hold:
    """Return one hold of a run.

    Raises:
        NotFound: this run has no such hold.
    """
    found = Hold.objects.filter(pk=parse_id(hold_id, "hold"), execution_id=parse_id(execution_id, "run")).first()
    if found is None:
        raise NotFound(f"This run has no hold with the id {hold_id}.")
    return found


def find_question(execution_id: uuid.UUID | str, suspension_id: uuid.UUID | str) -> Suspension:
    """Return one question of a run.

    Raises:
        NotFound: this run has asked no such question.
    """
    asked = Suspension.objects.filter(execution_id=parse_id(execution_id, "run"))
    found = asked.filter(pk=parse_id(suspension_id, "question")).first()
    if found is None:
        raise NotFound(f"This run has no question with the id {suspension_id}.")
    return found


def newest_events(
    ledger: uuid.UUID, *, before: int | None = None, acts_only: bool = False, limit: int = 50
) -> list[Event]:
    """Return a stretch of a run's history, newest first.

    Args:
        ledger: the run's id.
        before: only events with a smaller sequence number.
        acts_only: only what people and programs did, not what the engine wrote by itself.
        limit: most events.
    """
    events = Event.objects.filter(ledger=ledger)
    if before is not None:
        events = events.filter(seq__lt=before)
    if acts_only:
        events = events.filter(~Q(via="engine"))
    return list(events.order_by("-seq")[:limit])


def find_event(ledger: uuid.UUID, seq: int) -> Event:
    """Return one line of a run's history.

    Raises:
        NotFound: the history has no such line.
    """
    found = Event.objects.filter(ledger=ledger, seq=seq).first()
    if found is None:
        raise NotFound(f"The history has no line {seq}.")
    return found


def cancel_request(execution: Execution) -> Event | None:
    """Return who cancelled a run and why; None for a run that nobody cancelled."""
    if execution.cancel_requested_at is None:
        return None
    return Event.objects.filter(ledger=execution.pk, kind="execution.cancel_requested").order_by("-seq").first()
