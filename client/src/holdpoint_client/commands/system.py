"""`holdpoint system status | show | people`: the installation, and who can sign in to it."""

from rich.text import Text

from holdpoint_client.commands.options import All, Cursor, Limit
from holdpoint_client.failures import Exit
from holdpoint_client.session import Session
from holdpoint_client.tables import pairs
from holdpoint_client.views.system import people_table, system_block
from holdpoint_client.words import clean


def status(session: Session) -> None:
    """Say whether database, broker and workers are there.

    Ends with 6 where something is missing.
    """
    told = session.api.readiness()
    if session.screen.as_json:
        session.screen.document(told)
    else:
        rows = []
        for name, check in told["checks"].items():
            good = Text("✓ ok", "green") if check["ok"] else Text(f"✗ {clean(check.get('detail', 'away'))}", "red")
            rows.append((clean(name), good))
        session.screen.show(Text(clean(told["status"]), "bold"), pairs(rows))
    if not all(check["ok"] for check in told["checks"].values()):
        raise SystemExit(Exit.UNREACHABLE)


def show(session: Session) -> None:
    """Show workers, queue, broker, and what is wrong."""
    session.screen.one(session.api.get("/system"), system_block)


def people(session: Session, limit: Limit = 50, every: All = False, cursor: Cursor = None) -> None:
    """List everybody who can sign in."""
    page = session.api.pages("/people", None if every else limit, cursor)
    session.screen.page(page, people_table, "Nobody can sign in.")
