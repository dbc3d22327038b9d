"""Verifications of the whole record: the one under way, and what earlier ones found. Two or three queries each."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from executions.commands.base import parse_id
from executions.errors import Invalid, NotFound
from executions.models import SYSTEM_LEDGER, Check, Event
from executions.models.event import ROUTINE_KINDS
from executions.provenance.reading import read
from executions.queries.page import Page
from executions.queries.system import living

OUTCOME_KINDS = ("audit.verified", "audit.verification_failed")
SHORT_RECORD = 200_000
"""Lines up to which the record is recomputed while one waits: some seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verification of the whole record found, as the record itself tells it.

    Args:
        seq: its line in the system ledger.
        at: when it ended.
        actor_id, actor_name, actor_role, via: who asked for it, and through which door.
        reason: why it was given up; empty where it was not.
        told: the line's data.
    """

    seq: int
    at: datetime
    actor_id: str
    actor_name: str
    actor_role: str
    via: str
    reason: str
    told: dict[str, Any]

    @property
    def given_up(self) -> bool:
        """It never came to its end, so nothing is known."""
        return "outcome" not in self.told

    @property
    def whole(self) -> bool:
        """Nothing was wrong."""
        return self.told.get("outcome") == "whole"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the verification of the record stands.

    Args:
        under_way: the one that was asked for and has not ended.
        newest: what the last one found.
        worker_alive: somebody is there to carry it out; only asked while one waits.
    """

    under_way: Check | None
    newest: Outcome | None
    worker_alive: bool = True


def standing() -> Standing:
    """Return how the verification of the record stands now."""
    under_way = Check.objects.filter(finished_at__isnull=True).first()
    newest = _outcomes().first()
    alive = under_way is None or living().exists()
    return Standing(under_way, _outcome(newest) if newest else None, alive)


def record_is_short() -> bool:
    """Tell whether the whole record can be recomputed while somebody waits for the answer."""
    return Event.objects.order_by()[: SHORT_RECORD + 1].count() <= SHORT_RECORD


def list_outcomes(cursor: str | None = None, limit: int = 20) -> Page[Outcome]:
    """Return one page of what verifications found, newest first.

    Args:
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out.
    """
    found = _outcomes()
    if cursor:
        number = cursor.removeprefix("before:")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            problem = "This page address is damaged. Start again from the first page."
            raise Invalid(problem, errors={"cursor": [problem]})
        found = found.filter(seq__lt=int(number))
    events = list(found[: limit + 1])
    more, events = len(events) > limit, events[:limit]
    return Page([_outcome(event) for event in events], f"before:{events[-1].seq}" if more else None)


def find_outcome(seq: int) -> Outcome:
    """Return what one verification found.

    Raises:
        NotFound: this line of the system ledger tells of none.
    """
    event = Event.objects.filter(ledger=SYSTEM_LEDGER, seq=seq, kind__in=OUTCOME_KINDS).first()
    if event is None:
        raise NotFound(f"Line {seq} of the system ledger tells of no verification.")
    return _outcome(event)


def find_check(check_id: uuid.UUID | str) -> tuple[Check, Outcome | None]:
    """Return one verification that was asked for, and what it found once it has ended.

    Raises:
        NotFound: nobody asked for such a one.
    """
    check = Check.objects.filter(pk=parse_id(check_id, "verification")).first()
    if check is None:
        raise NotFound(f"There is no verification with the id {check_id}.")
    return check, find_outcome(check.line) if check.line is not None else None


def _outcomes() -> QuerySet[Event]:
    # All in one ledger, so its numbers are in the order of time; the index by kind is partial.
    lines = Event.objects.filter(ledger=SYSTEM_LEDGER, kind__in=OUTCOME_KINDS).exclude(kind__in=ROUTINE_KINDS)
    return lines.order_by("-at", "-seq")


def _outcome(event: Event) -> Outcome:
    told = read(event.kind, event.data) or {}
    return Outcome(
        event.seq, event.at, event.actor_id, event.actor_name, event.actor_role, event.via, event.reason, told
    )
