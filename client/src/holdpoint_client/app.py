"""The command `holdpoint`: its groups, and how every failure becomes a message and an exit code."""

import io
import sys
from typing import Annotated

import typer

from holdpoint_client import __version__
from holdpoint_client.commands import holds, launching, reading, steering
from holdpoint_client.failures import Failure
from holdpoint_client.session import Session

EPILOG = (
    "Exit codes: 0 done, 1 you said no, 2 usage, 3 refused by state, 4 not allowed, 5 not found, 6 server unreachable."
)


def _group(help: str) -> typer.Typer:
    return typer.Typer(help=help, no_args_is_help=True, pretty_exceptions_enable=False)


app = typer.Typer(
    help="Look at runs, pause them, correct course and let them go on.",
    epilog=EPILOG,
    no_args_is_help=True,
    # A traceback with local variables could show the token.
    pretty_exceptions_enable=False,
)
execution = _group("Runs: look, launch, pause, resume, cancel, retry.")
hold = _group("Holds: what keeps runs from advancing.")
app.add_typer(execution, name="execution")
app.add_typer(hold, name="hold")

execution.command("list")(reading.list_runs)
execution.command("status")(reading.status)
execution.command("events")(reading.events)
execution.command("launch")(launching.launch)
execution.command("pause")(steering.pause)
execution.command("resume")(steering.resume)
execution.command("cancel")(steering.cancel)
execution.command("retry")(steering.retry)
hold.command("list")(holds.list_holds)
hold.command("place")(holds.place)
hold.command("note")(holds.note)
hold.command("release")(holds.release)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"holdpoint {__version__}")
        raise typer.Exit


@app.callback()
def begin(
    context: typer.Context,
    profile: Annotated[
        str, typer.Option("--profile", "-p", envvar="HOLDPOINT_PROFILE", help="Which server, from the profile file.")
    ] = "",
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Look at runs, pause them, correct course and let them go on."""
    context.obj.profile = profile


def main() -> None:
    """Carry out what was typed and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What a terminal's encoding lacks is spelled out instead of ending the command half done.
            stream.reconfigure(errors="backslashreplace")
    session = Session()
    try:
        app(obj=session, prog_name="holdpoint")
    except Failure as failure:
        session.screen.tell(failure.problem)
        sys.exit(failure.exit_code)
