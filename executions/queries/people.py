"""People who can sign in, and those who may do something, by name."""

from typing import Any

from django.contrib.auth import get_user_model

from executions.access import SCOPES
from executions.errors import Invalid
from executions.queries.page import Page

MOST_NAMED = 200
"""So many names are offered at most; others are typed."""


def names_with(scope: str) -> list[str]:
    """Return the user names of the active people who have a scope, by name: one query.

    Args:
        scope: one of ``access.SCOPES``.
    """
    users = get_user_model().objects.with_perm(f"executions.{SCOPES[scope]}", backend=BACKEND)
    return list(users.order_by("username").values_list("username", flat=True)[:MOST_NAMED])


BACKEND = "django.contrib.auth.backends.ModelBackend"
"""The backend that knows permissions; the others only sign people in."""


def list_people(cursor: str | None = None, limit: int = 50) -> Page[Any]:
    """Return one page of active accounts with their groups, by user name.

    Args:
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out.
    """
    users = get_user_model().objects.filter(is_active=True).prefetch_related("groups").order_by("username")
    if cursor:
        word, _, after = cursor.partition(":")
        if word != "after" or not after or "\x00" in after:
            problem = "No page gave this cursor out. Start again from the first page."
            raise Invalid(problem, errors={"cursor": [problem]})
        users = users.filter(username__gt=after)
    found = list(users[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return Page(found, f"after:{found[-1].get_username()}" if more else None)
