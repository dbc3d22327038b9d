"""`holdpoint execution skip | fork | extend`: past a step, off from an earlier boundary, more time and means."""

from typing import Annotated, Any

import typer

from holdpoint_client.commands.options import Key, Reason, RunId
from holdpoint_client.failures import usage
from holdpoint_client.ids import find_run, run_path
from holdpoint_client.many import standing_line
from holdpoint_client.session import Session
from holdpoint_client.values import json_object, seconds
from holdpoint_client.words import clean


def skip(
    session: Session,
    id: RunId,
    reason: Reason = None,
    step: Annotated[
        str, typer.Option("--step", help="The step you saw as next; refused when another one is. Taken if left out.")
    ] = "",
    result: Annotated[
        str | None,
        typer.Option("--result", metavar="JSON", help="Merged into the payload as if the step had returned it."),
    ] = None,
    key: Key = None,
) -> None:
    """Pass the next step of a run at rest without running it."""
    run = find_run(session.api, id)
    seen = step or str(session.api.run(run.id)["next_step"] or "")
    body = {
        "reason": session.reason(reason, f"Why skip {clean(seen)}" if seen else "Why skip"),
        "step": seen,
        "result": json_object(result, "--result"),
    }
    _tell(session, session.api.post(f"/async-executions/{run.id}/skip", body, key))


def fork(
    session: Session,
    id: RunId,
    reason: Reason = None,
    from_seq: Annotated[
        int | None,
        typer.Option(
            "--from-seq", min=1, help="Line of the history to begin after, a launch, retry or end of a step; else now."
        ),
    ] = None,
    title: Annotated[str, typer.Option("--title", help="What people call the new run.")] = "",
    key: Key = None,
) -> None:
    """Launch another run from a boundary of this one.

    This one stays as it is, finished or not.
    """
    path = f"{run_path(session.api, id)}/fork"
    body = {"reason": session.reason(reason, "Why fork"), "from_seq": from_seq, "title": title}
    forked = session.api.post(path, body, key)
    _tell(session, forked, forked["title"])


def extend(
    session: Session,
    id: RunId,
    reason: Reason = None,
    by: Annotated[str, typer.Option("--by", metavar="TIME", help="How much more time: 90s, 15m, 2h30m, 1d.")] = "",
    budget: Annotated[
        list[str] | None, typer.Option("--budget", metavar="NAME=NUMBER", help="How much more of a budget; repeat it.")
    ] = None,
    key: Key = None,
) -> None:
    """Give a run more time, or let it spend more."""
    if not by and not budget:
        raise usage("Say how much more: --by 2h, or --budget tokens=500.")
    path = f"{run_path(session.api, id)}/extend"
    body = {
        "reason": session.reason(reason, "Why extend"),
        "seconds": seconds(by, "--by") if by else None,
        "budgets": _budgets(budget or []) or None,
    }
    _tell(session, session.api.post(path, body, key))


def _budgets(texts: list[str]) -> dict[str, float]:
    budgets = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            budgets[name] = float(number) if "." in number else int(number)
        except ValueError:
            raise usage(f"--budget {text[:60]}: write it as name=number.") from None
    return budgets


def _tell(session: Session, told: dict[str, Any], title: str = "") -> None:
    session.screen.one(told, lambda each: standing_line(each, title))
