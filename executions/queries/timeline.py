"""The life of a run as its history tells it: states as bands, who held it or was asked, where it worked, who acted.

One query over the run's own ledger, newest lines first up to a cap; what came before is said to be left out.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import DataError, connection, transaction

from executions.models import Execution, Freeze, Hold, Suspension
from executions.provenance.reading import read
from executions.queries.fold import Fold
from executions.queries.life import ALTERED, Band, Line, Span, Timeline

CAP = 2000
"""Lines that are read at most; a longer history is drawn from the newest of them on."""
UNREAD_KINDS = ("step.logged", "tool.executed", "item.failed", "suspension.reminded", "trigger.set", "hold.overdue")
"""Lines that change no state and that nobody gave a command for."""
READ = """
SELECT clock_timestamp(), seq, at, kind, actor_name, actor_role, via, reason, {told}
FROM executions_event
WHERE ledger = %(ledger)s AND kind <> ALL(%(unread)s)
ORDER BY seq DESC LIMIT %(limit)s
"""
TOLD = """(SELECT coalesce(json_object_agg(key, value), '{}')::text FROM json_each(data::json)
           WHERE key = ANY(%(fields)s))"""
# A name such as "\ud800" is well formed, and still none that PostgreSQL can write.
TOLD_IF_JSON = rf"CASE WHEN data IS JSON OBJECT AND strpos(data, '\u') = 0 THEN {TOLD} ELSE data END"
ASKS_FOR_JSON = 160000
"""The first PostgreSQL that tells whether a text is JSON. What somebody forged may be none."""
FIELDS = [
    *("hold", "suspension", "freeze", "kind", "key", "title", "step", "position", "before_step"),
    *("mid_step", "command", "name", "to", "ahead"),
]
"""What a drawing needs of a line's data. Payloads and contexts can be large and stay where they are."""


def timeline_of(execution: Execution, freezes: Iterable[Freeze] = ()) -> Timeline:
    """Read a run's life from its history: one query, three where the history is longer than the cap.

    Args:
        execution: the run as just read.
        freezes: every freeze that covered it at some time.
    """
    lines, cut, now = _read(execution)
    fold = Fold(execution, lines)
    if cut:
        _take_in_what_was_open(fold, execution, lines)
    life = fold.life(now)
    return replace(life, bands=_with_freezes(life.bands, list(freezes), execution), left_out=cut)


def _read(execution: Execution) -> tuple[list[Line], bool, datetime.datetime]:
    wanted: dict[str, Any] = {"ledger": execution.pk, "unread": list(UNREAD_KINDS), "fields": FIELDS, "limit": CAP + 1}
    found = _rows(wanted)
    lines = [_line(*told) for _, *told in reversed(found[:CAP])]
    return lines, len(found) > CAP, found[0][0]


def _rows(wanted: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        if server_version() >= ASKS_FOR_JSON:
            cursor.execute(READ.replace("{told}", TOLD_IF_JSON), wanted)
            return cursor.fetchall()
        try:
            with transaction.atomic():
                cursor.execute(READ.replace("{told}", TOLD), wanted)
        except DataError:
            cursor.execute(READ.replace("{told}", "data"), wanted)
        return cursor.fetchall()


def _line(seq: int, at: datetime.datetime, kind: str, actor: str, role: str, via: str, reason: str, data: str) -> Line:
    found = read(kind, data, FIELDS)
    return Line(seq, at, ALTERED if found is None else kind, actor, role, via, reason, found or {})


def server_version() -> int:
    """Return the version of PostgreSQL as a number, such as 150006."""
    return int(connection.pg_version)  # type: ignore[attr-defined]


def _take_in_what_was_open(fold: Fold, execution: Execution, lines: list[Line]) -> None:
    """Tell the fold which holds and questions were open when the lines that were read begin."""
    first = lines[0].at
    told = {line.data.get("hold") or line.data.get("suspension") for line in lines if line.kind in _OPENERS}
    for hold in execution.holds.filter(placed_at__lt=first).exclude(released_at__lt=first):
        if str(hold.pk) not in told:
            fold.open_hold(_hold_span(hold))
    for asked in execution.suspensions.filter(opened_at__lt=first).exclude(closed_at__lt=first):
        if str(asked.pk) not in told:
            fold.open_question(_question_span(asked))


_OPENERS = ("hold.placed", "suspension.opened")


def _hold_span(hold: Hold) -> Span:
    return Span(str(hold.pk), hold.kind, hold.placed_at, 0, hold.placed_by_name, hold.reason, step=hold.before_step)


def _question_span(asked: Suspension) -> Span:
    return Span(str(asked.pk), asked.kind, asked.opened_at, 0, "", asked.title, step=asked.step)


@dataclass(frozen=True, slots=True)
class _Frozen:
    since: datetime.datetime
    until: datetime.datetime
    freeze: Freeze = field(compare=False)


def _with_freezes(bands: list[Band], freezes: list[Freeze], execution: Execution) -> list[Band]:
    """Cut what was queued only because of a freeze out of the bands that were queued."""
    found: list[Band] = []
    for band in bands:
        found += _cut(band, freezes, execution) if band.state == "queued" and freezes else [band]
    return found


def _cut(band: Band, freezes: list[Freeze], execution: Execution) -> list[Band]:
    until = band.until
    covering = sorted(
        (_Frozen(max(freeze.placed_at, band.since), min(_over(freeze, band) or until, until), freeze)
         for freeze in freezes if freeze.covers(execution.workflow, execution.labels)),
        key=lambda frozen: frozen.since,
    )  # fmt: skip
    parts: list[Band] = []
    at = band.since
    for frozen in covering:
        since = max(frozen.since, at)
        if frozen.until <= since:
            continue
        if since > at:
            parts.append(replace(band, since=at, until=since))
        by, why = frozen.freeze.placed_by_name, frozen.freeze.reason
        parts.append(replace(band, state="frozen", since=since, until=frozen.until, by=by, why=why))
        at = frozen.until
    if at < until or not parts:
        parts.append(replace(band, since=at, until=until))
    return parts


def _over(freeze: Freeze, band: Band) -> Any:
    """When a freeze ended for a run that was queued then: one queued while it was being lifted was let through."""
    if freeze.lifting_since is not None and band.since > freeze.lifting_since:
        return freeze.lifting_since
    return freeze.lifted_at
