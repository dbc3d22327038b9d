"""Commands on webhooks that go out: make, change, rotate the secret, disable, enable, delete."""

import datetime
import uuid
from typing import Any

from django.db.models.functions import Now

from executions import clock
from executions.access import lacking
from executions.actors import Actor
from executions.commands.base import command, parse_id, require_scope
from executions.commands.launch import clean_labels
from executions.errors import Conflict, Invalid, NotFound, Stale
from executions.models import SYSTEM_LEDGER, WebhookEndpoint
from executions.outbound import Refusal, Target, numbers_soon, read_target
from executions.provenance import append
from executions.queries import tail
from executions.states import Verdict
from executions.text import clean_reason, clean_short
from executions.webhooks.choosing import clean_kinds, clean_workflows

SCOPE = "webhooks:manage"
MOST_ENDPOINTS = 100
OVERLAP_HOURS = 24
LONGEST_OVERLAP_HOURS = 24 * 7
CHOICE = ("description", "kinds", "workflows", "labels")


def webhooks_verdict(actor: Actor) -> Verdict:
    """Judge whether somebody may manage webhooks; pages ask here, commands ask for the scope."""
    if actor.can(SCOPE):
        return Verdict("manage webhooks", True)
    return Verdict("manage webhooks", False, "permission", lacking(SCOPE, what="see webhooks"))


@command("create webhook")
def create_webhook(
    actor: Actor,
    *,
    url: str,
    kinds: list[str],
    description: str = "",
    workflows: list[str] | None = None,
    labels: dict[str, str] | None = None,
) -> WebhookEndpoint:
    """Have a server told of events from now on.

    Args:
        actor: who makes it; needs ``webhooks:manage``.
        url: where messages are posted; https, and a public address unless the operator allowed others.
        kinds: kinds of events, families as ``hold.*``, or ``*``.
        description: what it is for.
        workflows: only events of runs of these; all where empty.
        labels: only events of runs that carry all of these.

    Returns:
        The endpoint; ``webhooks.secrets`` has its secret, which is to be shown this once.

    Raises:
        NotAllowed, Invalid, Conflict: as their names say.
    """
    require_scope(actor, SCOPE)
    given = {"kinds": kinds, "description": description, "workflows": workflows or [], "labels": labels or {}}
    chosen = _cleaned(given)
    url, target = check_url(url)
    if WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
        raise Conflict(f"There are {MOST_ENDPOINTS} webhooks already. Delete one that nobody needs.")
    endpoint = WebhookEndpoint(
        url=url, created_by=actor.id, created_by_name=actor.name, cursor=str(tail.now()), **chosen
    )
    endpoint.save(force_insert=True)
    endpoint.refresh_from_db()
    append(
        SYSTEM_LEDGER,
        "webhook.created",
        actor,
        data={"endpoint": str(endpoint.pk), "host": target.host, **chosen},
    )
    return endpoint


@command("change webhook")
def change_webhook(
    actor: Actor, /, endpoint_id: uuid.UUID | str, *, version: int | None = None, **changes: Any
) -> WebhookEndpoint:
    """Change where events are sent, or which. What is waiting goes to the new address.

    Args:
        actor: who changes it; needs ``webhooks:manage``.
        endpoint_id: which.
        version: refuse unless it is the one that was seen; None for whatever it is now.
        changes: ``url``, ``kinds``, ``description``, ``workflows`` or ``labels``; the others stay.

    Raises:
        NotAllowed, NotFound, Invalid: as their names say.
        Stale: it was changed meanwhile.
    """
    require_scope(actor, SCOPE)
    endpoint = locked_endpoint(endpoint_id)
    if version is not None and version != endpoint.version:
        raise Stale("This webhook was changed meanwhile. Look at it again.")
    url = str(changes.pop("url", endpoint.url)).strip()
    before = {"host": host_of(endpoint), **{name: getattr(endpoint, name) for name in CHOICE}}
    chosen = _cleaned({**{name: before[name] for name in CHOICE}, **changes})
    moved = url != endpoint.url
    if moved:
        endpoint.url, _ = check_url(url)
        # What was learned of the old server says nothing of this one.
        endpoint.resting_until = clock.now()
    after = {"host": host_of(endpoint), **chosen}
    if moved or before != after:
        for name, value in chosen.items():
            setattr(endpoint, name, value)
        endpoint.version += 1
        endpoint.save(update_fields=["url", "resting_until", "version", *CHOICE])
        told = {"endpoint": str(endpoint.pk), "host": after["host"]}
        append(
            SYSTEM_LEDGER,
            "webhook.changed",
            actor,
            data={**told, "before": before, "after": after, "address": moved},
        )
    return endpoint


@command("rotate webhook secret")
def rotate_webhook(
    actor: Actor, endpoint_id: uuid.UUID | str, *, overlap_hours: float = OVERLAP_HOURS
) -> WebhookEndpoint:
    """Give an endpoint a new secret; for a while messages carry the signatures of both.

    Args:
        actor: who does it; needs ``webhooks:manage``.
        endpoint_id: which.
        overlap_hours: how long the old one signs as well; 0 where it has leaked.

    Raises:
        NotAllowed, NotFound, Invalid: as their names say.
    """
    require_scope(actor, SCOPE)
    if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:  # also refuses NaN
        problem = f"Must be 0 to {LONGEST_OVERLAP_HOURS} hours."
        raise Invalid(f"overlap_hours: {problem}", errors={"overlap_hours": [problem]})
    endpoint = locked_endpoint(endpoint_id)
    endpoint.generation += 1
    endpoint.version += 1
    endpoint.old_secret_until = clock.now() + datetime.timedelta(hours=overlap_hours) if overlap_hours else None
    endpoint.save(update_fields=["generation", "version", "old_secret_until"])
    append(
        SYSTEM_LEDGER,
        "webhook.secret_rotated",
        actor,
        data={**named(endpoint), "old_until": endpoint.old_secret_until},
    )
    return endpoint


