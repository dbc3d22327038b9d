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

    url: str | None = None
    kinds: list[str] | None = None
    description: str | None = None
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

    id: uuid.UUID
    url: str
    description: str
    kinds: list[str]
    workflows: list[str]
    labels: dict[str, str]
    health: Literal["new", "well", "failing", "disabled"]
    disabled_at: Moment | None
    disabled_because: Literal["", "person", "gone", "failing"] = Field(
        description="Somebody did, it answered 410, or it failed for days; empty where it is enabled."
    )
    failing_since: Moment | None
    failures: int = Field(description="Attempts in a row that failed.")
    last_error: str
    last_delivered_at: Moment | None
    waiting: int = Field(description="Messages that are to be sent yet.")
    failed: int = Field(description="Messages of the log that were given up.")
    old_secret_until: Moment | None = Field(description="Until then the secret before this one signs as well.")
    version: int
    created_by: Person
    created_at: Moment


class NewSecret(WebhookOut):
    """A webhook with a secret that was just given out."""

    secret: str | None = Field(
        description="Shown this once; null in the answer to the same request with the same Idempotency-Key.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )


class WebhookList(Schema):
    """Every webhook, oldest first."""

    items: list[WebhookOut]


class DeliveryOut(Schema):
    """A message to a webhook."""

    id: uuid.UUID
    message_id: str = Field(description="The header `webhook-id`: the same at each attempt and replay.")
    kind: str
    ledger: str | None = Field(description="Of the event: a run's id, or `system`; null for a test.")
    seq: int | None
    origin: Literal["event", "test", "replay"]
    replay_of: uuid.UUID | None
    asked_by: str = Field(description="Who had it tested or replayed.")
    state: Literal["waiting", "failing", "failed", "delivered"]
    attempts: int = Field(description="Since it was written, or last replayed.")
    next_at: Moment | None
    created_at: Moment
    attempted_at: Moment | None
    delivered_at: Moment | None
    milliseconds: int | None
    status: int | None = Field(description="HTTP status of the last attempt; null where none came.")
    error: str


class AttemptOut(Schema):
    """One attempt at sending a message."""

    at: Moment
    status: int | None
    error: str
    milliseconds: int


class RequestOut(Schema):
    """What was sent at the last attempt, or will be at the first."""

    headers: dict[str, str]
    body: str = Field(description="Exactly the bytes that are signed, as text.")


class ResponseOut(Schema):
    """What was answered at the last attempt."""

    status: int
    headers: dict[str, str]
    body: str = Field(description="Its beginning.")


class DeliveryDetail(DeliveryOut):
    """A message to a webhook, with what was sent and answered."""

    request: RequestOut
    response: ResponseOut | None
    tries: list[AttemptOut]


class DeliveryList(Schema):
    """A page of messages, newest first. The log keeps them for some weeks."""

    items: list[DeliveryOut]
    next: str | None


class Replayed(Schema):
    """How many messages are tried again."""

    messages: int


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
