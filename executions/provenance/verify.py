"""Recomputing every chain.

Reads in one snapshot, so that lines appended meanwhile never look like damage, and in batches, so that memory stays
bounded however long the record is. What this can find, and what nothing inside the database can:
docs/reference/event-chain.md.
"""

import datetime
import hashlib
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.db import connection

from executions.models import SYSTEM_LEDGER, Event, Ledger
from executions.provenance import statements
from executions.provenance.diagnose import Problem, bad_end, bad_line
from executions.provenance.digests import time_text
from executions.provenance.judge import judged, snapshot
from executions.provenance.outcome import Checkpoint, Verification
from executions.provenance.reading import read

MOST_PROBLEMS = 1000
"""Broken ledgers named; more are only counted."""


def verify(ledger: uuid.UUID | None = None, *, on_progress: Callable[[int], None] | None = None) -> Verification:
    """Recompute one chain, or all of them with everything around them. Writes nothing.

    Inside a caller's transaction it sees what that sees; otherwise it opens a snapshot of its own.

    Args:
        ledger: an execution's id or ``SYSTEM_LEDGER``; all where None.
        on_progress: called between batches with the number of lines recomputed so far. What it raises ends the
            verification. Where given, one batch follows the other, so that the time it takes is time for others.

    Returns:
        What was checked and, for each broken ledger, the first bad line.
    """
    began = time.perf_counter()
    through = _settled_moment()
    result = Verification(ledger)
    found: dict[uuid.UUID, Problem] = {}
    with snapshot():
        earlier = _last_checkpoint() if ledger is None else None
        before = hashlib.sha256()
        after = hashlib.sha256()
        lines_through = ledgers_through = 0
        for batch in judged(ledger, earlier[1].through if earlier else None, through, gently=on_progress is not None):
            result.events += batch["events"]
            result.ledgers += batch["ledgers"]
            lines_through += batch["lines_through"]
            ledgers_through += batch["ledgers_through"]
            before.update(batch["known_before"] or b"")
            after.update(batch["known_through"] or b"")
            _take_bad_lines(batch, found, result)
            if on_progress is not None:
                on_progress(result.events)
        _check_heads(ledger, found, result)
        _check_runs(ledger, found, result)
        result.problems = [*_check_triggers(), *found.values()]
        if ledger is None:
            result.checkpoint = Checkpoint(through, lines_through, ledgers_through, after.hexdigest())
        if earlier is not None:
            _compare(earlier, before.hexdigest(), result)
    result.seconds = time.perf_counter() - began
    return result


def _settled_moment() -> datetime.datetime:
    with connection.cursor() as cursor:
        # Within a caller's own transaction its lines are as settled as they get.
        cursor.execute("SELECT clock_timestamp()" if connection.in_atomic_block else statements.SETTLED_MOMENT)
        moment: datetime.datetime = cursor.fetchone()[0]
    return moment


def _add(problem: Problem, found: dict[uuid.UUID, Problem], result: Verification) -> None:
    if len(found) < MOST_PROBLEMS:
        found[problem.ledger or SYSTEM_LEDGER] = problem
    else:
        result.unnamed += 1


def _take_bad_lines(batch: dict[str, Any], found: dict[uuid.UUID, Problem], result: Verification) -> None:
    seen: set[str] = set()
    for name, seq in batch["bad"] or ():
        ledger = uuid.UUID(name)
        if name not in seen and ledger not in found:
            _add(bad_line(ledger, int(seq)), found, result)
        seen.add(name)
    for ledger in batch["headless"] or ():
        if ledger not in found:
            why = "It has lines, and no head that says how many there should be."
            _add(Problem(ledger, None, "head missing", why), found, result)


def _check_heads(only: uuid.UUID | None, found: dict[uuid.UUID, Problem], result: Verification) -> None:
    for ledger, head_seq, _, tail_seq, _ in _select(statements.HEADS, only):
        if ledger not in found:
            _add(bad_end(ledger, head_seq, tail_seq), found, result)


def _check_runs(only: uuid.UUID | None, found: dict[uuid.UUID, Problem], result: Verification) -> None:
    for statement, what, why in (
        (statements.RUNS_WITHOUT_LEDGER, "ledger missing", "The run exists and its whole history is gone."),
        (statements.LEDGERS_WITHOUT_RUN, "run missing", "The history exists and the run it tells of is gone."),
    ):
        for (ledger,) in _select(statement, only):
            if ledger not in found:
                _add(Problem(ledger, None, what, why), found, result)


def _select(statement: str, only: uuid.UUID | None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"only": only, "most": MOST_PROBLEMS})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _check_triggers() -> list[Problem]:
    with connection.cursor() as cursor:
        cursor.execute(statements.TRIGGERS_AT_WORK)
        at_work = {name for (name,) in cursor.fetchall()}
    wanted = {
        f"{model._meta.db_table}.{trigger.get_pgid(model)}"
        for model in (Event, Ledger)
        for trigger in model._meta.triggers  # type: ignore[union-attr]
    }
    why = "This trigger is missing or switched off, so lines can be changed without it noticing."
    return [Problem(None, None, "unprotected", f"{name}: {why}") for name in sorted(wanted - at_work)]


def _last_checkpoint() -> tuple[int, Checkpoint] | None:
    """Return the checkpoint of the last verification that found everything whole, with its line's number."""
    texts = (
        Event.objects.filter(ledger=SYSTEM_LEDGER, kind="audit.verified", data__startswith='{"outcome":"whole"')
        .order_by("-seq")
        .values_list("seq", "data")
    )
    for seq, text in texts[:1]:
        line = read("audit.verified", text)  # an altered one compares with nothing, and is named as altered
        told = line.get("checkpoint") if line else None
        if told:
            moment = datetime.datetime.fromisoformat(told["through"])
            return seq, Checkpoint(moment, told["events"], told["ledgers"], told["digest"])
    return None


def _compare(earlier: tuple[int, Checkpoint], digest: str, result: Verification) -> None:
    seq, checkpoint = earlier
    result.compared_with = seq
    if digest != checkpoint.digest:
        result.problems.append(
            Problem(
                None,
                None,
                "history changed",
                f"At the verification in line {seq} of the system ledger there were {checkpoint.events:,} lines in "
                f"{checkpoint.ledgers:,} ledgers up to {time_text(checkpoint.through)}; not all are there unchanged.",
            )
        )
