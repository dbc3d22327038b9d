"""The command `holdpoint`: its groups, and how every failure becomes a message and an exit code."""

import io
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from holdpoint_client import __version__
from holdpoint_client.commands import (
    accounts,
    browsing,
    bulk,
    calling,
    correcting,
    events,
    figures,
    freezes,
    going_back,
    holds,
    launching,
    looking,
    past,
    questions,
    reading,
    record,
    run_files,
    settings,
    steering,
    system,
    tokens,
    waiting,
    webhooks,
    workflows,
)
from holdpoint_client.failures import Failure
from holdpoint_client.framing import framed
from holdpoint_client.sections import Plain, Runs, Top
from holdpoint_client.session import Session

EPILOG = (
    "Exit codes: 0 done, 1 no, 2 usage, 3 refused by state, 4 not allowed, 5 not found, 6 server unreachable. "
    "--install-completion makes Tab complete ids, names and states in bash, zsh and fish."
)


MANNERS: dict[str, Any] = {
    "no_args_is_help": True,
    # A traceback with local variables could show the token.
    "pretty_exceptions_enable": False,
    # Help without boxes: it reads the same on a screen, in a pipe and on a page.
    "rich_markup_mode": None,
}


def _group(name: str, help: str, parent: typer.Typer, cls: type[TyperGroup] = TyperGroup) -> typer.Typer:
    group = typer.Typer(help=help, cls=cls, **MANNERS)
    parent.add_typer(group, name=name)
    return group


def _add(group: typer.Typer, name: str, command: Callable[..., None], *, documents: bool = True) -> None:
    group.command(name, cls=Plain)(framed(command, documents=documents))


app = typer.Typer(cls=Top, epilog=EPILOG, **MANNERS)

execution = _group("execution", "Runs: look, launch, pause, correct, resume.", app, Runs)
_add(execution, "list", reading.list_runs)
_add(execution, "count", figures.count)
_add(execution, "status", reading.status)
_add(execution, "events", reading.events)
_add(execution, "tree", looking.tree)
_add(execution, "diff", looking.diff)
_add(execution, "payload", correcting.payload)
_add(execution, "checkpoint", looking.checkpoint)
_add(execution, "boundaries", past.boundaries)
_add(execution, "timeline", past.timeline)
_add(execution, "evidence", past.evidence)
_add(execution, "launch", launching.launch)
_add(execution, "pause", steering.pause)
_add(execution, "resume", steering.resume)
_add(execution, "cancel", steering.cancel)
_add(execution, "retry", steering.retry)
_add(execution, "skip", going_back.skip)
_add(execution, "fork", going_back.fork)
_add(execution, "extend", going_back.extend)
_add(execution, "amend", correcting.amend)
_add(execution, "label", correcting.label)
files = _group("files", "A run's files.", execution)
_add(files, "list", run_files.list_files)
_add(files, "get", run_files.get)
_add(files, "put", run_files.put)
_add(files, "diff", run_files.diff)

inbox = _group("inbox", "Questions that runs put to people.", app)
_add(inbox, "list", questions.inbox)
_add(inbox, "questions", questions.list_questions)
_add(inbox, "show", questions.show)
_add(inbox, "webhook", questions.webhook)
_add(inbox, "answer", questions.answer)
_add(inbox, "approve", questions.approve)
_add(inbox, "deny", questions.deny)

hold = _group("hold", "Holds: what keeps a run from advancing.", app)
_add(hold, "list", holds.list_holds)
_add(hold, "show", holds.show)
_add(hold, "place", holds.place)
_add(hold, "note", holds.note)
_add(hold, "heirs", holds.heirs)
_add(hold, "hand-over", holds.hand_over)
_add(hold, "release", holds.release)

freeze = _group("freeze", "Freezes: stop many runs at once, those of tomorrow too.", app)
_add(freeze, "list", freezes.list_freezes)
_add(freeze, "show", freezes.show)
_add(freeze, "preview", freezes.preview)
_add(freeze, "place", freezes.place)
_add(freeze, "lift", freezes.lift)

