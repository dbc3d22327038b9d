"""`holdpoint workflow figures` and `holdpoint execution count`: how many, and how they went."""

from typing import Annotated

import typer

from holdpoint_client import completing
from holdpoint_client.api import in_path
from holdpoint_client.choosing import FILTERS, filter_of
from holdpoint_client.commands.options import Cursor
from holdpoint_client.session import Session
from holdpoint_client.views.figures import counts_block, figures_block, figures_table


def figures(
    session: Session,
    name: Annotated[
        str, typer.Argument(metavar="WORKFLOW", help="All where left out.", autocompletion=completing.workflows)
    ] = "",
    period: Annotated[str, typer.Option("--period", metavar="24h|7d|30d", help="Runs launched since then.")] = "24h",
    cursor: Cursor = None,
) -> None:
    """Say how the runs of workflows went."""
    if name:
        told = session.api.get(f"/workflows/{in_path(name)}/figures", period=period)
        session.screen.one(told, figures_block)
        return
    page = session.api.get("/figures", period=period, cursor=cursor)
    session.screen.page(page, figures_table, "There are no workflows.")


def count(
    session: Session,
    filter: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="NAME=VALUE",
            help=f"Only runs that match; repeat it to narrow: {', '.join(FILTERS[1:])}.",
            autocompletion=completing.filters,
        ),
    ] = None,
) -> None:
    """Count runs by state."""
    told = session.api.get("/async-executions/counts", **filter_of(session.api, filter or []))
    session.screen.one(told, counts_block)
