"""What differs between two payloads, path by path."""

import json
from itertools import islice
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.payloads import NOTHING, Change, differences, pointer
from holdpoint_client.words import clean

MOST = 200
LONGEST = 2000
"""Characters of one value."""
LOOK = {"+": "green", "-": "red", "~": "yellow"}


def changes_table(before: Any, after: Any, width: int) -> RenderableType:
    """Draw every place at which two JSON values differ: sign, path, and the values below each other.

    Args:
        before, after: what JSON can hold.
        width: of the screen, in columns.
    """
    found = list(islice(differences(before, after), MOST + 1))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=max(width // 3, 16))
    table.add_column(overflow="fold")
    for change in found[:MOST]:
        table.add_row(Text(change.sign, LOOK[change.sign]), clean(pointer(change.path)), _values(change))
    if len(found) <= MOST:
        return table
    return Group(table, Text(f"and more; the first {MOST} are shown", "dim"))


def _values(change: Change) -> Text:
    before, after = _written(change.before), _written(change.after)
    if change.before is NOTHING:
        return Text(after, "green")
    if change.after is NOTHING:
        return Text(before, "red")
    parted = "\n" if "\n" in before + after or len(before + after) > 60 else " "
    return Text.assemble((before, "red"), f"{parted}→ ", (after, "green"))


def _written(value: Any) -> str:
    if value is NOTHING:
        return ""
    text = clean(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
