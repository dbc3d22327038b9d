"""The installation as people read of it."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.tables import Column, fitted, pairs
from holdpoint_client.words import age, clean, counted

type Document = dict[str, Any]


def system_block(now: Document) -> RenderableType:
    """Draw the installation: what is wrong and what to do first, then its parts."""
    parts: list[RenderableType] = []
    for trouble in now["troubles"]:
        style = "bold red" if trouble["tone"] == "error" else "yellow"
        parts.append(Text.assemble((f"✗ {clean(trouble['what'])}", style), f"  {clean(trouble['do'])}"))
        if trouble["command"]:
            parts.append(Text(f"  {clean(trouble['command'])}", "dim"))
    if not parts:
        parts.append(Text("✓ nothing is wrong", "green"))
    more = " or more" if now["queue_capped"] else ""
    broker = now["broker"]
    rows: list[tuple[str, RenderableType]] = [("worker", _worker(worker)) for worker in now["workers"]]
    rows.append(("queue", f"{now['queued']:,}{more} queued, {now['later']:,} for later"))
    rows += [
        (f"priority {each['priority']}", f"{counted(each['count'], 'run')}, the oldest for {age(each['oldest'])}")
        for each in now["queue"]
    ]
    rows += [
        (f"stuck: {clean(each['what'])}", f"{each['id']}  {clean(each['title'])}, for {age(each['since'])}")
        for each in now["stuck"]
    ]
    rows += [
        (clean(job["what"]), f"{job['done']:,} of {job['total'] or '?'}, by {clean(job['asked_by'])}")
        for job in now["jobs"]
    ]
    rows.append(("freezes", f"{now['freezes']:,}"))
    told = f"{broker['seconds'] * 1000:.1f} ms, {broker['messages']:,} messages, {broker['listeners']:,} listeners"
    rows.append(("broker", told if broker["answers"] else Text(clean(broker["problem"]), "red")))
    database = f"{now['database_seconds'] * 1000:.1f} ms, {now['connections']} of {now['most_connections']} connections"
    rows.append(("database", database))
    rows.append(("streams", f"{now['streams']:,} open here"))
    rows.append(("versions", clean(", ".join(f"{name} {version}" for name, version in now["versions"].items()))))
    return Group(*parts, pairs(rows))


def people_table(people: list[Document], width: int) -> Table:
    """Draw people as a table.

    Args:
        people: as the API lists them.
        width: of the screen, in columns.
    """
    columns = [Column("id"), Column("name", free=True), Column("role", free=True), Column("second factor", free=True)]
    rows = [
        [
            clean(person["id"]),
            clean(person["name"]),
            clean(person["role"]),
            clean(", ".join(person["second_factors"])) or "none",
            f"{age(person['last_login'])} ago" if person["last_login"] else "never",
        ]
        for person in people
    ]
    return fitted([*columns, Column("signed in", justify="right")], rows, width)


def _worker(worker: Document) -> Text:
    if not worker["alive"]:
        return Text(f"✗ {clean(worker['name'])}, last seen {age(worker['seen_at'])} ago", "red")
    busy = f"on {worker['execution']}" if worker["execution"] else "idle"
    return Text.assemble(("✓ ", "green"), f"{clean(worker['name'])}, {busy}", (f"  {clean(worker['version'])}", "dim"))
