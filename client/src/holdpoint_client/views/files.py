"""A run's files as people read them."""

from typing import Any

from rich.table import Table
from rich.text import Text

from holdpoint_client.tables import Column, fitted
from holdpoint_client.words import clean, clock, size


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
