"""`holdpoint execution list | status | events`: look, and change nothing."""

from collections import deque
from typing import Annotated, Any
from urllib.parse import parse_qs

import typer

from holdpoint_client import completing
from holdpoint_client.choosing import FILTERS, filter_of
from holdpoint_client.commands.options import All, Cursor, ExitStatus, Interval, Limit, OfWorkflow, RunId, RunIds
from holdpoint_client.failures import Exit, usage
from holdpoint_client.ids import facts_of, find_run, find_runs, find_view
from holdpoint_client.session import Session
from holdpoint_client.views.runs import run_block, runs_table
from holdpoint_client.watching import follow_run_events, print_event, watch_list, watch_run


def list_runs(
    session: Session,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", "-s", help="Only these; repeat it or use commas.", autocompletion=completing.states),
    ] = None,
    workflow: OfWorkflow = "",
    label: Annotated[
        str, typer.Option("--label", help="`name` or `name:value`.", autocompletion=completing.labels)
    ] = "",
    search: Annotated[
        str,
        typer.Option("--search", "-q", help="Words of title, workflow, person, label or a hold's reason; or an id."),
    ] = "",
    launched_by: Annotated[str, typer.Option("--launched-by", help="Only runs that this person launched.")] = "",
    parent: Annotated[
        str, typer.Option("--parent", help="Only children of this run.", autocompletion=completing.run_ids)
    ] = "",
    filter: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="NAME=VALUE",
            help=f"Any filter, as commands on many runs take it: {', '.join(FILTERS)}.",
            autocompletion=completing.filters,
        ),
    ] = None,
    sort: Annotated[
        str, typer.Option("--sort", help="newest, oldest, since (longest in their state first), priority or finished.")
    ] = "",
    view: Annotated[
        str,
        typer.Option("--view", help="What this saved view shows: its name or id.", autocompletion=completing.view_ids),
    ] = "",
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep the list before you as it changes; Ctrl-C ends.")
    ] = False,
    interval: Interval = 2.0,
    ids: Annotated[bool, typer.Option("--ids", help="Print ids alone, for another command.")] = False,
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
) -> None:
    """List runs, newest first where no other order is asked for."""
    named = {"state": ",".join(state or []), "workflow": workflow, "label": label, "q": search}
    named |= {"launched-by": launched_by, "parent": parent}
    texts = [f"{name}={value}" for name, value in named.items() if value]
    wanted = _of_view(session, view) | filter_of(session.api, texts + (filter or []))
    if sort:
        wanted["sort"] = sort

    def read() -> dict[str, Any]:
        return session.api.pages("/async-executions", None if every else limit, cursor, **wanted)

    empty = "No run matches." if wanted or cursor else "There are no runs yet."
    if watch:
        # Changes of other workflows are no changes of this list.
        stream = {"workflow": workflow} if workflow else {}
        watch_list(session, read, runs_table, empty, interval, **stream)
    elif ids and not session.screen.as_json:
        for run in read()["items"]:
            session.screen.show(run["id"])
    else:
        session.screen.page(read(), runs_table, empty)


def _of_view(session: Session, view: str) -> dict[str, Any]:
    if not view:
        return {}
    found = facts_of(session.api, "/views", find_view(session.api, view))
    query = parse_qs(found["query"])
    # Columns are of the console's list.
    return {name: values if name == "state" else values[0] for name, values in query.items() if name != "columns"}


def status(
    session: Session,
    ids: RunIds,
    watch: Annotated[bool, typer.Option("--watch", help="Follow one run until it has finished.")] = False,
    exit_status: ExitStatus = False,
    interval: Interval = 1.0,
) -> None:
    """Say how runs stand, what holds them, and what you may do."""
    if watch:
        if len(ids) > 1:
            raise usage("--watch follows one run at a time.")
        runs = [watch_run(session, find_run(session.api, ids[0]).id, interval)]
    else:
        runs = [session.api.run(run.id) for run in find_runs(session.api, ids)]
        if session.screen.as_json:
            session.screen.document(runs[0] if len(ids) == 1 else {"items": runs})
        else:
            for number, run in enumerate(runs):
                session.screen.show(*([""] if number else []), run_block(run))
    if exit_status and any(run["state"] != "succeeded" for run in runs):
        raise SystemExit(Exit.DECLINED)


def events(
    session: Session,
    id: RunId,
    after: Annotated[int, typer.Option("--after", min=0, help="Only events after this sequence number.")] = 0,
    last: Annotated[int | None, typer.Option("--last", "-n", min=1, help="Only the newest so many.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run has finished.")] = False,
    interval: Interval = 1.0,
) -> None:
    """Print a run's history: who did what, when and why.

    Oldest first. With --json one event a line.
    """
    run_id = find_run(session.api, id).id
    if last is not None or not follow:
        found = session.api.events(run_id, after)
        for event in found if last is None else deque(found, maxlen=last):
            print_event(session, event)
            after = event["seq"]
    if follow:
        follow_run_events(session, run_id, after, interval)
