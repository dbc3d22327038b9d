"""Addresses of other people's servers: read, checked, and resolved to the numbers that will be called."""

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from executions.outbound.addresses import Address, Allowed, read_allowed, why_refused

LONGEST = 2000
"""Characters of an address."""
PORTS = {"https": 443, "http": 80}
FIRST_FREE_PORT = 1024
"""Below it are services that speak something else: mail, files, remote shells."""
PLAIN = re.compile(r"[!-~]+")
NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
MOST_NUMBERS = 16
"""Addresses of one name that are looked at; a name with more is refused."""


class Refusal(Exception):
    """An address that is not called, with a sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address in its parts.

    Args:
        scheme: ``https`` or ``http``.
        host: in lower case, as it is resolved and as TLS and the Host header name it.
        port: number.
        path: path and query, as they are sent.
        guarded: whether the numbers it resolves to are checked; not for what the operator himself configured.
    """

    scheme: str
    host: str
    port: int
    path: str
    guarded: bool = True

    @property
    def authority(self) -> str:
        """Host and port as the Host header says them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def numbers(self) -> list[Address]:
        """Resolve the host and check every number it has; what is connected to is one of these and no other.

        Raises:
            Refusal: one of them may not be called.
            OSError: the name cannot be resolved.
        """
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        numbers = list(dict.fromkeys(ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found))
        if not self.guarded:
            return numbers
        if len(numbers) > MOST_NUMBERS:
            raise Refusal(f"{self.host} has {len(numbers)} addresses; at most {MOST_NUMBERS} are looked at.")
        allowed = own_networks()
        for number in numbers:
            kind = why_refused(number, self.host, allowed)
            if kind:
                raise Refusal(
                    f"{self.host} leads to {number}, a {kind} address. Only public ones are called; an operator "
                    "allows others by HOLDPOINT_WEBHOOK_ALLOW."
                )
            if self.scheme == "http" and not _is_own(self.host, number, allowed):
                raise Refusal("Use https. Plain http is for own networks that HOLDPOINT_WEBHOOK_ALLOW names.")
        return numbers


def own_networks() -> Allowed:
    """Return what the operator allows besides the public internet."""
    return read_allowed(settings.HOLDPOINT["WEBHOOK_ALLOW"])


def read_target(url: str) -> Target:
    """Read an address that somebody typed. What it resolves to is checked by ``Target.numbers``.

    Raises:
        Refusal: it cannot be called.
    """
    if len(url) > LONGEST:
        raise Refusal(f"Too long: {len(url):,} characters. At most {LONGEST:,}.")
    if not PLAIN.fullmatch(url) or "\\" in url:
        raise Refusal("Write it as https://hooks.example.com/path, without spaces; encode other characters by %.")
    target = _read(url, guarded=True)
    if target.scheme == "http" and not _may_be_own(target.host):
        raise Refusal("Use https. Plain http is for own networks that HOLDPOINT_WEBHOOK_ALLOW names.")
    if target.port != PORTS[target.scheme] and target.port < FIRST_FREE_PORT:
        raise Refusal(f"Port {target.port} belongs to another service. Use {PORTS[target.scheme]}, or one above 1023.")
    return target


def read_trusted(url: str) -> Target:
    """Read an address that the operator configured: it may lead anywhere.

    Raises:
        Refusal: it is none.
    """
    return _read(url, guarded=False)


def _read(url: str, *, guarded: bool) -> Target:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refusal("Not an address. Write it as https://hooks.example.com/path.") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise Refusal("Begin with https:// and a host, such as https://hooks.example.com/path.")
    if "@" in parts.netloc:
        raise Refusal("Leave user and password out of the address; messages are signed instead.")
    if parts.fragment:
        raise Refusal("Leave out what follows #; it is never sent.")
    if port == 0:
        raise Refusal("There is no port 0.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, _host(parts.hostname), port or PORTS[parts.scheme], path, guarded)


def _host(text: str) -> str:
    """Return a host in the one form in which it is compared, resolved and sent."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        name = text.lower().rstrip(".")
    if not NAME.fullmatch(name) or len(name) > 253:
        raise Refusal("This host has no name that can be looked up. Write names of other scripts as xn--….")
    return name


def _may_be_own(host: str) -> bool:
    """Tell whether plain http can be right: by its name, or because own networks are allowed at all."""
    allowed = own_networks()
    return allowed.names(host) or bool(allowed.networks)


def _is_own(host: str, number: Address, allowed: Allowed) -> bool:
    return allowed.names(host) or allowed.holds(number)
