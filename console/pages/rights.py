"""What each role may do, as the groups stand now: whoever manages people shapes them in Django's admin."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group

from executions.access import ROLES, SCOPES

MEANS = {
    "executions:read": "see runs, their history and files",
    "executions:launch": "launch runs",
    "executions:pause": "pause and resume",
    "executions:cancel": "cancel",
    "executions:control": "retry, skip, fork, extend",
    "executions:amend": "correct payloads and files",
    "executions:label": "set labels",
    "holds:place": "place compliance holds",
    "holds:release": "release compliance holds",
    "holds:freeze": "freeze and lift freezes",
    "suspensions:answer": "answer questions",
    "events:emit": "send events",
    "audit:read": "search, verify and export the record",
    "metrics:read": "read the figures at /metrics",
    "console:manage": "manage people, reasons, labels, everybody’s tokens",
    "webhooks:manage": "manage webhooks, which can carry all of the record",
}
"""Scope → what whoever has it may do."""


@dataclass(frozen=True, slots=True)
class Right:
    """A scope, and which of the roles have it, in their order."""

    scope: str
    means: str
    held: list[tuple[str, bool]]


def rights_of_roles() -> tuple[list[str], list[Right]]:
    """Return the names of all roles, ours first, and every scope with who has it."""
    scopes = {group.name: _scopes(group.permissions.all()) for group in Group.objects.prefetch_related("permissions")}
    names = [name for name in ROLES if name in scopes] + sorted(scopes.keys() - ROLES.keys())
    rights = [Right(scope, MEANS[scope], [(name, scope in scopes[name]) for name in names]) for scope in SCOPES]
    return names, rights


def own_scopes(user: Any) -> list[str]:
    """Return the scopes somebody has besides his roles', from permissions of his own."""
    return sorted(_scopes(user.user_permissions.all()))


def _scopes(permissions: Any) -> set[str]:
    codenames = {each.codename for each in permissions}
    return {scope for scope, codename in SCOPES.items() if codename in codenames}
