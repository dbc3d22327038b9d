"""Webhooks and their messages, as people read them."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.ids import shown_id
from holdpoint_client.tables import Column, fitted, pairs
from holdpoint_client.words import age, clean, clean_lines, clock, until

type Document = dict[str, Any]

HEALTH = {"new": ("·", "dim"), "well": ("✓", "green"), "failing": ("✗", "red"), "disabled": ("■", "dim")}
STATES = {"waiting": ("○", "cyan"), "failing": ("◐", "yellow"), "failed": ("✗", "red"), "delivered": ("✓", "green")}
LONGEST = 2000


def webhooks_table(hooks: list[Document], width: int) -> Table:
    """Draw webhooks as a table.

    Args:
        hooks: as the API lists them.
        width: of the screen, in columns.
    """
    columns = [Column("id"), Column("health"), Column("address", free=True), Column("told of", free=True)]
    columns += [Column("waiting", justify="right"), Column("failed", justify="right")]
    ids = [hook["id"] for hook in hooks]
    rows: list[list[str | Text]] = [
        [
            shown_id(hook["id"], ids, width),
            _look(HEALTH, hook["health"]),
            clean(hook["url"]),
            clean(", ".join(hook["kinds"])),
            f"{hook['waiting']:,}",
            f"{hook['failed']:,}",
        ]
        for hook in hooks
    ]
    return fitted(columns, rows, width)


def webhook_block(hook: Document) -> RenderableType:
    """Draw a webhook and how it does."""
    head = Text.assemble(_look(HEALTH, hook["health"]), "  ", (clean(hook["url"]), "bold"))
    rows: list[tuple[str, RenderableType]] = [("id", hook["id"])]
    if hook["description"]:
        rows.append(("for", clean(hook["description"])))
    rows.append(("told of", clean(", ".join(hook["kinds"]))))
    if hook["workflows"]:
        rows.append(("workflows", clean(", ".join(hook["workflows"]))))
    if hook["labels"]:
        rows.append(("labels", clean(", ".join(f"{name}:{value}" for name, value in hook["labels"].items()))))
    rows.append(("log", f"{hook['waiting']:,} waiting, {hook['failed']:,} given up"))
    if hook["last_delivered_at"]:
        rows.append(("delivered", f"{age(hook['last_delivered_at'])} ago"))
    if hook["failing_since"]:
        since = f"for {age(hook['failing_since'])}, {hook['failures']:,} times: {clean(hook['last_error'])}"
        rows.append(("failing", Text(since, "red")))
    if hook["disabled_at"]:
        rows.append(("disabled", f"{clock(hook['disabled_at'])}, because: {clean(hook['disabled_because'])}"))
    if hook["old_secret_until"]:
        rows.append(("old secret", f"signs too, ends {until(hook['old_secret_until'])}"))
    rows.append(("made by", f"{clean(hook['created_by']['name'])}, {clock(hook['created_at'])}"))
    return Group(head, pairs(rows))


def deliveries_table(messages: list[Document], width: int) -> Table:
    """Draw messages as a table; arguments as for ``webhooks_table``."""
    columns = [Column("id"), Column("state"), Column("about", free=True), Column("tries", justify="right")]
    columns += [Column("status", justify="right"), Column("what went wrong", free=True), Column("ago", justify="right")]
    ids = [message["id"] for message in messages]
    rows: list[list[str | Text]] = [
        [
            shown_id(message["id"], ids, width),
            _look(STATES, message["state"]),
            clean(message["kind"]),
            str(message["attempts"]),
            str(message["status"] or ""),
            clean(message["error"]),
            age(message["created_at"]),
        ]
        for message in messages
    ]
    return fitted(columns, rows, width)


def delivery_block(message: Document) -> RenderableType:
    """Draw a message: what was sent and answered, every attempt."""
    head = Text.assemble(_look(STATES, message["state"]), "  ", (clean(message["kind"]), "bold"))
    rows: list[tuple[str, RenderableType]] = [("id", message["id"]), ("message", clean(message["message_id"]))]
    if message["ledger"]:
        rows.append(("event", f"{clean(message['ledger'])}, line {message['seq']}"))
    if message["asked_by"]:
        rows.append((clean(message["origin"]), f"by {clean(message['asked_by'])}"))
    if message["next_at"]:
        rows.append(("next try", until(message["next_at"])))
    for attempt in message["tries"]:
        said = attempt["status"] or clean(attempt["error"])
        rows.append(("tried", f"{clock(attempt['at'])}, {attempt['milliseconds']} ms: {said}"))
    rows += [("sent", f"{clean(name)}: {clean(value)}") for name, value in message["request"]["headers"].items()]
    rows.append(("", Text(clean_lines(message["request"]["body"][:LONGEST]))))
    if answer := message["response"]:
        rows.append(("answered", str(answer["status"])))
        rows.append(("", Text(clean_lines(answer["body"][:LONGEST]))))
    return Group(head, pairs(rows))


def _look(looks: dict[str, tuple[str, str]], word: str) -> Text:
    sign, style = looks.get(word, (" ", ""))
    return Text(f"{sign} {clean(word)}", style)
