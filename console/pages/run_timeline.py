"""The authority timeline of a run's page: drawn whole or in part, with the runs beside it, and told in a table."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from console.pages.run_history_part import HistoryPart
from console.timeline.draw import draw
from console.timeline.kin import EACH
from console.timeline.shapes import Drawing
from console.timeline.table import TableRow, table_of
from console.timeline.window import Way, Window, cut, named_ways, near_ways, read_window
from executions.models import Execution, Freeze
from executions.queries.life import Timeline
from executions.queries.timeline import timeline_of
from executions.queries.tree import MOST_KIN, Kin, kin_of

PART, KIN = "life", "kin"
"""Parameters of the address: which part of the life is drawn, and whether each run beside it has a lane."""


@dataclass(frozen=True, slots=True)
class Link:
    """A way on the timeline with its address."""

    way: Way
    url: str


class RunTimeline:
    """A run's life as its page draws it. The class that gathers the page provides the rest."""

    request: HttpRequest
    execution: Execution
    freezes: list[Freeze]
    history: HistoryPart
    step_title: Any

    @functools.cached_property
    def life(self) -> Timeline:
        """Its life, from its history."""
        return timeline_of(self.execution, self.freezes)

    @property
    def shown_part(self) -> dict[str, str]:
        """What of the timeline is shown, as the address says it."""
        asked = {name: self.request.GET.get(name, "")[:40] for name in (PART, KIN)}
        return {name: text for name, text in asked.items() if text}

    @functools.cached_property
    def window(self) -> Window | None:
        """The part of its life that is drawn; None for all of it."""
        return read_window(self.shown_part.get(PART, ""), self.life)

    @functools.cached_property
    def _kin(self) -> tuple[list[Kin], bool]:
        return kin_of(self.execution)

    @property
    def each_kin(self) -> bool:
        """Each run beside it has a lane of its own."""
        return KIN in self.shown_part

    @property
    def kin_words(self) -> str:
        """How many there are, where they are drawn together or were; empty where a few lanes do."""
        found, more = self._kin
        counts = {"children": sum(not run.is_fork for run in found), "forks": sum(run.is_fork for run in found)}
        many = {noun: number for noun, number in counts.items() if number > EACH}
        told = " and ".join(f"{number} {noun}" for noun, number in many.items())
        return f"The first {MOST_KIN}: {told}" if more else told

    @functools.cached_property
    def drawing(self) -> Drawing:
        """The drawing."""
        kin = self._kin[0]
        return draw(self.life, self.freezes, self.step_title, window=self.window, kin=kin, each=self.each_kin)

    @property
    def part_says(self) -> str:
        """What is drawn, for those who listen to the page."""
        if self.window is None:
            return "its whole life"
        ticks = self.drawing.ticks
        return f"from {ticks[0].text} to {ticks[-1].text}"

    @property
    def parts_of_life(self) -> list[Link]:
        """The whole life and its latest parts; nothing where it is too short for any."""
        ways = named_ways(self.life, self.window)
        return self._links(ways) if len(ways) > 1 or self.window else []

    @property
    def parts_near(self) -> list[Link]:
        """Earlier, later, longer and shorter parts."""
        return self._links(near_ways(self.life, self.window))

    @property
    def kin_url(self) -> str:
        """Address at which the runs beside it are drawn the other way: each, or together."""
        return self._address(**{KIN: "" if self.each_kin else "each"})

    def _links(self, ways: Iterable[Way]) -> list[Link]:
        return [Link(way, self._address(**{PART: way.text})) for way in ways]

    def _address(self, **changed: str) -> str:
        asked = self.history.query | self.shown_part | changed
        return "?" + urlencode({name: text for name, text in asked.items() if text})

    @functools.cached_property
    def life_rows(self) -> list[TableRow]:
        """The same in rows."""
        return self._table[0]

    @property
    def life_rows_left_out(self) -> int:
        """Older rows that are not among them."""
        return self._table[1]

    @functools.cached_property
    def _table(self) -> tuple[list[TableRow], int]:
        life = cut(self.life, self.window) if self.window else self.life
        return table_of(life, self.step_title, self._kin[0])
