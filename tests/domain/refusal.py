"""`refused`: a command says no, changes nothing, and the refusal is in the history."""

from contextlib import contextmanager

import pytest

from executions.errors import NotFound, Refused
from executions.models import SYSTEM_LEDGER, Event
from tests.domain import story


@contextmanager
def refused(kind: type[Refused], run=None, *, match: str | None = None, field: str = ""):
    """Check a refusal from end to end.

    Args:
        kind: the exact class of the refusal.
        run: whose history must tell of it and whose rows must not change; the system's history where None.
        match: what the sentence says.
        field: the field that must be named.
    """
    ledger = run.pk if run is not None else SYSTEM_LEDGER
    denied = Event.objects.filter(ledger=ledger, kind="command.denied").order_by("seq")
    count = denied.count()
    before = story.snapshot(run) if run is not None else None
    with pytest.raises(kind, match=match) as caught:
        yield caught
    refusal = caught.value
    assert type(refusal) is kind
    assert refusal.detail.strip()
    if field:
        assert refusal.errors.get(field), refusal.errors
    if run is not None:
        assert story.snapshot(run) == before
    if kind is NotFound:
        assert denied.count() == count
        return
    assert denied.count() == count + 1
    event = denied.last()
    assert event.actor_id
    assert event.reason
    assert story.data_of(event)["code"] == kind.code
