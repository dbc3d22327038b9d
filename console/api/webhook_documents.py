"""Webhooks and their messages, as the API tells them and takes them."""

import uuid
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import WithJsonSchema

from console.api.bodies import Body
from console.api.parts import GivenMoment, Moment, Person
from console.api.replies import Pages
from executions.commands.webhook import LONGEST_OVERLAP_HOURS, OVERLAP_HOURS
from executions.models import WebhookDelivery
from executions.provenance.digests import ledger_name
from executions.queries.webhooks import STATES, Hook

State = Annotated[str, WithJsonSchema({"type": "string", "enum": ["", *STATES]})]
KINDS = Field(
    description="Kinds of events, families such as `hold.*`, or `*` for all.", examples=[["hold.*", "execution.failed"]]
)
URL = Field(description="Where messages are posted.", examples=["https://hooks.example.com/holdpoint"])
WORKFLOWS = "Only events of runs of these; all where empty."
LABELS = "Only events of runs that carry all of these."


class WebhookBody(Body):
    """Have a server told of events."""

    url: str = URL
    kinds: list[str] = KINDS
    description: str = Field("", description="What it is for.")
    workflows: list[str] = Field([], description=WORKFLOWS, examples=[["refunds"]])
    labels: dict[str, str] = Field({}, description=LABELS, examples=[{"team": "north"}])


class WebhookChange(Body):
    """Change where events are sent, or which; what is left out stays."""

    url: str | None = Field(None, description="Where messages are posted.")
    kinds: list[str] | None = Field(None, description="Kinds of events, families such as `hold.*`, or `*` for all.")
    description: str | None = Field(None, description="What it is for.")
    workflows: list[str] | None = Field(None, description=WORKFLOWS)
    labels: dict[str, str] | None = Field(None, description=LABELS)


class RotateBody(Body):
    """Give a webhook a new secret."""

    overlap_hours: float = Field(
        OVERLAP_HOURS,
        ge=0,
        le=LONGEST_OVERLAP_HOURS,
        description="How long messages carry the old secret's signature too; 0 where it has leaked.",
    )


class DisableBody(Body):
    """Send nothing to a webhook from now on."""

    reason: str = Field("", description="Why, if there is something to say.")


class EnableBody(Body):
    """Have a webhook told of events again."""

    catch_up: bool = Field(False, description="Tell it of all that happened while it was disabled, too.")


class ReplayFailedBody(Body):
    """Try again, now, every message that was given up."""

    since: GivenMoment = Field(description="Written at this time or later.", examples=["2026-01-31T12:00:00Z"])


class DeliveryQuery(Pages):
    """Which messages."""

    state: State = Field("", description="`waiting`, `failing` (tried again later), `failed` (given up), `delivered`.")
    kind: str = Field("", description="Only about events of this kind.", examples=["hold.placed"])
    since: GivenMoment | None = Field(None, description="Only those written at this time or later.")


class WebhookOut(Schema):
    """A server that is told of events, and how it does."""

    id: uuid.UUID = Field(description="Of the webhook.")
    url: str = Field(description="Where messages are posted.")
    description: str = Field(description="What it is for.")
    kinds: list[str] = Field(description="Kinds of events, families such as `hold.*`, or `*` for all.")
    workflows: list[str] = Field(description="Only events of runs of these; all where empty.")
    labels: dict[str, str] = Field(description="Only events of runs that carry all of these.")
    health: Literal["new", "well", "failing", "disabled"] = Field(
        description="`new` where nothing was sent yet; `failing` where the last attempt failed."
    )
    disabled_at: Moment | None = Field(description="Since when nothing is sent; null where it is enabled.")
    disabled_because: Literal["", "person", "gone", "failing"] = Field(
        description="Somebody did, it answered 410, or it failed for days; empty where it is enabled."
    )
    failing_since: Moment | None = Field(
        description="Since when no attempt has succeeded; null where the last one did."
    )
    failures: int = Field(description="Attempts in a row that failed.")
    last_error: str = Field(description="Why the last attempt failed; empty where it did not.")
    last_delivered_at: Moment | None = Field(description="When a message last arrived; null for never.")
    waiting: int = Field(description="Messages that are to be sent yet.")
    failed: int = Field(description="Messages of the log that were given up.")
    old_secret_until: Moment | None = Field(description="Until then the secret before this one signs as well.")
    version: int = Field(description="Grows with every change; for `If-Match`.")
    created_by: Person = Field(description="Who made it.")
    created_at: Moment = Field(description="When.")


