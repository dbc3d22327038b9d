"""Read settings from the environment, and say plainly what is wrong with a value."""

import os
import re
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

HOST_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?")
"""Not of digits and dots alone: that is an address with a slip in it."""


def flag(name: str, default: bool = False) -> bool:
    """Return yes/no variable `name`. Raises ImproperlyConfigured for anything but 1/0, true/false, yes/no, on/off."""
    text = os.environ.get(name, "").strip().lower()
    if not text:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {text!r}.")


def number[N: (int, float)](name: str, default: N, *, minimum: float, maximum: float = float("inf")) -> N:
    """Return the numeric variable `name`, of the type of `default`.

    Raises ImproperlyConfigured, naming the variable and the limits, for text that is no such number or out of range.
    """
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    kind = type(default)
    try:
        value = kind(text)
    except ValueError:
        article = "a whole number" if kind is int else "a number"
        raise ImproperlyConfigured(f"{name} must be {article}, not {text!r}.") from None
    if not minimum <= value <= maximum:
        limits = f"at least {minimum:g}" if maximum == float("inf") else f"between {minimum:g} and {maximum:g}"
        raise ImproperlyConfigured(f"{name} must be {limits}, not {text}.")
    return value


def names(name: str, default: str) -> list[str]:
    """Return the comma-separated variable `name` as a list without blanks."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def targets(name: str, *, plain: bool = False) -> list[str]:
    """Return the comma-separated addresses in variable `name` to which messages go.

    Args:
        name: the variable.
        plain: accept ``http://`` as well.

    Raises ImproperlyConfigured for an address that is neither ``https://…`` nor ``mailto:…``. The message does not
    repeat it, because the path of a webhook is often its password.
    """
    schemes = ("https://", "mailto:", "http://") if plain else ("https://", "mailto:")
    found = names(name, "")
    for number_of_it, target in enumerate(found, 1):
        address = target.partition(":")[2].strip("/")
        if not target.startswith(schemes) or not address or ("@" not in address and target.startswith("mailto:")):
            raise ImproperlyConfigured(f"{name}: address {number_of_it} must begin with https:// or mailto:.")
    return found


def own_networks(name: str) -> list[str]:
    """Return the comma-separated variable `name`: addresses, networks as CIDR and names of hosts that may be called.

    Raises ImproperlyConfigured for anything else, such as a whole URL or a network with bits set behind its mask.
    """
    found = names(name, "")
    for entry in found:
        try:
            ip_network(entry)
        except ValueError as error:
            if not HOST_NAME.fullmatch(entry):
                raise ImproperlyConfigured(
                    f"{name}: {entry!r} is neither a network such as 10.1.0.0/16 nor a host's name ({error})."
                ) from None
    return found


def folder(name: str) -> list[Path]:
    """Return the directory in variable `name` as a list of one; of none where it is not set.

    Raises ImproperlyConfigured where there is no such directory.
    """
    text = os.environ.get(name, "").strip()
    if not text:
        return []
    path = Path(text).expanduser()
    if not path.is_absolute() or not path.is_dir():
        raise ImproperlyConfigured(f"{name} must be the absolute path of a directory that exists, not {text!r}.")
    return [path]


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """Return the variable `name`, which takes one of `choices`; the first where it is not set.

    Raises ImproperlyConfigured for anything else.
    """
    text = os.environ.get(name, "").strip().lower() or choices[0]
    if text not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {text!r}.")
    return text


def provider(name: str) -> str:
    """Return the address of an identity provider in variable `name`, without a slash at its end; empty if not set.

    Raises ImproperlyConfigured for one that begins with neither https:// nor, on this machine, http://localhost.
    """
    text = os.environ.get(name, "").strip()
    parts = urlsplit(text)
    near = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if text and ((parts.scheme != "https" and not near) or not parts.hostname or parts.query or parts.fragment):
        raise ImproperlyConfigured(f"{name} must look like https://login.example.com/realms/main, not {text!r}.")
    return text.rstrip("/")


def origin(name: str, default: str) -> str:
    """Return the address in variable `name`, without a slash at its end.

    Raises ImproperlyConfigured for one that does not begin with http:// or https:// and a host.
    """
    text = os.environ.get(name, "").strip() or default
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name} must look like https://holdpoint.example.com, not {text!r}.")
    return text.rstrip("/")


def mailer(name: str) -> dict[str, Any]:
    """Return Django's settings for sending mail by the SMTP server in variable `name`; to the log where there is none.

    With a user, ``smtp://`` uses STARTTLS. Raises ImproperlyConfigured for an address that begins otherwise.
    """
    text = os.environ.get(name, "").strip()
    if not text:
        return {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(text)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must look like smtps://user:password@host:465 or smtp://host:25.")
    options = {
        "host": parts.hostname,
        "port": parts.port or (465 if parts.scheme == "smtps" else 25),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_ssl": parts.scheme == "smtps",
        # A password never goes over the wire in the clear.
        "use_tls": parts.scheme == "smtp" and bool(parts.username),
        "timeout": 5,
    }
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}


def django_apps(modules: list[str]) -> list[str]:
    """Return those of `modules` that are Django apps (packages with apps.py or models.py); the rest are plain modules.

    A module that cannot be found is left out here: loading the workflows names it, with the reason.
    """
    return [module for module in modules if any(_exists(f"{module}.{part}") for part in ("apps", "models"))]


def _exists(module: str) -> bool:
    package = module.rpartition(".")[0]
    try:
        found = find_spec(package)
        # To look into a package is to import it, and a plain module may use models, which are not ready yet.
        return found is not None and found.submodule_search_locations is not None and find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def secret(name: str, *, least: int) -> str:
    """Return a secret from the environment; an empty text where it is not set.

    Args:
        name: the variable.
        least: fewest characters.

    Raises ImproperlyConfigured for one that could be guessed.
    """
    text = os.environ.get(name, "").strip()
    if text and len(text) < least:
        raise ImproperlyConfigured(
            f"{name} has {len(text)} characters; use {least} at least: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    return text
