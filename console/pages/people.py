"""People, for auditors and whoever manages the console: roles, rights, second factors, last sign-in; resetting one."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.access import require_scope
from console.confirmed import confirmed
from console.pages.base import actor_of, command_view, own_page
from console.pages.rights import own_scopes, rights_of_roles
from console.required_factor import is_required
from console.second_factor import factors_of, remove_factors
from console.stack.people import COLLEAGUES, DOMAIN
from executions.actors import Actor
from executions.commands.account import reset_second_factor
from executions.errors import Refused

ROWS = 50
SEES = ("audit:read", "console:manage")
"""Any of these sees who may do what; only the second changes it."""
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

    @property
    def own_scopes(self) -> list[str]:
        """Rights that no role of his gives."""
        return own_scopes(self.user)

    @property
    def plays(self) -> bool:
        """A colleague of the demo, who acts without anybody."""
        name = self.user.get_username()
        return name in COLLEAGUES and self.user.email == f"{name}@{DOMAIN}"


@own_page
def people(request: HttpRequest) -> HttpResponse:
    """List everybody who can sign in, by name, and what their roles may do."""
    require_scope(actor_of(request), "read people", *SEES)
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
    everybody = get_user_model().objects.filter(is_active=True).order_by("username")
    users = everybody.prefetch_related("groups", "user_permissions")
    found = list((users.filter(username__gt=after) if after else users)[: ROWS + 1])
    more, found = len(found) > ROWS, found[:ROWS]
    factors = factors_of([user.pk for user in found])
    role_names, rights = rights_of_roles()
    context = {
        "nav": "settings",
        "section": "people",
        "rows": [PersonRow(user, factors.get(user.pk, [])) for user in found],
        "next_url": f"{reverse('settings-people')}?{urlencode({'after': found[-1].username})}" if more else "",
        "refusal": refusal,
        "refused_id": user_id,
        "role_names": role_names,
        "rights": rights,
        "may_manage": actor_of(request).can("console:manage"),
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
