"""What an audit search finds, all of it, for an export."""

import dataclasses
import functools
import operator
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Func, TextField

from executions.provenance.auditlines import AuditFilter
from executions.provenance.diagnose import line_of
from executions.provenance.digests import Line
from executions.provenance.export import ROWS_AT_ONCE, Selection
from executions.queries.audit import branches, ledger_called, matching

WHOLE = ("run", "since", "until", "routine")
"""Filters that select every line of a ledger or a time; by any other, only lines that match are handed out."""


class TimeText(Func):
    """A line's time as the digest has it, as in ``provenance.statements.COLUMNS``."""

    template = """coalesce(
        to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), %(expressions)s::text
    )"""
    output_field = TextField()


def extract_of(wanted: AuditFilter) -> tuple[Selection, Callable[[], Iterator[Line]] | None]:
    """Return what an export of a search hands out, and how its lines are read.

    A run, or a span of time, alone hands out all of it, what the engine wrote by itself as well; so a whole ledger can
    be verified completely. Anything else hands out what the search finds.

    Args:
        wanted: the search.

    Returns:
        Both arguments of ``provenance.export.export``; the second is None where every line is handed out.

    Raises:
        Invalid: an unknown kind or door, an unreadable run id, a time without a zone.
    """
    given = {name: value for name, value in dataclasses.asdict(wanted).items() if value and name not in WHOLE}
    if not given:
        return Selection(ledger_called(wanted.run) if wanted.run else None, wanted.since, wanted.until), None
    if wanted.run:
        given["run"] = wanted.run
    if wanted.routine:
        given["routine"] = True
    selection = Selection(None, wanted.since, wanted.until, given)
    # What is wrong with the search is said before anything is recorded or handed out.
    matching(wanted)
    branches(wanted)
    return selection, functools.partial(_found, wanted)


def _found(wanted: AuditFilter) -> Iterator[Line]:
    parts = branches(wanted)
    if not parts:
        return
    lines = matching(wanted).filter(functools.reduce(operator.or_, parts))
    columns: tuple[Any, ...] = ("kind", "actor_id", "actor_name", "actor_role", "via", "reason", "data", "salt")
    told = lines.order_by("ledger", "seq").values_list(
        "ledger", "seq", TimeText("at"), *columns, "data_digest", "prev", "digest"
    )
    for row in told.iterator(chunk_size=ROWS_AT_ONCE):
        yield line_of(row)
