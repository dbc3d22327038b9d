"""`holdpoint token list | create | revoke`."""

from typing import Annotated

import typer

from holdpoint_client.commands.options import All, Cursor, Json, Key, Limit
from holdpoint_client.session import Session
from holdpoint_client.values import ahead
from holdpoint_client.views.accounts import token_block, tokens_table
from holdpoint_client.words import clean

TokenId = Annotated[int, typer.Argument(metavar="TOKEN", help="Number of the token, from `token list`.")]


def list_tokens(
    context: typer.Context,
    everybody: Annotated[bool, typer.Option("--everybody", help="Those of all people; needs console:manage.")] = False,
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
    as_json: Json = False,
) -> None:
    """List your tokens, those that have ended too, newest first."""
    session: Session = context.obj.begin(as_json)
    page = session.api.pages("/tokens", None if every else limit, cursor, everybody=everybody)
    session.screen.page(page, tokens_table, "There are no tokens.")


def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for; histories name it.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="What it may do, such as executions:read; repeat it. Else all.")
    ] = None,
    expires: Annotated[
        str, typer.Option("--expires", metavar="TIME", help="When it ends: a time, or in so long: 90d.")
    ] = "",
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Make a token that acts for you.

    Its secret is printed this once, alone on stdout.
    """
    session: Session = context.obj.begin(as_json)
    body = {"name": name, "scopes": scope or None, "expires_at": ahead(expires, "--expires")}
    made = session.api.post("/tokens", body, key)
    if as_json:
        session.screen.document(made)
        return
    session.say(token_block(made))
    if made["token"]:
        session.screen.show(clean(made["token"]))
        session.screen.aside("Keep it now: it is shown this once.")
    else:
        session.screen.aside("Its secret was shown when it was made, and is kept nowhere.")


def show(context: typer.Context, id: TokenId, as_json: Json = False) -> None:
    """Show a token, without its secret."""
    session: Session = context.obj.begin(as_json)
    token = session.api.get(f"/tokens/{id}")
    if as_json:
        session.screen.document(token)
    else:
        session.screen.show(token_block(token))


def revoke(
    context: typer.Context,
    id: TokenId,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why, if there is something to say.")] = "",
    key: Key = None,
    as_json: Json = False,
) -> None:
    """End a token at once."""
    session: Session = context.obj.begin(as_json)
    token = session.api.post(f"/tokens/{id}/revoke", {"reason": reason}, key)
    if as_json:
        session.screen.document(token)
    else:
        session.screen.show(token_block(token))
