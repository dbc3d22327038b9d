"""One command on many runs, as a job of the server: a preview with numbers, a question, progress until it ends."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn

from holdpoint_client.choosing import Choice
from holdpoint_client.failures import Exit, failure
from holdpoint_client.session import Session
from holdpoint_client.views.jobs import job_block, job_line, preview_block
from holdpoint_client.words import counted

type Document = dict[str, Any]

LARGE, FOR_EVER = 50, 10
"""Runs from which on the number must be typed: a y is typed too easily. Fewer of what cannot be taken back."""
INTERVAL = 0.5
"""Seconds between two looks at a job."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a job is begun and followed.

    Args:
        yes: do not ask.
        dry_run: only tell what would happen.
        wait: until it has ended.
        rate: runs per second at most; None for as fast as can be.
        key: Idempotency-Key; None for a new one.
    """

    yes: bool = False
    dry_run: bool = False
    wait: bool = True
    rate: float | None = None
    key: str | None = None


def begin_job(session: Session, command: str, choice: Choice, body: Document, manner: Manner) -> None:
    """Give one command to many runs.

    Args:
        session: this invocation.
        command: its name.
        choice: which runs.
        body: ``reason`` and ``arguments``.
        manner: how.

    Raises:
        Failure: refused, nothing would be done, or nobody can be asked.
        SystemExit: some runs refused; or Ctrl-C while it goes on.
    """
    asked = {"command": command, **choice.selection(session.api), **body}
    preview = session.api.post("/bulk", {**asked, "dry_run": True})
    if manner.dry_run:
        if session.screen.as_json:
            session.screen.document(preview)
        else:
            session.screen.show(preview_block(preview))
            session.screen.aside("Nothing was done.")
        return
    number = preview["eligible"]
    if not number:
        session.say(preview_block(preview))
        raise failure(Exit.REFUSED, "nothing-to-do", "Nothing was done", f"No run can be given {command} now.")
    if not manner.yes:
        session.say(preview_block(preview))
        question = f"{command.capitalize()} {counted(number, 'run')}?"
        if number < (FOR_EVER if command == "cancel" else LARGE):
            session.confirm(question)
        else:
            session.confirm_number(question, number)
    sent = {**asked, "rate": manner.rate, "expected": number}
    job = session.api.post("/bulk", sent, manner.key)
    follow_job(session, job, wait=manner.wait)


def follow_job(session: Session, job: Document, *, wait: bool) -> None:
    """Show a job's progress until it has ended, then what became of its runs; arguments as for ``begin_job``.

    Raises:
        SystemExit: some runs refused (3); or Ctrl-C while it goes on (130).
    """
    try:
        if wait and job["state"] == "running":
            job = _progress(session, job)
    except KeyboardInterrupt:
        session.screen.aside(
            f"The job goes on. See it: holdpoint bulk show {job['id']}. Stop it: holdpoint bulk stop {job['id']}."
        )
        raise SystemExit(Exit.INTERRUPTED) from None
    if session.screen.as_json:
        session.screen.document(job)
    else:
        refused = (
            session.api.pages(f"/bulk/{job['id']}/items", 10, outcome="refused")["items"] if job["refused"] else []
        )
        session.screen.show(job_block(job, refused))
    if job["state"] != "running" and job["refused"]:
        raise SystemExit(Exit.REFUSED)


def _progress(session: Session, job: Document) -> Document:
    columns = (TextColumn("{task.description}"), BarColumn(40), TextColumn("{task.fields[told]}"))
    live = session.screen.err.is_terminal
    with Progress(*columns, console=session.screen.err, transient=True, disable=not live) as bar:
        task = bar.add_task(job["command"], total=job["total"], told=job_line(job))
        for now in _looks(session, job):
            job = now
            bar.update(task, completed=job["total"] - job["left"], told=job_line(job))
    return job


def _looks(session: Session, job: Document) -> Iterator[Document]:
    while job["state"] == "running":
        time.sleep(INTERVAL)
        job = session.api.get(f"/bulk/{job['id']}")
        yield job
