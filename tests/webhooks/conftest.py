"""Webhooks and their receivers."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from executions import commands
from executions.engine import delivering, fanout
from executions.models import SYSTEM_LEDGER, Event, Execution, WebhookDelivery, WebhookEndpoint
from executions.queries.tail import Line
from tests.webhooks.receiver import Raw, Receiver


@pytest.fixture
def own_network(settings) -> None:
    """Receivers of tests are on loopback, which is not called unless it is allowed."""
    settings.HOLDPOINT = {**settings.HOLDPOINT, "WEBHOOK_ALLOW": ["127.0.0.0/8"], "WEBHOOK_TIMEOUT_SECONDS": 20.0}


@pytest.fixture
def receiver(own_network) -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def raw(own_network) -> Iterator[Callable[..., Raw]]:
    """`raw(b"…")` starts a server that answers these bytes."""
    begun: list[Raw] = []

    def start(*pieces: bytes, **how: Any) -> Raw:
        begun.append(Raw(*pieces, **how))
        return begun[-1]

    yield start
    for server in begun:
        server.close()


@pytest.fixture
def endpoint(cast, own_network) -> Callable[..., WebhookEndpoint]:
    """`endpoint(url)` has a server told of everything."""

    def make(url: str, kinds: tuple[str, ...] = ("*",), **more: Any) -> WebhookEndpoint:
        return commands.create_webhook(cast.actor("admin"), url=url, kinds=list(kinds), **more)

    return make


def lines(**chosen: Any) -> list[Line]:
    """Return events as the stream tells them; in a test that is rolled back, the stream itself tells nothing."""
    events = list(Event.objects.filter(**chosen).order_by("at"))
    runs = Execution.objects.in_bulk([event.ledger for event in events])
    return [
        Line(event, run.workflow, run.title, run.labels) if (run := runs.get(event.ledger)) else Line(event, "", "", {})
        for event in events
    ]


def tell(*endpoints: WebhookEndpoint, **chosen: Any) -> None:
    """Write messages about launches."""
    fanout.write(list(endpoints), lines(kind="execution.launched", **chosen))


def send(limit: int = 10) -> int:
    """Be the herald: serve what is due, one endpoint after the other; return how many attempts were made."""
    return sum(delivering.serve(each.id, each.taken_by) for each in delivering.take(limit))


def due_now() -> None:
    """Let all the time pass that messages and endpoints wait."""
    from django.db.models.functions import Now

    WebhookDelivery.objects.filter(next_at__isnull=False).update(next_at=Now())
    WebhookEndpoint.objects.update(resting_until=Now(), taken_until=None, taken_by=None)


def told(kind: str) -> list[dict]:
    """Return the data of the system ledger's lines of one kind."""
    return [json.loads(event.data) for event in Event.objects.filter(ledger=SYSTEM_LEDGER, kind=kind).order_by("seq")]
