"""The record as people read it: lines of all histories, and what a verification found."""

import json
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.ids import shown_id
from holdpoint_client.tables import Column, fitted, pairs
from holdpoint_client.words import clean, clock

type Document = dict[str, Any]

ROOMY = 110


def record_table(lines: list[Document], width: int) -> Table:
    """Draw lines of the record as a table.

    Args:
        lines: as the API finds them.
        width: of the screen, in columns; the wider, the more is shown.
    """
    roomy = width >= ROOMY
    ledgers = list({line["ledger"] for line in lines})
    columns = [Column("at"), Column("kind"), Column("who", free=True)]
    columns += [Column("via"), Column("run")] if roomy else [Column("run")]
    rows: list[list[str | Text]] = []
    for line in lines:
        kind = Text(clean(line["kind"]), "red" if line["kind"].endswith("denied") else "")
        row: list[str | Text] = [clock(line["at"]), kind, clean(line["actor"]["name"])]
        row += [clean(line["via"])] if roomy else []
        row.append("system" if line["ledger"] == "system" else shown_id(line["ledger"], ledgers, width))
        rows.append([*row, clean(line["reason"]) if line["reason"] else Text(clean(line["run_title"]), "dim")])
    return fitted([*columns, Column("why, or the run's title", free=True)], rows, width)


def outcome_block(told: Document) -> RenderableType:
    """Draw what a verification found."""
    whole = told.get("whole", told.get("outcome") == "whole")
    head = Text("✓ whole: nothing was changed", "green") if whole else Text("✗ broken", "bold red")
    rows: list[tuple[str, RenderableType]] = []
    for name, value in told.items():
        if name in ("whole", "outcome") or value in (None, [], {}, "", 0):
            continue
        if isinstance(value, list):
            rows += [(clean(name), clean(json.dumps(each, ensure_ascii=False))) for each in value[:20]]
            if len(value) > 20:
                rows.append(("", Text(f"and {len(value) - 20} more: --json", "dim")))
        else:
            shown = f"{value:,}" if isinstance(value, int) else _in_words(value)
            rows.append((clean(name).replace("_", " "), shown))
    return Group(head, pairs(rows))


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{clean(name)} {clean(each)}" for name, each in value.items())
    return clean(value)
