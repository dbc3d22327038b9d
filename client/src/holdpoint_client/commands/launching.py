"""`holdpoint execution launch`: start a run, with files."""

from pathlib import Path
from typing import Annotated, Any

import typer

from holdpoint_client.api import in_path
from holdpoint_client.asking import ask_fields, typed
from holdpoint_client.commands.options import ExitStatus, Interval, Key, Workflow
from holdpoint_client.failures import Exit, usage
from holdpoint_client.many import standing_line
from holdpoint_client.session import Session, can_ask
from holdpoint_client.values import ahead, files_to_send, json_object, labels
from holdpoint_client.watching import watch_run


def launch(
    session: Session,
    workflow: Workflow,
    payload: Annotated[
        str | None, typer.Option("--payload", metavar="JSON", help="Its input. @FILE reads a file, - standard input.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="One field of its input; repeat it.")
    ] = None,
    file: Annotated[
        list[Path] | None, typer.Option("--file", "-f", help="A file the run works on; repeat it for several.")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="What people call this run.")] = "",
    label: Annotated[list[str] | None, typer.Option("--label", help="name=value; repeat it for several.")] = None,
    priority: Annotated[
        int | None, typer.Option("--priority", min=0, max=9, help="9 goes first; 5 if left out.")
    ] = None,
    not_before: Annotated[
        str, typer.Option("--not-before", metavar="TIME", help="Start no earlier: a time, or in so long: 90m.")
    ] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Follow it until it has finished.")] = False,
    exit_status: ExitStatus = False,
    interval: Interval = 1.0,
    key: Key = None,
) -> None:
    """Start a run of a workflow and print its id.

    What its input needs and was not given is asked for where you sit at a terminal.
    """
    if exit_status and not watch:
        raise usage("--exit-status belongs to --watch.")
    body = {
        "workflow": workflow,
        "payload": _payload(session, workflow, json_object(payload, "--payload"), settings or []),
        "title": title,
        "labels": labels(label or []) or None,
        "priority": priority,
        "not_before": ahead(not_before, "--not-before"),
    }
    key = key
    if file:
        run = session.api.post_files("/async-executions", body, files_to_send(file), key)
    else:
        run = session.api.post("/async-executions", body, key)
    if watch:
        ended = watch_run(session, run["id"], interval)
        if exit_status and ended["state"] != "succeeded":
            raise SystemExit(Exit.DECLINED)
    elif session.screen.as_json:
        session.screen.document(run)
    else:
        session.screen.show(standing_line(run, run["title"]))
        session.screen.aside(f"{session.api.url}/executions/{run['id']}")


def _payload(
    session: Session, workflow: str, given: dict[str, Any] | None, settings: list[str]
) -> dict[str, Any] | None:
    asks = given is None and can_ask()
    if not settings and not asks:
        return given
    form = session.api.get(f"/workflows/{in_path(workflow)}")["input"]
    known = {**(given or {}), **typed(form, settings)}
    missing = [name for name in (form or {}).get("required", []) if name not in known]
    if asks and missing:
        known = ask_fields(session, form, known, only=missing)
    return known or given
