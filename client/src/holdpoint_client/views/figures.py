"""Numbers of runs as people read them."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.tables import Column, fitted
from holdpoint_client.views.runs import state_text
from holdpoint_client.words import capped, clean, lasting, stamp

type Document = dict[str, Any]

BAR = 30
"""Columns of the longest bar."""


def counts_block(told: Document) -> RenderableType:
    """Draw how many runs there are in each state."""
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for state, count in told["states"].items():
        table.add_row(capped(count), state_text(state))
    return table


def figures_table(items: list[Document], width: int) -> Table:
    """Draw how the runs of workflows went, a workflow a line.

    Args:
        items: as the API tells them.
        width: of the screen, in columns.
    """
    columns = [Column("workflow", free=True)]
    columns += [Column(name, justify="right") for name in ("runs", "✓", "✗", "⊘", "half within", "95 % within", "held")]
    rows: list[list[str | Text]] = [
        [
            clean(each["workflow"]),
            f"{each['runs']:,}",
            Text(f"{each['succeeded']:,}", "green"),
            Text(f"{each['failed']:,}", "red" if each["failed"] else "dim"),
            Text(f"{each['cancelled']:,}", "dim"),
            _length(each["p50"]),
            _length(each["p95"]),
            f"{each['held']:,}",
        ]
        for each in items
    ]
    return fitted(columns, rows, width)


def figures_block(each: Document) -> RenderableType:
    """Draw how the runs of one workflow went, and each part of the period as a bar."""
    table = Table.grid(padding=(0, 2))
    most = max([sum(_parts(part)) for part in each["parts"]] or [1]) or 1
    for part in filter(_any, each["parts"]):
        good, bad, ended, rest = _parts(part)
        bar = Text.assemble(
            ("█" * round(good * BAR / most), "green"),
            ("▓" * round(bad * BAR / most), "red"),
            ("░" * round((ended + rest) * BAR / most), "dim"),
        )
        told = [f"{good} ✓"] * bool(good) + [f"{bad} ✗"] * bool(bad) + [f"{ended} ⊘"] * bool(ended)
        told += [f"{rest} under way"] * bool(rest)
        table.add_row(Text(stamp(part["begins"]), "dim"), bar, ", ".join(told))
    return Group(figures_table([each], 200), Text(), table)


def _parts(part: Document) -> tuple[int, int, int, int]:
    return part["succeeded"], part["failed"], part["cancelled"], part["unfinished"]


def _any(part: Document) -> bool:
    return sum(_parts(part)) > 0


def _length(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" if seconds < 10 else lasting(seconds)
