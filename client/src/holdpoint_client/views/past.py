"""A run's past as people read it: boundaries, its life, its evidence."""

from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.tables import Column, fitted, pairs
from holdpoint_client.views.history import event_line
from holdpoint_client.views.runs import state_text
from holdpoint_client.words import clean, clock, counted, lasting, stamp

type Document = dict[str, Any]


def boundaries_table(items: list[Document], width: int) -> Table:
    """Draw boundaries as a table.

    Args:
        items: as the API lists them.
        width: of the screen, in columns.
    """
    columns = [Column("line", justify="right"), Column("at"), Column("what"), Column("step", free=True)]
    rows: list[list[str | Text]] = [
        [
            str(item["seq"]),
            clock(item["at"]),
            clean(item["kind"]),
            clean(item["step"] or ""),
            Text("undone: the run was sent back later" if item["undone"] else "", "dim"),
        ]
        for item in items
    ]
    return fitted([*columns, Column("", free=True)], rows, width)


def timeline_block(life: Document) -> RenderableType:
    """Draw a run's life: each stretch in one state with its length and why, then what people did."""
    table = Table.grid(padding=(0, 2))
    for band in life["bands"]:
        length = (_moment(band["until"]) - _moment(band["since"])).total_seconds()
        why = ": ".join(clean(part) for part in (band["by"], band["why"]) if part)
        still = " so far" if band["open"] else ""
        table.add_row(stamp(band["since"]), state_text(band["state"]), f"{lasting(length)}{still}", Text(why, "dim"))
    parts: list[RenderableType] = [table]
    if life["left_out"]:
        parts.append(Text("Earlier lines are left out: holdpoint execution events has them.", "dim"))
    if life["acts"]:
        acts = Table.grid(padding=(0, 2))
        for act in life["acts"]:
            who = f"{clean(act['actor'])} via {clean(act['via'])}"
            acts.add_row(stamp(act["at"]), Text(clean(act["kind"]), "bold"), who, clean(act["reason"]))
        parts += [Text(), acts]
    return Group(*parts)


def evidence_block(found: Document, width: int) -> RenderableType:
    """Draw what an auditor asks about a run.

    Args:
        found: as the API gathers it.
        width: of the screen, in columns.
    """
    verified = found["verified"]
    head = (
        Text("✓ whole: nothing was changed", "green")
        if verified["whole"]
        else Text(f"✗ broken: {counted(len(verified['problems']), 'problem')}", "bold red")
    )
    facts: list[tuple[str, RenderableType]] = [
        ("run", found["id"]),
        ("lines", f"{found['lines']:,}"),
        ("digest", clean(found["digest"])),
        ("holds", f"{len(found['holds']):,}"),
        ("questions", f"{len(found['suspensions']):,}"),
        ("freezes", f"{len(found['freezes']):,}"),
        ("files", ", ".join(clean(file["name"]) for file in found["files"]) or "none"),
        ("children", f"{found['children']:,}"),
    ]
    facts += [("corrected", _correction(each)) for each in found["corrections"]]
    parts: list[RenderableType] = [head, pairs(facts), Text()]
    parts += [event_line(act, width) for act in found["acts"]]
    if found["more_acts"]:
        parts.append(Text("There are more: holdpoint execution events.", "dim"))
    parts.append(Text(f"All of it: holdpoint audit export --run {found['id']}", "dim"))
    return Group(*parts)


def _correction(each: Document) -> Text:
    what = f"line {each['seq']}, {clean(each['what'])} {clean(each['name'])}: "
    return Text.assemble(what, (clean(each["before"]), "red"), " → ", (clean(each["after"]), "green"))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
