"""Saved views of the list of runs."""

from django.db.models import Q

from executions.actors import Actor
from executions.models import SavedView

MOST = 300
"""Views shown to one person: all of his own, and so many shared ones."""


def views_for(actor: Actor) -> list[SavedView]:
    """Return a person's own views and the shared ones, with their owners; own ones first, then by name."""
    visible = Q(shared=True) | Q(owner_id=actor.user_id)
    found = SavedView.objects.filter(visible).select_related("owner").order_by("name", "pk")[:MOST]
    return sorted(found, key=lambda view: view.owner_id != actor.user_id)
