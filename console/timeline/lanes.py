"""Spans in lanes: what overlaps lies below each other, each with its words where there is room."""

from dataclasses import dataclass

from console.templatetags.holdpoint import clip
from console.timeline.shapes import GAP, LANE, LETTER_PIXELS, PLOT_PIXELS, Label, Row, Shape, percent, room_for

LEAST_PERCENT = 0.6
FEWEST_LETTERS, MOST_LETTERS = 8, 80


@dataclass(frozen=True, slots=True)
class Beside:
    """A span with what it says.

    Args:
        left, right: where it lies, in percent.
        kind: decides colour and pattern.
        text: on or beside it.
        says: on hovering.
        href: the line it goes to.
        open: it lasts still.
    """

    left: float
    right: float
    kind: str
    text: str
    says: str
    href: str
    open: bool


def pack(name: str, spans: list[Beside], most: int) -> list[Row]:
    """Put spans into as few rows as possible, at most ``most``; what has no room any more is counted in the last name.

    Args:
        name: of the first row.
        spans: in the order of their beginning.
        most: rows.
    """
    rows: list[Row] = []
    taken: list[float] = []
    left_over = 0
    for span in spans:
        shape, begins, ends = place_beside(span)
        lane = next((number for number, until in enumerate(taken) if until < begins), None)
        if lane is None and len(rows) < most:
            lane = len(rows)
            rows.append(Row("lane", name if not rows else "", height=LANE))
            taken.append(0.0)
        if lane is None:
            left_over += 1
            continue
        rows[lane].shapes.append(shape)
        taken[lane] = ends
    if left_over:
        rows[-1].note = f"and {left_over:,} more"
    return rows


def place_beside(span: Beside) -> tuple[Shape, float, float]:
    """Write its words into, after or before it, where they fit best; return where all of it begins and ends."""
    width = max(span.right - span.left, LEAST_PERCENT)
    left = min(span.left, 100 - width)
    right = left + width
    text = clip(span.text, MOST_LETTERS)
    rooms = {"in": width - 2 * GAP, "after": 100 - right - GAP, "before": left - GAP}
    where = next(
        (each for each, room in rooms.items() if room >= room_for(text)), max(rooms, key=lambda each: rooms[each])
    )
    letters = int((rooms[where] * PLOT_PIXELS / 100 - 8) / LETTER_PIXELS)
    label, begins, ends = None, left, right
    if letters >= min(FEWEST_LETTERS, len(text)):
        text = clip(text, letters)
        if where == "in":
            label = Label(text, percent(left + GAP))
        elif where == "after":
            label, ends = Label(text, percent(right + GAP)), right + GAP + room_for(text)
        else:
            label, begins = Label(text, percent(left - GAP), "end"), left - GAP - room_for(text)
    shape = Shape(percent(left), percent(width), span.kind, span.says, span.href, label, open=span.open)
    return shape, begins, ends
