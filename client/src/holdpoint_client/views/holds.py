"""Holds as people read them."""

from typing import Any

from rich.table import Table
from rich.text import Text

from holdpoint_client.ids import shown_id
from holdpoint_client.tables import Column, fitted
from holdpoint_client.words import age, clean, clock, counted

type Document = dict[str, Any]


def hold_text(hold: Document) -> Text:
    """Describe a hold with its notes: who, what kind, how long, why."""
    who = f"{clean(hold['placed_by']['name'])} ({clean(hold['kind'])} hold), {age(hold['placed_at'])}: "
    text = Text.assemble((who, "bold"), clean(hold["reason"]))
    for name in ("before_step", "ticket", "reason_code"):
        if hold[name]:
            text.append(f" [{name.replace('_', ' ')} {clean(hold[name])}]")
    if hold["review_by"]:
        text.append(f" [review by {clock(hold['review_by'])}]")
    if hold["responsible"] and hold["responsible"] != hold["placed_by"]["name"]:
        text.append(f" [looked after by {clean(hold['responsible'])}]")
    told = ["another person must release it"] if hold["dual_control"] else []
    told += ["forbids to cancel"] if hold["blocks_cancel"] else []
    if told:
        text.append(f" [{', '.join(told)}]")
    for condition in hold["conditions"]:
        if not condition["closed_at"] and condition["kind"] != "manual":
            text.append(f"\nreleased by itself: {clean(condition['says'])}", "dim")
    text.append(f"\nhold {hold['id']}", "dim")
    for note in hold["notes"]:
        text.append(f"\n{clean(note['author']['name'])}, {clock(note['at'])}: {clean(note['text'])}")
    return text


def holds_table(holds: list[Document], width: int) -> Table:
    """Draw holds as a table; arguments as for runs."""
    ids, runs = [hold["id"] for hold in holds], list({hold["execution"] for hold in holds})
    columns = [Column("hold"), Column("run"), Column("kind"), Column("by", free=True), Column("reason", free=True)]
    rows: list[list[str | Text]] = []
    for hold in holds:
        reason = Text(clean(hold["reason"]))
        if hold["notes"]:
            reason.append(f" ({counted(len(hold['notes']), 'note')})", "dim")
        if hold["released_at"]:
            reason = Text.assemble((f"released by {clean(hold['released_by']['name'])}: ", "green"), reason)
        shown: list[str | Text] = [
            shown_id(hold["id"], ids, width),
            shown_id(hold["execution"], runs, width),
            clean(hold["kind"]),
        ]
        rows.append([*shown, clean(hold["placed_by"]["name"]), reason, age(hold["placed_at"])])
    return fitted([*columns, Column("for", justify="right")], rows, width)
