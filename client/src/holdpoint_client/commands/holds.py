"""`holdpoint hold list | place | note | release | hand-over`."""

from typing import Annotated

import typer

from holdpoint_client.commands.options import (
    All,
    Cron,
    Cursor,
    HoldId,
    Key,
    Limit,
    Match,
    OfWorkflow,
    OnEvent,
    Reason,
    ReasonCode,
    ReviewBy,
    RunId,
    Scope,
    Signed,
    Ticket,
    Until,
    Webhook,
    Zone,
)
from holdpoint_client.ids import facts_of, find_hold, find_run
from holdpoint_client.many import given_out
from holdpoint_client.session import Session
from holdpoint_client.values import conditions, moment
from holdpoint_client.views.holds import hold_text, holds_table
from holdpoint_client.words import clean


def list_holds(
    session: Session,
    run: Annotated[str, typer.Option("--run", help="Only those of this run.")] = "",
    kind: Annotated[
        str, typer.Option("--kind", metavar="operator|compliance|policy", help="Only holds of this kind.")
    ] = "",
    responsible: Annotated[str, typer.Option("--responsible", help="Only those that this person looks after.")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose review date has passed.")] = False,
    workflow: OfWorkflow = "",
    placed_by: Annotated[str, typer.Option("--placed-by", help="Only those that this person placed.")] = "",
    search: Annotated[str, typer.Option("--search", "-q", help="Words of the reason or the run's title.")] = "",
    released: Annotated[bool, typer.Option("--released", help="Released ones too.")] = False,
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
) -> None:
    """List open holds, oldest first."""
    execution = find_run(session.api, run).id if run else ""
    narrowed = {"kind": kind, "responsible": responsible, "overdue": overdue, "released": released}
    narrowed |= {"workflow": workflow, "placed_by": placed_by, "q": search}
    page = session.api.pages("/holds", None if every else limit, cursor, execution=execution, **narrowed)
    chosen = run or cursor or any(narrowed.values())
    session.screen.page(page, holds_table, "No hold matches." if chosen else "Nothing is held.")


def show(session: Session, id: HoldId) -> None:
    """Show a hold with its notes."""
    session.screen.one(facts_of(session.api, "/holds", find_hold(session.api, id)), hold_text)


def place(
    session: Session,
    id: RunId,
    reason: Reason = None,
    reason_code: ReasonCode = "",
    ticket: Ticket = "",
    review_by: ReviewBy = None,
    blocks_cancel: Annotated[
        bool, typer.Option("--blocks-cancel", help="Nobody may cancel the run who may not release the hold.")
    ] = False,
    dual_control: Annotated[
        bool, typer.Option("--dual-control", help="Another person than you must release it.")
    ] = False,
    scope: Scope = "",
    until: Until = "",
    until_cron: Cron = "",
    timezone: Zone = "",
    until_event: OnEvent = "",
    match: Match = None,
    webhook: Webhook = False,
    signed_webhook: Signed = False,
    key: Key = None,
) -> None:
    """Place a compliance hold, which no operator can lift. (`execution pause` places an operator's.)"""
    body = {
        "reason": session.reason(reason, "Why hold it"),
        "reason_code": reason_code,
        "ticket": ticket,
        "review_by": moment(review_by, "--review-by"),
        "blocks_cancel": blocks_cancel,
        "dual_control": dual_control,
        "scope": scope,
        "resume_when": conditions(until, until_cron, timezone, until_event, match, webhook, signed_webhook),
        "execution": find_run(session.api, id).id,
    }
    hold = session.api.post("/holds", body, key)
    _tell(session, "placed", hold)
    if not session.screen.as_json:
        for line in given_out(hold):
            session.screen.show(line)


def hand_over(
    session: Session,
    id: HoldId,
    to: Annotated[str, typer.Option("--to", help="User name of who looks after it from now on.")],
    reason: Reason = None,
    key: Key = None,
) -> None:
    """Make another person responsible for a hold. Who may release it does not change."""
    body = {"to": to, "reason": session.reason(reason, "Why hand it over")}
    hold = session.api.post(f"/holds/{find_hold(session.api, id).id}/hand-over", body, key)
    _tell(session, f"handed over to {clean(hold['responsible'])}", hold)


def heirs(session: Session, id: HoldId) -> None:
    """List the people whom a hold can be handed over to."""
    found = session.api.get(f"/holds/{find_hold(session.api, id).id}/heirs")
    names = "\n".join(map(clean, found["items"]))
    session.screen.one(found, lambda each: names or "Nobody may have it.")


def note(
    session: Session,
    id: HoldId,
    text: Annotated[str | None, typer.Option("--text", "-t", help="The note; asked for if left out.")] = None,
    key: Key = None,
) -> None:
    """Add a note to a hold, open or released."""
    text = session.reason(text, "Note", option="--text")
    told = session.api.post(f"/holds/{find_hold(session.api, id).id}/notes", {"text": text}, key)
    if session.screen.as_json:
        session.screen.document(told)
    else:
        session.screen.aside("Noted.")


def release(
    session: Session,
    id: HoldId,
    reason: Reason = None,
    key: Key = None,
) -> None:
    """Release one hold; the run goes on when no other is in force."""
    body = {"reason": session.reason(reason, "Why release it")}
    hold = session.api.post(f"/holds/{find_hold(session.api, id).id}/release", body, key)
    _tell(session, "released", hold)


def _tell(session: Session, what: str, hold: dict[str, object]) -> None:
    if session.screen.as_json:
        session.screen.document(hold)
        return
    session.screen.show(hold_text(hold))
    session.screen.aside(f"{what}; run {hold['execution']}")
