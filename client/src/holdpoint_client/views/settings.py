"""Saved views, templates for reasons and rules for labels, as people read them."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.ids import shown_id
from holdpoint_client.tables import Column, fitted, pairs
from holdpoint_client.words import clean, counted

type Document = dict[str, Any]


def views_table(views: list[Document], width: int) -> Table:
    """Draw saved views as a table.

    Args:
        views: as the API lists them.
        width: of the screen, in columns.
    """
    columns = [Column("id"), Column("name", free=True), Column("whose", free=True), Column("shows", free=True)]
    ids = [view["id"] for view in views]
    rows = [
        [shown_id(view["id"], ids, width), clean(view["name"]), _whose(view), clean(view["query"]) or "every run"]
        for view in views
    ]
    return fitted(columns, rows, width)


def view_block(view: Document) -> RenderableType:
    """Draw a saved view."""
    head = Text(clean(view["name"]), "bold")
    return Group(head, pairs([("id", view["id"]), ("whose", _whose(view)), ("shows", clean(view["query"]))]))


def reasons_table(templates: list[Document], width: int) -> Table:
    """Draw templates for reasons as a table; arguments as for ``views_table``."""
    ids = [each["id"] for each in templates]
    columns = [Column("id"), Column("words", free=True), Column("code", free=True), Column("for", free=True)]
    rows = [
        [
            shown_id(each["id"], ids, width),
            clean(each["text"]),
            clean(each["reason_code"]),
            clean(", ".join(each["commands"])) or "all",
        ]
        for each in templates
    ]
    return fitted(columns, rows, width)


def labels_block(told: Document) -> RenderableType:
    """Draw the rules of labels, and which labels runs carry."""
    rows: list[tuple[str, RenderableType]] = []
    for rule in told["rules"]:
        values = clean(", ".join(rule["values"])) or "any value"
        rows.append((f"rule {clean(rule['name'])}", Text.assemble(values, (f"  {clean(rule['description'])}", "dim"))))
    for each in told["in_use"]:
        more = ", …" if each["distinct"] > len(each["values"]) else ""
        runs = f"  {counted(each['runs'], 'run')}"
        rows.append((clean(each["name"]), Text.assemble(clean(", ".join(each["values"])) + more, (runs, "dim"))))
    return pairs(rows or [("", "no label is in use, and none has a rule")])


def _whose(view: Document) -> str:
    return clean(view["owner"]["name"]) + (", shared" if view["shared"] else "")
