"""Bars of a small plot, computed here and drawn by templates as SVG: no script, and the same numbers as the table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

PITCH = 10.0
"""Width of a bar with its gap, in the plot's own units; the plot is stretched to the room there is."""
GAP = 2.0
HEIGHT = 100.0
LEAST = 1.5
"""Height of the smallest piece that is not nought, so that one failure in thousands is still seen."""
STEPS = (1.0, 2.0, 5.0, 10.0)
SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 43200, 86400)


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle of a bar; ``kind`` chooses its colour."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of the plot: what it says when pointed at, and its pieces.

    Args:
        x: its left edge.
        says: what it shows, in words.
        pieces: from the bottom up.
        counted: False where nothing is known of it.
    """

    x: float
    says: str
    pieces: tuple[Piece, ...]
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Plot:
    """A whole plot.

    Args:
        bars: from left to right.
        top: value at its upper edge.
        ticks: labels under it, each over the same number of bars.
    """

    bars: list[Bar]
    top: float
    ticks: list[str]

    @property
    def width(self) -> float:
        """Of the plot, in its own units."""
        return PITCH * len(self.bars)

    @property
    def empty(self) -> bool:
        """There is nothing to draw."""
        return not any(bar.pieces for bar in self.bars)

    @property
    def bar_width(self) -> float:
        """Of one bar with its gap."""
        return PITCH


def stacked(values: Sequence[dict[str, float]], says: Sequence[str], known: Sequence[bool], ticks: list[str]) -> Plot:
    """Plot bars of pieces on top of each other.

    Args:
        values: for each bar, kind → value, from the bottom up.
        says: each bar in words.
        known: whether anything is known of each bar.
        ticks: labels under the plot.
    """
    top = round_up(max((sum(each.values()) for each in values), default=0))
    bars = []
    for index, each in enumerate(values):
        pieces, at = [], HEIGHT
        for kind, value in each.items():
            if value:
                height = max(LEAST, value / top * HEIGHT)
                at -= height
                pieces.append(_piece(kind, index, at, height))
        bars.append(Bar(index * PITCH, says[index], tuple(pieces), known[index]))
    return Plot(bars, top, ticks)


def nested(
    values: Sequence[dict[str, float | None]], says: Sequence[str], known: Sequence[bool], ticks: list[str]
) -> Plot:
    """Plot bars that all begin at the bottom, the higher ones behind; as ``stacked``, with lengths in seconds."""
    top = round_up_seconds(max((value or 0 for each in values for value in each.values()), default=0))
    bars = []
    for index, each in enumerate(values):
        told = sorted(((value, kind) for kind, value in each.items() if value is not None), reverse=True)
        heights = [(kind, max(LEAST, value / top * HEIGHT)) for value, kind in told]
        pieces = tuple(_piece(kind, index, HEIGHT - height, height) for kind, height in heights)
        bars.append(Bar(index * PITCH, says[index], pieces, known[index]))
    return Plot(bars, top, ticks)


def round_up(value: float) -> float:
    """Return the next number that is 1, 2 or 5 times a power of ten; at least 1."""
    power = 1.0
    while power * 10 < value:
        power *= 10
    return next(step * power for step in STEPS if step * power >= value)


def round_up_seconds(value: float) -> float:
    """Return the next length of time that people count in, in seconds."""
    return next((float(step) for step in SECONDS if step >= value), -(-value // 86400) * 86400)


def ticks_of[T](parts: Sequence[T], groups: int, label: Callable[[T], str]) -> list[str]:
    """Return labels for groups of equally many parts, each the label of its first.

    Args:
        parts: of the axis.
        groups: how many labels; divides the number of parts.
        label: what is said of a part.
    """
    size = len(parts) // groups
    return [label(part) for part in parts[::size]]


def _piece(kind: str, index: int, y: float, height: float) -> Piece:
    return Piece(kind, index * PITCH + GAP / 2, round(y, 2), PITCH - GAP, round(height, 2))
