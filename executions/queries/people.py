"""People who may do something, by name."""

from django.contrib.auth import get_user_model

from executions.access import SCOPES

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
