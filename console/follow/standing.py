"""Whether who opened a stream may go on reading. Asked at its beginning, now and then, and when a door was closed."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from console.access import fault_of
from executions.access import needed
from executions.actors import Actor
from executions.models import ApiToken

NEEDED = "executions:read"
OF_SYSTEM = "audit:read"
"""The system ledger tells of people and tokens."""


@dataclass(frozen=True, slots=True)
class Credential:
    """By what somebody reads: the id of a token, or else the key of a session."""

    token: int | None = None
    session: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands.

    Args:
        system: may read the system ledger.
        until: when the token expires.
        ended: why no more is told, as a word and as a sentence; None while all is well.
    """

    system: bool = False
    until: datetime.datetime | None = None
    ended: tuple[str, str] | None = None


def credential_of(request: HttpRequest, actor: Actor) -> Credential:
    """Return by what a request was let in."""
    kind, _, number = actor.id.partition(":")
    return Credential(token=int(number)) if kind == "token" else Credential(session=request.session.session_key or "")


def standings_of(credentials: Iterable[Credential]) -> dict[Credential, Standing]:
    """Look at several credentials."""
    return {credential: standing_of(credential) for credential in credentials}


def standing_of(credential: Credential) -> Standing:
    """Look at one credential."""
    return _of_token(credential.token) if credential.token is not None else _of_session(credential.session)


def _of_token(number: int) -> Standing:
    token = ApiToken.objects.select_related("owner").filter(pk=number).first()
    if token is None:
        return Standing(ended=("token_revoked", "This token does not exist any more."))
    return Standing(ended=fault) if (fault := fault_of(token)) else _of(Actor.of_token(token), token.expires_at)


def _of_session(key: str) -> Standing:
    asking = HttpRequest()
    asking.session = SessionStore(key)
    user = get_user(asking)
    if not user.is_active:
        return Standing(ended=("session_ended", "The session has ended. Sign in again."))
    return _of(Actor.of_user(user), None)


def _of(actor: Actor, until: datetime.datetime | None) -> Standing:
    if not actor.can(NEEDED):
        return Standing(ended=("not_allowed", f"You may not read runs any more: it needs {needed(NEEDED)}."))
    return Standing(actor.can(OF_SYSTEM), until)
