"""`holdpoint execution files list | get | put | diff`: a run's files."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from holdpoint_client.api import in_path
from holdpoint_client.commands.options import Reason, RunId
from holdpoint_client.failures import unwritable, usage
from holdpoint_client.ids import find_run, run_path
from holdpoint_client.session import Session
from holdpoint_client.values import read_file
from holdpoint_client.views.files import file_changes, files_table
from holdpoint_client.words import clean, size

type Document = dict[str, Any]

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the file.")]


def list_files(session: Session, id: RunId) -> None:
    """List a run's files with their versions."""
    page = session.api.get(f"{run_path(session.api, id)}/files")
    session.screen.page(page, files_table, "This run has no files.")


def get(
    session: Session,
    id: RunId,
    name: Name,
    version: Annotated[int | None, typer.Option("--version", min=1, help="An earlier one; else the newest.")] = None,
    out: Annotated[
        str,
        typer.Option(
            "--out", "-o", metavar="PATH", help="Where to; - for standard output. Else here, as it is called."
        ),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Download a file. With --json what is known of it is printed once it is there."""
    run_id = find_run(session.api, id).id
    if out == "-" and session.screen.as_json:
        raise usage("--json and --out - both want standard output.")
    path = f"/async-executions/{run_id}/files/{in_path(name)}"
    if out == "-":
        session.api.copy(path, sys.stdout.buffer, version=version)
        return
    target = _target(out, name, force)
    number = _save(session, path, version, target, force=force)
    if session.screen.as_json:
        session.screen.document(_facts(session, run_id, name, version))
    else:
        session.screen.show(f"{clean(target)}  {size(number)}")


def put(
    session: Session,
    id: RunId,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file to send.")],
    name: Annotated[
        str, typer.Option("--name", help="Which of the run's files it replaces; else that of its name.")
    ] = "",
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="Only if this one is still the newest.")
    ] = None,
    reason: Reason = None,
) -> None:
    """Store a new version of a file.

    The run is paused, suspended or failed; the old version is kept.
    """
    run_id = find_run(session.api, id).id
    content = read_file(path, "PATH")
    told = session.api.put_file(
        f"/async-executions/{run_id}/files/{in_path(name or path.name)}",
        content,
        session.reason(reason, "Why replace it"),
        version,
    )
    if session.screen.as_json:
        session.screen.document(told)
    else:
        session.screen.show(f"{clean(name or path.name)}  version {told['version']}, {size(told['size'])}")


def diff(
    session: Session,
    id: RunId,
    name: Name,
    earlier: Annotated[
        int | None, typer.Option("--from", min=1, help="The earlier version; else the one before.")
    ] = None,
    later: Annotated[int | None, typer.Option("--to", min=1, help="The later version; else the newest.")] = None,
) -> None:
    """Compare two versions of a text file, line by line."""
    path = f"{run_path(session.api, id)}/files/{in_path(name)}/changes"
    told = session.api.get(path, **{"from": earlier}, to=later)
    session.screen.one(told, file_changes)


def _target(out: str, name: str, force: bool) -> Path:
    # A name from outside never leads out of this directory.
    target = Path(out) if out else Path(Path(name.replace("\\", "/")).name)
    if target.is_dir():
        target = target / Path(name.replace("\\", "/")).name
    if target.exists() and not force:
        raise usage(f"{target} is there already. Add --force to write over it, or --out PATH.")
    return target


def _save(session: Session, path: str, version: int | None, target: Path, *, force: bool) -> int:
    """Have the whole file or none: one that breaks off leaves what was there before."""
    written = target.with_name(f"{target.name}.part") if force else target
    try:
        # "x" makes a file or fails: a link that somebody laid out here meanwhile is not followed.
        with written.open("wb" if force else "xb") as file:
            try:
                number = session.api.copy(path, file, version=version)
            except BaseException:
                written.unlink()
                raise
        written.replace(target)
    except OSError as error:
        raise unwritable(clean(target), error) from None
    return number


def _facts(session: Session, run_id: str, name: str, version: int | None) -> Document:
    files = session.api.get(f"/async-executions/{run_id}/files")["items"]
    versions = next(file["versions"] for file in files if file["name"] == name)
    return next(one for one in versions if version in (None, one["version"]))
