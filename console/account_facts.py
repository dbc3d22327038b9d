"""What the record keeps of accounts and groups: what decides who may do what, and how they are called."""

from typing import Any


def identity_of(user: Any) -> dict[str, Any]:
    """Return what an event names an account by."""
    return {"account": user.pk, "name": user.get_username()}


def facts_of(user: Any) -> dict[str, Any]:
    """Return an account's facts as they are stored now, its groups and own permissions read from the database."""
    return {
        "username": user.get_username(),
        "email": user.email,
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "groups": sorted(user.groups.values_list("name", flat=True)),
        "permissions": sorted(user.user_permissions.values_list("codename", flat=True)),
    }


def group_identity(group: Any) -> dict[str, Any]:
    """Return what an event names a group by."""
    return {"group": group.pk, "name": group.name}


def group_facts(group: Any) -> dict[str, Any]:
    """Return a group's facts as they are stored now."""
    return {"name": group.name, "permissions": sorted(group.permissions.values_list("codename", flat=True))}
