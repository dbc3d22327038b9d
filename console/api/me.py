"""Who is asking: what he may do, by which token, and how he wants to see the console."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from console.api.bodies import Body, read_command
from console.api.openapi import CONFLICT, PROBLEMS, patches
from console.api.parts import Moment
from console.api.replies import reply
from executions import clock, commands, queries
from executions.access import SCOPES
from executions.actors import Actor
from executions.models import ApiToken, Preference
from executions.models.desk import COLUMNS, DENSITIES, THEMES

router = Router(tags=["You"])


class TokenInUse(Schema):
    """The token that the request came with."""

    id: int = Field(description="Of the token.")
    name: str = Field(description="What it is for.")
    created_at: Moment = Field(description="When it was made.")
    expires_at: Moment | None = Field(description="When it ends by itself; null for never.")


class PreferencesOut(Schema):
    """How you want to see the console; the API answers in UTC whatever they are."""

    time_zone: str = Field(description="Name in the IANA database; the console shows times in it.")
    theme: str = Field(description="Light, dark, or as the system has it.")
    density: str = Field(description="How close the lines of lists are.")
    columns: list[str] = Field(description="Of the list of runs; the usual ones where empty.")


class MeOut(Schema):
    """Who you are and what you may do now."""

    id: str = Field(description="As histories name you: `user:7`, or `token:3` for a token.")
    name: str = Field(description="As histories print it.")
    person: str = Field(description="Your user name, whichever way you came.")
    role: str = Field(description="As histories print it.")
    via: Literal["api", "cli"] = Field(description="The door, as histories will name it.")
    scopes: list[str] = Field(description="What you may do: your owner's rights, narrowed by the token.")
    token: TokenInUse | None = Field(description="Null where you came by a session.")
    preferences: PreferencesOut = Field(description="How you see the console.")
    now: datetime = Field(description="The server's clock, in UTC.")


class PreferencesBody(Body):
    """What you want to change; the rest stays."""

    time_zone: str | None = Field(None, description="Name in the IANA database.", examples=["Europe/Berlin"])
    theme: Literal[*THEMES] | None = Field(None, description="Light, dark, or as the system has it.")
    density: Literal[*DENSITIES] | None = Field(None, description="How close the lines of lists are.")
    columns: list[Literal[*COLUMNS]] | None = Field(None, description="Columns of the list of runs, in this order.")


@router.get("", response={200: MeOut, **PROBLEMS}, operation_id="me", summary="Who am I")
def me(request: HttpRequest) -> HttpResponse:
    """Say who you are, what you may do, and when your token ends. Needs no scope."""
    return reply(me_out(request.auth))


@router.patch(
    "",
    response={200: PreferencesOut, **CONFLICT},
    openapi_extra=patches(PreferencesBody, version=None),
    operation_id="change_preferences",
    summary="Change your preferences",
)
def change_preferences(request: HttpRequest) -> HttpResponse:
    """Change how the console looks for you. Needs no scope."""
    body, _ = read_command(request, PreferencesBody, "save preferences")
    return reply(preferences_out(commands.save_preference(request.auth, **body.dict())))


def me_out(actor: Actor) -> MeOut:
    """Describe an actor."""
    kind, _, number = actor.id.partition(":")
    token = ApiToken.objects.get(pk=int(number)) if kind == "token" else None
    return MeOut(
        id=actor.id,
        name=actor.name,
        person=actor.person,
        role=actor.role,
        via=actor.via,
        scopes=[scope for scope in SCOPES if actor.can(scope)],
        token=token
        and TokenInUse(id=token.pk, name=token.name, created_at=token.created_at, expires_at=token.expires_at),
        preferences=preferences_out(queries.preference_of(actor.user_id or 0)),
        now=clock.now(),
    )


def preferences_out(preference: Preference) -> PreferencesOut:
    """Describe a person's preferences."""
    return PreferencesOut(
        time_zone=preference.time_zone,
        theme=preference.theme,
        density=preference.density,
        columns=preference.columns,
    )
