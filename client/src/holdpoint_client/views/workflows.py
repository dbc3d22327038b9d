"""Workflows as people read them."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdpoint_client.tables import Column, fitted, pairs
from holdpoint_client.words import clean, size

type Document = dict[str, Any]


def workflows_table(workflows: list[Document], width: int) -> Table:
    """Draw workflows as a table.

    Args:
        workflows: as the API lists them.
        width: of the screen, in columns.
    """
    columns = [Column("name"), Column("steps", justify="right"), Column("title", free=True), Column("what", free=True)]
    rows = [
        [clean(each["name"]), str(len(each["route"])), clean(each["title"]), clean(each["description"])]
        for each in workflows
    ]
    return fitted(columns, rows, width)


def workflow_block(workflow: Document) -> RenderableType:
    """Draw a workflow: its steps, the fields of its input, the files it takes."""
    head = Text.assemble((clean(workflow["title"]), "bold"), (f"  {clean(workflow['name'])}", "dim"))
    rows: list[tuple[str, RenderableType]] = []
    if workflow["description"]:
        rows.append(("what", clean(workflow["description"])))
    rows += [("" if number else "steps", _step(step)) for number, step in enumerate(workflow["route"])]
    form = workflow["input"] or {"properties": {}, "required": []}
    for name, field in form["properties"].items():
        rows.append((f"input {clean(name)}", _field(field, name in form["required"])))
    if not form["properties"]:
        rows.append(("input", Text("any JSON object" if workflow["input"] is None else "none", "dim")))
    if files := workflow["files"]:
        number = str(files["least"]) if files["least"] == files["most"] else f"{files['least']} to {files['most']}"
        rows.append(("files", f"{number}, {clean(files['suffix']) or 'any kind'}, at most {size(files['max_bytes'])}"))
    return Group(head, pairs(rows))


def _step(step: Document) -> Text:
    text = Text(clean(step["name"]))
    if step["title"]:
        text.append(f"  {clean(step['title'])}", "dim")
    told = [f"waits for an {clean(step['waits_for'])}"] if step["waits_for"] else []
    told += ["beside the route"] if step["aside"] else []
    told += [f"{step['retries']} retries"] if step["retries"] else []
    if told:
        text.append(f"  ({', '.join(told)})", "dim")
    return text


def _field(field: Document, required: bool) -> Text:
    text = Text(clean(field.get("title") or ""))
    choices = field.get("oneOf") or field.get("items", {}).get("oneOf") or []
    kind = field.get("type", "JSON")
    told = " or ".join(clean(choice["const"]) for choice in choices) or (
        kind if isinstance(kind, str) else " or ".join(kind)
    )
    default = f", {clean(field['default'])} if left out" if field.get("default") not in (None, "") else ""
    text.append(f"  {told}{', needed' if required else ''}{default}", "dim")
    if field.get("description"):
        text.append(f"\n{clean(field['description'])}", "dim")
    return text
