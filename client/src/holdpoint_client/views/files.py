"""A run's files as people read them."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.tables import Column, fitted
from holdpoint_client.views.payloads import lines_text
from holdpoint_client.words import clean, clock, counted, size


def files_table(files: list[dict[str, Any]], width: int) -> Table:
    """Draw files with their versions, the one in use first.

    Args:
        files: as the API lists them.
        width: of the screen, in columns.
    """
    columns = [Column("file", free=True), Column("version", justify="right"), Column("size", justify="right")]
    columns += [Column("sent"), Column("by", free=True), Column("reason", free=True)]
    rows: list[list[str | Text]] = []
    for file in files:
        for place, version in enumerate(file["versions"]):
            rows.append(
                [
                    clean(file["name"]) if place == 0 else "",
                    f"v{version['version']}",
                    size(version["size"]),
                    clock(version["uploaded_at"]),
                    clean(version["uploaded_by"]["name"]),
                    clean(version["reason"]),
                ]
            )
    return fitted(columns, rows, width)


def file_changes(told: dict[str, Any]) -> RenderableType:
    """Draw what changed between two versions of a file, as the API tells it."""
    head = Text.assemble((clean(told["name"]), "bold"), f"  v{told['from_version']} to v{told['to_version']}")
    if told["from_version"] == told["to_version"]:
        return Group(head, Text("It is compared with itself: there is no earlier version.", "dim"))
    if told["why_not"]:
        return Group(head, Text(clean(told["why_not"]), "yellow"))
    head.append(f"  {counted(told['added'], 'line')} added, {told['removed']:,} removed", "dim")
    shown = lines_text((line["kind"], line["text"]) for line in told["lines"])
    if not told["lines"]:
        shown = Text("Not one line differs.", "dim")
    more = [Text(f"and {told['left_out']:,} more lines: download both versions", "dim")] if told["left_out"] else []
    return Group(head, shown, *more)
