"""A run with those below it, drawn as a tree."""

from typing import Any

from rich.text import Text
from rich.tree import Tree

from holdpoint_client.ids import shown_id
from holdpoint_client.views.runs import state_text
from holdpoint_client.words import clean

type Document = dict[str, Any]


def run_tree(top: Document, below: dict[str, list[Document]], width: int) -> Tree:
    """Draw a run and its descendants.

    Args:
        top: the run.
        below: the children of each run by its id, in the order of their launch.
        width: of the screen, in columns; the narrower, the shorter are the ids.
    """
    ids = [top["id"], *(run["id"] for runs in below.values() for run in runs)]

    def line(run: Document) -> Text:
        return _line(run, shown_id(run["id"], ids, width))

    tree = Tree(line(top), guide_style="dim")
    open_branches = [(tree, top["id"])]
    while open_branches:
        branch, parent = open_branches.pop()
        open_branches += [(branch.add(line(run)), run["id"]) for run in below.get(parent, [])]
    return tree


def _line(run: Document, id: str) -> Text:
    key = f"  {clean(run['parent_key'])}" if run["parent_key"] else ""
    return Text.assemble(
        state_text(run["state"]),
        "  ",
        (clean(run["title"]), "bold"),
        (f"  {id}{key}  {run['steps_done']}/{run['steps_total']}", "dim"),
    )
