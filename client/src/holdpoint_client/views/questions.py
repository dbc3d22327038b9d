"""Questions to people, as they read them in a terminal."""

import json
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.ids import shown_id
from holdpoint_client.tables import Column, fitted, pairs
from holdpoint_client.words import age, clean, clean_lines, clock, until

type Document = dict[str, Any]

URGENCY = {"high": "bold yellow", "low": "dim", "others": "dim"}
LONGEST = 4000
"""Characters of one part of what a question shows; the rest is in `--json`."""


def questions_table(questions: list[Document], width: int) -> Table:
    """Draw questions as a table.

    Args:
        questions: as the API lists them.
        width: of the screen, in columns.
    """
    ids, runs = [each["id"] for each in questions], list({each["execution"] for each in questions})
    columns = [
        Column("question"),
        Column("run"),
        Column("kind"),
        Column("asks", free=True),
        Column("put to", free=True),
    ]
    rows: list[list[str | Text]] = []
    for each in questions:
        due = "" if each["closed_at"] or not each["deadline"] else until(each["deadline"])
        rows.append(
            [
                shown_id(each["id"], ids, width),
                shown_id(each["execution"], runs, width),
                clean(each["kind"]),
                _title(each),
                _state(each),
                due,
                age(each["opened_at"]),
            ]
        )
    return fitted([*columns, Column("due", justify="right"), Column("for", justify="right")], rows, width)


def inbox_table(items: list[Document], width: int) -> Table:
    """Draw what waits for a person as a table; arguments as for ``questions_table``."""
    ids = [item["id"] for item in items]
    columns = [Column("id"), Column("kind"), Column("what", free=True), Column("run", free=True)]
    columns += [Column("done"), Column("due", justify="right"), Column("for", justify="right")]
    rows: list[list[str | Text]] = []
    for item in items:
        done = item["done_at"]
        rows.append(
            [
                shown_id(item["id"], ids, width),
                clean(item["kind"]),
                _title(item),
                Text(clean(item["execution"]["title"]), "dim"),
                Text(f"{age(done)} ago" if done else "", "green"),
                "" if done or not item["due"] else until(item["due"]),
                age(item["since"]),
            ]
        )
    return fitted(columns, rows, width)


def question_block(question: Document, *, asks: bool = False) -> RenderableType:
    """Draw a question: what it asks, what it shows, its fields, and how to answer.

    Args:
        question: as the API tells it.
        asks: its fields are about to be asked for.
    """
    parts: list[RenderableType] = [Text(clean(question["title"]), "bold")]
    if question["prompt"]:
        parts.append(Text(clean_lines(question["prompt"])))
    parts.append(pairs(_facts(question) + ([] if asks else _how(question))))
    return Group(*parts)


def answer_block(form: Document | None, data: Document, files: dict[str, str]) -> RenderableType:
    """Draw an answer as it would be sent: each field with its value, choices by their words."""
    fields = (form or {}).get("properties", {})
    rows: list[tuple[str, RenderableType]] = []
    for name, value in {**data, **files}.items():
        field = fields.get(name, {})
        said = {choice["const"]: choice["title"] for choice in field.get("oneOf", [])}
        told = "yes" if value is True else "no" if value is False else value
        shown = said.get(told, told) if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
        rows.append((clean(field.get("title") or name), clean_lines(shown)))
    return pairs(rows or [("", Text("nothing filled in", "dim"))])


def _facts(question: Document) -> list[tuple[str, RenderableType]]:
    rows: list[tuple[str, RenderableType]] = [
        ("id", question["id"]),
        ("run", f"{question['execution']}, step {clean(question['step'])}"),
        ("put to", clean(question["who"]["sentence"])),
    ]
    if question["urgency"] != "normal":
        rows.append(("urgency", Text(clean(question["urgency"]), URGENCY.get(question["urgency"], ""))))
    rows.append(("asked", f"{age(question['opened_at'])} ago"))
    if question["deadline"] and not question["closed_at"]:
        late = f", then {clean(question['on_deadline'])}" if question["on_deadline"] else ""
        rows.append(("answer by", f"{clock(question['deadline'])} ({until(question['deadline'])}{late})"))
    rows += _shown("shows", question["context"]) + _shown("input", question["input"])
    rows += [(f"vote of {clean(vote['by']['name'])}", _vote(vote)) for vote in question["votes"]]
    if question["closed_at"]:
        rows.append((clean(question["outcome"]), _closed(question)))
    return rows


def _how(question: Document) -> list[tuple[str, RenderableType]]:
    rows: list[tuple[str, RenderableType]] = []
    if question["closed_at"]:
        return rows
    for name, field in ((question["form"] or {}).get("properties") or {}).items():
        rows.append((f"field {clean(name)}", _field(field, name in question["form"]["required"])))
    if question["answerable"]["allowed"]:
        rows.append(("you may", f"answer: holdpoint inbox answer {question['id']}"))
    else:
        rows.append(("you may", Text(f"not answer. {clean(question['answerable']['why'])}", "yellow")))
    return rows


def _field(field: Document, required: bool) -> Text:
    text = Text(clean(field.get("title") or ""))
    choices = field.get("oneOf") or field.get("items", {}).get("oneOf") or []
    kind = field.get("type", "JSON")
    told = " or ".join(clean(choice["const"]) for choice in choices)
    told = told or ("file" if field.get("contentEncoding") else kind if isinstance(kind, str) else " or ".join(kind))
    text.append(f"{'  ' if text else ''}{told}{'' if required else ', may be left out'}", "dim")
    return text


def _title(item: Document) -> Text:
    """Return what is asked, and how urgent it is where that is not as usual."""
    urgency = item["urgency"]
    told = (f" ({clean(urgency)})", "dim") if urgency in URGENCY else ""
    return Text.assemble((clean(item["title"]), URGENCY.get(urgency, "")), told)


def _shown(label: str, context: Any) -> list[tuple[str, RenderableType]]:
    """Return what a question shows, a line for each of its parts that is filled in."""
    if isinstance(context, dict):
        filled = {name: value for name, value in context.items() if value not in (None, "", [], {})}
        lines = [f"{clean(name)}: {_in_full(value)}" for name, value in filled.items()]
    else:
        lines = [_in_full(context)] if context else []
    return [("" if number else label, Text(line)) for number, line in enumerate(lines)]


def _in_full(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return clean_lines(text if len(text) <= LONGEST else f"{text[:LONGEST]}… (all of it: --json)")


def _vote(vote: Document) -> Text:
    said = f"{clean(vote['answer'].get('decision', 'answered') if isinstance(vote['answer'], dict) else 'answered')}"
    stale = "" if vote["valid"] else ", for what it showed before: does not count"
    return Text(f"{said}, {clock(vote['at'])}{stale}" + (f": {clean(vote['comment'])}" if vote["comment"] else ""))


def _closed(question: Document) -> Text:
    by = question["answered_by"]
    who = f"by {clean(by['name'])}, {clock(question['closed_at'])}" if by else clock(question["closed_at"])
    told = f"{who}: {clean(json.dumps(question['answer'], ensure_ascii=False))}" if question["answer"] else who
    return Text(told + (f" ({clean(question['comment'])})" if question["comment"] else ""))


def _state(question: Document) -> Text:
    if question["closed_at"]:
        by = question["answered_by"]
        return Text(clean(question["outcome"]) + (f" by {clean(by['name'])}" if by else ""), "green")
    if question["answerable"]["allowed"]:
        return Text("you", "bold")
    return Text(clean(question["who"]["sentence"]), "dim")
