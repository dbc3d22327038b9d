"""API tokens, as their owners and administrators see them."""

from django.db.models import QuerySet

from executions.actors import Actor
from executions.commands.managing import MANAGE_SCOPE
from executions.errors import Invalid, NotFound
from executions.models import ApiToken
from executions.queries.page import Page


def list_tokens(actor: Actor, *, everybody: bool = False, cursor: str | None = None, limit: int = 50) -> Page[ApiToken]:
    """Return one page of tokens with their owners, newest first.

    Args:
        actor: whose tokens.
        everybody: those of all people, for whoever may manage the console; for others it changes nothing.
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out.
    """
    tokens = seen_by(actor, everybody=everybody)
    if cursor:
        tokens = tokens.filter(pk__lt=_read_cursor(cursor))
    found = list(tokens.order_by("-pk")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return Page(found, f"token:{found[-1].pk}" if more else None)


def find_token(actor: Actor, token_id: int) -> ApiToken:
    """Load a token.

    Args:
        actor: who asks; his own, or any for whoever may manage the console.
        token_id: which one.

    Raises:
        NotFound: there is none that he may see.
    """
    found = seen_by(actor, everybody=True).filter(pk=token_id).first()
    if found is None:
        raise NotFound("You have no such token.")
    return found


def seen_by(actor: Actor, *, everybody: bool) -> QuerySet[ApiToken]:
    """Return the tokens that somebody may see."""
    tokens = ApiToken.objects.select_related("owner")
    return tokens if everybody and actor.can(MANAGE_SCOPE) else tokens.filter(owner_id=actor.user_id)


def _read_cursor(cursor: str) -> int:
    name, _, number = cursor.partition(":")
    if name != "token" or not (number.isascii() and number.isdigit() and len(number) < 19):
        problem = "No page gave this cursor out. Start again from the first page."
        raise Invalid(problem, errors={"cursor": [problem]})
    return int(number)
