"""`holdpoint hold list | place | note | release`."""

from typing import Annotated

import typer

from holdpoint_client.api import new_key
from holdpoint_client.commands.options import (
    All,
    Cursor,
    HoldId,
    Json,
    Key,
    Limit,
    Reason,
    ReasonCode,
    RunId,
    Ticket,
)
from holdpoint_client.commands.values import moment
from holdpoint_client.ids import find_hold, find_run
from holdpoint_client.session import Session
from holdpoint_client.views import hold_text, holds_table


def list_holds(
    context: typer.Context,
    run: Annotated[str, typer.Option("--run", help="Only those of this run.")] = "",
    released: Annotated[bool, typer.Option("--released", help="Released ones too.")] = False,
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
    as_json: Json = False,
) -> None:
    """List open holds, oldest first."""
    session: Session = context.obj.begin(as_json)
    execution = find_run(session.api, run).id if run else ""
    page = session.api.pages(
        "/holds", None if every else limit, cursor, execution=execution, released="true" if released else None
    )
    if as_json:
        session.screen.document(page)
        return
    if not page["items"]:
        session.screen.aside("No hold matches." if run or released or cursor else "Nothing is held.")
        return
    session.screen.show(holds_table(page["items"], session.screen.width))
    if page["next"]:
        session.screen.aside(f"{len(page['items'])} shown, there are more: --all, --limit N or --cursor {page['next']}")


def place(
    context: typer.Context,
    id: RunId,
    reason: Reason = None,
    reason_code: ReasonCode = "",
    ticket: Ticket = "",
    review_by: Annotated[
        str | None, typer.Option("--review-by", metavar="TIME", help="When somebody must look at it again.")
    ] = None,
    blocks_cancel: Annotated[
        bool, typer.Option("--blocks-cancel", help="Nobody may cancel the run who may not release the hold.")
    ] = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Place a compliance hold, which no operator can lift. (`execution pause` places an operator's.)"""
    session: Session = context.obj.begin(as_json)
    body = {
        "reason": session.reason(reason, "Why hold it"),
        "reason_code": reason_code,
        "ticket": ticket,
        "review_by": moment(review_by, "--review-by"),
        "blocks_cancel": blocks_cancel,
        "execution": find_run(session.api, id).id,
    }
    hold = session.api.post("/holds", body, key or new_key())
    _tell(session, "placed", hold)


def note(
    context: typer.Context,
    id: HoldId,
    text: Annotated[str | None, typer.Option("--text", "-t", help="The note; asked for if left out.")] = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Add a note to a hold, open or released."""
    session: Session = context.obj.begin(as_json)
    text = session.reason(text, "Note", option="--text")
    told = session.api.post(f"/holds/{find_hold(session.api, id).id}/notes", {"text": text}, key or new_key())
    if as_json:
        session.screen.document(told)
    else:
        session.screen.aside("Noted.")


def release(
    context: typer.Context,
    id: HoldId,
    reason: Reason = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Release one hold; the run goes on when no other is in force."""
    session: Session = context.obj.begin(as_json)
    body = {"reason": session.reason(reason, "Why release it")}
    hold = session.api.post(f"/holds/{find_hold(session.api, id).id}/release", body, key or new_key())
    _tell(session, "released", hold)


def _tell(session: Session, what: str, hold: dict[str, object]) -> None:
    if session.screen.as_json:
        session.screen.document(hold)
        return
    session.screen.show(hold_text(hold))
    session.screen.aside(f"{what}; run {hold['execution']}")
