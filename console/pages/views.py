"""Saved views of the list of runs: the page where they are managed, and the forms that save and change them."""

import uuid
from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from console.pages.base import View, actor_of, command_view, page, refused
from console.pages.list_address import ListAddress, read_address
from console.pages.list_parts import SORT_TITLES, Chip, chips
from executions import commands, queries
from executions.actors import Actor
from executions.errors import NotAllowed, Refused
from executions.models import SavedView

type Done = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A view with what it shows, in words.

    Args:
        view: the row.
        mine: the person's own.
        may_change: the person may rename, share and delete it.
        refusal: why it was not changed just now.
    """

    view: SavedView
    mine: bool
    may_change: bool
    refusal: Refused | None = None

    @property
    def url(self) -> str:
        """The list as it shows it."""
        return url_of(self.view)

    @property
    def parts(self) -> list[Chip]:
        """Filter and order in words."""
        address = read_address(QueryDict(self.view.query))
        try:
            found = chips(address)
        except Refused:  # an address somebody wrote by hand; following it says what is wrong
            return [Chip("Address", self.view.query, self.url)]
        if len(address.all("state")) == 1:
            found.insert(0, Chip("State", address.get("state"), self.url))
        if address.get("q"):
            found.append(Chip("Search", address.get("q"), self.url))
        if address.sort in SORT_TITLES and address.sort != "newest":
            found.append(Chip("Order", SORT_TITLES[address.sort].lower(), self.url))
        return found


def url_of(view: SavedView) -> str:
    """Return the list's address as a view shows it."""
    return ListAddress(tuple(parse_qsl(view.query)), str(view.pk)).url()


def show(
    request: HttpRequest, refusal: Refused | None = None, said: str = "", view_id: uuid.UUID | None = None
) -> HttpResponse:
    """Render the page of saved views.

    Args:
        request: whose.
        refusal: why a view was not saved or changed.
        said: unused; what was done is said by the page one is sent to.
        view_id: the view the refusal is about; a new one where None.
    """
    actor = actor_of(request)
    if not actor.can("executions:read"):
        return refused(request, refusal or NotAllowed("You may not look at runs, so there is nothing to view."))
    manages = actor.can("console:manage")
    rows = [
        ViewRow(
            view,
            view.owner_id == actor.user_id,
            manages if view.shared else view.owner_id == actor.user_id,
            refusal if view.pk == view_id else None,
        )
        for view in queries.views_for(actor)
    ]
    context = {
        "nav": "settings",
        "section": "views",
        "own": [row for row in rows if row.mine],
        "others": [row for row in rows if not row.mine],
        "may_share": manages,
        "refusal": refusal,
        "new": request.POST if refusal and view_id is None else None,
        "typed": request.POST.get("name", "") if refusal else "",
    }
    return render(request, "settings/views.html", context)


@page("executions:read", what="read views")
def views(request: HttpRequest) -> HttpResponse:
    """Show the person's own views and the shared ones."""
    return show(request)


@command_view(show)
def save(request: HttpRequest, actor: Actor) -> Done:
    """Save a view of the list as it is shown."""
    post = request.POST
    query = read_address(QueryDict(post.get("query", ""))).query
    view = commands.save_view(actor, name=post.get("name", ""), query=query, shared=bool(post.get("shared")))
    return url_of(view), f"View “{view.name}” saved."


@command_view(show)
def replace(request: HttpRequest, actor: Actor, view_id: uuid.UUID) -> Done:
    """Replace what a view shows by the list as it is shown."""
    query = read_address(QueryDict(request.POST.get("query", ""))).query
    view = commands.change_view(actor, view_id, query=query)
    return url_of(view), f"View “{view.name}” replaced."


@command_view(show)
def rename(request: HttpRequest, actor: Actor, view_id: uuid.UUID) -> Done:
    """Give a view another name."""
    view = commands.change_view(actor, view_id, name=request.POST.get("name", ""))
    return reverse("views"), f"Renamed to “{view.name}”."


@command_view(show)
def share(request: HttpRequest, actor: Actor, view_id: uuid.UUID) -> Done:
    """Share a view with everybody, or stop sharing it."""
    view = commands.change_view(actor, view_id, shared=bool(request.POST.get("shared")))
    now = "shared with everybody" if view.shared else "seen by its owner alone"
    return reverse("views"), f"View “{view.name}” is now {now}."


@command_view(show)
def delete(request: HttpRequest, actor: Actor, view_id: uuid.UUID) -> Done:
    """Delete a view."""
    commands.delete_view(actor, view_id)
    return reverse("views"), "View deleted."


def views_or_save(request: HttpRequest) -> HttpResponse:
    """Show the page, or save what was sent to it."""
    handler: View = save if request.method == "POST" else views
    return handler(request)
