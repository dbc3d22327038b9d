"""What differs between two payloads, path by path."""

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.payloads import NOTHING, differences, pointer
from holdpoint_client.words import clean

MOST = 200
LONGEST = 600
"""Characters of one value."""
SIGNS = {"added": "+", "removed": "-", "changed": "~"}
LOOK = {"+": "green", "-": "red", "~": "yellow"}
LINE_SIGNS = {"added": "+", "removed": "-"}
LINE_LOOK = {"added": "green", "removed": "red", "place": "cyan", "same": ""}


def changes_table(before: Any, after: Any, width: int) -> RenderableType:
    """Draw every place at which two JSON values differ: sign, path, and the values below each other.

    Args:
        before, after: what JSON can hold.
        width: of the screen, in columns.
    """
    found = list(islice(differences(before, after), MOST + 1))
    rows = [
        (each.sign, pointer(each.path), _values(each.sign, clean(_written(each.before)), clean(_written(each.after))))
        for each in found[:MOST]
    ]
    more = f"and more; the first {MOST} are shown" if len(found) > MOST else ""
    return _drawn(rows, more, width)


def told_changes(told: dict[str, Any], width: int) -> RenderableType:
    """Draw what the server says has changed; it says it in the same words.

    Args:
        told: ``changes`` and how many more there are.
        width: of the screen, in columns.
    """
    rows = [(SIGNS.get(each["kind"], " "), each["path"], _told(each)) for each in told["changes"]]
    if not rows:
        return Text("Nothing has changed.", "dim")
    return _drawn(rows, f"and {told['left_out']:,} more" if told["left_out"] else "", width)


def lines_text(lines: Iterable[tuple[str, str]]) -> Text:
    """Draw lines of a text that came, went and stayed.

    Args:
        lines: kind and words of each.
    """
    return Text("\n").join(Text(clean(text).rstrip(), LINE_LOOK.get(kind, "dim")) for kind, text in lines)


def _told(change: dict[str, Any]) -> Text:
    if change.get("lines"):
        signed = [(each["kind"], f"{LINE_SIGNS.get(each['kind'], ' ')} {each['text']}") for each in change["lines"]]
        return lines_text(signed)
    return _values(SIGNS.get(change["kind"], " "), clean(change["before"]), clean(change["after"]))


def _drawn(rows: list[tuple[str, str, Text]], more: str, width: int) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=max(width // 3, 16))
    table.add_column(overflow="fold")
    for sign, path, values in rows:
        table.add_row(Text(sign, LOOK.get(sign, "")), clean(path), values)
    return Group(table, Text(more, "dim")) if more else table


def _values(sign: str, before: str, after: str) -> Text:
    if sign == "+":
        return Text(after, "green")
    if sign == "-":
        return Text(before, "red")
    parted = "\n" if len(before + after) > 60 else " "
    return Text.assemble((before, "red"), f"{parted}→ ", (after, "green"))


def _written(value: Any) -> str:
    if value is NOTHING:
        return ""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
