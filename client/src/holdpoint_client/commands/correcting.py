"""`holdpoint execution payload | amend | label`: what a run carries, and setting it right."""

import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from holdpoint_client.choosing import Choice
from holdpoint_client.commands.options import (
    DryRun,
    Reason,
    RunId,
    Yes,
)
from holdpoint_client.failures import Failure, usage
from holdpoint_client.framing import on_many
from holdpoint_client.ids import Found, find_run, run_path
from holdpoint_client.jobs import Manner, begin_job
from holdpoint_client.many import carry_out, standing_line, why
from holdpoint_client.payloads import assigned, patched, root_changes
from holdpoint_client.session import Session, can_ask
from holdpoint_client.values import json_value, labels, parsed
from holdpoint_client.views.payloads import changes_table, told_changes


def payload(
    session: Session,
    id: RunId,
    at: Annotated[
        int | None, typer.Option("--at", min=1, help="As it was at this boundary, from `execution boundaries`.")
    ] = None,
) -> None:
    """Print what a run carries, as JSON; or what it carried."""
    path = run_path(session.api, id)
    session.screen.document(session.api.get(f"{path}/boundaries/{at}" if at else path)["payload"])


def amend(
    session: Session,
    id: RunId,
    reason: Reason = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Set a value: totals.sum=12, lines.0.price=9.5; repeat it."),
    ] = None,
    patch: Annotated[
        str | None,
        typer.Option("--json-patch", metavar="JSON", help="Apply a JSON Patch (RFC 6902). @FILE reads a file."),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Correct the payload of a run at rest.

    The run is paused, suspended or failed. What changes is shown before it is sent, and it is sent only if the run is
    still as it was shown. Without --set and --json-patch your editor opens.

    With --dry-run the server judges it as if it were sent, and says what would change.
    """
    run = session.api.run(find_run(session.api, id).id)
    draft: Path | None = None
    if settings or patch:
        after = patched(run["payload"], json_value(patch, "--json-patch")) if patch else run["payload"]
        after = assigned(after, settings or [])
    elif can_ask():
        after, draft = _edited(session, run["payload"])
    else:
        raise usage("Nobody can be asked here: say what changes with --set or --json-patch.")
    try:
        changes = root_changes(run["payload"], after)
        if not changes:
            session.screen.aside("Nothing changes, nothing was sent.")
            if session.screen.as_json:
                session.screen.document(_standing(run))
            return
        if not dry_run:
            session.say(changes_table(run["payload"], after, session.screen.err.width))
        body = {"changes": changes, "reason": session.reason(reason, "Why amend"), "dry_run": dry_run or None}
        if can_ask() and not yes and not dry_run:
            session.confirm("Send this?")
        told = session.api.patch(f"/async-executions/{run['id']}/payload", body, run["version"])
    except (Failure, typer.Abort):
        if draft:
            session.screen.aside(f"Your text is kept in {draft}.")
            draft = None
        raise
    finally:
        if draft:
            draft.unlink()
    if dry_run:
        session.screen.one(told, lambda each: told_changes(each, session.screen.width))
        session.screen.aside("The server would take it. Nothing was changed.")
    else:
        _tell(session, told)


@on_many
def label(
    session: Session,
    choice: Choice,
    manner: Manner,
    reason: Reason = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A label, new or changed; repeat it.")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="NAME", help="A label to take away; repeat it.")
    ] = None,
) -> None:
    """Set and remove labels of runs."""
    change = {"set": labels(settings or [], "--set"), "remove": remove or []}
    if not any(change.values()):
        raise usage("Say which: --set NAME=VALUE or --remove NAME.")
    told = why(session, reason, "Why", manner)
    if choice.by_server:
        begin_job(session, "label", choice, {**told, "arguments": change}, manner)
        return
    if manner.key:
        raise usage("Labels of single runs are sent once: --idempotency-key belongs to --filter, --all and --of-job.")

    def send(run: Found) -> dict[str, Any]:
        return session.api.patch(f"/async-executions/{run.id}/labels", {**change, **told})

    carry_out(session, "label", choice, manner, send)


def _edited(session: Session, payload: Any) -> tuple[Any, Path]:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    handle, name = tempfile.mkstemp(prefix="holdpoint-", suffix=".json")
    path = Path(name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(payload, file, ensure_ascii=False, indent=2)
        file.write("\n")
    while True:
        try:
            subprocess.run([*shlex.split(editor), name], check=True)
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            path.unlink()
            raise usage(f"The editor {editor!r} failed: {error}. Set EDITOR.") from None
        try:
            return parsed(path.read_text(encoding="utf-8")), path
        except (ValueError, RecursionError) as error:
            try:
                typer.confirm(f"That is not JSON: {error}. Edit it again?", default=True, abort=True, err=True)
            except typer.Abort:
                session.screen.aside(f"Your text is kept in {path}.")
                raise


def _standing(run: dict[str, Any]) -> dict[str, Any]:
    return {name: run[name] for name in ("id", "state", "state_since", "version", "next_step", "allowed")}


def _tell(session: Session, told: dict[str, Any]) -> None:
    session.screen.one(told, standing_line)
