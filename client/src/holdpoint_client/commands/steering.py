"""`holdpoint execution pause | resume | cancel | retry`: one command on one run or on many."""

from typing import Annotated, Any

import typer

from holdpoint_client.api import key_of
from holdpoint_client.choosing import Choice
from holdpoint_client.commands.options import (
    Cron,
    Match,
    OnEvent,
    Reason,
    ReasonCode,
    Scope,
    Signed,
    Ticket,
    Until,
    Webhook,
    Zone,
)
from holdpoint_client.failures import usage
from holdpoint_client.framing import on_many
from holdpoint_client.ids import Found
from holdpoint_client.jobs import Manner, begin_job
from holdpoint_client.many import carry_out, why
from holdpoint_client.session import Session
from holdpoint_client.values import conditions, json_object

type Document = dict[str, Any]


@on_many
def pause(
    session: Session,
    choice: Choice,
    manner: Manner,
    reason: Reason = None,
    reason_code: ReasonCode = "",
    ticket: Ticket = "",
    scope: Scope = "",
    before_step: Annotated[
        str, typer.Option("--before-step", help="Pause only when this step is next, not at the next boundary.")
    ] = "",
    until: Until = "",
    until_cron: Cron = "",
    timezone: Zone = "",
    until_event: OnEvent = "",
    match: Match = None,
    webhook: Webhook = False,
    signed_webhook: Signed = False,
) -> None:
    """Pause runs at their next boundary.

    The current step ends or yields, and no further one starts until somebody resumes.
    """
    shared = {"reason_code": reason_code, "ticket": ticket, "scope": scope}
    single = {
        "before_step": before_step,
        "resume_when": conditions(until, until_cron, timezone, until_event, match, webhook, signed_webhook),
    }
    _command(session, "pause", choice, why(session, reason, "Why pause", manner), shared, single, manner)


@on_many
def resume(
    session: Session,
    choice: Choice,
    manner: Manner,
    note: Annotated[str, typer.Option("--note", help="Why, or what was done meanwhile.")] = "",
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="JSON", help="Merged into the payload; needs executions:amend. @FILE reads a file."
        ),
    ] = None,
    additional_context: Annotated[
        str | None,
        typer.Option("--additional-context", metavar="JSON", help="For the next step, apart from the payload."),
    ] = None,
) -> None:
    """Let paused runs go on from where they were."""
    single = {
        "data": json_object(data, "--data"),
        "additional_context": json_object(additional_context, "--additional-context"),
    }
    told = {"reason" if choice.by_server else "note": note}
    _command(session, "resume", choice, told, {}, single, manner)


@on_many
def cancel(
    session: Session,
    choice: Choice,
    manner: Manner,
    reason: Reason = None,
    scope: Scope = "",
) -> None:
    """End runs for ever; their workflow's clean-up runs once."""
    _command(session, "cancel", choice, why(session, reason, "Why cancel", manner), {"scope": scope}, {}, manner)


@on_many
def retry(
    session: Session,
    choice: Choice,
    manner: Manner,
    reason: Reason = None,
    from_step: Annotated[
        str, typer.Option("--from-step", help="Go back to this step, the last time it ran; any run at rest.")
    ] = "",
    position: Annotated[
        int | None, typer.Option("--position", min=0, help="Its position, for a step that ran several times; from 0.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Do and ask anew what the steps from there on have recorded.")
    ] = False,
) -> None:
    """Take failed runs up again, or send runs at rest back.

    A failed run goes on at the step that failed. With --from-step or --position any run at rest goes back there.
    """
    single = {"from_step": from_step, "position": position, "again": again or None}
    told = why(session, reason, "Why should it work now", manner)
    _command(session, "retry", choice, told, {}, single, manner)


def _command(
    session: Session, verb: str, choice: Choice, told: Document, shared: Document, single: Document, manner: Manner
) -> None:
    """Give the command run by run, or as a job of the server.

    Args:
        session: this invocation.
        verb: the command.
        choice: which runs.
        told: reason or note.
        shared: what it takes both ways.
        single: what it takes only run by run.
        manner: how a job is begun.

    Raises:
        Failure: refused; or an option that belongs to the other way.
    """
    if choice.by_server:
        strangers = [name for name, value in single.items() if value not in (None, "")]
        if strangers:
            others = "--dry-run" if choice.ids else "--filter, --all or --of-job"
            raise usage(f"{strangers[0].replace('_', ' ')}: only with ids, not with {others}.")
        arguments = {name: value for name, value in shared.items() if value}
        begin_job(session, verb, choice, {**told, "arguments": arguments}, manner)
        return
    key = key_of(manner.key)

    def send(run: Found) -> Document:
        # A key counts for one request alone, so that of one invocation is made each run's own.
        path = f"/async-executions/{run.id}/{verb}"
        return session.api.post(path, {**told, **shared, **single}, f"{key}/{run.id}", shown_key=key)

    carry_out(session, verb, choice, manner, send)