class NewSecret(WebhookOut):
    """A webhook with a secret that was just given out."""

    secret: str | None = Field(
        description="Shown this once; null in the answer to the same request with the same Idempotency-Key.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )


class WebhookList(Schema):
    """Every webhook, oldest first."""

    items: list[WebhookOut] = Field(description="All of them.")


class DeliveryOut(Schema):
    """A message to a webhook."""

    id: uuid.UUID = Field(description="Of the message in this log; a replay has its own.")
    message_id: str = Field(description="The header `webhook-id`: the same at each attempt and replay.")
    kind: str = Field(description="Of the event.")
    ledger: str | None = Field(description="Of the event: a run's id, or `system`; null for a test.")
    seq: int | None = Field(description="Of the event's line; null for a test.")
    origin: Literal["event", "test", "replay"] = Field(description="Why it was written.")
    replay_of: uuid.UUID | None = Field(description="The message it repeats; null where it repeats none.")
    asked_by: str = Field(description="Who had it tested or replayed.")
    state: Literal["waiting", "failing", "failed", "delivered"] = Field(
        description="To be sent, to be tried again, given up, or arrived."
    )
    attempts: int = Field(description="Since it was written, or last replayed.")
    next_at: Moment | None = Field(description="When it is tried next; null once it was delivered or given up.")
    created_at: Moment = Field(description="When it was written.")
    attempted_at: Moment | None = Field(description="When it was last tried; null before.")
    delivered_at: Moment | None = Field(description="When it arrived; null before.")
    milliseconds: int | None = Field(description="How long the last attempt took; null before.")
    status: int | None = Field(description="HTTP status of the last attempt; null where none came.")
    error: str = Field(description="Why the last attempt failed; else empty.")


class AttemptOut(Schema):
    """One attempt at sending a message."""

    at: Moment = Field(description="When.")
    status: int | None = Field(description="Of HTTP; null where no answer came.")
    error: str = Field(description="Why it failed; empty where it did not.")
    milliseconds: int = Field(description="How long it took.")


class RequestOut(Schema):
    """What was sent at the last attempt, or will be at the first."""

    headers: dict[str, str] = Field(description="Name → value, the signature among them.")
    body: str = Field(description="Exactly the bytes that are signed, as text.")


class ResponseOut(Schema):
    """What was answered at the last attempt."""

    status: int = Field(description="Of HTTP.")
    headers: dict[str, str] = Field(description="Name → value.")
    body: str = Field(description="Its beginning.")


class DeliveryDetail(DeliveryOut):
    """A message to a webhook, with what was sent and answered."""

    request: RequestOut = Field(description="What was, or will be, sent.")
    response: ResponseOut | None = Field(description="What was answered; null where no answer came.")
    tries: list[AttemptOut] = Field(description="The attempts, oldest first.")


class DeliveryList(Schema):
    """A page of messages, newest first. The log keeps them for some weeks."""

    items: list[DeliveryOut] = Field(description="The messages of this page.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class Replayed(Schema):
    """How many messages are tried again."""

    messages: int = Field(description="How many.")


def webhook_facts(hook: Hook) -> dict[str, Any]:
    """Return what is told of a webhook."""
    endpoint = hook.endpoint
    facts = {name: getattr(endpoint, name) for name in WebhookOut.model_fields if hasattr(endpoint, name)}
    by = Person(id=endpoint.created_by, name=endpoint.created_by_name)
    return {**facts, "health": hook.health, "waiting": hook.waiting, "failed": hook.failed, "created_by": by}


def delivery_facts(delivery: WebhookDelivery) -> dict[str, Any]:
    """Return what a list tells of a message."""
    facts = {name: getattr(delivery, name) for name in DeliveryOut.model_fields if hasattr(delivery, name)}
    ledger = None if delivery.ledger is None else ledger_name(delivery.ledger)
    return {**facts, "ledger": ledger, "replay_of": delivery.replay_of_id, "asked_by": delivery.asked_by_name}


def delivery_detail(delivery: WebhookDelivery) -> DeliveryDetail:
    """Describe a message with all that is known of it."""
    answered = None
    if delivery.status is not None:
        answered = ResponseOut(status=delivery.status, headers=delivery.response_headers, body=delivery.response)
    return DeliveryDetail(
        **delivery_facts(delivery),
        request=RequestOut(headers=delivery.request_headers, body=delivery.body),
        response=answered,
        tries=[AttemptOut(**each) for each in delivery.tries],
    )
