"""Delivers messages of webhooks from their rows: one after the other to each endpoint, several endpoints at once.

Whoever takes an endpoint writes down until when at most; an attempt's next time is written before it is made. So
whoever dies leaves everything to be taken up by another, nothing is locked while a stranger's server thinks, and an
endpoint that hangs costs one thread a few seconds now and then.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from executions import clock
from executions.actors import Actor
from executions.commands.webhook import locked_endpoint, named, switch_off
from executions.engine.database import rows
from executions.errors import NotFound
from executions.models import SYSTEM_LEDGER, WebhookDelivery, WebhookEndpoint
from executions.outbound import Answer, Refusal, Unreachable, post, read_target
from executions.provenance import append
from executions.text import storable
from executions.webhooks.schedule import GIVEN_UP_AFTER, REST_AFTER, pause_after, rest_after
from executions.webhooks.secrets import endpoint_secrets
from executions.webhooks.signing import headers_of

logger = logging.getLogger("holdpoint.webhooks")

SLICE_SECONDS = 10.0
"""Then other endpoints have their turn."""
SPARE_SECONDS = 10.0
"""Besides the time of an attempt, for a resolver that takes its time. Whoever has not looked by then is dead."""
RESPONSE_CHARACTERS = 2000
MOST_TRIES = 40
HEADERS_KEPT = 20
POLICY = Actor.policy("webhooks")
GONE = 410
OUTAGE = timedelta(minutes=1)
"""An endpoint that failed for longer was away as a whole: its messages need not wait for their next times."""

# Endpoints that something is due for, whoever waited longest first; of those that are failing only so many, so that
# they never fill all threads. SKIP LOCKED: of two workers each takes others.
TAKE = """
UPDATE executions_webhookendpoint AS endpoint
SET taken_until = clock_timestamp() + %(seconds)s * interval '1 second', taken_by = gen_random_uuid(),
    turn_at = clock_timestamp()
