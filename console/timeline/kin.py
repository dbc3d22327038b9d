"""The runs beside a run: its children and what was forked from it, a lane each or all of them in one."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from console.templatetags.holdpoint import clip
from console.templatetags.wording import duration
from console.timeline.lanes import Beside, place_beside
from console.timeline.scale import Scale
from console.timeline.shapes import LANE, Row
from executions.queries.life import Timeline
from executions.queries.tree import Kin

EACH = 6
"""More than so many are drawn in one lane, until somebody asks for each."""
NAME_LETTERS = 40


def kin_rows(kin: Sequence[Kin], scale: Scale, life: Timeline, *, each: bool) -> list[Row]:
    """Draw the runs beside a run.

    Args:
        kin: children and forks, in the order of their launch.
        scale: moments to places.
        life: the run's own.
        each: a lane for each, however many there are.
    """
    rows = []
    for name, nouns, group in (
        ("↳", "children", [run for run in kin if not run.is_fork]),
        ("Fork", "forks", [run for run in kin if run.is_fork]),
    ):
        if each or len(group) <= EACH:
            rows += [_lane(run, name, scale, life) for run in group]
        else:
            rows.append(_together(group, nouns, scale, life))
    return rows


def kin_sentence(run: Kin, life: Timeline) -> str:
    """Say which run it is, how it stands and for how long."""
    lasted = duration(((run.until or life.until) - run.since).total_seconds())
    return f"{run.name}: {run.state}, {lasted}"


def kin_link(run: Kin) -> str:
    """Return the address of a run beside."""
    return reverse("execution", args=[run.id])


def _lane(run: Kin, name: str, scale: Scale, life: Timeline) -> Row:
    beside = _beside(scale, life, run.since, run.until, run.state, run.state, kin_sentence(run, life), kin_link(run))
    return Row("kin", clip(f"{name} {run.name}", NAME_LETTERS), height=LANE, shapes=[place_beside(beside)[0]])


def _together(group: list[Kin], nouns: str, scale: Scale, life: Timeline) -> Row:
    counts = Counter(run.state for run in group)
    told = ", ".join(f"{number:,} {state}" for state, number in counts.most_common())
    since = min(run.since for run in group)
    until = None if any(run.until is None for run in group) else max(run.until for run in group if run.until)
    worst = min(counts, key=lambda state: URGENT.index(state) if state in URGENT else len(URGENT))
    parent = group[0].parent
    link = f"{reverse('executions')}?parent={parent}" if parent else kin_link(group[-1])
    beside = _beside(scale, life, since, until, worst, told, told, link)
    return Row("kin", f"{len(group):,} {nouns}", height=LANE, shapes=[place_beside(beside)[0]])


URGENT = ("failed", "paused", "pausing", "suspended", "cancelling", "processing", "queued", "succeeded", "cancelled")
"""Of runs in one lane the first of these states gives it its colour."""


def _beside(scale: Scale, life: Timeline, since: Any, until: Any, kind: str, text: str, says: str, href: str) -> Beside:
    left, right = scale.place(since), scale.place(until or life.until)
    return Beside(left, right, kind, text, says, href, until is None)
