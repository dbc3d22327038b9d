"""The command `holdpoint`: its groups, and how every failure becomes a message and an exit code."""

import io
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from holdpoint_client import __version__
from holdpoint_client.commands import (
    accounts,
    browsing,
    bulk,
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
from holdpoint_client.sections import Runs, Top
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


app = typer.Typer(cls=Top, epilog=EPILOG, **MANNERS)

execution = _group("execution", "Runs: look, launch, pause, correct, resume.", app, Runs)
execution.command("list")(reading.list_runs)
execution.command("count")(figures.count)
execution.command("status")(reading.status)
execution.command("events")(reading.events)
execution.command("tree")(looking.tree)
execution.command("diff")(looking.diff)
execution.command("payload")(correcting.payload)
execution.command("checkpoint")(looking.checkpoint)
execution.command("boundaries")(past.boundaries)
execution.command("timeline")(past.timeline)
execution.command("evidence")(past.evidence)
execution.command("launch")(launching.launch)
execution.command("pause")(steering.pause)
execution.command("resume")(steering.resume)
execution.command("cancel")(steering.cancel)
execution.command("retry")(steering.retry)
execution.command("skip")(going_back.skip)
execution.command("fork")(going_back.fork)
execution.command("extend")(going_back.extend)
execution.command("amend")(correcting.amend)
execution.command("label")(correcting.label)
files = _group("files", "A run's files.", execution)
files.command("list")(run_files.list_files)
files.command("get")(run_files.get)
files.command("put")(run_files.put)

inbox = _group("inbox", "Questions that runs put to people.", app)
inbox.command("list")(questions.inbox)
inbox.command("questions")(questions.list_questions)
inbox.command("show")(questions.show)
inbox.command("webhook")(questions.webhook)
inbox.command("answer")(questions.answer)
inbox.command("approve")(questions.approve)
inbox.command("deny")(questions.deny)

hold = _group("hold", "Holds: what keeps a run from advancing.", app)
hold.command("list")(holds.list_holds)
hold.command("show")(holds.show)
hold.command("place")(holds.place)
hold.command("note")(holds.note)
hold.command("hand-over")(holds.hand_over)
hold.command("release")(holds.release)

freeze = _group("freeze", "Freezes: stop many runs at once, those of tomorrow too.", app)
freeze.command("list")(freezes.list_freezes)
freeze.command("show")(freezes.show)
freeze.command("preview")(freezes.preview)
freeze.command("place")(freezes.place)
freeze.command("lift")(freezes.lift)

jobs = _group("bulk", "Commands on many runs, as jobs of the server.", app)
jobs.command("list")(bulk.list_jobs)
jobs.command("show")(bulk.show)
jobs.command("start")(bulk.start)
jobs.command("stop")(bulk.stop)

workflow = _group("workflow", "Workflows: what can be launched.", app)
workflow.command("list")(workflows.list_workflows)
workflow.command("show")(workflows.show)
workflow.command("figures")(figures.figures)

event = _group("event", "Named events, which runs may wait for.", app)
event.command("emit")(waiting.emit)
app.command("events")(events.events)
app.command("open")(browsing.open_page)
app.command("trigger")(waiting.trigger)

audit = _group("audit", "The record of who did what and why.", app)
audit.command("search")(record.search)
audit.command("verify")(record.verify)
audit.command("export")(record.export)
audit.command("verifier")(record.verifier)

token = _group("token", "API tokens.", app)
token.command("list")(tokens.list_tokens)
token.command("show")(tokens.show)
token.command("create")(tokens.create)
token.command("revoke")(tokens.revoke)

view = _group("view", "Saved views of the list of runs.", app)
view.command("list")(settings.list_views)
view.command("save")(settings.save_view)
view.command("change")(settings.change_view)
view.command("delete")(settings.delete_view)

reason = _group("reason", "Templates for reasons.", app)
reason.command("list")(settings.list_reasons)
reason.command("add")(settings.add_reason)
reason.command("change")(settings.change_reason)
reason.command("move")(settings.move_reason)
reason.command("delete")(settings.delete_reason)

label = _group("label", "Labels in use, and rules for their values.", app)
label.command("list")(settings.list_labels)
label.command("set-rule")(settings.set_rule)
label.command("remove-rule")(settings.remove_rule)

webhook = _group("webhook", "Webhooks: servers that are told of events.", app)
webhook.command("list")(webhooks.list_webhooks)
webhook.command("show")(webhooks.show)
webhook.command("create")(webhooks.create)
webhook.command("change")(webhooks.change)
webhook.command("rotate")(webhooks.rotate)
webhook.command("disable")(webhooks.disable)
webhook.command("enable")(webhooks.enable)
webhook.command("delete")(webhooks.delete)
webhook.command("test")(webhooks.send_test)
webhook.command("deliveries")(webhooks.deliveries)
webhook.command("delivery")(webhooks.delivery)
webhook.command("replay")(webhooks.replay)

installation = _group("system", "The installation, and who can sign in to it.", app)
installation.command("status")(system.status)
installation.command("show")(system.show)
installation.command("people")(system.people)

app.command("login")(accounts.login)
app.command("logout")(accounts.logout)
app.command("whoami")(accounts.whoami)
app.command("preferences")(accounts.preferences)
app.command("profiles")(accounts.profiles)


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
