"""Scopes, permissions and roles: who may do what.

A scope is the public name (tokens, API, messages); each stands for one Django permission, so that groups and
per-user permissions in Django's admin decide, and a token can only ever narrow them. Source: docs/concepts/roles.md.
"""

from typing import Any

SCOPES: dict[str, str] = {
    "executions:read": "view_execution",
    "executions:launch": "launch_execution",
    "executions:pause": "pause_execution",
    "executions:cancel": "cancel_execution",
    "executions:control": "control_execution",
    "executions:amend": "amend_execution",
    "executions:label": "label_execution",
    "holds:place": "place_hold",
    "holds:release": "release_hold",
    "holds:freeze": "freeze_runs",
    "suspensions:answer": "answer_suspension",
    "events:emit": "emit_event",
    "audit:read": "read_audit",
    "metrics:read": "read_metrics",
    "console:manage": "manage_console",
    "webhooks:manage": "manage_webhooks",
}
"""Scope → codename of the permission on ``executions.Execution``."""

ROLES: dict[str, tuple[str, ...]] = {
    "operator": (
        "executions:read",
        "executions:launch",
        "executions:pause",
        "executions:cancel",
        "executions:control",
        "executions:label",
        "holds:freeze",
        "events:emit",
    ),
    "reviewer": (
        "executions:read",
        "executions:launch",
        "executions:pause",
        "executions:amend",
        "executions:label",
        "holds:place",
        "holds:release",
        "holds:freeze",
        "suspensions:answer",
    ),
    "auditor": ("executions:read", "audit:read"),
    "admin": tuple(SCOPES),
}


def needed(*scopes: str) -> str:
    """Name what is needed, and the roles that have it as they are shipped: ``the scope ..., which operators ... have``.

    Args:
        scopes: any of these will do.
    """
    holders = [f"{role}s" for role, has in ROLES.items() if set(scopes) & set(has)]
    *others, last = holders
    return f"the scope {' or '.join(scopes)}, which {f'{", ".join(others)} and ' if others else ''}{last} have"


def lacking(*scopes: str, what: str = "do this") -> str:
    """Say that somebody may not do something, what it needs, and whom to ask.

    Args:
        scopes: any of these would have done.
        what: they may not do, after "may not".
    """
    return f"You may not {what}: it needs {needed(*scopes)}. Ask one of them."


def scopes_of(user: Any) -> frozenset[str]:
    """Return the scopes a Django user has through groups, own permissions or superuser status.

    Args:
        user: a ``django.contrib.auth`` user.

    Returns:
        A subset of ``SCOPES``; empty for inactive and anonymous users.
    """
    if not user.is_active or user.is_anonymous:
        return frozenset()
    permissions = user.get_all_permissions()
    return frozenset(scope for scope, codename in SCOPES.items() if f"executions.{codename}" in permissions)


def roles_of(user: Any) -> str:
    """Return the printed role: the names of the user's groups, or ``superuser``, or ``none``."""
    names = sorted(group.name for group in user.groups.all())
    if user.is_superuser and "admin" not in names:
        names.append("superuser")
    return ", ".join(names) or "none"


def ensure_roles(**_: Any) -> None:
    """Create the four groups with their permissions after a migration; leaves groups that exist as they are.

    An admin may reshape a role in Django's admin, and the next migration must not undo that.
    """
    from django.apps import apps
    from django.contrib.auth.management import create_permissions
    from django.contrib.auth.models import Group, Permission

    create_permissions(apps.get_app_config("executions"), verbosity=0)
    for role, scopes in ROLES.items():
        group, created = Group.objects.get_or_create(name=role)
        if created:
            codenames = [SCOPES[scope] for scope in scopes]
            group.permissions.set(
                Permission.objects.filter(content_type__app_label="executions", codename__in=codenames)
            )
