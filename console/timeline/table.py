"""The same as the drawing in rows, for those who would rather read, or cannot see it."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from console.templatetags.wording import duration
from console.timeline.draw import STRETCH_WORDS, line_link
from console.timeline.kin import kin_link
from console.timeline.words import BAND_WORDS, Titles, look_of
from executions.queries.life import Timeline
from executions.queries.tree import Kin

MOST_ROWS = 150


@dataclass(frozen=True, slots=True)
class TableRow:
    """One thing that began at some time.

    Args:
        at: when.
        kind: ``state``, ``act``, ``step`` or ``kin``.
        what: in words.
        state: for a state, its name.
        lasted: how long; empty for an act.
        who, why: whose doing it was.
        href: the line of the history, or the other run.
    """

    at: datetime.datetime
    kind: str
    what: str
    state: str
    lasted: str
    who: str
    why: str
    href: str


def table_of(life: Timeline, title: Titles, kin: Sequence[Kin] = ()) -> tuple[list[TableRow], int]:
    """Return the newest rows in the order of time, and how many older ones there are."""
    found = [
        TableRow(
            band.since, "state", BAND_WORDS.get(band.state, band.state), band.state, duration(band.seconds),
            band.by, band.why, line_link(band.seq),
        )
        for band in life.bands
    ]  # fmt: skip
    found += [
        TableRow(act.at, "act", look_of(act).says.capitalize(), "", "", act.actor, act.reason, line_link(act.seq))
        for act in life.acts
    ]
    found += [
        TableRow(
            each.since, "step", f"{title(each.step)}: {STRETCH_WORDS[each.ended]}", "",
            duration(((each.until or life.until) - each.since).total_seconds()), "", "", line_link(each.seq),
        )
        for each in life.stretches
    ]  # fmt: skip
    found += [
        TableRow(
            run.since, "kin", f"{'Fork' if run.is_fork else 'Child'} {run.name}: {run.state}", "",
            duration(((run.until or life.until) - run.since).total_seconds()), "", "", kin_link(run),
        )
        for run in kin
    ]  # fmt: skip
    found.sort(key=lambda row: row.at)
    return found[-MOST_ROWS:], max(0, len(found) - MOST_ROWS)
