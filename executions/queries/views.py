"""Saved views of the list of runs."""

import uuid

from django.db.models import Q

from executions.actors import Actor
from executions.commands.base import parse_id
from executions.errors import NotFound
from executions.models import SavedView

MOST = 300
"""Views shown to one person: all of his own, and so many shared ones."""


def views_for(actor: Actor) -> list[SavedView]:
    """Return a person's own views and the shared ones, with their owners; own ones first, then by name."""
    visible = Q(shared=True) | Q(owner_id=actor.user_id)
    found = SavedView.objects.filter(visible).select_related("owner").order_by("name", "pk")[:MOST]
    return sorted(found, key=lambda view: view.owner_id != actor.user_id)


def find_view(actor: Actor, view_id: uuid.UUID | str) -> SavedView:
    """Return one view with its owner.

    Raises:
        NotFound: there is no such view, or it is another person's own.
    """
    visible = Q(shared=True) | Q(owner_id=actor.user_id)
    found = SavedView.objects.filter(visible, pk=parse_id(view_id, "view")).select_related("owner").first()
    if found is None:
        raise NotFound(f"There is no view with the id {view_id}.")
    return found
