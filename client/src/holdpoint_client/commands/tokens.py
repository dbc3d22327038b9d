"""`holdpoint token list | create | revoke`."""

from typing import Annotated

import typer

from holdpoint_client.commands.options import All, Cursor, Key, Limit, OptionalReason
from holdpoint_client.session import Session
from holdpoint_client.values import ahead
from holdpoint_client.views.accounts import token_block, tokens_table
from holdpoint_client.words import clean

TokenId = Annotated[int, typer.Argument(metavar="TOKEN", help="Number of the token, from `token list`.")]


def list_tokens(
    session: Session,
    everybody: Annotated[bool, typer.Option("--everybody", help="Those of all people; needs console:manage.")] = False,
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
) -> None:
    """List your tokens, those that have ended too, newest first."""
    page = session.api.pages("/tokens", None if every else limit, cursor, everybody=everybody)
    session.screen.page(page, tokens_table, "There are no tokens.")


def create(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for; histories name it.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="What it may do, such as executions:read; repeat it. Else all.")
    ] = None,
    expires: Annotated[
        str, typer.Option("--expires", metavar="TIME", help="When it ends: a time, or in so long: 90d.")
    ] = "",
    key: Key = None,
) -> None:
    """Make a token that acts for you.

    Its secret is printed this once, alone on stdout.
    """
    body = {"name": name, "scopes": scope or None, "expires_at": ahead(expires, "--expires")}
    made = session.api.post("/tokens", body, key)
    if session.screen.as_json:
        session.screen.document(made)
        return
    session.say(token_block(made))
    if made["token"]:
        session.screen.show(clean(made["token"]))
        session.screen.aside("Keep it now: it is shown this once.")
    else:
        session.screen.aside("Its secret was shown when it was made, and is kept nowhere.")


def show(session: Session, id: TokenId) -> None:
    """Show a token, without its secret."""
    token = session.api.get(f"/tokens/{id}")
    session.screen.one(token, token_block)


def revoke(
    session: Session,
    id: TokenId,
    reason: OptionalReason = "",
    key: Key = None,
) -> None:
    """End a token at once."""
    token = session.api.post(f"/tokens/{id}/revoke", {"reason": reason}, key)
    session.screen.one(token, token_block)
