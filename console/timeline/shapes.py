"""The shapes of a timeline: places in percent of the width, heights in pixels, so that no text is stretched."""

from dataclasses import dataclass, field

from executions.queries.life import Band

PLOT_PIXELS = 720
"""The width that labels are fitted to; the drawing is never narrower."""
LETTER_PIXELS = 6.1
GAP = 0.8
"""Percent of the width between a shape and the label beside it."""
ACTS, BAR, LANE, STEP, AXIS = 30, 34, 22, 22, 24
"""Heights of the rows."""


def room_for(text: str) -> float:
    """Return how much of the width a label needs, in percent."""
    return 100 * (len(text) * LETTER_PIXELS + 8) / PLOT_PIXELS


def percent(place: float) -> str:
    """Write a place as SVG takes it."""
    return f"{place:.2f}%"


@dataclass(frozen=True, slots=True)
class Label:
    """Words beside a shape.

    Args:
        text: what they say.
        x: where.
        anchor: ``start`` or ``end``.
    """

    text: str
    x: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle, or what stands for one.

    Args:
        x, width: in percent.
        kind: decides colour and pattern.
        says: shown on hovering.
        href: the line of the history it goes to; empty where there is none.
        label: words on or beside it.
        broken: where it is cut, because it lasted longer than it looks.
        open: it lasts still.
        many: how many states it stands for.
    """

    x: str
    width: str
    kind: str
    says: str
    href: str = ""
    label: Label | None = None
    broken: str = ""
    open: bool = False
    many: int = 1


@dataclass(frozen=True, slots=True)
class Marker:
    """One act of a person, or several close together."""

    x: str
    icon: str
    tone: str
    says: str
    href: str
    count: int = 1
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A time on the axis."""

    x: str
    text: str
    anchor: str = "middle"


@dataclass(slots=True)
class Row:
    """A row of the drawing.

    Args:
        kind: ``acts``, ``bar``, ``lane`` or ``step``.
        name: what stands beside it.
        note: beside the name, such as how long a step took.
        height: in pixels.
        y: where it begins.
        shapes, markers: what is in it.
        thread: from and to where a thin line binds the shapes of a step together.
    """

    kind: str
    name: str
    note: str = ""
    height: int = LANE
    y: int = 0
    shapes: list[Shape] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    thread: tuple[str, str] | None = None
    status: str = ""

    @property
    def middle(self) -> int:
        """Its middle line."""
        return self.y + self.height // 2

    @property
    def text_y(self) -> int:
        """The base line of text in it."""
        return self.middle + 4


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that is drawn.

    Args:
        rows: from top to bottom.
        ticks: the axis under them.
        height: of the whole, in pixels.
        axis_y: where the axis is.
        bar: the row of the states.
        open: the life goes on.
        zone: the time zone of the axis.
        totals: state → seconds, the longest first, for the sentence below.
        knots: which moment lies where, see ``Scale.knots``.
    """

    rows: list[Row]
    ticks: list[Tick]
    height: int
    axis_y: int
    bar: Row
    open: bool
    zone: str
    totals: list[tuple[str, str]]
    knots: str = ""
    band_lines: list[tuple[Band, str]] = field(default_factory=list)


def stack(rows: list[Row]) -> int:
    """Put rows below each other; return where the last one ends."""
    y = 0
    for row in rows:
        row.y = y
        y += row.height
    return y
