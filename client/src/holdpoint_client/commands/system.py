"""`holdpoint system status`: whether the installation can do its work."""

import typer
from rich.text import Text

from holdpoint_client.commands.options import Json
from holdpoint_client.failures import Exit
from holdpoint_client.session import Session
from holdpoint_client.tables import pairs
from holdpoint_client.words import clean


def status(context: typer.Context, as_json: Json = False) -> None:
    """Say whether database, broker and workers are there. Ends with 6 where something is missing."""
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
