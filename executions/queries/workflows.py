"""What the workflows' pages read: which there are, and how their runs went in a span of time.

All figures are of runs launched in the span, the newest so many of each workflow; where there are more, the answer
says from when on they were counted.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone

from executions import clock
from executions.authoring import registry
from executions.ids import earliest_id
from executions.queries import workflow_statements as statements
from executions.queries.system import living

MOST_NAMES = 1000
MOST_RUNS = 10_000
"""Newest runs of one workflow that its own page looks at."""
MOST_RUNS_EACH = 1000
"""Newest runs of each workflow that the list looks at."""


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time up to now, in parts of equal width.

    Args:
        name: in addresses.
        title: what people read.
        width: of a part.
        parts: how many; the last one is the one we are in.
    """

    name: str
    title: str
    width: datetime.timedelta
    parts: int

    def begins(self, now: datetime.datetime) -> list[datetime.datetime]:
        """Return when each part begins, by the clock on the wall of ``now``'s zone (naive)."""
        wall = now.replace(tzinfo=None)
        midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
        current = midnight + (wall - midnight) // self.width * self.width
        return [current - self.width * back for back in range(self.parts - 1, -1, -1)]


PERIODS = {
    period.name: period
    for period in (
        Period("24h", "24 hours", datetime.timedelta(hours=1), 24),
        Period("7d", "7 days", datetime.timedelta(hours=6), 28),
        Period("30d", "30 days", datetime.timedelta(days=1), 30),
    )
}


@dataclass(frozen=True, slots=True)
class Part:
    """The runs launched in one part of a period.

    Args:
        begins: on the clock of the zone asked for (naive).
        succeeded, failed, cancelled, unfinished: what became of them so far.
        p50, p95: seconds from launch to success; None where none has succeeded.
        counted: False for a part that lies before the newest so many runs.
    """

    begins: datetime.datetime
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    unfinished: int = 0
    p50: float | None = None
    p95: float | None = None
    counted: bool = True

    @property
    def runs(self) -> int:
        """All of them."""
        return self.succeeded + self.failed + self.cancelled + self.unfinished


@dataclass(frozen=True, slots=True)
class Figures:
    """How the runs of one workflow went.

    Args:
        runs: launched in the period, at most ``most``.
        succeeded, failed, cancelled: what became of them.
        p50, p95: seconds from launch to success, time paused included.
        held, held_seconds: runs that were ever held, and the median time that those were.
        waited, waited_seconds: runs that ever waited for people's answers, and the median time that those did.
        counted_from: when the oldest run that was looked at was launched, where there are more than were looked at.
        most: how many were looked at, at most.
        parts: the same by parts of the period.
    """

    runs: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    p50: float | None = None
    p95: float | None = None
    held: int = 0
    held_seconds: float | None = None
    waited: int = 0
    waited_seconds: float | None = None
    counted_from: datetime.datetime | None = None
    most: int = MOST_RUNS
    parts: list[Part] = field(default_factory=list)

    @property
    def ended(self) -> int:
        """Runs that succeeded or failed: what the failure rate is of."""
        return self.succeeded + self.failed


def workflow_names() -> list[str]:
    """Return the names of all workflows: those that this installation knows, and those that only have runs."""
    with connection.cursor() as cursor:
        cursor.execute(statements.NAMES, {"most": MOST_NAMES})
        found = {name for (name,) in cursor.fetchall()}
    return sorted(found | set(registry.all_names()))


def known_to_workers() -> frozenset[str]:
    """Return the names of the workflows that a worker alive now can carry on."""
    return frozenset(name for names in living().values_list("workflows", flat=True) for name in names)


def figures_of(names: Iterable[str], period: Period, most: int = MOST_RUNS_EACH) -> dict[str, Figures]:
    """Return how the runs of some workflows went, in three queries. Parts are of the zone in force.

    Args:
        names: of the workflows.
        period: one of ``PERIODS``.
        most: newest runs of each that are looked at.

    Returns:
        Name → figures, for every name.
    """
    names = list(names)
    zone = timezone.get_current_timezone()
    begins = period.begins(clock.now().astimezone(zone))
    first = begins[0].replace(tzinfo=zone)
    asked: dict[str, Any] = {
        "first": earliest_id(first),
        "most": most,
        "width": period.width,
        "zone": timezone.get_current_timezone_name(),
        "origin": begins[0],
    }
    if not names:
        return {}
    with connection.cursor() as cursor:
        statement, named = statements.sampling(statements.FIGURES, names)
        cursor.execute(statement, asked | named)
        totals = {row[0]: row[1:] for row in cursor.fetchall()}
        statement, named = statements.sampling(statements.SERIES, names)
        cursor.execute(statement, asked | named)
        series: dict[str, dict[datetime.datetime, tuple]] = {}
        for name, begin, *numbers in cursor.fetchall():
            series.setdefault(name, {})[begin] = tuple(numbers)
    return {name: _figures(totals.get(name), series.get(name, {}), begins, zone, most) for name in names}


def _figures(
    totals: tuple | None,
    series: dict[datetime.datetime, tuple],
    begins: list[datetime.datetime],
    zone: datetime.tzinfo,
    most: int,
) -> Figures:
    if totals is None:
        return Figures(most=most, parts=[Part(begin) for begin in begins])
    runs, oldest, succeeded, failed, cancelled, p50, p95, held, held_seconds, waited, waited_seconds = totals
    counted_from = oldest if runs == most else None
    known_from = begins[0] if counted_from is None else oldest.astimezone(zone).replace(tzinfo=None)
    width = begins[1] - begins[0]
    parts = [
        Part(begin, *series[begin]) if begin in series else Part(begin, counted=begin + width > known_from)
        for begin in begins
    ]
    return Figures(
        runs,
        succeeded,
        failed,
        cancelled,
        p50,
        p95,
        held,
        held_seconds,
        waited,
        waited_seconds,
        counted_from,
        most,
        parts,
    )
