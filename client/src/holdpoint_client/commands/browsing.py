"""`holdpoint open`: a run's page in the browser."""

import webbrowser
from typing import Annotated

import typer

from holdpoint_client import completing
from holdpoint_client.commands.options import BEGINNING
from holdpoint_client.ids import find_run
from holdpoint_client.session import Session


def open_page(
    session: Session,
    id: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help=f"Id of a run, {BEGINNING}; the console's first page where left out.",
            autocompletion=completing.run_ids,
        ),
    ] = "",
) -> None:
    """Open a run's page in the browser, and print its address.

    Into a pipe the address is printed and nothing opened.
    """
    address = f"{session.api.url}/executions/{find_run(session.api, id).id}" if id else f"{session.api.url}/"
    session.screen.show(address)
    if session.screen.out.is_terminal and not webbrowser.open(address):
        session.screen.aside("No browser was found here.")
