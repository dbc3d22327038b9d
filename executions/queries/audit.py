"""What the audit page reads: who did what, when, why and through which door, refused attempts too.

Every search costs a constant number of queries and walks an index from the newest line on, so that five million lines
take no longer than five thousand. The indexes are explained in ``models/event.py``.
"""

import datetime
import uuid
from dataclasses import replace
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Left

from executions.actors import VIAS
from executions.errors import Invalid, NotFound
from executions.models import SYSTEM_LEDGER, Event, Execution
from executions.models.event import ROUTINE_KINDS
from executions.provenance.auditlines import SHOWN_CHARACTERS, AuditFilter, AuditLine
from executions.provenance.kinds import KINDS, REFUSED_KINDS, family
from executions.provenance.people import actors_called, is_engine, people
from executions.queries.page import Page, read_moment
from executions.queries.words import begin_like
from executions.text import clean_moment

REASON_SEARCH = SearchVector("reason", config="simple")
NEWEST_FIRST = ("-at", "-ledger", "-seq")
OLDEST_FIRST = ("at", "ledger", "seq")
FEW = 5000
"""Lines found by words that are looked up all at once."""
LOOKED_THROUGH = 300
"""Lines looked through one by one before the index of words is asked."""
RUNS_IN_ONE_SEARCH = 100
"""Runs that the first digits of an id may stand for."""


def search(wanted: AuditFilter, cursor: str | None = None, limit: int = 50) -> Page[AuditLine]:
    """Return one page of lines, newest first. Six queries at most.

    Args:
        wanted: which lines.
        cursor: from an earlier page; the newest page where None.
        limit: lines on the page.

    Raises:
        Invalid: an unknown kind or door, a time without zone, an unreadable run id, or a cursor no page gave out.
    """
    backwards, position = _read_cursor(cursor)
    ledger = _one_ledger(wanted)
    beyond = _beyond(position, backwards=backwards, in_one_ledger=ledger) if position is not None else Q()
    lines, chosen = matching(wanted).filter(beyond), branches(wanted)
    if not chosen:
        return Page([])
    parts = [lines.filter(branch) for branch in chosen]
    # One definite ledger is read in its own order, which the primary key has. Else by time, which an index has.
    order: tuple[str, ...] = ("seq",) if ledger else OLDEST_FIRST
    if not backwards:
        order = tuple(f"-{name}" for name in order)
    found = None
    if _walked_easily(wanted):
        any_words = matching(replace(wanted, text="")).filter(beyond)
        found = _soon([any_words.filter(branch) for branch in chosen], wanted.text, order, limit + 1)
    if found is None and not ledger and _is_rare(wanted.text):
        found = _few(parts, limit + 1, backwards=backwards)
    rows = _read(parts, order, limit + 1) if found is None else found
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
        return Page(_with_runs(rows), _cursor("older", rows[-1:]), _cursor("newer", rows[:1]) if more else None)
    return Page(
        _with_runs(rows),
        _cursor("older", rows[-1:]) if more else None,
        _cursor("newer", rows[:1]) if position is not None else None,
    )


def find_line(ledger: uuid.UUID | str, seq: int) -> Event:
    """Return one line with all its data.

    Raises:
        NotFound: there is no such line.
    """
    found = Event.objects.filter(ledger=ledger_called(str(ledger)), seq=seq).first()
    if found is None:
        raise NotFound(f"There is no line {seq} in the ledger {ledger}.")
    return found


def matching(wanted: AuditFilter) -> QuerySet[Event]:
    """Return the lines that a filter selects, in no order, kinds and people left to ``branches``."""
    lines = Event.objects.all()
    if wanted.run:
        first, last = _ledger_range(wanted.run)
        lines = lines.filter(ledger=first) if first == last else lines.filter(ledger__in=_runs_between(first, last))
    if wanted.workflow:
        lines = lines.filter(ledger__in=Execution.objects.filter(workflow=wanted.workflow).values("pk"))
    for name, time in (("since", wanted.since), ("until", wanted.until)):
        if time is not None:
            clean_moment(time, name, "Say which time zone this time is in.")
    if wanted.since is not None:
        lines = lines.filter(at__gte=wanted.since)
    if wanted.until is not None:
        lines = lines.filter(at__lt=wanted.until)
    if wanted.via:
        if wanted.via not in VIAS:
            problem = f"Unknown door {wanted.via[:40]!r}. Known: {', '.join(VIAS)}."
            raise Invalid(problem, errors={"via": [problem]})
        lines = lines.filter(via=wanted.via)
    if wanted.via != "engine" and (wanted.via or not (wanted.routine or wanted.kind or wanted.run or wanted.person)):
        lines = lines.filter(~Q(via="engine"))
    elif wanted.run and not (wanted.routine or wanted.kind or wanted.person):
        # A run's own story, without the lines it writes by the thousand.
        lines = lines.exclude(kind__in=ROUTINE_KINDS)
    if wanted.refused:
        lines = lines.filter(kind__in=REFUSED_KINDS)
    if wanted.text.strip():
        lines = _with_words(lines, wanted.text)
    return lines


