"""`holdpoint execution list | status | events`: look, and change nothing."""

from typing import Annotated

import typer

from holdpoint_client.commands.options import All, Cursor, Interval, Json, Limit, RunId, RunIds
from holdpoint_client.failures import usage
from holdpoint_client.ids import find_run, find_runs
from holdpoint_client.session import Session
from holdpoint_client.views import run_block, runs_table
from holdpoint_client.watching import follow_events, print_event, watch_run


def list_runs(
    context: typer.Context,
    state: Annotated[
        list[str] | None, typer.Option("--state", "-s", help="Only these; repeat it or use commas.")
    ] = None,
    workflow: Annotated[str, typer.Option("--workflow", "-w", help="Only runs of this workflow.")] = "",
    label: Annotated[str, typer.Option("--label", help="`name` or `name:value`.")] = "",
    search: Annotated[
        str,
        typer.Option("--search", "-q", help="Words of title, workflow, person, label or a hold's reason; or an id."),
    ] = "",
    launched_by: Annotated[str, typer.Option("--launched-by", help="Only runs that this person launched.")] = "",
    limit: Limit = 50,
    every: All = False,
    cursor: Cursor = None,
    as_json: Json = False,
) -> None:
    """List runs, newest first."""
    session: Session = context.obj.begin(as_json)
    page = session.api.pages(
        "/async-executions",
        None if every else limit,
        cursor,
        state=state,
        workflow=workflow,
        label=label,
        q=search,
        launched_by=launched_by,
    )
    if as_json:
        session.screen.document(page)
        return
    if not page["items"]:
        narrowed = any((state, workflow, label, search, launched_by, cursor))
        session.screen.aside("No run matches." if narrowed else "There are no runs yet.")
        return
    session.screen.show(runs_table(page["items"], session.screen.width))
    if page["next"]:
        session.screen.aside(f"{len(page['items'])} shown, there are more: --all, --limit N or --cursor {page['next']}")


def status(
    context: typer.Context,
    ids: RunIds,
    watch: Annotated[bool, typer.Option("--watch", help="Follow one run until it has finished.")] = False,
    interval: Interval = 1.0,
    as_json: Json = False,
) -> None:
    """Say how runs stand: state, steps, progress, holds, questions, and what you may do."""
    session: Session = context.obj.begin(as_json)
    if watch:
        if len(ids) > 1:
            raise usage("--watch follows one run at a time.")
        watch_run(session, find_run(session.api, ids[0]).id, interval)
        return
    runs = [session.api.get(f"/async-executions/{run.id}") for run in find_runs(session.api, ids)]
    if as_json:
        session.screen.document(runs[0] if len(ids) == 1 else {"items": runs})
        return
    for number, run in enumerate(runs):
        session.screen.show(*([""] if number else []), run_block(run))


def events(
    context: typer.Context,
    id: RunId,
    after: Annotated[int, typer.Option("--after", min=0, help="Only events after this sequence number.")] = 0,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run has finished.")] = False,
    interval: Interval = 1.0,
    as_json: Json = False,
) -> None:
    """Print a run's history, oldest first: who did what, when, why. With --json one event a line."""
    session: Session = context.obj.begin(as_json)
    run_id = find_run(session.api, id).id
    if follow:
        follow_events(session, run_id, after, interval)
        return
    for event in session.api.events(run_id, after):
        print_event(session, event)
