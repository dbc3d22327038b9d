"""`holdpoint event emit` and `holdpoint trigger`: waking what waits."""

import sys
from typing import Annotated

import typer

from holdpoint_client.api import in_path
from holdpoint_client.commands.options import Key
from holdpoint_client.session import Session
from holdpoint_client.values import json_object
from holdpoint_client.views.runs import state_text
from holdpoint_client.words import clean, counted

Data = Annotated[
    str | None, typer.Option("--data", metavar="JSON", help="What it says. @FILE reads a file, - standard input.")
]


def emit(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the event, such as order.shipped.")],
    data: Data = None,
    key: Key = None,
) -> None:
    """Send a named event.

    Every hold and every step that waits for it goes on.
    """
    sent = session.api.post("/events", {"name": name, "data": json_object(data, "--data")}, key)
    if session.screen.as_json:
        session.screen.document(sent)
        return
    met = counted(sent["woken"], "hold or wait") if sent["woken"] < 2 else f"{sent['woken']:,} holds and waits"
    session.screen.show(f"{clean(sent['name'])} sent; it met {met if sent['woken'] else 'nothing that waits now'}.")


def trigger(
    session: Session,
    token: Annotated[
        str,
        typer.Argument(metavar="TOKEN", help="The resume token of a pause or hold; - reads it from standard input."),
    ],
    data: Data = None,
    secret: Annotated[
        str,
        typer.Option(
            "--secret",
            metavar="SECRET",
            envvar="HOLDPOINT_SIGNING_SECRET",
            help="Signs the call, where only signed ones count.",
        ),
    ] = "",
    note: Annotated[str, typer.Option("--note", help="Words for those who read the history.")] = "",
    key: Key = None,
) -> None:
    """Release the one hold that a resume token was given out for."""
    given = token.removeprefix("-") or sys.stdin.readline().strip()
    body = {"data": json_object(data, "--data"), "note": note}
    told = session.api.call(f"/triggers/{in_path(given)}", body, key, secret)
    if session.screen.as_json:
        session.screen.document(told)
    else:
        session.screen.show(state_text(told["state"]) + f"  {told['execution']}")
