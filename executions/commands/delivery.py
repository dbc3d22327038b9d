"""Commands on messages of webhooks: send a test, send again what was delivered or given up."""

import datetime
import uuid

from django.db.models.functions import Now

from executions import clock
from executions.actors import Actor
from executions.commands.base import command, parse_id, require_scope
from executions.commands.webhook import SCOPE, locked_endpoint, named
from executions.errors import Conflict, NotFound
from executions.ids import earliest_id, new_id
from executions.models import SYSTEM_LEDGER, WebhookDelivery, WebhookEndpoint
from executions.provenance import append
from executions.text import clean_moment
from executions.webhooks.message import TEST, test_message

MOST_AT_ONCE = 10_000


@command("test webhook")
def test_webhook(actor: Actor, endpoint_id: uuid.UUID | str) -> WebhookDelivery:
    """Send a test message, to a disabled endpoint as well; it is tried once.

    Returns:
        The message as its row stands before it is sent.

    Raises:
        NotAllowed, NotFound: as their names say.
    """
    require_scope(actor, SCOPE)
    endpoint = locked_endpoint(endpoint_id)
    key = new_id()
    delivery = WebhookDelivery.objects.create(
        id=key,
        endpoint=endpoint,
        message_id=f"msg_test_{key.hex}",
        kind=TEST,
        origin="test",
        asked_by_name=actor.name,
        body=test_message(f"Sent by {actor.name} to see whether messages arrive.", f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"),
    )
    delivery.refresh_from_db()
    append(SYSTEM_LEDGER, "webhook.tested", actor, data={**named(endpoint), "delivery": str(delivery.pk)})
    return delivery


@command("replay webhook message")
def replay_delivery(
    actor: Actor, delivery_id: uuid.UUID | str, *, endpoint_id: uuid.UUID | str | None = None
) -> WebhookDelivery:
    """Send a message again, with the id and the body it had.

    One that was delivered is sent as another line of the log; one that failed, or waits, is tried again now.

    Args:
        actor: who asks; needs ``webhooks:manage``.
        delivery_id: which.
        endpoint_id: of the endpoint that it must belong to.

    Returns:
        The line of the log that will be sent.

    Raises:
        NotAllowed, NotFound: as their names say.
        Conflict: the endpoint is disabled.
    """
    require_scope(actor, SCOPE)
    old = WebhookDelivery.objects.filter(pk=parse_id(delivery_id, "message")).first()
    if old is None or (endpoint_id is not None and old.endpoint_id != parse_id(endpoint_id, "webhook")):
        raise NotFound("There is no such message; the log keeps them for a while only.")
    endpoint = locked_endpoint(old.endpoint_id)
    _require_enabled(endpoint)
    if old.delivered_at is None:
        reopen([old.pk], actor)
        again = old
    else:
        again = WebhookDelivery.objects.create(
            endpoint=endpoint,
            message_id=old.message_id,
            kind=old.kind,
            ledger=old.ledger,
            seq=old.seq,
            body=old.body,
            origin="replay",
            replay_of=old,
            asked_by_name=actor.name,
        )
    again.refresh_from_db()
    append(
        SYSTEM_LEDGER,
        "webhook.replayed",
        actor,
        data={**named(endpoint), "messages": 1, "delivery": str(again.pk)},
    )
    return again


@command("replay failed webhook messages")
def replay_failed(actor: Actor, endpoint_id: uuid.UUID | str, *, since: datetime.datetime) -> int:
    """Try again, now, every message written since a time that was given up.

    Args:
        actor: who asks; needs ``webhooks:manage``.
        endpoint_id: which endpoint's.
        since: aware.

    Returns:
        How many.

    Raises:
        NotAllowed, NotFound, Invalid: as their names say.
        Conflict: the endpoint is disabled.
    """
    require_scope(actor, SCOPE)
    since = clean_moment(since, "since")
    endpoint = locked_endpoint(endpoint_id)
    _require_enabled(endpoint)
    failed = endpoint.deliveries.filter(
        delivered_at__isnull=True, next_at__isnull=True, id__gte=earliest_id(since), created_at__gte=since
    ).exclude(error="")
    chosen = list(failed.order_by("id").values_list("pk", flat=True)[:MOST_AT_ONCE])
    reopen(chosen, actor)
    append(
        SYSTEM_LEDGER,
        "webhook.replayed",
        actor,
        data={**named(endpoint), "messages": len(chosen), "since": since},
    )
    return len(chosen)


def reopen(deliveries: list[uuid.UUID], actor: Actor) -> None:
    """Have messages tried again from the first attempt on; what was tried before stays in their log."""
    WebhookDelivery.objects.filter(pk__in=deliveries, delivered_at__isnull=True).update(
        next_at=Now(), attempts=0, asked_by_name=actor.name
    )
    WebhookEndpoint.objects.filter(deliveries__in=deliveries[:1]).update(resting_until=Now())


def _require_enabled(endpoint: WebhookEndpoint) -> None:
    if not endpoint.enabled:
        raise Conflict("This webhook is disabled. Enable it first; what waits is sent then.")
