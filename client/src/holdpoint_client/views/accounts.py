"""People and tokens as one reads them. Secrets are shown by nothing here but the one answer that makes them."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.tables import Column, fitted, pairs
from holdpoint_client.words import age, clean, clock, until

type Document = dict[str, Any]

TOKEN_LOOK = {
    "live": ("✓", "green"),
    "expired": ("◌", "yellow"),
    "revoked": ("⊘", "dim"),
    "owner-shut-out": ("⊘", "red"),
}


def person_block(me: Document, url: str = "") -> RenderableType:
    """Draw who is asking.

    Args:
        me: as `GET /v1/me` tells it.
        url: address of the server, where it is worth saying.
    """
    head = Text.assemble((clean(me["person"]), "bold"), f"  {clean(me['role'])}")
    rows: list[tuple[str, RenderableType]] = [("server", clean(url))] if url else []
    rows.append(("as", f"{clean(me['name'])} ({clean(me['id'])}), via {clean(me['via'])}"))
    if token := me["token"]:
        rows.append(("token", f"{clean(token['name'])}, ends {_end(token['expires_at'])}"))
    rows.append(("you may", clean(", ".join(me["scopes"])) or "nothing"))
    return Group(head, pairs(rows))


def preferences_block(told: Document) -> RenderableType:
    """Draw how a person sees the console."""
    columns = clean(", ".join(told["columns"])) or "the usual ones"
    words = {"time zone": told["time_zone"], "theme": told["theme"], "density": told["density"], "columns": columns}
    return pairs([(name, clean(value)) for name, value in words.items()])


def tokens_table(tokens: list[Document], width: int) -> Table:
    """Draw tokens as a table.

    Args:
        tokens: as the API lists them.
        width: of the screen, in columns.
    """
    columns = [Column("id", justify="right"), Column("state"), Column("name", free=True), Column("owner", free=True)]
    columns += [Column("may", free=True), Column("ends", justify="right"), Column("last used", justify="right")]
    rows: list[list[str | Text]] = [
        [
            str(token["id"]),
            _state(token),
            clean(token["name"]),
            clean(token["owner"]["name"]),
            clean(", ".join(token["scopes"])),
            until(token["expires_at"]) if token["expires_at"] else "never",
            f"{age(token['last_used_at'])} ago" if token["last_used_at"] else "never",
        ]
        for token in tokens
    ]
    return fitted(columns, rows, width)


def token_block(token: Document) -> RenderableType:
    """Draw a token."""
    head = Text.assemble(_state(token), "  ", (clean(token["name"]), "bold"))
    rows: list[tuple[str, RenderableType]] = [
        ("id", str(token["id"])),
        ("owner", clean(token["owner"]["name"])),
        ("may", clean(", ".join(token["scopes"]))),
        ("ends", _end(token["expires_at"])),
        ("last used", f"{age(token['last_used_at'])} ago" if token["last_used_at"] else "never"),
    ]
    return Group(head, pairs(rows))


def _state(token: Document) -> Text:
    sign, style = TOKEN_LOOK.get(token["state"], (" ", ""))
    return Text(f"{sign} {clean(token['state'])}", style)


def _end(moment: str | None) -> str:
    return f"{clock(moment)} ({until(moment)})" if moment else "never"
