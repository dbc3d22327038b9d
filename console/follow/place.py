"""Where in the events a stream is: how it catches up from the database, and the ids it gives out."""

import uuid
from itertools import takewhile
from typing import Protocol

from console.follow.choice import Choice
from console.follow.wire import Told, event
from executions import queries
from executions.queries import tail
from executions.queries.snapshots import Cursor, Snapshot
from executions.queries.tail import Line

PAGE = 200


class Place(Protocol):
    """Where a stream is. ``str`` of it is the id that a client goes on from."""

    def read(self, until: Snapshot) -> tuple[str, bool]:
        """Read a page of what follows and move on past it; return it as text, and whether there may be more.

        Args:
            until: go no further than this. Up to here it is known that the stream may be told; the rest comes from the
                tail, which looks for whoever has lost his right before it tells anything.
        """

    def write(self, told: Told) -> str:
        """Write an event with its id and move on past it; nothing for one that was told before."""

    def reach(self, place: str) -> None:
        """Move on past what was left out before this place in the stream of all events."""


class AmongAll:
    """A place in the stream of all events.

    Args:
        cursor: after what was seen.
        choice: what is told.
    """

    def __init__(self, cursor: Cursor, choice: Choice) -> None:
        self._place = str(cursor)
        self._choice = choice

    def __str__(self) -> str:
        return self._place

    def read(self, until: Snapshot) -> tuple[str, bool]:
        batch = tail.after(Cursor.parse(self._place), until=until)
        chosen = [Told(line, str(place)) for line, place in batch.places() if self._choice.wants(line)]
        self._place = str(batch.cursor)
        return "".join(event(told.place, told) for told in chosen), batch.more

    def write(self, told: Told) -> str:
        self._place = told.place
        return event(told.place, told)

    def reach(self, place: str) -> None:
        self._place = place


class InRun:
    """A place in one run's history, which its ``seq`` tells: it has no gaps and is committed in its order.

    Args:
        run: the run.
        workflow: its workflow.
        seq: the last line that was seen.
    """

    def __init__(self, run: uuid.UUID, workflow: str, seq: int) -> None:
        self._run = run
        self._workflow = workflow
        self._seq = seq

    def __str__(self) -> str:
        return str(self._seq)

    def read(self, until: Snapshot) -> tuple[str, bool]:
        found = queries.history(self._run, after=self._seq, limit=PAGE)
        seen = list(takewhile(lambda event: until.sees(event.written_in), found))
        text = "".join(self.write(Told(Line(event, self._workflow, "", {}))) for event in seen)
        return text, len(seen) == PAGE

    def write(self, told: Told) -> str:
        seq = told.line.event.seq
        if seq <= self._seq:
            return ""
        self._seq = seq
        return event(str(seq), told)

    def reach(self, place: str) -> None:
        """A history is told whole: nothing is left out."""
