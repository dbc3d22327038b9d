"""One command on one run or on many: confirmation with the count before, an outcome for each after."""

from collections.abc import Callable
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.choosing import Choice, read_ids
from holdpoint_client.failures import Exit, Failure, usage
from holdpoint_client.ids import Found, find_runs, shown_id
from holdpoint_client.jobs import Manner
from holdpoint_client.session import Session
from holdpoint_client.views.runs import runs_table, state_text
from holdpoint_client.words import clean, counted, listed

type Document = dict[str, Any]
type Send = Callable[[Found], Document]

STOPS_ALL = (Exit.UNREACHABLE,)
"""A server that cannot be reached will not be a line later; what was not tried is said to be so."""


def why(session: Session, reason: str | None, question: str, manner: Manner) -> Document:
    """Return the reason as a command sends it, asked for where it is missing; what is only previewed needs none yet."""
    return {} if manner.dry_run and reason is None else {"reason": session.reason(reason, question)}


def carry_out(session: Session, verb: str, choice: Choice, manner: Manner, send: Send) -> None:
    """Give one command to every run that was named, one after the other.

    Args:
        session: this invocation.
        verb: the command's name, as in `allowed`.
        choice: ids or beginnings of them; every one must be found before anything is sent.
        manner: how; only whether to ask counts here.
        send: gives the command to one run and returns the answer.

    Raises:
        Failure: the one run refused; nothing was found; nobody can be asked; an option belongs to jobs.
        SystemExit: some of several runs refused; the code is that of the first.
    """
    if manner.rate or not manner.wait:
        raise usage("--rate and --no-wait belong to --filter, --all and --of-job.")
    runs = find_runs(session.api, read_ids(choice.ids))
    if len(runs) == 1:
        told = send(runs[0])
        session.screen.one(told, lambda each: standing_line(each, str(runs[0].facts.get("title", ""))))
        return
    if not manner.yes:
        _ask(session, verb, runs)
    _report(session, verb, runs, _send_all(runs, send))


def standing_line(told: Document, title: str = "") -> RenderableType:
    """Say how a run stands after a command, and what may be done next."""
    text = Text.assemble(state_text(told["state"]), "  ", clean(told["id"]))
    if title:
        text.append(f"  {clean(title)}", "bold")
    if told["state"] == "pausing" and told["next_step"]:
        text.append(f"\n  {clean(told['next_step'])} ends first; no further step starts")
    if hold := told.get("hold"):
        text.append(f"\n  hold {hold['id']}", "dim")
    for line in given_out(told):
        text.append(f"\n  {line}")
    text.append(f"\n  you may {clean(listed(told['allowed']))}" if told["allowed"] else "", "dim")
    return text


def given_out(told: Document) -> list[str]:
    """Return the lines that tell of a resume token, where an answer holds one: it is shown this once."""
    if not told.get("resume_token"):
        return []
    lines = [f"resume token    {clean(told['resume_token'])}"]
    if told.get("signing_secret"):
        lines.append(f"signing secret  {clean(told['signing_secret'])}")
    what = "They are" if len(lines) > 1 else "It is"
    return [*lines, f"{what} shown this once. holdpoint trigger TOKEN calls the webhook."]


def _ask(session: Session, verb: str, runs: list[Found]) -> None:
    documents = [session.api.get(f"/async-executions/{run.id}") for run in runs]
    possible = sum(verb in document["allowed"] for document in documents)
    session.screen.err.print(runs_table(documents, session.screen.err.width))
    can = "all of them can be now" if possible == len(runs) else f"{possible} can be now, the others will refuse"
    session.confirm(f"{verb.capitalize()} {counted(len(runs), 'run')} ({can})?")


def _send_all(runs: list[Found], send: Send) -> list[Document | Failure | None]:
    outcomes: list[Document | Failure | None] = []
    for run in runs:
        if outcomes and _is_final(outcomes[-1]):
            outcomes.append(None)
            continue
        try:
            outcomes.append(send(run))
        except Failure as failure:
            outcomes.append(failure)
    return outcomes


def _is_final(outcome: Document | Failure | None) -> bool:
    return outcome is None or (isinstance(outcome, Failure) and outcome.exit_code in STOPS_ALL)


def _report(session: Session, verb: str, runs: list[Found], outcomes: list[Document | Failure | None]) -> None:
    if session.screen.as_json:
        session.screen.document(
            {"items": [_as_document(run, outcome) for run, outcome in zip(runs, outcomes, strict=True)]}
        )
    else:
        table = Table.grid(padding=(0, 2))
        ids = [run.id for run in runs]
        for run, outcome in zip(runs, outcomes, strict=True):
            table.add_row(shown_id(run.id, ids, session.screen.width), *_as_cells(outcome))
        session.screen.show(table)
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    done = len([outcome for outcome in outcomes if isinstance(outcome, dict)])
    session.screen.aside(f"{verb}: {done} of {counted(len(runs), 'run')} done")
    if failures:
        raise SystemExit(failures[0].exit_code)


def _as_document(run: Found, outcome: Document | Failure | None) -> Document:
    if isinstance(outcome, dict):
        return {"id": run.id, "done": True, "run": outcome}
    return {"id": run.id, "done": False, "problem": outcome.problem if outcome else None}


def _as_cells(outcome: Document | Failure | None) -> tuple[RenderableType, RenderableType]:
    if outcome is None:
        return Text("not tried", "dim"), ""
    if isinstance(outcome, Failure):
        return Text("refused", "bold red"), clean(outcome.problem.get("detail", ""))
    return state_text(outcome["state"]), ""
