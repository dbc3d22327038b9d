"""Runs as people read them: a line each in a table, or all that matters of one."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.ids import shown_id
from holdpoint_client.tables import Column, fitted, pairs
from holdpoint_client.views.holds import hold_text
from holdpoint_client.words import age, clean, clean_lines, clock, lasting, listed, until

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
ROOMY, NARROW = 110, 64
"""Columns of the screen from which on tables show every column; and below which only what matters most."""
BAR = 20
"""Columns of a bar of progress."""
STEP_SIGN = {"finished": "✓", "running": "▶", "next": "→", "ahead": "·"}
FINISHED = ("succeeded", "failed", "cancelled")


def state_text(state: str) -> Text:
    """Return a state as sign, word and colour."""
    sign, style = STATE_LOOK.get(state, (" ", ""))
    return Text(f"{sign} {clean(state)}", style)


def runs_table(runs: list[Document], width: int) -> Table:
    """Draw runs as a table.

    Args:
        runs: as the API lists them.
        width: of the screen, in columns; the wider, the more is shown.
    """
    roomy = width >= ROOMY
    columns = [Column("id"), Column("state"), Column("title", free=True)]
    columns += [Column("workflow", free=True)] if roomy else []
    if width >= NARROW:
        columns += [Column("steps", justify="right"), Column("next, or waits for" if roomy else "waits for", free=True)]
    columns += [Column("launched by", free=True)] if roomy else []
    columns += [Column("for", justify="right")] if width >= NARROW else []
    ids = [run["id"] for run in runs]
    rows: list[list[str | Text]] = []
    for run in runs:
        row: list[str | Text] = [shown_id(run["id"], ids, width), state_text(run["state"]), clean(run["title"])]
        row += [clean(run["workflow"])] if roomy else []
        row += [f"{run['steps_done']}/{run['steps_total']}", _waits_for(run)] if width >= NARROW else []
        row += [clean(run["launched_by"]["name"])] if roomy else []
        rows.append([*row, age(run["state_since"])] if width >= NARROW else row)
    return fitted(columns, rows, width)


def run_block(run: Document) -> RenderableType:
    """Draw all that matters of one run: how it stands, what it waits for, what may be done."""
    head = Text.assemble(state_text(run["state"]), "  ", (clean(run["title"]), "bold"))
    return Group(head, pairs(_facts(run)))


def _facts(run: Document) -> list[tuple[str, RenderableType]]:
    launched = f"{clean(run['launched_by']['name'])}, {age(run['created_at'])} ago ({clock(run['created_at'])})"
    rows: list[tuple[str, RenderableType]] = [
        ("id", run["id"]),
        ("workflow", clean(run["workflow"])),
        ("launched by", launched),
        (f"{clean(run['state'])} for", f"{age(run['state_since'])} (since {clock(run['state_since'])})"),
    ]
    if run["not_before"] and run["state"] == "queued":
        rows.append(("not before", f"{clock(run['not_before'])} ({until(run['not_before'])})"))
    if run["parent"]:
        rows.append(("child of", f"{run['parent']}  {clean(run['parent_key'] or '')}"))
    if run["forked_from"]:
        rows.append(("forked from", f"{run['forked_from']} after line {run['forked_at']}"))
    if run["labels"]:
        rows.append(("labels", clean(", ".join(f"{name}:{value}" for name, value in run["labels"].items()))))
    rows.append(("steps", _steps(run)))
    if progress := _progress(run):
        rows.append(("progress", Text.assemble(_bar(run["progress"]), progress)))
    if run["error"] and run["state"] != "succeeded":
        rows.append(("error", Text(_error(run["error"]), "red")))
    rows += _limits(run)
    rows += [("frozen by", _frozen(freeze)) for freeze in run["freezes"] if not freeze["lifted_at"]]
    rows += [("held by", hold_text(hold)) for hold in run["holds"] if not hold["released_at"]]
    rows += [("waits for", _question(each)) for each in run["suspensions"] if not each["closed_at"]]
    if below := {name: number for name, number in run["tree"]["counts"].items() if number}:
        rows.append(("below", ", ".join(f"{number:,} {clean(name)}" for name, number in below.items())))
    if run["files"]:
        rows.append(("files", _files(run["files"])))
    rows.append(("you may", clean(listed(run["allowed"])) or "nothing but look"))
    rows += [(f"not {name}", Text(clean(its["why"]), "dim")) for name, its in _refused_by_holds(run)]
    return rows


def _limits(run: Document) -> list[tuple[str, RenderableType]]:
    rows: list[tuple[str, RenderableType]] = []
    if sla := run["sla"]:
        left = sla["left_seconds"]
        told = f"{lasting(left)} left" if left > 0 else f"{lasting(-left)} over"
        rows.append(("SLA", Text(told + ("" if sla["running"] else ", the clock stands"), "" if left > 0 else "red")))
    rows += [
        (f"budget {clean(each['name'])}", f"{each['spent']:,g} of {each['limit']:,g} spent") for each in run["budgets"]
    ]
    return rows


def _frozen(freeze: Document) -> Text:
    who = f"{clean(freeze['placed_by']['name'])}, {age(freeze['placed_at'])}: "
    return Text.assemble((who, "bold"), clean(freeze["reason"]), (f"\nfreeze {freeze['id']}", "dim"))


def _refused_by_holds(run: Document) -> list[tuple[str, Document]]:
    return [(name, its) for name, its in run["commands"].items() if its["code"] == "held"]


def _steps(run: Document) -> Text:
    text = Text()
    for step in run["steps"]:
        sign, status = STEP_SIGN.get(step["status"], " "), step["status"]
        if run["state"] == "failed" and step["position"] == run["steps_done"]:
            sign, status = "✗", "next"
        style = "bold" if status in ("running", "next") else "dim" if status == "ahead" else ""
        text.append(f"{sign} {clean(step['name'])}  ", style)
    text.append(f"({run['steps_done']} of {run['steps_total']} done)", "dim")
    return text


def _progress(run: Document) -> str:
    progress = run["progress"]
    if not isinstance(progress, dict) or run["state"] in FINISHED:
        return ""
    done, total, note = progress.get("done"), progress.get("total"), progress.get("note")
    amount = f"{done} of {total}" if done is not None and total else ""
    return clean("  ".join(filter(None, [amount, str(note) if note else ""])))


def _bar(progress: Document) -> Text:
    done, total = progress.get("done"), progress.get("total")
    if not isinstance(done, int | float) or not isinstance(total, int | float) or total <= 0:
        return Text()
    filled = round(BAR * min(max(done / total, 0), 1))
    return Text.assemble(("━" * filled, "blue"), ("─" * (BAR - filled), "dim"), "  ")


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


def _question(suspension: Document) -> Text:
    text = Text.assemble((clean(suspension["title"]), "bold"), f" (asked {age(suspension['opened_at'])} ago)")
    if suspension["prompt"]:
        text.append(f"\n{clean_lines(suspension['prompt'])}")
    if suspension["answerable"]["allowed"]:
        text.append(f"\nholdpoint inbox answer {suspension['id']}", "dim")
    elif suspension["answerable"]["code"] == "permission":
        text.append(f"\n{clean(suspension['who']['sentence'])}", "dim")
    for condition in suspension["conditions"]:
        if not condition["closed_at"]:
            text.append(f"\ngoes on by itself: {clean(condition['says'])}", "dim")
    return text


def _waits_for(run: Document) -> Text:
    holds = [hold for hold in run["holds"] if not hold["released_at"]]
    if holds and run["state"] in ("paused", "pausing"):
        first = holds[0]
        more = f" (+{len(holds) - 1})" if len(holds) > 1 else ""
        return Text(f"{clean(first['placed_by']['name'])}{more}: {clean(first['reason'])}", "yellow")
    frozen = [freeze for freeze in run["freezes"] if not freeze["lifted_at"]]
    if frozen and run["state"] not in FINISHED:
        first = frozen[0]
        return Text(f"frozen by {clean(first['placed_by']['name'])}: {clean(first['reason'])}", "cyan")
    if run["open_suspensions"] and run["state"] == "suspended":
        number = run["open_suspensions"]
        return Text("an answer" if number == 1 else f"{number} answers", "magenta")
    if run["state"] in FINISHED:
        return Text(f"failed at {clean(run['next_step'])}" if run["state"] == "failed" and run["next_step"] else "")
    text = Text(clean(run["next_step"] or ""))
    if progress := _progress(run):
        text.append(f"  {progress}", "dim")
    return text
