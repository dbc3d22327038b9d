"""Webhooks and the log of their messages, as whoever manages them sees them. Two or three queries each."""

import datetime
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from executions.commands.base import parse_id
from executions.errors import Invalid, NotFound
from executions.models import WebhookDelivery, WebhookEndpoint
from executions.queries.page import Page
from executions.webhooks.schedule import REST_AFTER

STATES = ("waiting", "failing", "failed", "delivered")
_NOT_DELIVERED = Q(delivered_at__isnull=True)
_OF_STATE = {
    "waiting": _NOT_DELIVERED & Q(next_at__isnull=False, error=""),
    "failing": _NOT_DELIVERED & Q(next_at__isnull=False) & ~Q(error=""),
    "failed": _NOT_DELIVERED & Q(next_at__isnull=True) & ~Q(error=""),
    "delivered": Q(delivered_at__isnull=False),
}
CURSOR = re.compile(r"message:([0-9a-f]{32})")
HEAVY = ("body", "response", "response_headers", "request_headers", "tries")
"""Not read for a list."""


@dataclass(frozen=True, slots=True)
class Hook:
    """An endpoint, and what waits for it.

    Args:
        endpoint: as its row stands.
        waiting: messages that are to be sent yet.
        failed: messages of the log that were given up.
    """

    endpoint: WebhookEndpoint
    waiting: int
    failed: int

    @property
    def health(self) -> str:
        """How it does: ``disabled``, ``failing``, ``well``, or ``new`` where nothing was sent yet."""
        if not self.endpoint.enabled:
            return "disabled"
        if self.endpoint.failing_since is not None:
            return "failing"
        return "well" if self.endpoint.last_delivered_at is not None else "new"


@dataclass(frozen=True, slots=True)
class Troubled:
    """Endpoints that somebody should look at.

    Args:
        failing: enabled ones that failed several times in a row.
        disabled: those that were disabled by themselves.
    """

    failing: list[WebhookEndpoint]
    disabled: list[WebhookEndpoint]


def list_webhooks() -> list[Hook]:
    """Return every endpoint, oldest first; there are a hundred at most."""
    return _hooks(WebhookEndpoint.objects.order_by("created_at", "id"))


def find_webhook(endpoint_id: uuid.UUID | str) -> Hook:
    """Load an endpoint.

    Raises:
        NotFound: there is none.
    """
    found = _hooks(WebhookEndpoint.objects.filter(pk=parse_id(endpoint_id, "webhook")))
    if not found:
        raise NotFound("There is no such webhook.")
    return found[0]


def troubled_webhooks() -> Troubled:
    """Return endpoints that somebody should look at."""
    found = WebhookEndpoint.objects.filter(
        Q(disabled_because__in=("gone", "failing")) | Q(disabled_at__isnull=True, failures__gte=REST_AFTER)
    ).order_by("created_at", "id")
    rows = list(found)
    return Troubled([each for each in rows if each.enabled], [each for each in rows if not each.enabled])


def list_deliveries(
    endpoint_id: uuid.UUID | str,
    *,
    state: str = "",
    kind: str = "",
    since: datetime.datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[WebhookDelivery]:
    """Return one page of an endpoint's messages, newest first, without their bodies and answers.

    Args:
        endpoint_id: whose.
        state: one of ``STATES``; all where empty.
        kind: only about events of this kind.
        since: only those written then or later (aware).
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: no such state, or a cursor that no page gave out.
    """
    found: QuerySet[WebhookDelivery] = WebhookDelivery.objects.select_related("endpoint").filter(
        endpoint=parse_id(endpoint_id, "webhook")
    )
    if state:
        if state not in _OF_STATE:
            problem = f"Must be one of {', '.join(STATES)}."
            raise Invalid(f"state: {problem}", errors={"state": [problem]})
        found = found.filter(_OF_STATE[state])
    if kind:
        found = found.filter(kind=kind)
    if since is not None:
        found = found.filter(created_at__gte=since)
    if cursor:
        found = found.filter(pk__lt=_read_cursor(cursor))
    rows = list(found.defer(*HEAVY).order_by("-pk")[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    return Page(rows, f"message:{rows[-1].pk.hex}" if more else None)


def find_delivery(endpoint_id: uuid.UUID | str, delivery_id: uuid.UUID | str) -> WebhookDelivery:
    """Load one message with all that is known of it.

    Raises:
        NotFound: there is none; the log keeps them for a while only.
    """
    found = WebhookDelivery.objects.select_related("endpoint").filter(
        pk=parse_id(delivery_id, "message"), endpoint=parse_id(endpoint_id, "webhook")
    )
    delivery = found.first()
    if delivery is None:
        raise NotFound("There is no such message; the log keeps them for a while only.")
    return delivery


def _hooks(endpoints: Iterable[WebhookEndpoint]) -> list[Hook]:
    found = list(endpoints)
    messages = WebhookDelivery.objects.filter(endpoint__in=[each.pk for each in found]).order_by()
    waiting = dict(messages.filter(next_at__isnull=False).values_list("endpoint").annotate(number=Count("pk")))
    failed = dict(messages.filter(_OF_STATE["failed"]).values_list("endpoint").annotate(number=Count("pk")))
    return [Hook(each, waiting.get(each.pk, 0), failed.get(each.pk, 0)) for each in found]


def _read_cursor(cursor: str) -> uuid.UUID:
    given = CURSOR.fullmatch(cursor)
    if given is None:
        problem = "No page gave this cursor out. Start again from the first page."
        raise Invalid(problem, errors={"cursor": [problem]})
    return uuid.UUID(given[1])