jobs = _group("bulk", "Commands on many runs, as jobs of the server.", app)
_add(jobs, "list", bulk.list_jobs)
_add(jobs, "show", bulk.show)
_add(jobs, "start", bulk.start)
_add(jobs, "stop", bulk.stop)

workflow = _group("workflow", "Workflows: what can be launched.", app)
_add(workflow, "list", workflows.list_workflows)
_add(workflow, "show", workflows.show)
_add(workflow, "figures", figures.figures)

event = _group("event", "Named events, which runs may wait for.", app)
_add(event, "emit", waiting.emit)
_add(app, "events", events.events)
_add(app, "open", browsing.open_page, documents=False)
_add(app, "trigger", waiting.trigger)
_add(app, "api", calling.call, documents=False)

audit = _group("audit", "The record of who did what and why.", app)
_add(audit, "search", record.search)
_add(audit, "verify", record.verify)
_add(audit, "export", record.export, documents=False)
_add(audit, "verifier", record.verifier, documents=False)

token = _group("token", "API tokens.", app)
_add(token, "list", tokens.list_tokens)
_add(token, "show", tokens.show)
_add(token, "create", tokens.create)
_add(token, "revoke", tokens.revoke)

view = _group("view", "Saved views of the list of runs.", app)
_add(view, "list", settings.list_views)
_add(view, "save", settings.save_view)
_add(view, "change", settings.change_view)
_add(view, "delete", settings.delete_view, documents=False)

reason = _group("reason", "Templates for reasons.", app)
_add(reason, "list", settings.list_reasons)
_add(reason, "add", settings.add_reason)
_add(reason, "change", settings.change_reason)
_add(reason, "move", settings.move_reason)
_add(reason, "delete", settings.delete_reason, documents=False)

label = _group("label", "Labels in use, and rules for their values.", app)
_add(label, "list", settings.list_labels)
_add(label, "set-rule", settings.set_rule)
_add(label, "remove-rule", settings.remove_rule, documents=False)

webhook = _group("webhook", "Webhooks: servers that are told of events.", app)
_add(webhook, "list", webhooks.list_webhooks)
_add(webhook, "show", webhooks.show)
_add(webhook, "create", webhooks.create)
_add(webhook, "change", webhooks.change)
_add(webhook, "rotate", webhooks.rotate)
_add(webhook, "disable", webhooks.disable)
_add(webhook, "enable", webhooks.enable)
_add(webhook, "delete", webhooks.delete, documents=False)
_add(webhook, "test", webhooks.send_test)
_add(webhook, "deliveries", webhooks.deliveries)
_add(webhook, "delivery", webhooks.delivery)
_add(webhook, "replay", webhooks.replay)

installation = _group("system", "The installation, and who can sign in to it.", app)
_add(installation, "status", system.status)
_add(installation, "show", system.show)
_add(installation, "people", system.people)

_add(app, "login", accounts.login, documents=False)
_add(app, "logout", accounts.logout, documents=False)
_add(app, "whoami", accounts.whoami)
_add(app, "preferences", accounts.preferences)
_add(app, "profiles", accounts.profiles, documents=False)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"holdpoint {__version__}")
        raise typer.Exit


@app.callback()
def begin(
    context: typer.Context,
    profile: Annotated[
        str,
        typer.Option(
            "--profile", "-p", metavar="NAME", envvar="HOLDPOINT_PROFILE", help="Which server, from the profile file."
        ),
    ] = "",
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Look at runs, pause them, correct course and let them go on."""
    context.obj.profile = profile


def main() -> None:
    """Carry out what was typed and end the process with its exit code."""
    # Python has no stream where whoever started it has closed one.
    sys.stdout, sys.stderr = (stream or open(os.devnull, "w") for stream in (sys.stdout, sys.stderr))  # noqa: SIM115
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
