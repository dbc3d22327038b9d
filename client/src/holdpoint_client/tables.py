"""Tables that fit: what identifies a row is never cut, free text shares the room that is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

GAP = 2
LEAST = 8
"""Columns below which free text says nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Args:
        header: its heading.
        free: holds free text, which may be cut with an ellipsis.
        justify: ``left`` or ``right``.
    """

    header: str
    free: bool = False
    justify: Literal["left", "right"] = "left"


def fitted(columns: Sequence[Column], rows: Sequence[Sequence[str | Text]], width: int) -> Table:
    """Draw a table no wider than the screen; a column that says nothing in any row leaves its room to the others.

    Args:
        columns: from left to right.
        rows: a cell for each column.
        width: of the screen, in columns.
    """
    cells = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    used = [place for place in range(len(columns)) if any(row[place].cell_len for row in cells)]
    columns, cells = [columns[place] for place in used], [[row[place] for place in used] for row in cells]
    natural = [
        max([Text(column.header).cell_len, *(row[place].cell_len for row in cells)])
        for place, column in enumerate(columns)
    ]
    fixed = sum(size for size, column in zip(natural, columns, strict=True) if not column.free)
    room = width - fixed - GAP * (len(columns) - 1)
    shares = iter(shared([size for size, column in zip(natural, columns, strict=True) if column.free], room))
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim", padding=(0, GAP, 0, 0))
    for column, size in zip(columns, natural, strict=True):
        table.add_column(
            column.header,
            width=next(shares) if column.free else size,
            justify=column.justify,
            no_wrap=True,
            overflow="ellipsis",
        )
    for row in cells:
        table.add_row(*row)
    return table


def pairs(rows: Sequence[tuple[str, RenderableType]], *, numbers: bool = False) -> Table:
    """Draw facts as two columns: what it is, and the value, which wraps within its own column.

    Args:
        rows: label and value of each.
        numbers: the labels are numbers, which stand one below the other.
    """
    table = Table.grid(padding=(0, 2))
    table.add_column(style="" if numbers else "dim", no_wrap=True, justify="right" if numbers else "left")
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(label, value)
    return table


def shared(wishes: list[int], room: int) -> list[int]:
    """Share room among those who want some: nobody gets more than he wants, the rest is shared evenly.

    Args:
        wishes: columns that each would fill.
        room: columns there are.

    Returns:
        A width for each, in their order.
    """
    given = [0] * len(wishes)
    left = room
    for number, place in enumerate(sorted(range(len(wishes)), key=wishes.__getitem__)):
        given[place] = max(min(wishes[place], left // (len(wishes) - number)), min(wishes[place], LEAST))
        left -= given[place]
    return given
