"""Zooming: the part of a life that is drawn, and the parts one can go to from there."""

import datetime
from dataclasses import dataclass, replace

from executions.queries.life import Timeline

LEAST = datetime.timedelta(seconds=1)
LATELY = {
    "day": datetime.timedelta(days=1),
    "hour": datetime.timedelta(hours=1),
    "now": datetime.timedelta(minutes=10),
}
"""Parts that end where the life does, and go on with it: name → how long."""
WORDS = {"": "Whole", "day": "Last day", "hour": "Last hour", "now": "Around now"}


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a life.

    Args:
        since, until: from and to when (aware).
        name: one of ``LATELY``; empty for any other part.
    """

    since: datetime.datetime
    until: datetime.datetime
    name: str = ""

    @property
    def length(self) -> datetime.timedelta:
        """How long it is."""
        return self.until - self.since

    @property
    def text(self) -> str:
        """What names it in an address."""
        return self.name or f"{_milliseconds(self.since)}-{_milliseconds(self.until)}"


@dataclass(frozen=True, slots=True)
class Way:
    """A part that one can go to.

    Args:
        name: what it does, as the keyboard's script knows it.
        label: in words.
        text: names it in an address; empty for the whole life.
        current: it is drawn now.
        icon: of the micro set, where no words are shown.
        possible: it differs from what is drawn.
    """

    name: str
    label: str
    text: str
    current: bool = False
    icon: str = ""
    possible: bool = True


def read_window(text: str, life: Timeline) -> Window | None:
    """Read which part an address names; None for the whole life, and for what names no part of it.

    Args:
        text: a name of ``LATELY``, or two moments in milliseconds with a dash between.
        life: whose.
    """
    if text in LATELY:
        return _within(life, life.until - LATELY[text], life.until, text)
    first, _, last = text.partition("-")
    if not all(each.isascii() and each.isdigit() and len(each) < 15 for each in (first, last)):
        return None
    moments = [datetime.datetime.fromtimestamp(int(each) / 1000, datetime.UTC) for each in (first, last)]
    return _within(life, moments[0], moments[1])


def cut(life: Timeline, window: Window) -> Timeline:
    """Leave out of a life what lies outside of a part of it; what reaches into it keeps its own times."""

    def inside(since: datetime.datetime, until: datetime.datetime | None) -> bool:
        return since < window.until and (until or life.until) > window.since

    return replace(
        life,
        bands=[each for each in life.bands if inside(each.since, each.until)],
        holds=[each for each in life.holds if inside(each.since, each.until)],
        questions=[each for each in life.questions if inside(each.since, each.until)],
        stretches=[each for each in life.stretches if inside(each.since, each.until)],
        acts=[each for each in life.acts if window.since <= each.at <= window.until],
    )


def named_ways(life: Timeline, window: Window | None) -> list[Way]:
    """Return the whole life and its latest parts, those that are shorter than it."""
    name = window.name if window else ""
    found = [Way("whole", WORDS[""], "", current=window is None)]
    for each, length in LATELY.items():
        if length < life.until - life.since:
            words = "Around its end" if each == "now" and life.ended else WORDS[each]
            found.append(Way(each, words, each, current=bool(window) and name == each))
    return found


def near_ways(life: Timeline, window: Window | None) -> list[Way]:
    """Return the parts around the one that is drawn: earlier, later, a longer and a shorter one."""
    here = window or Window(life.since, life.until)
    half = here.length / 2
    middle = here.since + half
    if window is None and not life.ended:
        middle = life.until  # where things happen
    sides = (
        ("earlier", "Earlier", "chevron-left", here.since - half, here.until - half),
        ("later", "Later", "chevron-right", here.since + half, here.until + half),
        ("out", "Zoom out", "minus", here.since - half, here.until + half),
        ("in", "Zoom in", "plus", middle - half / 2, middle + half / 2),
    )
    found = []
    for name, label, icon, since, until in sides:
        to = _within(life, *_pushed_in(life, since, until))
        same = to == window or (to is not None and (to.since, to.until) == (here.since, here.until))
        found.append(Way(name, label, to.text if to else "", icon=icon, possible=not same))
    return found


def _pushed_in(
    life: Timeline, since: datetime.datetime, until: datetime.datetime
) -> tuple[datetime.datetime, datetime.datetime]:
    """Push a part that reaches over an edge of the life back inside."""
    back = max(datetime.timedelta(0), until - life.until)
    since, until = since - back, until - back
    on = max(datetime.timedelta(0), life.since - since)
    return since + on, until + on


def _within(life: Timeline, since: datetime.datetime, until: datetime.datetime, name: str = "") -> Window | None:
    since, until = max(since, life.since), min(until, life.until)
    if since <= life.since and until >= life.until:
        return None
    if until - since < LEAST:
        until = min(max(until, since + LEAST), life.until)
        since = max(life.since, until - LEAST)
    return Window(since, until, name) if since < until else None


def _milliseconds(moment: datetime.datetime) -> int:
    return int(moment.timestamp() * 1000)
