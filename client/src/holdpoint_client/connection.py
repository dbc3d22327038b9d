"""Where the server is and who is asking: from the environment, or from a profile file that only its owner can read."""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from holdpoint_client.failures import Failure, usage

DEFAULT_URL = "http://localhost:8000"
HOW_TO = (
    "`holdpoint login` asks for its address and a token and keeps them; or set HOLDPOINT_URL and HOLDPOINT_TOKEN. "
    "The console makes tokens, under Settings, Tokens; so does `manage.py create_token USER`."
)
TOKEN_PATTERN = re.compile(r"[\x21-\x7e]+")
OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Connection:
    """A server and a token for it.

    Args:
        url: address of the server, without a slash at the end.
        token: the bearer token; never printed.
    """

    url: str
    token: str = field(repr=False)


def find_connection(profile: str, environment: Mapping[str, str]) -> Connection:
    """Decide which server to talk to.

    A token of a profile goes to that profile's address and no other, whatever HOLDPOINT_URL says.

    Args:
        profile: the name given with --profile or HOLDPOINT_PROFILE; empty for none.
        environment: the process's variables.

    Raises:
        Failure: nothing is configured, or it is no good.
    """
    url, token = environment.get("HOLDPOINT_URL", ""), environment.get("HOLDPOINT_TOKEN", "")
    if token and not profile:
        return checked(url or DEFAULT_URL, token, "HOLDPOINT_TOKEN")
    path = profile_path(environment)
    profiles = read_profiles(path)
    if not profile and url:
        matching = [name for name, entry in profiles.items() if _bare(entry["url"]) == _bare(url)]
        if not matching:
            raise usage(f"HOLDPOINT_URL is set and HOLDPOINT_TOKEN is not, and no profile has that address. {HOW_TO}")
        profile = matching[0]
    name = profile or ("default" if "default" in profiles else next(iter(profiles), ""))
    if not name:
        raise usage(f"No server is configured. {HOW_TO}")
    if name not in profiles:
        known = ", ".join(profiles) or "none"
        raise usage(f"There is no profile called {name!r} in {path}. Known: {known}.")
    entry = profiles[name]
    return checked(entry["url"], entry["token"], f"the token of profile {name}")


def profile_path(environment: Mapping[str, str]) -> Path:
    """Return where profiles are kept: HOLDPOINT_CONFIG, else holdpoint/config.toml in the user's configuration."""
    if chosen := environment.get("HOLDPOINT_CONFIG"):
        return Path(chosen)
    home = environment.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "holdpoint" / "config.toml"


def read_profiles(path: Path) -> dict[str, dict[str, str]]:
    """Read the profile file; without one there are no profiles.

    Raises:
        Failure: others may read it, or it is written wrongly.
    """
    try:
        with path.open("rb") as file:
            if os.name == "posix":
                _must_be_private(path, os.fstat(file.fileno()))
            document = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise usage(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # Without its cause: a traceback could show the file's lines, and the token with them.
        raise usage(f"{path} is not TOML: {error}.") from None
    return _profiles_in(document, path)


def _must_be_private(path: Path, facts: os.stat_result) -> None:
    if facts.st_mode & OPEN_TO_OTHERS:
        mode = stat.S_IMODE(facts.st_mode)
        raise usage(f"{path} holds a token and others may read it (mode {mode:04o}). Run: chmod 600 {path}")
    if facts.st_uid != os.getuid():
        raise usage(f"{path} belongs to somebody else.")


def _profiles_in(document: dict[str, Any], path: Path) -> dict[str, dict[str, str]]:
    profiles: dict[str, dict[str, str]] = {}
    for name, entry in document.items():
        given = {key: entry.get(key) for key in ("url", "token")} if isinstance(entry, dict) else {}
        strange = sorted(set(entry) - set(given)) if isinstance(entry, dict) else []
        if strange or not given or not all(isinstance(value, str) for value in given.values()):
            raise usage(f"{path}: [{name}] must hold `url` and `token`, two texts and nothing else.")
        profiles[name] = {key: str(value) for key, value in given.items()}
    return profiles


def checked(url: str, token: str, whose: str) -> Connection:
    """Return a connection whose parts can be sent.

    Args:
        url: address of the server.
        token: the bearer token.
        whose: what to call the token in a message, which never quotes it.

    Raises:
        Failure: one of them cannot.
    """
    address = _bare(url)
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        httpx.URL(address).host.encode("idna")
        plain = not (parts.query or parts.fragment or parts.username or parts.password)
    except (ValueError, httpx.InvalidURL):
        good = plain = False
    if not good or not plain:
        raise _bad_address(url)
    token = token.strip()
    if not TOKEN_PATTERN.fullmatch(token):
        raise usage(f"{whose} is no token: it is empty or holds characters that no token has.")
    return Connection(address, token)


def _bad_address(url: str) -> Failure:
    # An address that holds a password is not repeated.
    shown = "The address" if "@" in url else f"{url!r}"
    return usage(f"{shown} is no address of a server. It looks like {DEFAULT_URL} or https://holdpoint.example.com.")


def _bare(url: str) -> str:
    return url.strip().rstrip("/")
