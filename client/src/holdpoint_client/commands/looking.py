"""`holdpoint execution tree | diff | checkpoint`: a run among others, and all it would go on from."""

from typing import Annotated, Any

import typer

from holdpoint_client import completing
from holdpoint_client.commands.options import RunId
from holdpoint_client.failures import usage
from holdpoint_client.ids import find_run, run_path
from holdpoint_client.payloads import differences
from holdpoint_client.session import Session
from holdpoint_client.views.payloads import changes_table, told_changes
from holdpoint_client.views.trees import run_tree

type Document = dict[str, Any]

MOST_RUNS = 500
"""Of one tree; deeper down they are counted."""


def tree(
    session: Session,
    id: RunId,
    depth: Annotated[int, typer.Option("--depth", min=1, max=20, help="How many levels below the run.")] = 4,
) -> None:
    """Show the runs that a run's steps launched, and theirs. With --json one run a line, parents first."""
    top = session.api.run(find_run(session.api, id).id)
    below: dict[str, list[Document]] = {}
    level, left = [top["id"]], MOST_RUNS
    for _ in range(depth):
        following: list[str] = []
        for parent in level:
            page = session.api.pages("/async-executions", max(left, 1), parent=parent)
            # The list is newest first; people read a tree in the order of launch.
            below[parent] = page["items"][::-1]
            left -= len(page["items"])
            following += [run["id"] for run in below[parent]]
        level = following
        if not level or left <= 0:
            break
    if session.screen.as_json:
        session.screen.document(top, line=True)
        for runs in below.values():
            for run in runs:
                session.screen.document(run, line=True)
        return
    session.screen.show(run_tree(top, below, session.screen.width))
    shown = sum(map(len, below.values()))
    total = sum(top["tree"]["counts"].values())
    if shown < total:
        session.screen.aside(f"{shown:,} of {total:,} below shown: --depth N, or `execution list --parent ID`.")


def diff(
    session: Session,
    id: RunId,
    other: Annotated[
        str, typer.Argument(metavar="OTHER", help="Id of another run.", autocompletion=completing.run_ids)
    ] = "",
    from_seq: Annotated[
        int | None, typer.Option("--from-seq", min=1, help="Instead: since this boundary, from `execution boundaries`.")
    ] = None,
    to_seq: Annotated[int | None, typer.Option("--to-seq", min=1, help="Up to this one; else up to now.")] = None,
) -> None:
    """Compare payloads: of two runs, or of one run then and now.

    With --json, of two runs both are printed, of one what changed.
    """
    if bool(other) == bool(from_seq):
        raise usage("Compare with what? Give the id of another run, or --from-seq LINE.")
    if from_seq:
        path = f"{run_path(session.api, id)}/boundaries/{from_seq}/changes"
        told = session.api.get(path, to=to_seq)
        session.screen.one(told, lambda each: told_changes(each, session.screen.width))
        return
    one, two = (session.api.run(find_run(session.api, each).id) for each in (id, other))
    if session.screen.as_json:
        session.screen.document({"items": [one, two]})
    elif next(differences(one["payload"], two["payload"]), None) is None:
        session.screen.aside("Both carry the same.")
    else:
        session.screen.show(changes_table(one["payload"], two["payload"], session.screen.width))


def checkpoint(session: Session, id: RunId) -> None:
    """Print all that a run would go on from, as one JSON document."""
    path = f"{run_path(session.api, id)}/checkpoint"
    session.screen.document(session.api.get(path))
