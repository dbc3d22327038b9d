"""Settings: what would be unsafe, contradict itself, or lead nowhere."""

import json
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

from console.doctor.finding import FAIL, OK, WARN, Finding
from executions import tracing
from executions.authoring import registry

AREA = "settings"
LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
PATIENCE = 3.0
"""Seconds that another server may take to answer."""


def examine() -> Iterator[Finding]:
    """Look at the settings of this process."""
    hosts = set(settings.ALLOWED_HOSTS) - LOCAL
    found = [*_mistakes(), *of_reach(hosts), *of_addresses(hosts), *_mail(), *_provider(), *_traces()]
    if all(finding.level == OK for finding in found):
        where = ", ".join(sorted(hosts)) if hosts else "this machine alone"
        found.insert(0, Finding(AREA, OK, f"Consistent, for {where}."))
    yield from found


def _mistakes() -> Iterator[Finding]:
    for message in checks.run_checks():
        if message.level >= checks.ERROR:
            yield Finding(AREA, FAIL, f"{message.msg} ({message.id})", message.hint or "manage.py check tells where.")
    if not registry.all_names():
        do = "Name the modules of your workflows in HOLDPOINT_WORKFLOWS."
        yield Finding(AREA, WARN, "No workflow is known.", do)


def of_reach(hosts: set[str]) -> Iterator[Finding]:
    """Judge what is unsafe where others can reach the console.

    Args:
        hosts: names under which it may be addressed, those of this machine left out.
    """
    if settings.DEBUG:
        level = FAIL if hosts else WARN
        yield Finding(AREA, level, "HOLDPOINT_DEBUG is on: errors show settings and data.", "Unset HOLDPOINT_DEBUG.")
    if "*" in hosts:
        yield Finding(AREA, FAIL, "ALLOWED_HOSTS accepts any name.", "Name the hosts that people use.")
    if not hosts:
        return
    if not settings.HTTPS:
        do = "End TLS in a proxy that sets X-Forwarded-Proto, then set HOLDPOINT_HTTPS=1."
        yield Finding(AREA, FAIL, "HOLDPOINT_HTTPS is off: sessions and tokens travel in the clear.", do)
    if settings.HOLDPOINT_DEMO:
        yield Finding(AREA, FAIL, "Demo people with one password can sign in.", "Set HOLDPOINT_DEMO=0 and start anew.")
    if not os.environ.get("HOLDPOINT_SECRET_KEY", "").strip():
        do = "Set HOLDPOINT_SECRET_KEY, the same for every process: else sessions and resume tokens differ by machine."
        yield Finding(AREA, WARN, "The secret key was made up and lies in the home of this machine.", do)
    if settings.HOLDPOINT_REQUIRE_MFA == "none":
        do = "Set HOLDPOINT_REQUIRE_MFA=admins or all."
        yield Finding(AREA, WARN, "Nobody must have a second factor.", do)


def of_addresses(hosts: set[str]) -> Iterator[Finding]:
    """Judge whether the addresses fit each other.

    Args:
        hosts: as for ``of_reach``.
    """
    public = urlsplit(settings.HOLDPOINT["PUBLIC_URL"])
    allowed = {host.lstrip(".") for host in settings.ALLOWED_HOSTS}
    if hosts and public.hostname in LOCAL:
        do = "Set HOLDPOINT_PUBLIC_URL to the address that people use."
        yield Finding(AREA, FAIL, f"Links in messages lead to {public.geturl()}, which only this machine reaches.", do)
    elif "*" not in allowed and not any(_within(public.hostname or "", host) for host in allowed):
        do = f"Add {public.hostname} to ALLOWED_HOSTS, or correct HOLDPOINT_PUBLIC_URL."
        yield Finding(AREA, FAIL, f"Links in messages lead to {public.hostname}, which is refused here.", do)
    if settings.HTTPS and public.scheme == "http":
        do = "Let HOLDPOINT_PUBLIC_URL begin with https://."
        yield Finding(AREA, WARN, "Links in messages begin with http:// though people come by TLS.", do)
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        host = urlsplit(origin).hostname or ""
        if "*" not in host and not any(_within(host, each) for each in allowed | {"*"} & allowed):
            do = f"Add {host} to ALLOWED_HOSTS, or strike it from CSRF_TRUSTED_ORIGINS."
            yield Finding(AREA, WARN, f"Forms from {host} are trusted, and {host} is refused.", do)


def _within(host: str, allowed: str) -> bool:
    return host == allowed.strip("[]") or host.endswith(f".{allowed}")


def _mail() -> Iterator[Finding]:
    mailer = settings.MAILERS["default"]
    by_mail = any(target.startswith("mailto:") for target in settings.HOLDPOINT["NOTIFY"])
    if "smtp" not in mailer["BACKEND"]:
        if by_mail:
            do = "Set HOLDPOINT_SMTP_URL."
            yield Finding(
                AREA, FAIL, "Messages are to go by mail, and there is no server for it: they go to the log.", do
            )
        return
    where = (mailer["OPTIONS"]["host"], mailer["OPTIONS"]["port"])
    if problem := unreachable(*where):
        do = "Correct HOLDPOINT_SMTP_URL, or let this host through."
        yield Finding(AREA, FAIL, f"The mail server {where[0]}:{where[1]} cannot be reached: {problem}.", do)
    else:
        yield Finding(AREA, OK, f"The mail server {where[0]}:{where[1]} can be reached.")


def _provider() -> Iterator[Finding]:
    issuer = settings.HOLDPOINT_OIDC["ISSUER"]
    if not issuer:
        return
    try:
        address = f"{issuer}/.well-known/openid-configuration"
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310  (settings check its scheme)
            told = json.load(answer)
        named = str(told["issuer"]).rstrip("/")
    except (OSError, ValueError, KeyError, TypeError) as error:
        told = getattr(error, "reason", None) or type(error).__name__
        do = "Correct HOLDPOINT_OIDC_ISSUER, or let this host through. People with a password can sign in meanwhile."
        yield Finding(AREA, FAIL, f"The identity provider cannot be asked: {str(told)[:120]}.", do)
        return
    if named != issuer:
        do = f"Set HOLDPOINT_OIDC_ISSUER={named}."
        yield Finding(AREA, FAIL, f"The identity provider calls itself {named}.", do)
    else:
        yield Finding(AREA, OK, f"The identity provider {urlsplit(issuer).hostname} answers.")


def _traces() -> Iterator[Finding]:
    if not tracing.wanted():
        return
    if not tracing.installed():
        do = "pip install -r requirements-tracing.txt -c constraints.txt"
        yield Finding(AREA, FAIL, "Traces are wanted and OpenTelemetry is not installed.", do)
        return
    parts = urlsplit(next(filter(None, (os.environ.get(name) for name in reversed(tracing.ENDPOINTS)))))
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if problem := unreachable(parts.hostname or "", port):
        what = f"Traces go to {parts.hostname}:{port}, which cannot be reached: {problem}."
        yield Finding(AREA, WARN, what, "Start the collector, or correct OTEL_EXPORTER_OTLP_ENDPOINT.")
    else:
        yield Finding(AREA, OK, f"The collector of traces {parts.hostname}:{port} can be reached.")


def unreachable(host: str, port: int) -> str:
    """Return why nobody listens there; empty where somebody does."""
    try:
        with socket.create_connection((host, port), timeout=PATIENCE):
            return ""
    except OSError as error:
        return error.strerror or str(error) or type(error).__name__
