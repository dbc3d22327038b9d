"""`holdpoint system status | show | people`: the installation, and who can sign in to it."""

import typer
from rich.text import Text

from holdpoint_client.commands.options import All, Cursor, Json, Limit
from holdpoint_client.failures import Exit
from holdpoint_client.session import Session
from holdpoint_client.tables import pairs
from holdpoint_client.views.system import people_table, system_block
from holdpoint_client.words import clean


def status(context: typer.Context, as_json: Json = False) -> None:
    """Say whether database, broker and workers are there.

    Ends with 6 where something is missing.
    """
    session: Session = context.obj.begin(as_json)
    told = session.api.readiness()
    if as_json:
        session.screen.document(told)
    else:
        rows = []
        for name, check in told["checks"].items():
            good = Text("✓ ok", "green") if check["ok"] else Text(f"✗ {clean(check.get('detail', 'away'))}", "red")
            rows.append((clean(name), good))
        session.screen.show(Text(clean(told["status"]), "bold"), pairs(rows))
    if not all(check["ok"] for check in told["checks"].values()):
        raise SystemExit(Exit.UNREACHABLE)


def show(context: typer.Context, as_json: Json = False) -> None:
    """Show workers, queue, broker, and what is wrong."""
    session: Session = context.obj.begin(as_json)
    session.screen.one(session.api.get("/system"), system_block)


def people(
    context: typer.Context, limit: Limit = 50, every: All = False, cursor: Cursor = None, as_json: Json = False
) -> None:
    """List everybody who can sign in."""
    session: Session = context.obj.begin(as_json)
    page = session.api.pages("/people", None if every else limit, cursor)
    session.screen.page(page, people_table, "Nobody can sign in.")
