"""`holdpoint bulk list | show | start | stop`: commands on many runs, as jobs of the server."""

from typing import Annotated

import typer

from holdpoint_client.choosing import Choice
from holdpoint_client.commands.options import All, Cursor, JobId, Key, Limit, OptionalReason
from holdpoint_client.framing import on_many
from holdpoint_client.ids import find_job
from holdpoint_client.jobs import Manner, begin_job, follow_job
from holdpoint_client.session import Session
from holdpoint_client.values import json_object
from holdpoint_client.views.jobs import items_table, job_block, jobs_table


def list_jobs(
    session: Session,
    running: Annotated[bool, typer.Option("--running", help="Only those under way.")] = False,
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
) -> None:
    """List jobs, newest first."""
    page = session.api.pages("/bulk", None if every else limit, cursor, open=running)
    session.screen.page(page, jobs_table, "No job is under way." if running else "There are no jobs yet.")


def show(
    session: Session,
    id: JobId,
    items: Annotated[bool, typer.Option("--items", help="List its runs with what became of each.")] = False,
    outcome: Annotated[
        str, typer.Option("--outcome", metavar="done|refused|left", help="List those of its runs.")
    ] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Follow it until it has ended.")] = False,
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
) -> None:
    """Show a job, or the runs of it."""
    job = session.api.get(f"/bulk/{find_job(session.api, id).id}")
    if watch:
        follow_job(session, job, wait=True)
    elif items or outcome or cursor:
        page = session.api.pages(f"/bulk/{job['id']}/items", None if every else limit, cursor, outcome=outcome)
        session.screen.page(page, items_table, "None of its runs.")
    elif session.screen.as_json:
        session.screen.document(job)
    else:
        refused = session.api.pages(f"/bulk/{job['id']}/items", 10, outcome="refused")["items"]
        session.screen.show(job_block(job, refused))


@on_many
def start(
    session: Session,
    choice: Choice,
    manner: Manner,
    command: Annotated[
        str, typer.Argument(metavar="COMMAND", help="pause, resume, cancel, retry, place, label or release.")
    ],
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; only resume needs none.")] = "",
    arguments: Annotated[
        str | None,
        typer.Option("--arguments", metavar="JSON", help="What the command takes besides. @FILE reads a file."),
    ] = None,
) -> None:
    """Give many runs one command.

    Also those that have no --filter of their own: `place` holds, `release` those that an earlier job placed.
    """
    body = {"reason": reason, "arguments": json_object(arguments, "--arguments") or {}}
    begin_job(session, command, choice, body, manner)


def stop(
    session: Session,
    id: JobId,
    reason: OptionalReason = "",
    key: Key = None,
) -> None:
    """Stop a job: no further run is given the command. What was done stays done."""
    job = session.api.post(f"/bulk/{find_job(session.api, id).id}/stop", {"reason": reason}, key)
    session.screen.one(job, lambda each: job_block(each, []))
