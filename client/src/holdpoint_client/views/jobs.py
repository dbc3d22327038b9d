"""Commands on many runs as people read them: what one would do, how far it is, what became of the runs."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.ids import shown_id
from holdpoint_client.tables import Column, fitted, pairs
from holdpoint_client.views.runs import state_text
from holdpoint_client.words import age, capped, clean, clock

type Document = dict[str, Any]

JOB_LOOK = {"running": ("▶", "blue"), "finished": ("✓", "green"), "stopped": ("■", "yellow")}


def preview_block(preview: Document) -> RenderableType:
    """Draw what a command would do now, and what it would leave out and why."""
    noun = "run" if preview["matched"]["number"] == 1 else "runs"
    head = Text.assemble(
        (f"{clean(preview['command'])}: ", "bold"),
        f"{preview['eligible']:,} of {capped(preview['matched'])} {noun} chosen",
    )
    rows: list[tuple[str, RenderableType]] = [
        (f"{number:,}", state_text(state)) for state, number in preview["by_state"].items() if number
    ]
    rows += [
        (capped(group["number"]), Text.assemble(("left out  ", "yellow"), clean(group["why"])))
        for group in preview["left_out"]
    ]
    if preview["below"]["number"]:
        rows.append((capped(preview["below"]), Text("runs below these, which it reaches as well")))
    if preview["too_many"]:
        rows.append(("!", Text("more than one job may have; narrow the choice", "red")))
    return Group(head, pairs(rows, numbers=True)) if rows else head


def job_line(job: Document) -> str:
    """Say in a few words how far a job is."""
    told = [f"{job['done']:,} of {job['total']:,} done"]
    told += [f"{job['refused']:,} refused"] if job["refused"] else []
    told += [f"{job['left']:,} left"] if job["left"] else []
    return ", ".join(told)


def job_block(job: Document, refused: list[Document]) -> RenderableType:
    """Draw a job, and some of the runs that refused.

    Args:
        job: as the API tells it.
        refused: a few of its runs with their reasons.
    """
    head = Text.assemble(_job_state(job), "  ", (clean(job["command"]), "bold"), f"  {job_line(job)}")
    rows: list[tuple[str, RenderableType]] = [("job", job["id"])]
    if job["reason"]:
        rows.append(("reason", clean(job["reason"])))
    rows.append(("by", f"{clean(job['requested_by']['name'])} via {clean(job['requested_via'])}"))
    rows.append(("begun", f"{clock(job['requested_at'])}"))
    if job["rate"]:
        rows.append(("rate", f"{job['rate']:g} runs a second"))
    if job["stopped_by"]:
        rows.append(("stopped by", clean(job["stopped_by"]["name"])))
    if job["finished_at"]:
        rows.append(("ended", clock(job["finished_at"])))
    rows += [("refused", _refusal(item)) for item in refused]
    if job["refused"] > len(refused):
        rows.append(("", Text(f"all of them: holdpoint bulk show {job['id']} --outcome refused", "dim")))
    return Group(head, pairs(rows))


def jobs_table(jobs: list[Document], width: int) -> Table:
    """Draw jobs as a table.

    Args:
        jobs: as the API lists them.
        width: of the screen, in columns.
    """
    ids = [job["id"] for job in jobs]
    columns = [Column("job"), Column("state"), Column("command"), Column("done", justify="right")]
    columns += [Column("refused", justify="right"), Column("by", free=True), Column("reason", free=True)]
    rows: list[list[str | Text]] = [
        [
            shown_id(job["id"], ids, width),
            _job_state(job),
            clean(job["command"]),
            f"{job['done']:,}/{job['total']:,}",
            f"{job['refused']:,}",
            clean(job["requested_by"]["name"]),
            clean(job["reason"]),
            age(job["requested_at"]),
        ]
        for job in jobs
    ]
    return fitted([*columns, Column("ago", justify="right")], rows, width)


def items_table(items: list[Document], width: int) -> Table:
    """Draw a job's runs with what became of each; arguments as for ``jobs_table``."""
    ids = [item["execution"] for item in items]
    columns = [Column("run"), Column("outcome"), Column("state"), Column("title", free=True), Column("why", free=True)]
    rows: list[list[str | Text]] = [
        [
            shown_id(item["execution"], ids, width),
            _outcome(item["outcome"]),
            state_text(item["state"]),
            clean(item["title"]),
            clean(item["detail"]),
        ]
        for item in items
    ]
    return fitted(columns, rows, width)


def _job_state(job: Document) -> Text:
    sign, style = JOB_LOOK.get(job["state"], (" ", ""))
    return Text(f"{sign} {clean(job['state'])}", style)


def _outcome(outcome: str | None) -> Text:
    looks = {"done": ("✓ done", "green"), "refused": ("✗ refused", "red"), None: ("· left", "dim")}
    return Text(*looks.get(outcome, (clean(outcome), "")))


def _refusal(item: Document) -> Text:
    return Text.assemble((f"{item['execution']}  ", "dim"), clean(item["detail"]))
