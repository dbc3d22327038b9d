"""Saying in plain words what is wrong with a chain, once its first bad line is known."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from executions.provenance import statements
from executions.provenance.digests import Line, ledger_name

MOST_NUMBERS_TRIED = 20_000
"""How many other numbers are tried to find out where a line once stood."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one ledger.

    Args:
        ledger: which; None where it concerns the whole record.
        seq: the first bad line; None where no single line is bad.
        what: one of a few words: ``altered``, ``data altered``, ``missing``, ``inserted``, ``swapped``, ``moved``,
            ``does not follow``, ``cut off``, ``head altered``, ``head missing``, ``ledger missing``, ``run missing``,
            ``unprotected``, ``history changed``.
        detail: a sentence for people.
    """

    ledger: uuid.UUID | None
    seq: int | None
    what: str
    detail: str

    def __str__(self) -> str:
        where = "" if self.ledger is None else f"ledger {ledger_name(self.ledger)}"
        line = "" if self.seq is None else f", line {self.seq}"
        return f"{where}{line}: {self.what}. {self.detail}" if where else f"{self.what}. {self.detail}"

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as JSON can carry it."""
        ledger = None if self.ledger is None else ledger_name(self.ledger)
        return {"ledger": ledger, "seq": self.seq, "what": self.what, "detail": self.detail}


def bad_line(ledger: uuid.UUID, seq: int) -> Problem:
    """Explain the first line at which a chain's links or digests fail.

    Args:
        ledger: whose chain.
        seq: the line's number.

    Returns:
        The problem; its ``seq`` is the line to look at, which may be the one before.
    """
    line = _line(statements.LINE_AT, ledger, seq)
    before = _line(statements.LINE_BEFORE, ledger, seq)
    if line is None:
        return Problem(ledger, seq, "missing", f"Line {seq} disappeared while it was being read.")
    if line.seq < 1:
        return Problem(ledger, seq, "inserted", "It stands before the first line.")
    expected = 1 if before is None else before.seq + 1
    if line.seq > expected:
        return Problem(ledger, expected, "missing", _missing(expected, line.seq - 1))
    if not line.is_genuine:
        return _not_genuine(line, before)
    if not line.has_its_data:
        return Problem(ledger, seq, "data altered", "Its data are not what its data digest was computed from.")
    return _does_not_follow(line, before)


def bad_end(ledger: uuid.UUID, head_seq: int, tail_seq: int | None) -> Problem:
    """Explain a chain whose lines are sound and whose head says something else.

    Args:
        ledger: whose chain.
        head_seq: the last number according to the head.
        tail_seq: the last line's number; None where there is no line at all.
    """
    last = tail_seq or 0
    if head_seq > last or not last:
        found = f"the last line is {last}" if last else "there is no line at all"
        return Problem(ledger, last + 1, "cut off", f"The head says there are {head_seq} lines; {found}.")
    if head_seq < last:
        why = "They were added behind the triggers' back, or the head was set back."
        return Problem(ledger, head_seq + 1, "inserted", f"The head says the chain ends at line {head_seq}. {why}")
    why = "The head was altered, or the last line was rewritten together with its digest."
    return Problem(ledger, last, "head altered", f"The head's digest is not that of line {last}. {why}")


def _not_genuine(line: Line, before: Line | None) -> Problem:
    """The stored fields do not give the stored digest: another number may explain it, else the line was altered."""
    ledger, seq = line.ledger, line.seq
    origin = _written_as(line)
    if origin is None:
        after = _line(statements.LINE_AFTER, ledger, seq)
        if after is not None and _written_as(after) == seq:
            return Problem(ledger, seq, "inserted", _pushed_on(seq, after.seq))
        return Problem(ledger, seq, "altered", "Its fields do not give its digest.")
    other = _line(statements.LINE_AT, ledger, origin)
    if other is not None and _written_as(other) == seq:
        return Problem(ledger, seq, "swapped", f"It was written as line {origin}, and line {origin} as line {seq}.")
    if origin > seq:
        return Problem(ledger, seq, "missing", f"{_missing(seq, origin - 1)} The lines after were renumbered.")
    if before is not None and before.seq == origin:
        return Problem(ledger, origin, "inserted", _pushed_on(origin, seq))
    return Problem(ledger, seq, "moved", f"It was written as line {origin}.")


def _does_not_follow(line: Line, before: Line | None) -> Problem:
    """Both lines give their own digests, so one was rewritten with its digest. What comes after tells which."""
    if before is not None and _is_vouched_for(line):
        why = f"It was rewritten together with its digest; line {line.seq} still names the one it was written with."
        return Problem(line.ledger, before.seq, "altered", why)
    named = f"the digest of line {before.seq}" if before is not None else "empty, as the first line's must be"
    return Problem(line.ledger, line.seq, "does not follow", f"Its prev is not {named}.")


def _is_vouched_for(line: Line) -> bool:
    """Tell whether the next line, or the head after the last one, names this line's digest."""
    after = _line(statements.LINE_AFTER, line.ledger, line.seq)
    if after is not None:
        return after.prev == line.digest
    with connection.cursor() as cursor:
        cursor.execute(statements.HEAD, {"ledger": line.ledger})
        head = cursor.fetchone()
    return head is not None and bytes(head[1]) == line.digest


def _written_as(line: Line) -> int | None:
    """Find the number with which the line's fields give its digest, if another than its own does."""
    for seq in _numbers_around(line.seq):
        if line.recomputed(seq) == line.digest:
            return seq
    return None


def _numbers_around(seq: int) -> Iterator[int]:
    for distance in range(1, MOST_NUMBERS_TRIED // 2):
        yield seq + distance
        if seq - distance > 0:
            yield seq - distance


def _pushed_on(written_as: int, stands_at: int) -> str:
    return f"The line that was written as line {written_as} now stands at {stands_at}."


def _missing(first: int, last: int) -> str:
    return f"Line {first} is missing." if first == last else f"Lines {first} to {last} are missing."


def _line(statement: str, ledger: uuid.UUID, seq: int) -> Line | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"ledger": ledger, "seq": seq})
        row = cursor.fetchone()
    return None if row is None else line_of(row)


def line_of(row: Sequence[Any]) -> Line:
    """Make a line of a row selected as ``statements.COLUMNS``."""
    values: list[Any] = [bytes(value) if isinstance(value, memoryview) else value for value in row]
    return Line(*values)
