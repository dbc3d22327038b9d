"""API tokens: list one's own, make one, revoke one at once."""

from typing import Literal

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from console.access import record_refusal
from console.api.bodies import Body, read_command
from console.api.openapi import CONFLICT, PROBLEMS, takes
from console.api.parts import NOT_BLANK, GivenMoment, Moment, Person, one_of
from console.api.replies import Pages, reply
from executions import commands, queries
from executions.access import SCOPES
from executions.errors import NotAllowed
from executions.models import ApiToken

router = Router(tags=["Tokens"])


class TokenQuery(Pages):
    """Which tokens."""

    everybody: bool = Field(False, description="Those of all people; needs `console:manage`.")


class TokenBody(Body):
    """Make a token that acts for you."""

    name: str = Field(
        description="What it is for; the record names it with every act.",
        examples=["nightly export"],
        json_schema_extra={**NOT_BLANK, "maxLength": 200},
    )
    scopes: list[one_of(SCOPES)] | None = Field(  # type: ignore[valid-type]
        None, description="What it may do; all that you may where left out.", examples=[["executions:read"]]
    )
    expires_at: GivenMoment | None = Field(None, description="When it ends; never where left out.")


class RevokeBody(Body):
    """End a token."""

    reason: str = Field("", description="Why, if there is something to say.")


class TokenOut(Schema):
    """A token, without its secret, which is stored nowhere."""

    id: int = Field(description="Of the token; it does not open anything.")
    name: str = Field(description="What it is for.")
    owner: Person = Field(description="Whose it is; it can do no more than they.")
    scopes: list[str] = Field(description="What it may do.")
    state: Literal["live", "expired", "revoked", "owner-shut-out"] = Field(
        description="Whether it opens doors now; `owner-shut-out` where its owner's account is closed."
    )
    created_at: Moment = Field(description="When it was made.")
    expires_at: Moment | None = Field(description="When it ends by itself; null for never.")
    last_used_at: Moment | None = Field(description="To the minute.")
    revoked_at: Moment | None = Field(description="When it was revoked; null where it was not.")
    made_with: int | None = Field(description="The token it was made with; it is revoked together with that one.")


class NewToken(TokenOut):
    """A token that was just made."""

    token: str | None = Field(
        description="Its secret, shown this once; null in the answer to the same request with the same Idempotency-Key."
    )


class TokenList(Schema):
    """A page of tokens, newest first."""

    items: list[TokenOut] = Field(description="The tokens of this page, newest first.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


@router.get("", response={200: TokenList, **PROBLEMS}, operation_id="tokens", summary="List tokens")
def tokens(request: HttpRequest, query: Query[TokenQuery]) -> HttpResponse:
    """List your tokens, those that have ended too. Needs no scope; for `everybody`, `console:manage`."""
    actor = request.auth
    if query.everybody and not actor.can("console:manage"):
        refusal = NotAllowed("You may list tokens of your own only; all of them need the scope console:manage.")
        record_refusal(actor, "list tokens", refusal)
        raise refusal
    page = queries.list_tokens(actor, everybody=query.everybody, cursor=query.cursor, limit=query.limit)
    return reply(TokenList(items=[token_out(token) for token in page.rows], next=page.next))


@router.post(
    "",
    response={201: NewToken, **CONFLICT},
    openapi_extra=takes(TokenBody),
    operation_id="make_token",
    summary="Make a token",
)
def make(request: HttpRequest) -> HttpResponse:
    """Make a token for yourself; the answer alone shows its secret. Needs no scope of its own.

    It can do no more than you can. Made with a token, it can do no more than that one, ends no later, and is revoked
    together with it. Nothing keeps the secret, so a repeated request with the same Idempotency-Key answers without it.
    """
    body, _ = read_command(request, TokenBody, "create token")
    owner = get_user_model().objects.get(pk=request.auth.user_id)
    token, text = commands.create_token(
        request.auth, owner, name=body.name, scopes=body.scopes, expires_at=body.expires_at
    )
    token.refresh_from_db()
    document = NewToken(**token_out(token).model_dump(), token=text)
    answer = reply(document, 201, Location=reverse("v1:token", args=[token.pk]))
    answer.content_to_keep = document.model_copy(update={"token": None}).model_dump_json().encode()
    return answer


@router.get(
    "/{int:id}", response={200: TokenOut, **PROBLEMS}, operation_id="token", url_name="token", summary="Look at a token"
)
def token(request: HttpRequest, id: int) -> HttpResponse:
    """Look at a token of your own. Needs no scope; for somebody else's, `console:manage`."""
    return reply(token_out(queries.find_token(request.auth, id)))


@router.post(
    "/{int:id}/revoke",
    response={200: TokenOut, **CONFLICT},
    openapi_extra=takes(RevokeBody),
    operation_id="revoke_token",
    summary="Revoke a token",
)
def revoke(request: HttpRequest, id: int) -> HttpResponse:
    """End a token, and those made with it: 401 from now on. Needs no scope; for somebody else's, `console:manage`.

    A token ends itself, and those of its owner that may do no more than it; with `console:manage` any.
    """
    body, _ = read_command(request, RevokeBody, "revoke token")
    found = queries.find_token(request.auth, id)
    commands.revoke_token(request.auth, found, reason=body.reason)
    found.refresh_from_db()
    return reply(token_out(found))


def token_out(token: ApiToken) -> TokenOut:
    """Describe a token."""
    ended = token.expires_at is not None and token.expires_at <= timezone.now()
    shut = "live" if token.owner.is_active else "owner-shut-out"
    return TokenOut(
        id=token.pk,
        name=token.name,
        owner=Person(id=f"user:{token.owner_id}", name=token.owner.get_username()),
        scopes=token.scopes,
        state="revoked" if token.revoked_at else "expired" if ended else shut,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        revoked_at=token.revoked_at,
        made_with=token.made_with_id,
    )
