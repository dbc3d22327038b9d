"""Commands on API tokens: create, revoke."""

import datetime
import hashlib
import secrets
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from executions import clock
from executions.access import SCOPES, scopes_of
from executions.actors import SYSTEM, Actor
from executions.commands.base import command
from executions.commands.managing import MANAGE_SCOPE
from executions.errors import Conflict, Invalid, NotAllowed
from executions.models import SYSTEM_LEDGER, ApiToken
from executions.provenance import append
from executions.text import clean_moment, clean_reason, clean_short

PREFIX = "hp_"
MOST_TOKENS = 1000
"""Of one person, those that have not ended."""


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
        actor: who makes it: the owner, whoever may manage the console, or the installation itself. A token makes
            tokens for its own owner that can do no more than it can and end no later; they end with it.
        owner: the user it acts for.
        name: what it is for.
        scopes: what it may do; all of its owner's where None, or all of the token's that makes it.
        expires_at: when it ends (aware); never where None, or together with the token that makes it.

    Returns:
        The stored token, and its text, which is shown this once.

    Raises:
        NotAllowed: for somebody else, or with a scope that its owner, or the token that makes it, has not.
        Conflict: the owner has as many as one may have.
        Invalid: blank name, a scope that does not exist, none chosen, or an end that has passed or lies after the
            end of the token that makes it.
    """
    _require_own(actor, owner.pk, "make")
    maker = maker_of(actor)
    if maker is not None and maker.owner_id != owner.pk:
        raise NotAllowed("A token makes tokens for its own owner only.")
    name = clean_short(name, "name")
    if not name:
        raise Invalid("Say what the token is for.", errors={"name": ["Say what the token is for."]})
    owned = scopes_of(owner) if maker is None else actor.scopes
    chosen = sorted(set(owned if scopes is None else scopes))
    unknown = [scope for scope in chosen if scope not in SCOPES]
    if unknown:
        problem = f"Unknown scope {unknown[0]!r}. Known: {', '.join(SCOPES)}."
        raise Invalid(problem, errors={"scopes": [problem]})
    missing = [scope for scope in chosen if scope not in owned]
    if missing:
        whose = owner.get_username() if maker is None else "This token"
        than = "its owner" if maker is None else "the token that makes it"
        raise NotAllowed(f"{whose} has no {', '.join(missing)}; a token can do no more than {than}.")
    if scopes is not None and not chosen:
        problem = "Choose what it may do."
        raise Invalid(problem, errors={"scopes": [problem]})
    if expires_at is not None and clean_moment(expires_at, "expires_at") <= clock.now():
        problem = "Give a time that has not passed."
        raise Invalid(problem, errors={"expires_at": [problem]})
    if maker is not None and maker.expires_at is not None:
        expires_at = maker.expires_at if expires_at is None else expires_at
        if expires_at > maker.expires_at:
            problem = f"The token that makes it ends at {maker.expires_at:%Y-%m-%d %H:%M} UTC; it must not end later."
            raise Invalid(problem, errors={"expires_at": [problem]})
    live = ApiToken.objects.filter(owner=owner, revoked_at__isnull=True).exclude(expires_at__lte=Now())
    if live.count() >= MOST_TOKENS:
        raise Conflict(f"{owner.get_username()} has {MOST_TOKENS} tokens. Revoke some that nobody uses.")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name, owner=owner, digest=digest_of(text), scopes=chosen, expires_at=expires_at, made_with=maker
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
            **({"made_with": maker.pk} if maker else {}),
        },
    )
    return token, text


@command("revoke token")
def revoke_token(actor: Actor, token: ApiToken, *, reason: str = "") -> None:
    """End a token at once, and those that were made with it.

    Args:
        actor: who revokes it: its owner, whoever may manage the console, or the installation itself. A token of its
            owner ends those that may do no more than it, itself among them: what leaks should be good for little.
        token: which one.
        reason: why.

    Raises:
        NotAllowed: somebody else's, or one that may do more than the token that asks.
        Conflict: it was revoked already.
    """
    _require_own(actor, token.owner_id, "revoke")
    asking = None if actor.can(MANAGE_SCOPE) else _tokens_of(actor).first()
    if asking is not None and not set(token.scopes) <= set(asking.scopes):
        raise NotAllowed(f"“{token.name}” may do more than this token. Use one that may as much, or the console.")
    reason = clean_reason(reason, required=False)
    if not _end(actor, token, reason):
        raise Conflict("This token was revoked already.")
    ended = [token]
    while ended:
        maker = ended.pop()
        for made in ApiToken.objects.filter(made_with=maker.pk).order_by("pk"):
            _end(actor, made, reason or f"Made with “{maker.name}”.")
            ended.append(made)


def _end(actor: Actor, token: ApiToken, reason: str) -> bool:
    """End a token; tell whether it had not ended already."""
    if not ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=Now()):
        return False
    append(SYSTEM_LEDGER, "token.revoked", actor, reason=reason, data={"token": token.pk, "name": token.name})
    return True


def maker_of(actor: Actor) -> ApiToken | None:
    """Return the token that acts, its row locked against being revoked meanwhile; None where no token does.

    Raises:
        NotAllowed: it was revoked since the request began.
    """
    if not actor.id.startswith("token:"):
        return None
    found = _tokens_of(actor).select_for_update().filter(revoked_at__isnull=True).first()
    if found is None:
        raise NotAllowed("This token was revoked.")
    return found


def _tokens_of(actor: Actor) -> QuerySet[ApiToken]:
    """Return the one token that acts; nothing where it is no token that does."""
    kind, _, number = actor.id.partition(":")
    return ApiToken.objects.filter(pk=int(number)) if kind == "token" else ApiToken.objects.none()


def _require_own(actor: Actor, owner_id: int, act: str) -> None:
    if actor.user_id == owner_id or actor.id == SYSTEM.id or actor.can(MANAGE_SCOPE):
        return
    raise NotAllowed(f"You may {act} tokens of your own only.")
