"""What happens to people's accounts, for the record. The acts themselves are Django's and allauth's."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from executions.actors import Actor
from executions.commands.base import command, require_scope
from executions.commands.managing import MANAGE_SCOPE
from executions.errors import Conflict
from executions.models import SYSTEM_LEDGER
from executions.provenance import append
from executions.text import clean_reason

NOBODY = Actor("anonymous", "somebody", "none", "console")
"""Whoever has not shown yet who they are."""


@command("record sign-in")
def record_sign_in(actor: Actor, *, by: Sequence[str]) -> None:
    """Record that somebody signed in.

    Args:
        actor: who.
        by: how, in order, such as ``password`` and ``totp``.
    """
    append(SYSTEM_LEDGER, "account.signed_in", actor, data={"by": list(by)})


@command("record failed sign-in")
def record_failed_sign_in(actor: Actor, *, account: str | None) -> None:
    """Record that a password was not right.

    Args:
        actor: ``NOBODY``.
        account: name of the account that was meant, if there is such a one.
    """
    append(SYSTEM_LEDGER, "account.sign_in_failed", actor, data={"account": account})


@command("record sign-out")
def record_sign_out(actor: Actor) -> None:
    """Record that somebody signed out."""
    append(SYSTEM_LEDGER, "account.signed_out", actor)


@command("record password")
def record_password(actor: Actor, person: Any, *, how: str) -> None:
    """Record that a password was changed.

    Args:
        actor: who changed it.
        person: whose it is.
        how: ``changed``, ``reset`` or ``given``.
    """
    append(SYSTEM_LEDGER, "account.password_changed", actor, data={**_account(person), "how": how})


@command("record account")
def record_account(
    actor: Actor, account: Mapping[str, Any], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> None:
    """Record that an account was made, changed or deleted; nothing where nothing changed.

    Args:
        actor: who did it.
        account: ``account`` (id) and ``name``.
        before: its facts as they were; None for a new one.
        after: its facts now; None for one that is gone.
    """
    if before is None:
        append(SYSTEM_LEDGER, "account.created", actor, data={**account, "facts": after})
    elif after is None:
        append(SYSTEM_LEDGER, "account.deleted", actor, data={**account, "facts": before})
    elif before != after:
        append(SYSTEM_LEDGER, "account.changed", actor, data={**account, **_difference(before, after)})


@command("record identity")
def record_identity(actor: Actor, account: Mapping[str, Any], *, added: bool, provider: str, subject: str) -> None:
    """Record that a provider's identity was tied to an account, or taken from it.

    Args:
        actor: who did it.
        account: ``account`` (id) and ``name``.
        added: tied to it; taken from it where False.
        provider: which provider.
        subject: what the provider calls the person.
    """
    data = {**account, "provider": provider[:200], "subject": subject[:255]}
    if added:
        append(SYSTEM_LEDGER, "account.identity_added", actor, data=data)
    else:
        append(SYSTEM_LEDGER, "account.identity_removed", actor, data=data)


@command("record group")
def record_group(
    actor: Actor, group: Mapping[str, Any], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> None:
    """Record that a group was made, changed or deleted; arguments as in ``record_account``."""
    if before is None and after is not None:
        data = {**group, "permissions": after["permissions"]}
        append(SYSTEM_LEDGER, "group.created", actor, data=data)
    elif after is None and before is not None:
        data = {**group, "permissions": before["permissions"]}
        append(SYSTEM_LEDGER, "group.deleted", actor, data=data)
    elif before is not None and after is not None and before != after:
        append(SYSTEM_LEDGER, "group.changed", actor, data={**group, **_difference(before, after)})


@command("record second factor")
def record_factor(actor: Actor, act: str, *, factor: str, name: str = "") -> None:
    """Record what became of somebody's own second factor.

    Args:
        actor: whose it is.
        act: ``added``, ``removed``, ``renewed`` or ``refused``.
        factor: ``totp``, ``webauthn`` or ``recovery_codes``.
        name: what its owner calls it.
    """
    data = {"factor": factor, **({"name": name[:200]} if name else {})}
    if act == "added":
        append(SYSTEM_LEDGER, "second_factor.added", actor, data=data)
    elif act == "removed":
        append(SYSTEM_LEDGER, "second_factor.removed", actor, data=data)
    elif act == "renewed":
        append(SYSTEM_LEDGER, "second_factor.renewed", actor, data=data)
    else:
        append(SYSTEM_LEDGER, "second_factor.refused", actor, data=data)


@command("reset second factor")
def reset_second_factor(actor: Actor, person: Any, *, reason: str, remove: Callable[[], list[str]]) -> list[str]:
    """Take away somebody's second factors, for who has lost them; they set up new ones after the next sign-in.

    Args:
        actor: who does it; needs ``console:manage``.
        person: whose they are.
        reason: why, and how it was made sure who asked; not blank.
        remove: removes them, in this transaction, and returns which.

    Returns:
        What was removed.

    Raises:
        NotAllowed, Invalid: as their names say.
        Conflict: there was none.
    """
    require_scope(actor, MANAGE_SCOPE)
    reason = clean_reason(reason)
    factors = remove()
    if not factors:
        raise Conflict(f"{person.get_username()} has no second factor.")
    data = {**_account(person), "factors": factors}
    append(SYSTEM_LEDGER, "second_factor.reset", actor, reason=reason, data=data)
    return factors


def _account(person: Any) -> dict[str, Any]:
    return {"account": person.pk, "name": person.get_username()}


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    changed = [name for name in before if before[name] != after[name]]
    return {"before": {name: before[name] for name in changed}, "after": {name: after[name] for name in changed}}