def _with_words(lines: QuerySet[Event], text: str) -> QuerySet[Event]:
    words = _words(text)
    return lines.none() if words is None else lines.annotate(search=REASON_SEARCH).filter(words)


def _words(text: str) -> Q | None:
    """Return the condition on ``REASON_SEARCH``, under the name ``search``; None where there is no letter in them."""
    words = begin_like(text)
    return ~Q(reason="") & Q(search=words) if words else None


def branches(wanted: AuditFilter) -> list[Q]:
    """Split the search into parts that one index walk each can answer in order: one per actor, or one per kind."""
    kinds = [Q(kind=kind) if kind in ROUTINE_KINDS else _rare(kind) for kind in _kinds(wanted.kind)]
    if wanted.person:
        of_kind = Q(kind__in=_kinds(wanted.kind)) if wanted.kind else Q()
        found = actors_called(wanted.person.strip())
        return [Q(actor_id=actor) & (Q() if is_engine(actor) else ~Q(via="engine")) & of_kind for actor in found]
    if wanted.refused and not wanted.kind:
        kinds = [_rare(kind) for kind in REFUSED_KINDS]
    return kinds or [Q()]


def _rare(kind: str) -> Q:
    return Q(kind=kind) & ~Q(kind__in=ROUTINE_KINDS)


def _kinds(asked: str) -> list[str]:
    if not asked:
        return []
    found = [asked] if asked in KINDS else family(asked)
    if not found:
        problem = f"There is no kind of event called {asked[:60]!r}."
        raise Invalid(problem, errors={"kind": [problem]})
    return found


def ledger_called(text: str) -> uuid.UUID:
    """Return the ledger with this name: a run's whole id, or the word ``system``.

    Raises:
        Invalid: it is neither.
    """
    first, last = _ledger_range(text)
    if first != last:
        problem = "Give a run's whole id, or the word system."
        raise Invalid(problem, errors={"ledger": [problem]})
    return first


def _one_ledger(wanted: AuditFilter) -> bool:
    if not wanted.run:
        return False
    first, last = _ledger_range(wanted.run)
    return first == last


def _ledger_range(text: str) -> tuple[uuid.UUID, uuid.UUID]:
    if text.strip().lower() == "system":
        return SYSTEM_LEDGER, SYSTEM_LEDGER
    digits = text.strip().lower().replace("-", "")
    if not 8 <= len(digits) <= 32 or any(digit not in "0123456789abcdef" for digit in digits):
        problem = "Give a run's id, or at least its first eight digits, or the word system."
        raise Invalid(problem, errors={"run": [problem]})
    return uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))


def _runs_between(first: uuid.UUID, last: uuid.UUID) -> list[uuid.UUID]:
    """Look the runs up first: the planner cannot know how few they are, and would walk the record for their lines."""
    found = Execution.objects.filter(pk__gte=first, pk__lte=last).order_by("pk").values_list("pk", flat=True)
    runs = list(found[: RUNS_IN_ONE_SEARCH + 1])
    if len(runs) > RUNS_IN_ONE_SEARCH:
        problem = f"More than {RUNS_IN_ONE_SEARCH} runs have an id that begins like this. Give more of its digits."
        raise Invalid(problem, errors={"run": [problem]})
    return runs


def _walked_easily(wanted: AuditFilter) -> bool:
    """Tell whether one index brings the lines in order, but for their words: so looking through the first is little."""
    asked = [wanted.person, wanted.kind, wanted.via, wanted.refused]
    if not wanted.text.strip() or wanted.run or wanted.workflow or is_engine(wanted.person.strip()):
        return False
    return len([each for each in asked if each]) <= 1


