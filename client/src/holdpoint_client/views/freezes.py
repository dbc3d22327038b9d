"""Freezes as people read them."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.ids import shown_id
from holdpoint_client.tables import Column, fitted, pairs
from holdpoint_client.words import age, capped, clean, clock

type Document = dict[str, Any]


def selector(freeze: Document) -> str:
    """Say which runs a freeze is for."""
    told = [f"runs of {clean(freeze['workflow'])}"] if freeze["workflow"] else []
    told += [f"{clean(name)}:{clean(value)}" for name, value in freeze["labels"].items()]
    return " with ".join(filter(None, [told[0] if told else "", ", ".join(told[1:])])) or "every run"


def preview_block(counted: Document, workflow: str) -> RenderableType:
    """Draw what a freeze would stop now.

    Args:
        counted: as the API counts.
        workflow: the one it is for, empty for none.
    """
    rows: list[tuple[str, RenderableType]] = [
        (capped(counted["running"]), "running: they stop at their next boundary"),
        (capped(counted["queued"]), "queued: they do not begin"),
        (capped(counted["waiting"]), "waiting or held: they stay where they are"),
    ]
    if workflow and not counted["known"]:
        rows.append(("!", Text(f"No workflow is called {clean(workflow)} now.", "yellow")))
    return pairs(rows, numbers=True)


def freeze_block(freeze: Document) -> RenderableType:
    """Draw a freeze: which runs, who, why, and how it is being lifted."""
    state, style = _state(freeze)
    head = Text.assemble((state, style), "  ", (selector(freeze), "bold"))
    who = f"{clean(freeze['placed_by']['name'])} via {clean(freeze['placed_via'])}, {clock(freeze['placed_at'])}"
    rows: list[tuple[str, RenderableType]] = [
        ("freeze", freeze["id"]),
        ("kind", clean(freeze["kind"]) + (", dual control" if freeze["dual_control"] else "")),
        ("placed by", who),
        ("reason", clean(freeze["reason"])),
    ]
    rows += [(name.replace("_", " "), clean(freeze[name])) for name in ("reason_code", "ticket") if freeze[name]]
    if freeze["review_by"]:
        rows.append(("review by", clock(freeze["review_by"])))
    if freeze["lifting_since"] and not freeze["lifted_at"]:
        rows.append(("lifting", f"{freeze['lift_rate']:g} runs a second, {freeze['admitted']:,} let go so far"))
    if freeze["released_by"]:
        rows.append(("lifted by", f"{clean(freeze['released_by']['name'])}: {clean(freeze['release_reason'])}"))
    return Group(head, pairs(rows))


def freezes_table(freezes: list[Document], width: int) -> Table:
    """Draw freezes as a table.

    Args:
        freezes: as the API lists them.
        width: of the screen, in columns.
    """
    ids = [freeze["id"] for freeze in freezes]
    columns = [Column("freeze"), Column("state"), Column("stops", free=True), Column("kind"), Column("by", free=True)]
    rows: list[list[str | Text]] = [
        [
            shown_id(freeze["id"], ids, width),
            Text(*_state(freeze)),
            selector(freeze),
            clean(freeze["kind"]),
            clean(freeze["placed_by"]["name"]),
            clean(freeze["reason"]),
            age(freeze["placed_at"]),
        ]
        for freeze in freezes
    ]
    return fitted([*columns, Column("reason", free=True), Column("for", justify="right")], rows, width)


def _state(freeze: Document) -> tuple[str, str]:
    if freeze["lifted_at"]:
        return "✓ lifted", "green"
    return ("◐ lifting", "yellow") if freeze["lifting_since"] else ("❄ frozen", "bold cyan")
