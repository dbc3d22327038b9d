"""How the installation is: workers, queue, broker, database, what is stuck; and what to do about it."""

import platform
from importlib.metadata import version
from typing import Any

import django
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console import stream
from console.follow import follower
from console.pages.base import is_fragment, page
from console.pages.system_troubles import troubles
from executions.engine import broker
from executions.engine.life import own_version
from executions.queries.system import ALIVE_SECONDS, LINGERING_SECONDS, system
from executions.queries.webhooks import troubled_webhooks

REFRESH_SECONDS = 4


@page("executions:read", what="read system")
def overview(request: HttpRequest) -> HttpResponse:
    """Show how everything is; for htmx, which asks again every few seconds, its part alone."""
    context = {"nav": "system", **snapshot()}
    template = "system/page.html#overview" if is_fragment(request, "system") else "system/page.html"
    return render(request, template, context)


def snapshot() -> dict[str, Any]:
    """Return what the page shows."""
    now, carrier = system(), broker.look()
    return {
        "system": now,
        "broker": carrier,
        "troubles": troubles(now, carrier, troubled_webhooks()),
        "versions": versions(now.database_version, carrier.version),
        "streams": stream.open_streams() + follower.open_streams(),
        "alive_seconds": ALIVE_SECONDS,
        "lingering_seconds": LINGERING_SECONDS,
        "refresh_seconds": REFRESH_SECONDS,
    }


def versions(database: str, carrier: str) -> list[tuple[str, str]]:
    """Return name and version of what runs here.

    Args:
        database: PostgreSQL's, as it says itself.
        carrier: the broker's name and version; empty while it is away.
    """
    name, _, number = carrier.partition(" ")
    return [
        ("Holdpoint", own_version()),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        ("Celery", version("celery")),
        ("PostgreSQL", database),
        (name or "Broker", number or "not known while it is away"),
    ]
