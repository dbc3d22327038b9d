"""Whether who opened a stream may go on reading. Asked at its beginning, now and then, and when a door was closed."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.utils import timezone

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
    """Look at several credentials: a query for all tokens, one for all sessions, and a few for each person."""
    asked = list(credentials)
    tokens = ApiToken.objects.select_related("owner").in_bulk([each.token for each in asked if each.token is not None])
    keys = [each.session for each in asked if each.token is None]
    sessions = {row.pk: row for row in Session.objects.filter(pk__in=keys, expire_date__gt=timezone.now())}
    people: dict[Any, Any] = {}
    return {
        each: _of_session(_Loaded(sessions.get(each.session)), people)
        if each.token is None
        else _of_token(tokens.get(each.token), people)
        for each in asked
    }


class _Loaded(SessionStore):
    """A session whose row was read already; None for one that has ended."""

    def __init__(self, row: Session | None) -> None:
        super().__init__(row.pk if row else None)
        self.row = row

    def load(self) -> dict[str, Any]:
        """Return what it holds; Django signs it with the name of the class that wrote it."""
        return SessionStore().decode(self.row.session_data) if self.row else {}


def _of_token(token: ApiToken | None, people: dict[Any, Any]) -> Standing:
    if token is None:
        return Standing(ended=("token_revoked", "This token does not exist any more."))
    token.owner = _once(token.owner, people)
    return Standing(ended=fault) if (fault := fault_of(token)) else _of(Actor.of_token(token), token.expires_at)


def _of_session(session: SessionStore, people: dict[Any, Any]) -> Standing:
    asking = HttpRequest()
    asking.session = session
    user = get_user(asking)
    if not user.is_active:
        return Standing(ended=("session_ended", "The session has ended. Sign in again."))
    return _of(Actor.of_user(_once(user, people)), None)


def _once(user: Any, people: dict[Any, Any]) -> Any:
    """Return somebody as he was read first: Django keeps with him what he may, so that it is looked up once."""
    if user.pk not in people:
        prefetch_related_objects([user], "groups")
        people[user.pk] = user
    return people[user.pk]


def _of(actor: Actor, until: datetime.datetime | None) -> Standing:
    if not actor.can(NEEDED):
        return Standing(ended=("not_allowed", f"You may not read runs any more: it needs {needed(NEEDED)}."))
    return Standing(actor.can(OF_SYSTEM), until)