WHERE id IN (
    SELECT each.id FROM executions_webhookendpoint AS each
    JOIN (
        SELECT id, row_number() OVER (PARTITION BY failures > 0 ORDER BY turn_at) AS place
        FROM executions_webhookendpoint AS due
        WHERE (taken_until IS NULL OR taken_until < clock_timestamp())
          AND EXISTS (
              SELECT FROM executions_webhookdelivery AS message
              WHERE message.endpoint_id = due.id AND message.next_at <= clock_timestamp()
                AND (message.origin = 'test'
                     OR (due.disabled_at IS NULL AND due.resting_until <= clock_timestamp())))
    ) AS waiting USING (id)
    WHERE (taken_until IS NULL OR taken_until < clock_timestamp()) AND (failures = 0 OR place <= %(failing)s)
    ORDER BY turn_at LIMIT %(limit)s FOR NO KEY UPDATE OF each SKIP LOCKED
)
RETURNING id, taken_by, failures > 0 AS failing
"""

# Before each attempt. No row: it took too long, and somebody else has the endpoint.
KEEP = """
UPDATE executions_webhookendpoint SET taken_until = clock_timestamp() + %(seconds)s * interval '1 second'
WHERE id = %(id)s AND taken_by = %(by)s RETURNING id
"""

LET_GO = """
UPDATE executions_webhookendpoint SET taken_until = NULL, taken_by = NULL WHERE id = %(id)s AND taken_by = %(by)s
"""


def take(limit: int, failing: int | None = None) -> list[Any]:
    """Take endpoints that something is due for.

    Args:
        limit: most of them.
        failing: most of them that failed at their last attempt; as many as ``limit`` where None.

    Returns:
        ``id``, ``taken_by`` and ``failing`` of each; the first two are to be given to ``serve``.
    """
    return rows(TAKE, {"seconds": _longest(), "limit": limit, "failing": limit if failing is None else failing})


def let_go(endpoint_id: Any, by: Any) -> None:
    """Leave an endpoint to whoever takes it next; nothing where somebody has it already."""
    rows(LET_GO, {"id": endpoint_id, "by": by})


def serve(endpoint_id: Any, by: Any) -> int:
    """Send an endpoint what is due, in the order of the events, until one fails or others shall have their turn.

    Args:
        endpoint_id: which; taken.
        by: its ``taken_by``.

    Returns:
        How many attempts were made.
    """
    made = 0
    ends = time.monotonic() + SLICE_SECONDS
    try:
        while time.monotonic() < ends and rows(KEEP, {"id": endpoint_id, "by": by, "seconds": _longest()}):
            endpoint = WebhookEndpoint.objects.get(pk=endpoint_id)
            delivery = _next(endpoint)
            if delivery is None:
                break
            made += 1
            if not attempt(endpoint, delivery):
                break
    except (WebhookEndpoint.DoesNotExist, NotFound):
        logger.info("The webhook %s was deleted meanwhile", endpoint_id)
    finally:
        let_go(endpoint_id, by)
    return made


def attempt(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> bool:
    """Send one message once, and keep what came of it.

    Args:
        endpoint: whose; taken by the caller.
        delivery: what is due.

    Returns:
        Whether it was delivered.
    """
    now = clock.now()
    body = delivery.body.encode()
    signed = headers_of(_secrets(endpoint, now), delivery.message_id, int(now.timestamp()), body)
    headers = {"Content-Type": "application/json", "User-Agent": "Holdpoint-Webhooks/1", **signed}
    pause = None if delivery.origin == "test" else pause_after(delivery.attempts + 1)
    again = now + timedelta(seconds=_longest() if pause is None else pause)
    row = WebhookDelivery.objects.filter(pk=delivery.pk)
    # Before it is made: whoever dies in the middle leaves it to be tried again.
    row.update(next_at=again, attempts=F("attempts") + 1)
    begun = time.monotonic()
    answer, error = _send(endpoint, body, headers)
    told = _told(answer, error, now, time.monotonic() - begun)
    facts = {**told, "request_headers": headers, "tries": [*delivery.tries, _summary(told)][-MOST_TRIES:]}
    delivered = answer is not None and not error
    if delivered:
        row.update(**facts, delivered_at=Now(), next_at=None)
        _went_well(endpoint)
    else:
        row.update(**facts)
        if pause is None:
            row.filter(next_at=again).update(next_at=None)  # unless it was replayed meanwhile
        _went_wrong(endpoint, answer, error, now)
    return delivered


def _longest() -> float:
    """Return the seconds that an attempt may take."""
    return float(settings.HOLDPOINT["WEBHOOK_TIMEOUT_SECONDS"]) + SPARE_SECONDS


def _next(endpoint: WebhookEndpoint) -> WebhookDelivery | None:
    """Return what is due next. A test goes before all that waits: somebody looks on."""
    due = endpoint.deliveries.filter(next_at__lte=Now())
    test = due.filter(origin="test").order_by("id").first()
    if test is not None or not endpoint.enabled:
        return test
    return due.filter(endpoint__resting_until__lte=Now()).order_by("next_at", "id").first()


def _secrets(endpoint: WebhookEndpoint, now: datetime) -> list[bytes]:
    secrets = endpoint_secrets(endpoint.pk, endpoint.generation)
    if endpoint.old_secret_until is not None and endpoint.old_secret_until > now:
        secrets += endpoint_secrets(endpoint.pk, endpoint.generation - 1)
    return secrets


def _send(endpoint: WebhookEndpoint, body: bytes, headers: dict[str, str]) -> tuple[Answer | None, str]:
    """Post a message; return the answer, and what is wrong with it or why there is none."""
    try:
        answer = post(read_target(endpoint.url), body, headers, seconds=settings.HOLDPOINT["WEBHOOK_TIMEOUT_SECONDS"])
    except (Refusal, Unreachable) as error:
        return None, str(error)
    except Exception as error:  # whatever a stranger's server comes up with
        logger.exception("The webhook %s could not be called", endpoint.pk)
        return None, f"{type(error).__name__}: {error}"
    if 200 <= answer.status < 300:
        return answer, ""
    if 300 <= answer.status < 400:
        return answer, f"It answered {answer.status}. Redirects are not followed; change the address."
    return answer, f"It answered {answer.status}."


def _told(answer: Answer | None, error: str, at: datetime, seconds: float) -> dict[str, Any]:
    """Return what a row keeps of an attempt."""
    headers = list(answer.headers.items())[:HEADERS_KEPT] if answer else []
    return {
        "attempted_at": at,
        "milliseconds": round(seconds * 1000),
        "status": answer.status if answer else None,
        "error": storable(error)[:500],
        "response_headers": {storable(name)[:100]: storable(value)[:500] for name, value in headers},
        "response": storable(answer.body.decode(errors="replace"))[:RESPONSE_CHARACTERS] if answer else "",
    }


def _summary(told: dict[str, Any]) -> dict[str, Any]:
    at = f"{told['attempted_at']:%Y-%m-%dT%H:%M:%S.%fZ}"
    return {"at": at, "status": told["status"], "error": told["error"], "milliseconds": told["milliseconds"]}


@transaction.atomic
def _went_well(endpoint: WebhookEndpoint) -> None:
    """Note a success. After a time of failures everything that waits is sent now."""
    before = locked_endpoint(endpoint.pk)
    facts: dict[str, Any] = {"last_delivered_at": Now(), "failures": 0, "failing_since": None, "last_error": ""}
    WebhookEndpoint.objects.filter(pk=before.pk).update(**facts)
    if before.failing_since is None or before.failures < REST_AFTER:
        return
    append(SYSTEM_LEDGER, "webhook.recovered", POLICY, data={**named(before), "failing_since": before.failing_since})
    if clock.now() - before.failing_since > OUTAGE:  # a message that alone is refused has its own pace
        before.deliveries.filter(next_at__isnull=False).update(next_at=Now())


@transaction.atomic
def _went_wrong(endpoint: WebhookEndpoint, answer: Answer | None, error: str, at: datetime) -> None:
    """Note a failure: let the endpoint rest, and disable it where it is gone or has failed for days."""
    called = endpoint.url
    endpoint = locked_endpoint(endpoint.pk)
    if endpoint.url != called or not endpoint.enabled:
        return  # what another server answers, or a test of a disabled one, says nothing of its health
    logger.warning("Webhook %s: %s", named(endpoint)["host"], error)
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or at
    endpoint.last_error = storable(error)[:500]
    status = answer.status if answer else None
    rest = rest_after(endpoint.failures, status, answer.headers.get("retry-after", "") if answer else "")
    endpoint.resting_until = clock.now() + timedelta(seconds=rest)
    endpoint.save(update_fields=["failures", "failing_since", "last_error", "resting_until"])
    if status == GONE:
        switch_off(endpoint, POLICY, "gone", "The endpoint answered 410 Gone: it wants no more messages.")
    elif at - endpoint.failing_since > GIVEN_UP_AFTER:
        since = f"No attempt has succeeded for {GIVEN_UP_AFTER.days} days."
        switch_off(endpoint, POLICY, "failing", f"{since} {endpoint.last_error}")
    elif endpoint.failures == REST_AFTER:
        told = {"failing_since": endpoint.failing_since, "error": endpoint.last_error}
        append(SYSTEM_LEDGER, "webhook.failing", POLICY, data={**named(endpoint), **told})