@command("disable webhook")
def disable_webhook(actor: Actor, endpoint_id: uuid.UUID | str, *, reason: str = "") -> WebhookEndpoint:
    """Send nothing to an endpoint from now on; what waits for it is kept.

    Raises:
        NotAllowed, NotFound, Invalid: as their names say.
        Conflict: it is disabled.
    """
    require_scope(actor, SCOPE)
    reason = clean_reason(reason, required=False)
    endpoint = locked_endpoint(endpoint_id)
    if not endpoint.enabled:
        raise Conflict("This webhook is disabled already.")
    switch_off(endpoint, actor, "person", reason)
    return endpoint


@command("enable webhook")
def enable_webhook(actor: Actor, endpoint_id: uuid.UUID | str, *, catch_up: bool = False) -> WebhookEndpoint:
    """Have an endpoint told of events again; what waited for it is sent now.

    Args:
        actor: who does it; needs ``webhooks:manage``.
        endpoint_id: which.
        catch_up: tell it of all that happened while it was disabled, too.

    Raises:
        NotAllowed, NotFound: as their names say.
        Conflict: it is enabled.
    """
    require_scope(actor, SCOPE)
    endpoint = locked_endpoint(endpoint_id)
    if endpoint.enabled:
        raise Conflict("This webhook is enabled already.")
    endpoint.disabled_at, endpoint.disabled_because = None, ""
    endpoint.failing_since, endpoint.failures, endpoint.last_error = None, 0, ""
    endpoint.resting_until = clock.now()
    endpoint.version += 1
    if not catch_up:
        endpoint.cursor = str(tail.now())
    endpoint.save(
        update_fields=[
            "disabled_at",
            "disabled_because",
            "failing_since",
            "failures",
            "last_error",
            "resting_until",
            "version",
            "cursor",
        ]
    )
    endpoint.deliveries.filter(next_at__isnull=False).update(next_at=Now())
    append(SYSTEM_LEDGER, "webhook.enabled", actor, data={**named(endpoint), "catch_up": catch_up})
    return endpoint


@command("delete webhook")
def delete_webhook(actor: Actor, endpoint_id: uuid.UUID | str, *, reason: str = "") -> None:
    """Remove an endpoint with its log; what waits for it is never sent.

    Raises:
        NotAllowed, NotFound, Invalid: as their names say.
    """
    require_scope(actor, SCOPE)
    reason = clean_reason(reason, required=False)
    endpoint = locked_endpoint(endpoint_id)
    told = {**named(endpoint), "waiting": count_waiting(endpoint)}
    endpoint.delete()
    append(SYSTEM_LEDGER, "webhook.deleted", actor, reason=reason, data=told)


def switch_off(endpoint: WebhookEndpoint, actor: Actor, because: str, reason: str = "") -> None:
    """Disable an endpoint whose row the caller has locked.

    Args:
        endpoint: as its row stands.
        actor: who does it: a person, or the engine.
        because: ``person``, ``gone`` or ``failing``.
        reason: why, in words.
    """
    endpoint.disabled_at, endpoint.disabled_because = clock.now(), because
    endpoint.version += 1
    endpoint.save(update_fields=["disabled_at", "disabled_because", "version"])
    append(
        SYSTEM_LEDGER,
        "webhook.disabled",
        actor,
        reason=reason,
        data={
            **named(endpoint),
            "because": because,
            "failing_since": endpoint.failing_since,
            "waiting": count_waiting(endpoint),
        },
    )


def locked_endpoint(endpoint_id: uuid.UUID | str) -> WebhookEndpoint:
    """Load an endpoint and lock its row.

    Raises:
        NotFound: there is none.
    """
    key = parse_id(endpoint_id, "webhook")
    found = WebhookEndpoint.objects.select_for_update().filter(pk=key).first()
    if found is None:
        raise NotFound("There is no such webhook.")
    return found


def named(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Name an endpoint, for the record."""
    return {"endpoint": str(endpoint.pk), "host": host_of(endpoint)}


def host_of(endpoint: WebhookEndpoint) -> str:
    """Return the server of an endpoint; an address that is refused today was accepted once."""
    try:
        return read_target(endpoint.url).host
    except Refusal:
        return endpoint.url.partition("://")[2].partition("/")[0]


def count_waiting(endpoint: WebhookEndpoint) -> int:
    """Count the messages that are still to be delivered."""
    return endpoint.deliveries.filter(next_at__isnull=False).count()


def check_url(url: Any) -> tuple[str, Target]:
    """Go on only if messages may be sent to an address as it resolves now; each attempt checks again.

    Returns:
        The address without surrounding white space, as it is to be kept, and what it says.

    Raises:
        Invalid: says why not.
    """
    cleaned = clean_short(url, "url", 4000)
    try:
        target = read_target(cleaned)
        numbers_soon(target)
    except Refusal as refusal:
        raise Invalid(f"url: {refusal}", errors={"url": [str(refusal)]}) from refusal
    except (OSError, UnicodeError) as error:
        problem = "This host cannot be resolved. Check the name."
        raise Invalid(f"url: {problem}", errors={"url": [problem]}) from error
    return cleaned, target


def _cleaned(given: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(given) - set(CHOICE))
    if unknown:
        raise TypeError(f"Unknown: {unknown[0]}")
    return {
        "kinds": clean_kinds(given["kinds"]),
        "description": clean_short(given["description"], "description"),
        "workflows": clean_workflows(given["workflows"]),
        "labels": clean_labels(given["labels"]),
    }
