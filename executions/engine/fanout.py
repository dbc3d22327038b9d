"""Writes down which webhook is to be told of which event: one row each, whatever dies when.

No run pays for it. A worker reads what was committed since an endpoint's place in the stream, inserts the messages
and moves the place on, in one transaction that holds the endpoint's row.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction

from executions.errors import Gone
from executions.ids import new_id
from executions.models import SYSTEM_LEDGER, WebhookDelivery, WebhookEndpoint
from executions.queries import tail
from executions.webhooks.choosing import covers, wants
from executions.webhooks.message import message_id, message_of

logger = logging.getLogger("holdpoint.webhooks")

BATCH = 500
"""Events that are read at once."""


def fan_out() -> bool:
    """Write the messages about some of the events that were committed since the last look.

    Returns:
        Whether there is more to be read at once.
    """
    more = False
    with transaction.atomic():
        # Another worker may be at some of them: what it has is its own, and it moves their places on.
        enabled = WebhookEndpoint.objects.filter(disabled_at__isnull=True).order_by("id")
        endpoints = list(enabled.select_for_update(skip_locked=True, no_key=True))
        for place, together in _by_place(endpoints).items():
            batch = _after(place)
            write(together, batch.lines)
            if str(batch.cursor) != place:
                keys = [each.pk for each in together]
                WebhookEndpoint.objects.filter(pk__in=keys).update(cursor=str(batch.cursor))
            more = more or batch.more
    return more


def _after(place: str) -> tail.Batch:
    try:
        return tail.after(tail.Cursor.parse(place), lines=BATCH)
    except Gone:
        now = tail.now()
        logger.exception("A place in the stream of events is not of this database; webhooks go on from the present")
        return tail.Batch((), now, more=False, start=now)


def _by_place(endpoints: Iterable[WebhookEndpoint]) -> dict[str, list[WebhookEndpoint]]:
    """Group endpoints that have read equally far: nearly always all of them, so the stream is read once."""
    found: dict[str, list[WebhookEndpoint]] = defaultdict(list)
    for endpoint in endpoints:
        found[endpoint.cursor].append(endpoint)
    return found


def write(endpoints: list[WebhookEndpoint], lines: Iterable[tail.Line]) -> None:
    """Insert a message for each event that an endpoint is told of; one that there is already stays as it is.

    Args:
        endpoints: locked by the caller.
        lines: in their order.
    """
    rows: list[WebhookDelivery] = []
    last = None
    for line in lines:
        event = line.event
        told = [each for each in endpoints if wants(each.kinds, event.kind) and _covers(each, line)]
        body = message_of(line) if told else ""
        for endpoint in told:
            last = new_id(after=last)  # what was written together is sent in the order of the stream
            rows.append(
                WebhookDelivery(
                    id=last,
                    endpoint=endpoint,
                    message_id=message_id(event.ledger, event.seq),
                    kind=event.kind,
                    ledger=event.ledger,
                    seq=event.seq,
                    body=body,
                )
            )
    WebhookDelivery.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


def _covers(endpoint: WebhookEndpoint, line: tail.Line) -> bool:
    workflow = None if line.event.ledger == SYSTEM_LEDGER else line.workflow
    return covers(endpoint.workflows, endpoint.labels, workflow, line.labels)
