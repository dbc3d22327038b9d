"""Runs with a short history, and ways to get behind the triggers' back."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from executions.actors import SYSTEM, Actor
from executions.models import Event, Execution
from executions.provenance import append
from executions.provenance.verify import verify

OPERATOR = Actor("user:1", "operator", "operator", "console")


def make_run(lines: int = 6) -> uuid.UUID:
    """Make a run with a history of some lines, nothing of it by a worker."""
    run = Execution.objects.create(workflow="chain", title="Chain", launched_by="user:1", launched_by_name="operator")
    append(run.pk, "execution.launched", OPERATOR, data={"workflow": "chain"})
    for number in range(2, lines + 1):
        append(run.pk, "hold.noted", OPERATOR, reason=f"Note {number}: Zürich, {number} €", data={"hold": str(number)})
    with connection.cursor() as cursor:
        # What is checked at commit is checked here, before a test takes the ledger away.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return run.pk


def system_line(kind: str = "token.revoked") -> int:
    """Append a line to the system ledger."""
    return append(uuid.UUID(int=0), kind, SYSTEM, data={"token": 1, "name": "t"})


@contextmanager
def behind_the_triggers() -> Iterator[None]:
    """Write as somebody with the database's own powers: no trigger fires."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def tamper(statement: str, *parameters: object) -> None:
    """Execute one statement behind the triggers' back."""
    with behind_the_triggers(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        assert cursor.rowcount > 0, "the statement changed nothing"


def found(ledger: uuid.UUID) -> tuple[int | None, str]:
    """Verify everything; return line and word of the one problem, which must be this ledger's."""
    result = verify()
    named = [problem for problem in result.problems if problem.what != "history changed"]
    assert [problem.ledger for problem in named] == [ledger], [str(problem) for problem in result.problems]
    assert [problem.seq for problem in verify(ledger).problems] == [named[0].seq]
    return named[0].seq, named[0].what


def rewrite_digest(ledger: uuid.UUID, seq: int) -> None:
    """Give a line the digest that its fields give, as a careful forger does."""
    from executions.provenance import statements
    from executions.provenance.diagnose import line_of

    with connection.cursor() as cursor:
        cursor.execute(statements.LINE_AT, {"ledger": ledger, "seq": seq})
        digest = line_of(cursor.fetchone()).recomputed()
    tamper("UPDATE executions_event SET digest = %s WHERE ledger = %s AND seq = %s", digest, ledger, seq)


def lines(ledger: uuid.UUID) -> list[Event]:
    """Return a ledger's lines in order."""
    return list(Event.objects.filter(ledger=ledger).order_by("seq"))
