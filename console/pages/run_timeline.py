"""The authority timeline of a run's page."""

import functools
from typing import Any

from console.timeline.draw import draw
from console.timeline.shapes import Drawing
from console.timeline.table import TableRow, table_of
from executions.models import Execution, Freeze
from executions.queries.life import Timeline
from executions.queries.timeline import timeline_of


class RunTimeline:
    """A run's life as its page draws it. The class that gathers the page provides the rest."""

    execution: Execution
    freezes: list[Freeze]
    step_title: Any

    @functools.cached_property
    def life(self) -> Timeline:
        """Its life, from its history."""
        return timeline_of(self.execution, self.freezes)

    @functools.cached_property
    def drawing(self) -> Drawing:
        """The drawing."""
        return draw(self.life, self.freezes, self.step_title)

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
        return table_of(self.life, self.step_title)
