"""Lines of the record as CSV (RFC 4180), for people who read them in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator

from executions.provenance.digests import Line, ledger_name

COLUMNS = ("ledger", "seq", "at", "kind", "actor_id", "actor_name", "role", "via", "reason", "data", "digest")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet takes a cell that begins with one of these for a formula and carries it out. Source: OWASP."""


def csv_lines(lines: Iterable[Line]) -> Iterator[str]:
    """Yield a heading and one record per line, every cell quoted.

    Args:
        lines: of the record, in their order.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for line in lines:
        yield _taken(buffer)
        told = (line.kind, line.actor_id, line.actor_name, line.actor_role, line.via, line.reason, line.data)
        writer.writerow([ledger_name(line.ledger), line.seq, line.at, *map(harmless, told), line.digest.hex()])
    yield _taken(buffer)


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe goes before one that would be."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
