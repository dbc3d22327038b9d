"""`holdpoint login | logout | whoami | profiles`: which server, and as whom."""

import os
import sys
from typing import Annotated

import typer

from holdpoint_client.api import Api
from holdpoint_client.connection import DEFAULT_URL, checked, profile_path, read_profiles
from holdpoint_client.failures import usage
from holdpoint_client.profiles import forget_profile, keep_profile
from holdpoint_client.session import Session, can_ask
from holdpoint_client.tables import Column, fitted
from holdpoint_client.views.accounts import person_block, preferences_block
from holdpoint_client.words import clean

DEFAULT = "default"


def login(
    session: Session,
    url: Annotated[str, typer.Option("--url", help="Address of the server; asked for if left out.")] = "",
    token_from_stdin: Annotated[
        bool, typer.Option("--with-token", help="Read the token from standard input instead of asking.")
    ] = False,
) -> None:
    """Try a token, and keep it with its address.

    It goes into the profile file, which only you can read; --profile, before the command, says under which name,
    `default` if left out. Make a token in the console under Settings, Tokens.
    """
    name = session.profile or DEFAULT
    if not url:
        url = os.environ.get("HOLDPOINT_URL", "")
    if not url:
        if not can_ask():
            raise usage("Nobody can be asked here: add --url.")
        url = session.ask("Address of the server:", DEFAULT_URL)
    if token_from_stdin:
        token = sys.stdin.readline()
    elif can_ask():
        token = str(typer.prompt("Token", hide_input=True, err=True))
    else:
        raise usage("Nobody can be asked here: give the token on standard input, with --with-token.")
    connection = checked(url, token, "The token")
    me = Api(connection).get("/me")
    path = profile_path(os.environ)
    keep_profile(path, name, connection)
    session.screen.show(person_block(me))
    session.screen.aside(f"Kept as profile {name} in {path}.")
    if os.environ.get("HOLDPOINT_TOKEN"):
        session.screen.aside("HOLDPOINT_TOKEN is set and comes first; unset it, or use --profile.", "yellow")


def logout(session: Session) -> None:
    """Forget a profile; its token stays valid until it is revoked."""
    name = session.profile or DEFAULT
    path = profile_path(os.environ)
    if not forget_profile(path, name):
        raise usage(f"There is no profile called {name!r} in {path}.")
    session.screen.aside(f"Profile {name} is forgotten. Its token stays valid until it is revoked.")


def whoami(session: Session) -> None:
    """Say who you are to the server, and what you may do."""
    me = session.api.get("/me")
    session.screen.one(me, lambda each: person_block(each, session.api.url))


def profiles(session: Session) -> None:
    """List the servers in the profile file, without their tokens."""
    path = profile_path(os.environ)
    known = read_profiles(path)
    if not known:
        session.screen.aside(f"{path} holds no profile. holdpoint login makes one.")
        return
    rows = [[clean(name), clean(entry["url"])] for name, entry in known.items()]
    session.screen.show(fitted([Column("profile"), Column("server", free=True)], rows, session.screen.width))


def preferences(
    session: Session,
    time_zone: Annotated[str | None, typer.Option("--time-zone", help="Of the console, such as Europe/Berlin.")] = None,
    theme: Annotated[str | None, typer.Option("--theme", help="Of the console: system, light or dark.")] = None,
    density: Annotated[str | None, typer.Option("--density", help="Of the console's lists.")] = None,
) -> None:
    """Show or change how you see the console."""
    body = {"time_zone": time_zone, "theme": theme, "density": density}
    changed = any(value is not None for value in body.values())
    told = session.api.patch("/me", body) if changed else session.api.get("/me")["preferences"]
    session.screen.one(told, preferences_block)
