"""`holdpoint execution launch`: start a run, with files."""

from pathlib import Path
from typing import Annotated

import typer

from holdpoint_client.api import new_key
from holdpoint_client.commands.options import Json, Key
from holdpoint_client.commands.values import files_to_send, json_object, labels, moment
from holdpoint_client.many import standing_line
from holdpoint_client.session import Session


def launch(
    context: typer.Context,
    workflow: Annotated[str, typer.Argument(help="Name of the workflow.")],
    payload: Annotated[
        str | None, typer.Option("--payload", metavar="JSON", help="Its input. @FILE reads a file, - standard input.")
    ] = None,
    file: Annotated[
        list[Path] | None, typer.Option("--file", "-f", help="A file the run works on; repeat it for several.")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="What people call this run.")] = "",
    label: Annotated[list[str] | None, typer.Option("--label", help="name=value; repeat it for several.")] = None,
    priority: Annotated[
        int | None, typer.Option("--priority", min=0, max=9, help="9 goes first; 5 if left out.")
    ] = None,
    not_before: Annotated[str | None, typer.Option("--not-before", metavar="TIME", help="Start no earlier.")] = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Start a run of a workflow and print its id."""
    session: Session = context.obj.begin(as_json)
    body = {
        "workflow": workflow,
        "payload": json_object(payload, "--payload"),
        "title": title,
        "labels": labels(label or []) or None,
        "priority": priority,
        "not_before": moment(not_before, "--not-before"),
    }
    key = key or new_key()
    if file:
        run = session.api.post_files("/async-executions", body, files_to_send(file), key)
    else:
        run = session.api.post("/async-executions", body, key)
    if as_json:
        session.screen.document(run)
        return
    session.screen.show(standing_line(run, run["title"]))
    session.screen.aside(f"{session.api.url}/executions/{run['id']}")
