"""Runs, holds and histories as people read them in a terminal, narrow or wide."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.ids import short
from holdpoint_client.words import age, clean, clock, listed

type Document = dict[str, Any]

STATE_LOOK = {
    "queued": ("○", "cyan"),
    "processing": ("▶", "blue"),
    "pausing": ("◐", "yellow"),
    "paused": ("‖", "bold yellow"),
    "suspended": ("?", "bold magenta"),
    "cancelling": ("◌", "red"),
    "succeeded": ("✓", "green"),
    "failed": ("✗", "bold red"),
    "cancelled": ("⊘", "dim"),
}
"""A sign and a colour for each state, beside its word; a state that is new to this client has the word alone."""
STEP_SIGN = {"finished": "✓", "running": "▶", "next": "→", "ahead": "·"}
FINISHED = ("succeeded", "failed", "cancelled")


def state_text(state: str) -> Text:
    """Return a state as sign, word and colour."""
    sign, style = STATE_LOOK.get(state, (" ", ""))
    return Text(f"{sign} {clean(state)}", style)


def runs_table(runs: list[Document], *, wide: bool) -> Table:
    """Draw runs as a table.

    Args:
        runs: as the API lists them.
        wide: there is room for whole ids and every column.
    """
    table = _table()
    table.add_column("id", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("title", ratio=None if wide else 3, overflow="ellipsis", no_wrap=True)
    if wide:
        table.add_column("workflow", overflow="ellipsis", no_wrap=True)
    table.add_column("steps", justify="right", no_wrap=True)
    table.add_column("next, or what it waits for", ratio=None if wide else 2, overflow="ellipsis", no_wrap=True)
    if wide:
        table.add_column("launched by", overflow="ellipsis", no_wrap=True)
    table.add_column("for", justify="right", no_wrap=True)
    ids = [run["id"] for run in runs]
    for run in runs:
        cells: list[RenderableType] = [
            run["id"] if wide else short(run["id"], ids),
            state_text(run["state"]),
            clean(run["title"]),
        ]
        cells += [clean(run["workflow"])] if wide else []
        cells += [f"{run['steps_done']}/{run['steps_total']}", _waits_for(run)]
        cells += [clean(run["launched_by"]["name"])] if wide else []
        table.add_row(*cells, age(run["state_since"]))
    return table


def run_block(run: Document) -> RenderableType:
    """Draw all that matters of one run: how it stands, what it waits for, what may be done."""
    head = Text.assemble(state_text(run["state"]), "  ", (clean(run["title"]), "bold"))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for label, value in _facts(run):
        facts.add_row(label, value)
    return Group(head, facts)


def _facts(run: Document) -> list[tuple[str, RenderableType]]:
    launched = f"{clean(run['launched_by']['name'])}, {age(run['created_at'])} ago ({clock(run['created_at'])})"
    rows: list[tuple[str, RenderableType]] = [
        ("id", run["id"]),
        ("workflow", clean(run["workflow"])),
        ("launched by", launched),
        (f"{run['state']} for", f"{age(run['state_since'])} (since {clock(run['state_since'])})"),
    ]
    if run["not_before"] and run["state"] == "queued":
        rows.append(("not before", clock(run["not_before"])))
    if run["labels"]:
        rows.append(("labels", clean(", ".join(f"{name}:{value}" for name, value in run["labels"].items()))))
    rows.append(("steps", _steps(run)))
    if progress := _progress(run):
        rows.append(("progress", progress))
    if run["error"] and run["state"] != "succeeded":
        rows.append(("error", Text(_error(run["error"]), "red")))
    rows += [("held by", hold_text(hold)) for hold in run["holds"] if not hold["released_at"]]
    rows += [("waits for", _question(each)) for each in run["suspensions"] if not each["closed_at"]]
    if run["files"]:
        rows.append(("files", _files(run["files"])))
    rows.append(("you may", clean(listed(run["allowed"])) or "nothing but look"))
    rows += [(f"not {name}", Text(clean(its["why"]), "dim")) for name, its in _refused_by_holds(run)]
    return rows


def _refused_by_holds(run: Document) -> list[tuple[str, Document]]:
    return [(name, its) for name, its in run["commands"].items() if its["code"] == "held"]


def _steps(run: Document) -> Text:
    text = Text()
    for step in run["steps"]:
        style = "bold" if step["status"] in ("running", "next") else "dim" if step["status"] == "ahead" else ""
        text.append(f"{STEP_SIGN.get(step['status'], ' ')} {clean(step['name'])}  ", style)
    text.append(f"({run['steps_done']} of {run['steps_total']} done)", "dim")
    return text


def _progress(run: Document) -> str:
    progress = run["progress"]
    if not isinstance(progress, dict) or run["state"] in FINISHED:
        return ""
    done, total, note = progress.get("done"), progress.get("total"), progress.get("note")
    amount = f"{done} of {total}" if done is not None and total else ""
    return clean("  ".join(filter(None, [amount, str(note) if note else ""])))


def _error(error: Any) -> str:
    if not isinstance(error, dict):
        return clean(error)
    said = [str(error[name]) for name in ("step", "type", "message", "detail") if error.get(name)]
    return clean(": ".join(said) or error)


def _files(files: list[Document]) -> str:
    names = [
        clean(file["name"]) + (f" (v{len(file['versions'])})" if len(file["versions"]) > 1 else "") for file in files
    ]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def hold_text(hold: Document) -> Text:
    """Describe a hold with its notes: who, what kind, how long, why."""
    who = f"{clean(hold['placed_by']['name'])} ({clean(hold['kind'])}), {age(hold['placed_at'])}: "
    text = Text.assemble((who, "bold"), clean(hold["reason"]))
    for name in ("before_step", "ticket", "reason_code"):
        if hold[name]:
            text.append(f" [{name.replace('_', ' ')} {clean(hold[name])}]")
    if hold["review_by"]:
        text.append(f" [review by {clock(hold['review_by'])}]")
    text.append(f"\nhold {hold['id']}", "dim")
    for note in hold["notes"]:
        text.append(f"\n{clean(note['author']['name'])}, {clock(note['at'])}: {clean(note['text'])}")
    return text


def _question(suspension: Document) -> Text:
    text = Text.assemble((clean(suspension["title"]), "bold"), f" (asked {age(suspension['opened_at'])} ago)")
    if suspension["prompt"]:
        text.append(f"\n{clean(suspension['prompt'])}")
    return text


def _waits_for(run: Document) -> Text:
    holds = [hold for hold in run["holds"] if not hold["released_at"]]
    if holds and run["state"] in ("paused", "pausing"):
        first = holds[0]
        more = f" (+{len(holds) - 1})" if len(holds) > 1 else ""
        return Text(f"{clean(first['placed_by']['name'])}{more}: {clean(first['reason'])}", "yellow")
    if run["open_suspensions"] and run["state"] == "suspended":
        number = run["open_suspensions"]
        return Text("an answer" if number == 1 else f"{number} answers", "magenta")
    text = Text(clean(run["next_step"] or ""))
    if progress := _progress(run):
        text.append(f"  {progress}", "dim")
    return text


def holds_table(holds: list[Document], *, wide: bool) -> Table:
    """Draw holds as a table; arguments as for runs."""
    table = _table()
    for name in ("hold", "run", "kind"):
        table.add_column(name, no_wrap=True)
    table.add_column("by", overflow="ellipsis", no_wrap=True)
    table.add_column("reason", overflow="fold")
    table.add_column("for", justify="right", no_wrap=True)
    ids, runs = [hold["id"] for hold in holds], list({hold["execution"] for hold in holds})
    for hold in holds:
        reason = Text(clean(hold["reason"]))
        if hold["notes"]:
            reason.append(f" ({len(hold['notes'])} noted)", "dim")
        if hold["released_at"]:
            reason.append(f" — released by {clean(hold['released_by']['name'])}", "green")
        table.add_row(
            hold["id"] if wide else short(hold["id"], ids),
            hold["execution"] if wide else short(hold["execution"], runs),
            clean(hold["kind"]),
            clean(hold["placed_by"]["name"]),
            reason,
            age(hold["placed_at"]),
        )
    return table


def event_line(event: Document, *, wide: bool) -> Text:
    """Draw one line of a history: when, what, who and through which door, why."""
    who = f"{clean(event['actor']['name'])} via {clean(event['via'])}"
    text = Text.assemble(
        (f"{event['seq']:>4}  ", "dim"),
        (f"{clock(event['at']):<16}  " if wide else f"{clock(event['at'])[-8:]}  ", "dim"),
        (f"{clean(event['kind']):<26}  ", "bold"),
        f"{who:<24}  ",
        clean(event["reason"]),
    )
    step = event["data"].get("step") if isinstance(event["data"], dict) else None
    if step and not event["reason"]:
        text.append(clean(step), "dim")
    return text


def _table() -> Table:
    return Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
