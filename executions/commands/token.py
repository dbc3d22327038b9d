"""Commands on API tokens: create, revoke."""

import datetime
import hashlib
import secrets
from collections.abc import Iterable
from typing import Any

from django.db.models.functions import Now

from executions.access import SCOPES, scopes_of
from executions.actors import Actor
from executions.commands.base import command
from executions.errors import Conflict, Invalid, NotAllowed
from executions.models import SYSTEM_LEDGER, ApiToken
from executions.provenance import append
from executions.text import clean_short

PREFIX = "hp_"


def digest_of(token: str) -> str:
    """Return the digest under which a token is stored; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


@command("create token")
def create_token(
    actor: Actor,
    owner: Any,
    *,
    name: str,
    scopes: Iterable[str] | None = None,
    expires_at: datetime.datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make an API token.

    Args:
        actor: who makes it.
        owner: the user it acts for.
        name: what it is for.
        scopes: what it may do; all of its owner's where None.
        expires_at: when it ends (aware); never where None.

    Returns:
        The stored token, and its text, which is shown this once.

    Raises:
        Invalid: blank name, or a scope that does not exist or that its owner has not.
    """
    name = clean_short(name, "name")
    if not name:
        raise Invalid("Say what the token is for.", errors={"name": ["Say what the token is for."]})
    owned = scopes_of(owner)
    chosen = sorted(set(owned if scopes is None else scopes))
    unknown = [scope for scope in chosen if scope not in SCOPES]
    if unknown:
        problem = f"Unknown scope {unknown[0]!r}. Known: {', '.join(SCOPES)}."
        raise Invalid(problem, errors={"scopes": [problem]})
    missing = [scope for scope in chosen if scope not in owned]
    if missing:
        raise NotAllowed(f"{owner.get_username()} has no {', '.join(missing)}; a token can do no more than its owner.")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name, owner=owner, digest=digest_of(text), scopes=chosen, expires_at=expires_at
    )
    append(
        SYSTEM_LEDGER,
        "token.created",
        actor,
        data={
            "token": token.pk,
            "name": name,
            "owner": owner.get_username(),
            "scopes": chosen,
            "expires_at": expires_at,
        },
    )
    return token, text


@command("revoke token")
def revoke_token(actor: Actor, token: ApiToken, *, reason: str = "") -> None:
    """End a token at once.

    Args:
        actor: who revokes it.
        token: which one.
        reason: why.

    Raises:
        Conflict: it was revoked already.
    """
    if not ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=Now()):
        raise Conflict("This token was revoked already.")
    append(SYSTEM_LEDGER, "token.revoked", actor, reason=reason, data={"token": token.pk, "name": token.name})
