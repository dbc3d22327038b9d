"""`holdpoint events`: what happens in all runs, as it happens."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from holdpoint_client import completing
from holdpoint_client.failures import Exit, failure, unwritable, usage
from holdpoint_client.ids import find_run
from holdpoint_client.session import Session
from holdpoint_client.stream import NoStream, Place, follow
from holdpoint_client.views.history import stream_line

BEGINNING = "beginning"
PLACE = re.compile(r"[!-~]{0,100}")


def events(
    session: Session,
    follow_on: Annotated[
        bool, typer.Option("--follow", "-f", help="From now on, or from --after on, and for ever; Ctrl-C ends.")
    ] = False,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="A kind such as hold.placed, or a family: hold; repeat it."),
    ] = None,
    run: Annotated[
        list[str] | None,
        typer.Option("--run", help="Only of this run, or `system`; repeat it.", autocompletion=completing.run_ids),
    ] = None,
    workflow: Annotated[
        list[str] | None,
        typer.Option(
            "--workflow", "-w", help="Only runs of this workflow; repeat it.", autocompletion=completing.workflows
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="`name` or `name:value`; repeat it for all.", autocompletion=completing.labels),
    ] = None,
    person: Annotated[str, typer.Option("--person", help="By whom: an id such as user:7, or a printed name.")] = "",
    via: Annotated[str, typer.Option("--via", help="The door: console, api, cli, webhook, engine.")] = "",
    routine: Annotated[
        bool, typer.Option("--routine", help="Also what runs write by the thousand, such as step.finished.")
    ] = False,
    after: Annotated[
        str, typer.Option("--after", metavar="PLACE", help="Go on there: `beginning`, or where an earlier call ended.")
    ] = "",
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="FILE", help="Keep the place in this file, and go on from it.")
    ] = None,
) -> None:
    """Print what happens in all runs, each event once.

    Without --follow: everything there is, or all after --after. A connection that breaks is made again, and nothing is
    missed or repeated. With --json one event a line.
    """
    place = Place(_start(after, keep, follow_on=follow_on))
    wanted: dict[str, Any] = {
        "kind": kind,
        "run": [one if one == "system" else find_run(session.api, one).id for one in run or []],
        "workflow": workflow,
        "label": label,
        "person": person,
        "via": via,
        "routine": "true" if routine else "",
        "follow": "" if follow_on else "false",
    }
    query = {name: value for name, value in wanted.items() if value}
    if place.id == BEGINNING:
        # It is where to begin, and no event's id.
        place, query["after"] = Place(), BEGINNING
    try:
        for event in follow(session.api, "/events/stream", place, lost=session.screen.aside, **query):
            if session.screen.as_json:
                session.screen.document(event, line=True)
            else:
                session.screen.show(stream_line(event, session.screen.width))
            if keep:
                _keep(keep, place)
    except NoStream as none:
        raise failure(Exit.UNREACHABLE, "no-stream", "No stream", f"{none} Try again later.") from None
    except KeyboardInterrupt:
        if place.id and not keep:
            session.screen.aside(f"To go on from here: --after {place.id}")
        raise SystemExit(Exit.INTERRUPTED) from None
    finally:
        if keep and place.id:
            _keep(keep, place)


def _start(after: str, keep: Path | None, *, follow_on: bool) -> str:
    if keep and after:
        raise usage("--keep goes on from its file; leave out --after.")
    if keep and keep.exists():
        return _kept(keep)
    return after or ("" if follow_on else BEGINNING)


def _kept(path: Path) -> str:
    try:
        place = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise usage(f"--keep {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        place = "\n"
    # What stands in another file is nobody else's business, the server's neither.
    if not PLACE.fullmatch(place):
        raise usage(f"--keep {path} holds something else than a place. Name another file, or one that is not there.")
    return place


def _keep(path: Path, place: Place) -> None:
    partial = path.with_name(f"{path.name}.part")
    try:
        partial.write_text(f"{place.id}\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise unwritable(path, error) from None
