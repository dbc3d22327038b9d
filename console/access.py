"""Who is asking, and may he: a session or a bearer token becomes an Actor, in this one place."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone

from console.observing import name_actor
from executions import queries
from executions.access import lacking
from executions.actors import Actor
from executions.commands.base import record_denial
from executions.commands.token import digest_of
from executions.errors import NotAllowed, NotFound, Refused
from executions.models import ApiToken, Execution

LAST_USE_RESOLUTION = timedelta(minutes=1)
"""How exactly a token's last use is kept; a write for every request would cost more than it tells."""
CLI_AGENT = "holdpoint-cli/"
"""The terminal client names itself in User-Agent, so that the history can say which door was used."""


class Unauthenticated(Exception):
    """Nobody knows who is asking (401).

    Args:
        detail: what is wrong with the credentials and what to send.
        invalid: credentials were sent and are no good, as opposed to none.
    """

    def __init__(self, detail: str, *, invalid: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.invalid = invalid


def actor_of_session(request: HttpRequest, via: str = "console") -> Actor | None:
    """Return the signed-in person as an Actor; None for nobody."""
    user: Any = request.user
    if not user.is_authenticated or not user.is_active:
        return None
    actor = Actor.of_user(user, via=via)
    name_actor(actor.id)
    return actor


def actor_of_bearer(request: HttpRequest) -> Actor | None:
    """Return whom a bearer token stands for; None where the request carries no Authorization header.

    Raises:
        Unauthenticated: the header or the token is no good. A token that somebody holds may be told why.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    kind, _, text = header.partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise Unauthenticated("Send the token as “Authorization: Bearer hp_…”.", invalid=True)
    token = ApiToken.objects.select_related("owner").filter(digest=digest_of(text.strip())).first()
    if token is None:
        raise Unauthenticated("This token is not known.", invalid=True)
    fault = fault_of(token)
    if fault is not None:
        raise Unauthenticated(fault[1], invalid=True)
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > LAST_USE_RESOLUTION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=Now())
    actor = Actor.of_token(token, via=api_door(request))
    name_actor(actor.id)
    return actor


def fault_of(token: ApiToken) -> tuple[str, str] | None:
    """Return why a token is no good, as a word and as a sentence; None where it is good. Reads its owner."""
    if token.revoked_at is not None:
        return "token_revoked", f"This token was revoked at {token.revoked_at:%Y-%m-%d %H:%M} UTC."
    if token.expires_at is not None and token.expires_at <= timezone.now():
        return "token_expired", f"This token expired at {token.expires_at:%Y-%m-%d %H:%M} UTC."
    if not token.owner.is_active:
        return "account_shut", "The account that owns this token has been shut."
    return None


def api_door(request: HttpRequest) -> str:
    """Return the door that a request to the API came through: ``cli`` or ``api``."""
    return "cli" if request.headers.get("User-Agent", "").startswith(CLI_AGENT) else "api"


def require_scope(actor: Actor, what: str, *scopes: str, execution_id: uuid.UUID | str | None = None) -> None:
    """Go on only if the actor has one of these scopes; a refusal is recorded. Commands ask for theirs themselves.

    Args:
        actor: who asks.
        what: what he wants to see, for the record, such as ``read checkpoint``.
        scopes: any of these will do.
        execution_id: whose history a refusal belongs to, if it exists.

    Raises:
        NotAllowed: the actor has none of them.
    """
    if any(actor.can(scope) for scope in scopes):
        return
    refusal = NotAllowed(lacking(*scopes))
    record_refusal(actor, what, refusal, execution_id)
    raise refusal


def find_execution(
    actor: Actor,
    execution_id: uuid.UUID | str,
    what: str = "read run",
    scope: str = "executions:read",
    read: Callable[[uuid.UUID | str], Execution] = queries.find,
) -> Execution:
    """Load a run that somebody wants to see. Every page and every read of the API comes through here.

    Args:
        actor: who.
        execution_id: which run.
        what: for the record of a refusal.
        scope: what it needs.
        read: loads it; raises ``NotFound``.

    Raises:
        NotAllowed: without the scope; the same whether the run exists or not.
        NotFound: there is no such run.
    """
    require_scope(actor, what, scope, execution_id=execution_id)
    return read(execution_id)


def record_refusal(actor: Actor, what: str, refusal: Refused, execution_id: uuid.UUID | str | None = None) -> None:
    """Record what a door itself refused, before any command saw it: in the run's history if there is such a run."""
    if execution_id is not None:
        try:
            refusal.execution_id = queries.find(execution_id).pk
        except NotFound:
            refusal.execution_id = None
    record_denial(actor, what, refusal)
