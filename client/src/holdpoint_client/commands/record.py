"""`holdpoint audit search | verify | export`: the record of who did what and why."""

import io
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn

from holdpoint_client import completing
from holdpoint_client.commands.options import All, Cursor, Limit
from holdpoint_client.failures import Exit, Failure, failure, unwritable
from holdpoint_client.ids import find_run
from holdpoint_client.session import Session
from holdpoint_client.values import since
from holdpoint_client.views.record import outcome_block, record_table
from holdpoint_client.words import counted, size

type Document = dict[str, Any]

INTERVAL = 1.0
"""Seconds between two looks at a verification."""
TRIES = 3
SYSTEM = "system"

Run = Annotated[
    str,
    typer.Option("--run", help="Only the history of this run, or `system`.", autocompletion=completing.run_ids),
]
Person = Annotated[str, typer.Option("--person", help="Printed name or a part of it, or an actor's id such as user:7.")]
Kind = Annotated[str, typer.Option("--kind", help="A kind such as hold.placed, or a family such as hold.")]
Workflow = Annotated[
    str, typer.Option("--workflow", "-w", help="Runs of this workflow.", autocompletion=completing.workflows)
]
Since = Annotated[str, typer.Option("--since", metavar="TIME", help="A time, or so long ago: 24h, 7d.")]
Until = Annotated[str, typer.Option("--until", metavar="TIME", help="A time, or so long ago.")]
Words = Annotated[str, typer.Option("--search", "-q", help="Words of the reason.")]
Via = Annotated[str, typer.Option("--via", help="The door: console, api, cli, webhook, engine.")]
Refused = Annotated[bool, typer.Option("--refused", help="Only attempts that were refused.")]


def search(
    session: Session,
    run: Run = "",
    person: Person = "",
    kind: Kind = "",
    workflow: Workflow = "",
    since_: Since = "",
    until: Until = "",
    words: Words = "",
    via: Via = "",
    refused: Refused = False,
    routine: Annotated[bool, typer.Option("--routine", help="Also what the engine wrote by itself.")] = False,
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
) -> None:
    """Search every history, refused attempts too, newest first."""
    chosen = _chosen(session, run, person, kind, workflow, since_, until, words, via, refused)
    chosen["run"] = chosen.pop("ledger")
    page = session.api.pages("/audit", None if every else limit, cursor, routine=routine, **chosen)
    session.screen.page(page, record_table, "No line matches.")


def verify(session: Session, run: Run = "") -> None:
    """Recompute the record's chains and name the first bad line of each. Ends with 1 where something was changed.

    A record that is too long to wait for is recomputed in the background; its progress is shown.
    """
    ledger = _ledger(session, run)
    try:
        told = session.api.get("/audit/verify", ledger=ledger)
    except Failure as refusal:
        if ledger or refusal.exit_code != Exit.REFUSED:
            raise
        check = _in_background(session)
        told = check["result"]
        if told is None:
            detail = "The verification never came to its end; a worker must be running. Ask again."
            raise failure(Exit.UNREACHABLE, "given-up", "Not verified", detail) from None
        if session.screen.as_json:
            session.screen.document(check)
    else:
        if session.screen.as_json:
            session.screen.document(told)
    if not session.screen.as_json:
        session.screen.show(outcome_block(told))
    if not told.get("whole", told.get("outcome") == "whole"):
        raise SystemExit(Exit.DECLINED)


def export(
    session: Session,
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="PATH", help="Where to; standard output if left out.")
    ] = "-",
    csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet, instead of JSON Lines.")] = False,
    run: Run = "",
    person: Person = "",
    kind: Kind = "",
    workflow: Workflow = "",
    since_: Since = "",
    until: Until = "",
    words: Words = "",
    via: Via = "",
    refused: Refused = False,
    routine: Annotated[bool, typer.Option("--routine", help="Also what the engine wrote by itself.")] = False,
) -> None:
    """Hand the record out, to a file or a pipe.

    As JSON Lines anyone can verify it with sha256 alone; `audit verifier` is a program that does.

    A file appears under its name once it is complete; an export that breaks off is begun again.
    """
    chosen = _chosen(session, run, person, kind, workflow, since_, until, words, via, refused)
    chosen["routine"] = routine
    if csv:
        chosen["format"] = "csv"
    if out == "-":
        session.api.copy("/audit/export", sys.stdout.buffer, **chosen)
        return
    target = Path(out)
    partial = target.with_name(f"{target.name}.part")
    number = _to_file(session, chosen, partial)
    partial.replace(target)
    session.screen.show(f"{target}  {size(number)}")
    if not csv:
        session.screen.aside(f"Verify it anywhere: holdpoint audit verifier, then python3 verify_export.py {target}")


def verifier(
    session: Session,
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="PATH", help="Where to; - for standard output.")
    ] = "verify_export.py",
) -> None:
    """Fetch the program that verifies an export.

    It needs nothing but Python: python3 verify_export.py FILE.
    """
    if out == "-":
        session.api.copy("/audit/verifier", sys.stdout.buffer)
        return
    program = io.BytesIO()
    session.api.copy("/audit/verifier", program)
    try:
        Path(out).write_bytes(program.getvalue())
    except OSError as error:
        raise unwritable(out, error) from None
    session.screen.show(f"{out}  {size(len(program.getvalue()))}")


def _to_file(session: Session, chosen: Document, partial: Path) -> int:
    for left in range(TRIES - 1, -1, -1):
        try:
            with partial.open("wb") as file:
                return session.api.copy("/audit/export", file, **chosen)
        except OSError as error:
            raise unwritable(partial, error) from None
        except Failure as lost:
            partial.unlink(missing_ok=True)
            # One snapshot is one export: what came before the break does not belong to the next.
            if not left or lost.exit_code != Exit.UNREACHABLE or not session.api.has_answered:
                raise
            session.screen.aside(f"{lost} The export begins again.")
    raise AssertionError("the last try either returns or raises")


def _chosen(
    session: Session,
    run: str,
    person: str,
    kind: str,
    workflow: str,
    from_: str,
    until: str,
    words: str,
    via: str,
    refused: bool,
) -> Document:
    return {
        "ledger": _ledger(session, run),
        "person": person,
        "kind": kind,
        "workflow": workflow,
        "since": since(from_, "--since"),
        "until": since(until, "--until"),
        "q": words,
        "via": via,
        "refused": refused,
    }


def _ledger(session: Session, run: str) -> str:
    return run if run in ("", SYSTEM) else find_run(session.api, run).id


def _in_background(session: Session) -> Document:
    check = session.api.post("/audit/verifications", {})
    columns = (TextColumn("Verifying"), BarColumn(40), TextColumn("{task.fields[told]}"))
    live = session.screen.err.is_terminal
    if not live:
        session.screen.aside("The record is long; it is recomputed in the background.")
    with Progress(*columns, console=session.screen.err, transient=True, disable=not live) as bar:
        task = bar.add_task("", total=check["total"], told="")
        while check["finished_at"] is None:
            time.sleep(INTERVAL)
            check = session.api.get(f"/audit/verifications/{check['id']}")
            bar.update(task, total=check["total"], completed=check["checked"], told=counted(check["checked"], "line"))
    return check
