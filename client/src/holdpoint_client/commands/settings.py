"""`holdpoint view | reason | label`: what a team agrees on: saved views, templates for reasons, rules for labels."""

from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from holdpoint_client import completing
from holdpoint_client.api import in_path
from holdpoint_client.choosing import filter_of
from holdpoint_client.commands.options import BEGINNING, Key
from holdpoint_client.ids import find_template, find_view
from holdpoint_client.session import Session
from holdpoint_client.views.settings import labels_block, reasons_table, view_block, views_table

ViewId = Annotated[
    str,
    typer.Argument(
        metavar="VIEW", help="Name or id of a view, or a beginning of the id.", autocompletion=completing.view_ids
    ),
]
ReasonId = Annotated[str, typer.Argument(metavar="TEMPLATE", help=f"Id of a template, {BEGINNING}.")]
Chosen = Annotated[
    list[str] | None,
    typer.Option(
        "--filter", metavar="NAME=VALUE", help="What it shows; repeat it to narrow.", autocompletion=completing.filters
    ),
]
Sort = Annotated[str, typer.Option("--sort", help="newest, oldest, since, priority or finished.")]
Shared = Annotated[bool | None, typer.Option("--shared/--own", help="Show it to everybody; needs console:manage.")]
For = Annotated[
    list[str] | None, typer.Option("--for", metavar="COMMAND", help="Offered for this command; all if left out.")
]
Code = Annotated[str | None, typer.Option("--reason-code", help="A word for statistics.")]


def list_views(session: Session) -> None:
    """List your saved views of the list of runs, and the shared ones."""
    session.screen.page(session.api.get("/views"), views_table, "There are no saved views.")


def save_view(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    filter: Chosen = None,
    sort: Sort = "",
    shared: Shared = None,
    key: Key = None,
) -> None:
    """Save a view; `execution list --view NAME` shows it."""
    body = {"name": name, "query": _query(session, filter, sort), "shared": shared}
    # An empty query is every run, and is sent as such.
    body["query"] = body["query"] or "sort=newest"
    session.screen.one(session.api.post("/views", body, key), view_block)


def change_view(
    session: Session,
    id: ViewId,
    name: Annotated[str, typer.Option("--name", help="Call it so.")] = "",
    filter: Chosen = None,
    sort: Sort = "",
    shared: Shared = None,
) -> None:
    """Rename a view, replace what it shows, share it or stop sharing it."""
    body = {"name": name, "query": _query(session, filter, sort), "shared": shared}
    session.screen.one(session.api.patch(f"/views/{find_view(session.api, id).id}", body), view_block)


def delete_view(session: Session, id: ViewId) -> None:
    """Delete a view."""
    session.api.delete(f"/views/{find_view(session.api, id).id}")
    session.screen.aside("Deleted.")


def list_reasons(session: Session) -> None:
    """List the words that are offered as reasons, in their order."""
    session.screen.page(session.api.get("/reason-templates"), reasons_table, "There are no templates.")


def add_reason(
    session: Session,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The words.")],
    reason_code: Code = None,
    commands: For = None,
    key: Key = None,
) -> None:
    """Offer words as a reason."""
    body = {"text": text, "reason_code": reason_code, "commands": commands}
    _tell_reason(session, session.api.post("/reason-templates", body, key))


def change_reason(
    session: Session,
    id: ReasonId,
    text: Annotated[str | None, typer.Option("--text", help="The words.")] = None,
    reason_code: Code = None,
    commands: For = None,
) -> None:
    """Change a template; reasons that were given with it stay."""
    body = {"text": text, "reason_code": reason_code, "commands": commands}
    _tell_reason(session, session.api.patch(f"/reason-templates/{find_template(session.api, id).id}", body))


def move_reason(
    session: Session,
    id: ReasonId,
    places: Annotated[int, typer.Option("--places", help="How far down; up where negative.")],
    key: Key = None,
) -> None:
    """Move a template in the list."""
    path = f"/reason-templates/{find_template(session.api, id).id}/move"
    _tell_reason(session, session.api.post(path, {"places": places}, key))


def delete_reason(session: Session, id: ReasonId) -> None:
    """Delete a template."""
    session.api.delete(f"/reason-templates/{find_template(session.api, id).id}")
    session.screen.aside("Deleted.")


def list_labels(session: Session) -> None:
    """List the rules of labels, and which labels are in use."""
    session.screen.one(session.api.get("/labels"), labels_block)


def set_rule(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="LABEL", help="Name of the label.")],
    description: Annotated[str, typer.Option("--description", help="What it means.")] = "",
    value: Annotated[list[str] | None, typer.Option("--value", help="A value it may take; any if left out.")] = None,
) -> None:
    """Make the rule of a label, or replace it."""
    body = {"description": description, "values": value or []}
    told = session.api.put(f"/labels/{in_path(name)}", body)
    session.screen.one(told, lambda rule: labels_block({"rules": [rule], "in_use": []}))


def remove_rule(
    session: Session, name: Annotated[str, typer.Argument(metavar="LABEL", help="Name of the label.")]
) -> None:
    """Let a label take any value again."""
    session.api.delete(f"/labels/{in_path(name)}")
    session.screen.aside("It takes any value now.")


def _query(session: Session, filter: list[str] | None, sort: str) -> str:
    wanted = filter_of(session.api, filter or [])
    told = {name: "true" if value is True else value for name, value in wanted.items() if value is not False}
    if sort:
        told["sort"] = sort
    return urlencode(told, doseq=True)


def _tell_reason(session: Session, told: dict[str, Any]) -> None:
    session.screen.one(told, lambda each: reasons_table([each], session.screen.width))
