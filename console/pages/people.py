"""People, for whoever manages the console: roles, second factors, last sign-in; resetting a second factor."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.confirmed import confirmed
from console.pages.base import command_view, page
from console.required_factor import is_required
from console.second_factor import factors_of, remove_factors
from executions.actors import Actor
from executions.commands.account import reset_second_factor
from executions.errors import Refused

ROWS = 50
type Done = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person."""

    user: Any
    factors: list[str]

    @property
    def roles(self) -> str:
        """The names of the groups."""
        names = sorted(group.name for group in self.user.groups.all())
        return ", ".join([*names, *(["superuser"] if self.user.is_superuser else [])])


@page("console:manage", what="read people")
def people(request: HttpRequest) -> HttpResponse:
    """List everybody who can sign in, by name."""
    return show(request, refusal=None)


def show(request: HttpRequest, *, refusal: Refused | None, said: str = "", user_id: int = 0) -> HttpResponse:
    """Render the list.

    Args:
        request: whose; ``after`` in its address is the user name that the page begins after.
        refusal: why nothing was reset.
        said: ignored; the page is loaded anew after a change.
        user_id: whose second factor was not reset.
    """
    after = request.GET.get("after", "").replace("\x00", "")[:150]
    users = get_user_model().objects.filter(is_active=True).prefetch_related("groups").order_by("username")
    found = list((users.filter(username__gt=after) if after else users)[: ROWS + 1])
    more, found = len(found) > ROWS, found[:ROWS]
    factors = factors_of([user.pk for user in found])
    context = {
        "nav": "settings",
        "section": "people",
        "rows": [PersonRow(user, factors.get(user.pk, [])) for user in found],
        "next_url": f"{reverse('settings-people')}?{urlencode({'after': found[-1].username})}" if more else "",
        "refusal": refusal,
        "refused_id": user_id,
    }
    return render(request, "settings/people.html", context)


@confirmed
@command_view(show, sees="console:manage")
def reset(request: HttpRequest, actor: Actor, user_id: int) -> Done:
    """Take away somebody's second factors."""
    person = get_user_model().objects.filter(pk=user_id).first()
    if person is None:
        raise Http404("There is no such person.")
    reason = request.POST.get("reason", "")
    reset_second_factor(actor, person, reason=reason, remove=lambda: remove_factors(person.pk))
    after = "The password alone signs in now; a new second factor is set up then."
    said = after if is_required(person) else "The password alone signs in now."
    return reverse("settings-people"), f"Second factor of {person.get_username()} reset. {said}"
