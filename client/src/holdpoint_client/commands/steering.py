"""`holdpoint execution pause | resume | cancel | retry`: one command on one run or on many."""

from typing import Annotated, Any

import typer

from holdpoint_client.api import new_key
from holdpoint_client.commands.options import Json, Key, Reason, ReasonCode, RunIds, Ticket, Yes
from holdpoint_client.commands.values import json_object
from holdpoint_client.ids import Found
from holdpoint_client.many import carry_out
from holdpoint_client.session import Session


def pause(
    context: typer.Context,
    ids: RunIds,
    reason: Reason = None,
    reason_code: ReasonCode = "",
    ticket: Ticket = "",
    before_step: Annotated[
        str | None, typer.Option("--before-step", help="Pause only when this step is next, not at the next boundary.")
    ] = None,
    yes: Yes = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Pause runs: the current step ends or yields, and no further one starts until somebody resumes."""
    session: Session = context.obj.begin(as_json)
    body = {
        "reason": session.reason(reason, "Why pause"),
        "reason_code": reason_code,
        "ticket": ticket,
        "before_step": before_step,
    }
    _command(session, "pause", ids, body, yes, key)


def resume(
    context: typer.Context,
    ids: RunIds,
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
    yes: Yes = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Let paused runs go on from where they were."""
    session: Session = context.obj.begin(as_json)
    body = {
        "note": note,
        "data": json_object(data, "--data"),
        "additional_context": json_object(additional_context, "--additional-context"),
    }
    _command(session, "resume", ids, body, yes, key)


def cancel(
    context: typer.Context,
    ids: RunIds,
    reason: Reason = None,
    yes: Yes = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """End runs for ever. Their workflow's clean-up runs once."""
    session: Session = context.obj.begin(as_json)
    _command(session, "cancel", ids, {"reason": session.reason(reason, "Why cancel")}, yes, key)


def retry(
    context: typer.Context,
    ids: RunIds,
    reason: Reason = None,
    yes: Yes = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Take failed runs up again at the step that failed."""
    session: Session = context.obj.begin(as_json)
    _command(session, "retry", ids, {"reason": session.reason(reason, "Why should it work now")}, yes, key)


def _command(session: Session, verb: str, ids: list[str], body: dict[str, Any], yes: bool, key: str | None) -> None:
    key = key or new_key()

    def send(run: Found) -> dict[str, Any]:
        # A key counts for one request alone, so that of one invocation is made each run's own.
        path = f"/async-executions/{run.id}/{verb}"
        return session.api.post(path, body, f"{key}/{run.id}", shown_key=key)

    carry_out(session, verb, ids, yes, send)
