"""The scale of a timeline: linear where a run worked, with long waits shortened, and where that is so it says so."""

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from console.timeline.window import Window
from executions import states
from executions.queries.life import Band

AT_WORK = frozenset({states.PROCESSING, states.PAUSING, states.CANCELLING})
ENOUGH_FOR_WORK = 0.3
"""Work that would take less of the width than this is given so much, and the longest waits are shortened for it."""
MOST_BANDS = 40
NARROW_PERCENT, GROUP_PERCENT = 0.7, 1.5
"""With many bands, those narrower than the first are drawn together, up to the second."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the bar: one band, or several too narrow to be told apart.

    Args:
        bands: in order.
        since, until: from and to when; less than the bands where only a part of a life is drawn.
        left, right: where it lies, in percent of the width.
        broken: shortened: it is longer than it looks.
    """

    bands: tuple[Band, ...]
    since: datetime.datetime
    until: datetime.datetime
    left: float
    right: float
    broken: bool = False

    @property
    def longest(self) -> Band:
        """The band that most of it is."""
        return max(self.bands, key=lambda band: band.seconds)

    @property
    def width(self) -> float:
        """Percent of the width."""
        return self.right - self.left


@dataclass(frozen=True, slots=True)
class Scale:
    """Moments to places."""

    pieces: list[Piece] = field(default_factory=list)

    def place(self, moment: datetime.datetime) -> float:
        """Return where a moment lies, in percent of the width; what is outside of the life lies at its edge."""
        for piece in self.pieces:
            if moment < piece.until:
                seconds = (piece.until - piece.since).total_seconds()
                share = (moment - piece.since).total_seconds() / seconds if seconds else 0.0
                return piece.left + max(0.0, share) * piece.width
        return 100.0

    @property
    def knots(self) -> str:
        """Say which moment lies where, for the script that reads places back: ``percent:milliseconds``, in order."""
        knots = [(piece.left, piece.since) for piece in self.pieces]
        knots += [(piece.right, piece.until) for piece in self.pieces[-1:]]
        return " ".join(f"{place:.3f}:{moment.timestamp() * 1000:.0f}" for place, moment in knots)


def scale_of(bands: Sequence[Band], window: Window | None = None) -> Scale:
    """Lay bands out over the width.

    Args:
        bands: a life without gaps, in order; with a window those that reach into it.
        window: the part of it that is drawn, true to time: whoever zooms in wants to see how long things took.
    """
    first = window.since if window else datetime.datetime.min.replace(tzinfo=datetime.UTC)
    last = window.until if window else datetime.datetime.max.replace(tzinfo=datetime.UTC)

    def lasted(band: Band) -> float:
        return max(0.0, (min(band.until, last) - max(band.since, first)).total_seconds())

    groups = _groups(bands, lasted)
    seconds = [sum(map(lasted, group)) for group in groups]
    resting = [all(band.state not in AT_WORK for band in group) for group in groups]
    shares, broken = (seconds, [False] * len(seconds)) if window else _shares(seconds, resting)
    pieces, left = [], 0.0
    for group, share, is_broken in zip(groups, _at_least(shares), broken, strict=True):
        since, until = max(group[0].since, first), min(group[-1].until, last)
        pieces.append(Piece(tuple(group), since, until, left, left + share, is_broken))
        left += share
    return Scale(pieces)


def _groups(bands: Sequence[Band], lasted: Callable[[Band], float]) -> list[list[Band]]:
    if len(bands) <= MOST_BANDS:
        return [[band] for band in bands]
    total = sum(map(lasted, bands)) or 1.0
    groups: list[list[Band]] = []
    width = 0.0
    for band in bands:
        share = 100 * lasted(band) / total
        if groups and width and share < NARROW_PERCENT and width + share < GROUP_PERCENT:
            groups[-1].append(band)
            width += share
        else:
            groups.append([band])
            width = share if share < NARROW_PERCENT else 0.0
    return groups


def _shares(seconds: list[float], resting: list[bool]) -> tuple[list[float], list[bool]]:
    """Return how much of the width each gets, as weights, and which of them are shortened."""
    work = sum(length for length, rests in zip(seconds, resting, strict=True) if not rests)
    rests = sorted(length for length, is_rest in zip(seconds, resting, strict=True) if is_rest)
    room = work * (1 / ENOUGH_FOR_WORK - 1)
    if not work or sum(rests) <= room:
        return seconds, [False] * len(seconds)
    longest = _water_level(rests, room)
    broken = [is_rest and length > longest for length, is_rest in zip(seconds, resting, strict=True)]
    # Of the shortened ones the longer still look longer.
    weights = [math.log1p(length / longest) for length, is_broken in zip(seconds, broken, strict=True) if is_broken]
    each = longest * len(weights) / sum(weights)
    return [
        math.log1p(length / longest) * each if is_broken else length
        for length, is_broken in zip(seconds, broken, strict=True)
    ], broken


def _water_level(lengths: list[float], room: float) -> float:
    """Return the length at which lengths must be cut for all of them to fit into the room."""
    for number, length in enumerate(lengths):
        level = room / (len(lengths) - number)
        if length >= level:
            return level
        room -= length
    return lengths[-1]


def _at_least(weights: list[float]) -> list[float]:
    """Return widths in percent; what would be too narrow to be seen is widened at the cost of the wide."""
    least = min(1.2, 50 / max(1, len(weights)))
    total = sum(weights)
    widths = [100 * weight / total if total else 100 / len(weights) for weight in weights]
    missing = sum(max(0.0, least - width) for width in widths)
    spare = sum(max(0.0, width - least) for width in widths)
    return [least if width <= least else width - missing * (width - least) / spare for width in widths]
