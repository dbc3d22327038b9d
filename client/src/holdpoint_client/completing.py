"""What the Tab key offers: ids with their titles, names and labels, asked of the server quickly or not at all.

Shells evaluate what they are offered, so nothing gets there but letters, digits and harmless signs, whatever the
server's texts hold; and a value that cannot be written plainly is not offered.
"""

import os
import re
from collections.abc import Callable
from typing import Any

import httpx
import typer

from holdpoint_client.api import Api
from holdpoint_client.choosing import FILTERS
from holdpoint_client.connection import find_connection
from holdpoint_client.failures import Failure

type Offers = list[tuple[str, str]]

PATIENCE = httpx.Timeout(1.5, connect=0.5)
"""Seconds. Who presses Tab waits no longer."""
MOST = 50
STATES = ("queued", "processing", "pausing", "paused", "suspended", "cancelling", "succeeded", "failed", "cancelled")
PLAIN = re.compile(r"[\w.@:=,/+-]+")
UNSAFE = re.compile(r"[^\w .,@/+-]+")
LONGEST = 60


def _asked(path: str, items: Callable[[dict[str, Any]], Offers], **query: Any) -> Callable[..., Offers]:
    """Make a completer that reads one list of the server."""
    return _asked_for(path, lambda page: [offer for item in page["items"] for offer in items(item)], **query)


def _asked_for(path: str, offers: Callable[[dict[str, Any]], Offers], **query: Any) -> Callable[..., Offers]:
    """Make a completer that reads one document of the server."""

    def complete(context: typer.Context, incomplete: str) -> Offers:
        try:
            api = Api(find_connection(_profile(context), os.environ), PATIENCE)
            api.wire.tries = 1
            found = offers(api.get(path, **query))
        except (Failure, httpx.HTTPError, KeyError, TypeError, ValueError, OSError):
            # A shell has no place for a message while somebody types.
            return []
        return offered(found, incomplete)

    return complete


def offered(found: Offers, incomplete: str) -> Offers:
    """Return those that begin as typed, each once, made harmless for a shell.

    Args:
        found: value and what it is.
        incomplete: what was typed so far.
    """
    known = {value: _harmless(help) for value, help in found if PLAIN.fullmatch(value)}
    return [(value, help) for value, help in known.items() if value.startswith(incomplete)]


def _harmless(help: str) -> str:
    return " ".join(UNSAFE.sub(" ", help).split())[:LONGEST].strip()


def _profile(context: typer.Context) -> str:
    chosen = context.find_root().params.get("profile")
    return str(chosen or os.environ.get("HOLDPOINT_PROFILE", ""))


run_ids = _asked("/async-executions", lambda run: [(run["id"], f"{run['state']}, {run['title']}")], limit=MOST)
workflows = _asked("/workflows", lambda flow: [(flow["name"], flow["title"])])
hold_ids = _asked("/holds", lambda hold: [(hold["id"], f"{hold['kind']}, {hold['reason']}")], limit=MOST)
question_ids = _asked("/suspensions", lambda asked: [(asked["id"], asked["title"])], limit=MOST, mine=True)
freeze_ids = _asked("/freezes", lambda freeze: [(freeze["id"], freeze["reason"])], limit=MOST)
job_ids = _asked("/bulk", lambda job: [(job["id"], f"{job['command']}, {job['state']}")], limit=MOST)
view_ids = _asked("/views", lambda view: [(view["id"], view["name"])])
webhook_ids = _asked("/webhooks", lambda hook: [(hook["id"], hook["url"])])
_labels = _asked(
    "/async-executions", lambda run: [(f"{name}:{value}", "") for name, value in run["labels"].items()], limit=200
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def paths(context: typer.Context, incomplete: str) -> Offers:
    """Offer the addresses of the API, as far as they are the same for every thing."""
    return _asked_for("/openapi.json", lambda told: _paths_of(told["paths"]))(context, incomplete)


def _paths_of(described: dict[str, Any]) -> Offers:
    return [(path.partition("{")[0], next(iter(methods.values()))["summary"]) for path, methods in described.items()]


def labels(context: typer.Context, incomplete: str) -> Offers:
    """Offer the labels of the newest runs, with their values."""
    return _labels(context, incomplete)


def states(incomplete: str) -> Offers:
    """Offer the states of runs, also after a comma."""
    before, comma, last = incomplete.rpartition(",")
    return [(f"{before}{comma}{state}", "") for state in STATES if state.startswith(last)]


def filters(context: typer.Context, incomplete: str) -> Offers:
    """Offer the names of filters, then their values."""
    name, equals, value = incomplete.partition("=")
    if not equals:
        return [(f"{known}=", "") for known in FILTERS if known.startswith(name)]
    values = {"state": lambda: states(value), "workflow": lambda: workflows(context, value)}
    values |= {"hold": lambda: offered([("operator", ""), ("compliance", ""), ("policy", "")], value)}
    values |= {"label": lambda: labels(context, value), "parent": lambda: run_ids(context, value)}
    return [(f"{name}={offer}", help) for offer, help in values.get(name, list)()]
