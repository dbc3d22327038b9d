"""Where a reader of all events stands: by snapshots of transactions, because no number is committed in its order."""

import functools
import re
from dataclasses import dataclass
from typing import Self

from executions.errors import Invalid

OLDEST = -(2**62)
"""Before all transactions, even those that a restored backup has moved out of the way."""
NEWEST = 2**62
LONGEST_CURSOR = 16_000
_SNAPSHOT = re.compile(r"-?\d{1,19}(\.\d{1,19})*", re.ASCII)
_ORDINAL = re.compile(r"\d{1,18}", re.ASCII)
_LIKE = "Send the id of an event of this stream as it was, or start anew without one."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which transactions a reader has seen: all below ``xmax``, save those that were under way.

    Args:
        xmax: the first transaction that it has not seen.
        running: those below ``xmax`` that it has not seen either.
    """

    xmax: int
    running: frozenset[int] = frozenset()

    @classmethod
    def of_postgres(cls, text: str) -> Self:
        """Read what ``pg_current_snapshot()`` prints: ``xmin:xmax:running,…``."""
        _, xmax, running = text.split(":")
        return cls(int(xmax), frozenset(int(each) for each in running.split(",") if each))

    def sees(self, transaction: int) -> bool:
        """Tell whether a transaction was over."""
        return transaction < self.xmax and transaction not in self.running

    def cut(self, xmax: int) -> "Snapshot":
        """Return what of it lies below a transaction."""
        return self if xmax >= self.xmax else Snapshot(xmax, frozenset(each for each in self.running if each < xmax))

    def joined(self, other: "Snapshot") -> "Snapshot":
        """Return what either of two snapshots sees."""
        unseen = {each for each in self.running if not other.sees(each)}
        unseen |= {each for each in other.running if not self.sees(each)}
        xmax = max(self.xmax, other.xmax)
        return Snapshot(xmax, frozenset(each for each in unseen if each < xmax))

    def __str__(self) -> str:
        return _written(self.xmax, self.running)


@functools.lru_cache(maxsize=64)
def _written(xmax: int, running: frozenset[int]) -> str:
    """Write a snapshot, once for all events of a batch: one that came from outside may be long."""
    # The distances from xmax are short, and most often there are none.
    return ".".join(str(each) for each in (xmax, *sorted(xmax - each for each in running)))


BEGINNING = Snapshot(OLDEST)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the order in which events are told.

    Events are told batch by batch: what ``upto`` sees and ``before`` does not, in an order that the database computes
    the same each time. So a reader that was cut within a batch goes on at the very next event.

    Args:
        before: all that it sees was told.
        upto: where the batch ends that is being told; None between two batches.
        told: how many of that batch were told.
    """

    before: Snapshot
    upto: Snapshot | None = None
    told: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a cursor as ``str`` writes it.

        Raises:
            Invalid: it is none.
        """
        before, *rest = text.split("~") if len(text) <= LONGEST_CURSOR else ("",)
        if not rest:
            return cls(_snapshot(before))
        if len(rest) != 2 or not _ORDINAL.fullmatch(rest[1]):
            raise unreadable()
        return cls(_snapshot(before), _snapshot(rest[0]), int(rest[1]))

    @property
    def newest(self) -> Snapshot:
        """The later of its snapshots."""
        return self.upto or self.before

    def __str__(self) -> str:
        return str(self.before) if self.upto is None else f"{self.before}~{self.upto}~{self.told}"


def _snapshot(text: str) -> Snapshot:
    if not _SNAPSHOT.fullmatch(text):
        raise unreadable()
    xmax, *distances = (int(each) for each in text.split("."))
    running = frozenset(xmax - each for each in distances)
    if not all(OLDEST <= each <= NEWEST for each in (xmax, *running)):
        raise unreadable()
    return Snapshot(xmax, running)


def unreadable() -> Invalid:
    """Return the refusal of a text, or of a place, that was never given out."""
    problem = f"This is no place in the stream. {_LIKE}"
    return Invalid(problem, errors={"Last-Event-ID": [problem]})