def _soon(parts: list[QuerySet[Event]], text: str, order: tuple[str, ...], limit: int) -> list[tuple[Any, ...]] | None:
    """Return the first lines with these words, where they are among the first of all; None where they are not.

    Of a frequent word the index would gather every line there is, to put a page of them in order.
    """
    words = _words(text)
    if words is None:
        return None
    told = ExpressionWrapper(words, output_field=BooleanField())
    each = [
        part.alias(search=REASON_SEARCH).annotate(hit=told).order_by(*order).values_list("at", "ledger", "seq", "hit")
        for part in parts
    ]
    each = [part[:LOOKED_THROUGH] for part in each]
    first = list(each[0] if len(each) == 1 else each[0].union(*each[1:], all=True).order_by(*order)[:LOOKED_THROUGH])
    chosen = [(ledger, seq) for _, ledger, seq, hit in first if hit][:limit]
    if len(chosen) < limit and len(first) == LOOKED_THROUGH:
        return None
    return _read([Event.objects.filter(pk__in=chosen)], order, limit) if chosen else []


def _is_rare(text: str) -> bool:
    """Tell whether so few lines have these words that they are best looked up by the index of words, and then ordered.

    Nobody knows how often a word occurs: walked from the newest line on, a rare one would cost the whole record, and
    a frequent one is soon found.
    """
    if not text.strip():
        return False
    return len(_with_words(Event.objects.all(), text).order_by().values_list("seq")[: FEW + 1]) <= FEW


def _few(parts: list[QuerySet[Event]], limit: int, *, backwards: bool) -> list[tuple[Any, ...]]:
    """Return the first lines of a search that finds few."""
    each = [part.order_by().values_list("at", "ledger", "seq") for part in parts]
    keys = list(each[0] if len(each) == 1 else each[0].union(*each[1:], all=True))
    chosen = sorted(keys, reverse=not backwards)[:limit]
    if not chosen:
        return []
    rows = _read([Event.objects.filter(pk__in=[(ledger, seq) for _, ledger, seq in chosen])], NEWEST_FIRST, limit)
    return rows[::-1] if backwards else rows


def _read(found: list[QuerySet[Event]], order: tuple[str, ...], limit: int) -> list[tuple[Any, ...]]:
    shown = Left("data", SHOWN_CHARACTERS + 1)
    columns = ("ledger", "seq", "at", "kind", "actor_id", "actor_name", "actor_role", "via", "reason")
    parts = [part.values_list(*columns, shown, F("digest")).order_by(*order)[:limit] for part in found]
    if len(parts) == 1:
        return list(parts[0])
    return list(parts[0].union(*parts[1:], all=True).order_by(*order)[:limit])


def _with_runs(rows: list[tuple[Any, ...]]) -> list[AuditLine]:
    wanted = {row[0] for row in rows} - {SYSTEM_LEDGER}
    found = Execution.objects.filter(pk__in=wanted).values_list("pk", "title", "workflow") if wanted else ()
    runs = {pk: (title, workflow) for pk, title, workflow in found}
    return [AuditLine(*[*row[:10], bytes(row[10]).hex(), *runs.get(row[0], ("", ""))]) for row in rows]


type Position = tuple[datetime.datetime, uuid.UUID, int]


def _beyond(position: Position, *, backwards: bool, in_one_ledger: bool) -> Q:
    """Select what lies beyond a line. The bound on ``at`` alone is what the index can use."""
    at, ledger, seq = position
    to = "gt" if backwards else "lt"
    if in_one_ledger:
        return Q(**{f"seq__{to}": seq})
    within = Q(at=at) & (Q(**{f"ledger__{to}": ledger}) | Q(ledger=ledger, **{f"seq__{to}": seq}))
    return Q(**{f"at__{to}e": at}) & (Q(**{f"at__{to}": at}) | within)


def _cursor(direction: str, rows: list[tuple[Any, ...]]) -> str | None:
    return f"{direction}:{rows[0][2].isoformat()}~{rows[0][0].hex}~{rows[0][1]}" if rows else None


def _read_cursor(cursor: str | None) -> tuple[bool, Position | None]:
    if not cursor:
        return False, None
    direction, _, text = cursor.partition(":")
    try:
        at, ledger, seq = text.split("~")
        position = read_moment(at), uuid.UUID(ledger), int(seq)
        if direction not in ("older", "newer"):
            raise ValueError(cursor)
    except ValueError:
        problem = "This page address is damaged. Start again from the first page."
        raise Invalid(problem, errors={"cursor": [problem]}) from None
    return direction == "newer", position


__all__ = ["AuditFilter", "AuditLine", "find_line", "ledger_called", "people", "search"]
