"""Commands on saved views of the list of runs: save, change, delete. Each leaves a line in the system ledger."""

import uuid
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.functions import Now

from executions.actors import Actor
from executions.commands.base import command, parse_id, require_scope
from executions.errors import Conflict, Invalid, NotAllowed, NotFound
from executions.models import SYSTEM_LEDGER, SavedView
from executions.provenance import append
from executions.text import clean_short, is_blank

MOST_VIEWS = 100
"""That one person may keep."""
LONGEST_NAME = 60
LONGEST_QUERY = 2000


@command("save view")
def save_view(actor: Actor, *, name: str, query: str, shared: bool = False) -> SavedView:
    """Save a view of the list of runs under a name.

    Args:
        actor: whose it is; needs ``executions:read``, and ``console:manage`` to share it.
        name: what it is called; one of a person's views each.
        query: query of the list's address: filter, order and columns.
        shared: everybody who may read runs sees it.

    Raises:
        NotAllowed: without the scope.
        Invalid: a blank or long name, or one that is taken.
        Conflict: the person has as many as one may keep.
    """
    require_scope(actor, "executions:read")
    if actor.user_id is None:
        raise NotAllowed("Only people have views.")
    if shared:
        require_scope(actor, "console:manage")
    named, query = _clean_name(actor.user_id, name), clean_short(query, "query", LONGEST_QUERY)
    if SavedView.objects.filter(owner_id=actor.user_id).count() >= MOST_VIEWS:
        raise Conflict(f"You have {MOST_VIEWS} views. Delete one that you no longer use.")
    view = SavedView.objects.create(owner_id=actor.user_id, name=named, query=query, shared=shared)
    append(SYSTEM_LEDGER, "view.saved", actor, data=_told(view))
    return view


@command("change view")
def change_view(
    actor: Actor,
    view_id: uuid.UUID | str,
    *,
    name: str | None = None,
    query: str | None = None,
    shared: bool | None = None,
) -> SavedView:
    """Rename a view, replace what it shows, share it or stop sharing it; what is None stays as it is.

    Args:
        actor: its owner; for a shared one, somebody with ``console:manage``.
        view_id: which one.
        name, query, shared: as for ``save_view``.

    Raises:
        NotFound: there is no such view, or it is another person's own.
        NotAllowed: it is, or would be, shared, and the actor may not.
        Invalid: a blank or long name, or one that is taken.
    """
    view = _lock(actor, view_id)
    if shared:
        require_scope(actor, "console:manage")
    wanted: dict[str, Any] = {}
    if name is not None and name.strip() != view.name:
        wanted["name"] = _clean_name(view.owner_id, name)
    if query is not None:
        wanted["query"] = clean_short(query, "query", LONGEST_QUERY)
    if shared is not None:
        wanted["shared"] = shared
    before = {field: getattr(view, field) for field, value in wanted.items() if getattr(view, field) != value}
    if before:
        SavedView.objects.filter(pk=view.pk).update(**wanted, updated_at=Now())
        view.refresh_from_db()
        append(SYSTEM_LEDGER, "view.changed", actor, data={**_told(view), "before": before})
    return view


@command("delete view")
def delete_view(actor: Actor, view_id: uuid.UUID | str) -> None:
    """Delete a view.

    Args:
        actor: its owner; for a shared one, somebody with ``console:manage``.
        view_id: which one.

    Raises:
        NotFound: there is no such view, or it is another person's own.
        NotAllowed: it is shared, and the actor may not.
    """
    view = _lock(actor, view_id)
    told = _told(view)
    SavedView.objects.filter(pk=view.pk).delete()
    append(SYSTEM_LEDGER, "view.deleted", actor, data=told)


def _lock(actor: Actor, view_id: uuid.UUID | str) -> SavedView:
    view = SavedView.objects.select_for_update().filter(pk=parse_id(view_id, "view")).first()
    if view is None or not (view.shared or view.owner_id == actor.user_id):
        raise NotFound(f"There is no view with the id {view_id}.")
    if view.shared:
        # It is everybody's by now, its maker's no more than others'.
        require_scope(actor, "console:manage")
    return view


def _clean_name(owner_id: int, name: str) -> str:
    name = clean_short(name, "name", LONGEST_NAME)
    # One of a person's commands after the other: two of one name at once would meet in the table's constraint.
    get_user_model().objects.select_for_update().get(pk=owner_id)
    problem = "Give it a name." if is_blank(name) else ""
    if not problem and SavedView.objects.filter(owner_id=owner_id, name=name).exists():
        problem = "You have a view of this name. Choose another, or replace that one."
    if problem:
        raise Invalid(problem, errors={"name": [problem]})
    return name


def _told(view: SavedView) -> dict[str, Any]:
    return {"view": view.pk, "name": view.name, "query": view.query, "shared": view.shared}
