"""Webhooks out: who is told of which events, and every message that was or will be sent."""

import datetime

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from executions.ids import new_id

DISABLED_BECAUSE = ("person", "gone", "failing")
ORIGINS = ("event", "test", "replay")


class WebhookEndpoint(models.Model):
    """Somebody's server that is told of events.

    Its secret is in no column: ``webhooks.secrets`` computes it from the installation's key, the id and the generation.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    url = models.TextField()
    description = models.TextField(blank=True, db_default="")
    kinds = ArrayField(models.TextField(), help_text="Kinds of events, families as hold.*, or * for all")
    workflows = ArrayField(models.TextField(), default=list, blank=True, help_text="Only events of runs of these")
    labels = models.JSONField(default=dict, blank=True, help_text="Only events of runs that carry all of these")
    generation = models.IntegerField(db_default=1, help_text="Of the secret; counted up by each rotation")
    old_secret_until = models.DateTimeField(null=True, blank=True, help_text="Until then the one before signs too")
    created_by = models.TextField(help_text="Stable id of the actor")
    created_by_name = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    version = models.IntegerField(db_default=1, help_text="Counted up by each change that a person makes")

    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_because = models.TextField(blank=True, db_default="", help_text="person, gone or failing; else empty")

    cursor = models.TextField(help_text="Place in the stream of events up to which messages were written")

    failing_since = models.DateTimeField(null=True, blank=True, help_text="Since when no attempt has succeeded")
    failures = models.IntegerField(db_default=0, help_text="Attempts in a row that failed")
    last_error = models.TextField(blank=True, db_default="")
    last_delivered_at = models.DateTimeField(null=True, blank=True)
    resting_until = models.DateTimeField(db_default=Now(), help_text="Until then nothing is sent")
    taken_until = models.DateTimeField(null=True, blank=True, help_text="Some worker is sending, at most until then")
    taken_by = models.UUIDField(null=True, blank=True, help_text="Made anew each time, so that only its taker lets go")
    turn_at = models.DateTimeField(db_default=Now(), help_text="When it last had its turn")

    class Meta:
        default_permissions = ()
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(name="webhookendpoint_kinds", condition=Q(kinds__len__gt=0)),
            models.CheckConstraint(
                name="webhookendpoint_disabled_because",
                condition=Q(disabled_at__isnull=True, disabled_because="")
                | Q(disabled_at__isnull=False, disabled_because__in=DISABLED_BECAUSE),
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def enabled(self) -> bool:
        """Whether messages are written and sent."""
        return self.disabled_at is None


class WebhookDelivery(models.Model):
    """One message to one endpoint: to be sent, delivered, or failed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.DB_CASCADE, related_name="deliveries")
    message_id = models.TextField(help_text="webhook-id: the same at each attempt, and when it is replayed")
    kind = models.TextField(help_text="Of the event")
    ledger = models.UUIDField(null=True, blank=True)
    seq = models.BigIntegerField(null=True, blank=True)
    origin = models.TextField(db_default="event")
    replay_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.DB_SET_NULL, related_name="replays")
    asked_by_name = models.TextField(blank=True, db_default="", help_text="Who had it tested or replayed")
    body = models.TextField(help_text="Exactly what is sent")
    created_at = models.DateTimeField(db_default=Now())

    next_at = models.DateTimeField(null=True, blank=True, db_default=Now(), help_text="Null once delivered or given up")
    delivered_at = models.DateTimeField(null=True, blank=True)
    attempts = models.IntegerField(db_default=0)
    tries = models.JSONField(
        default=list, encoder=DjangoJSONEncoder, help_text="Each attempt: at, status, error, milliseconds"
    )
    attempted_at = models.DateTimeField(null=True, blank=True)
    milliseconds = models.IntegerField(null=True, blank=True, help_text="How long the last attempt took")
    request_headers = models.JSONField(default=dict, help_text="Of the last attempt")
    status = models.IntegerField(null=True, blank=True, help_text="HTTP status of the last attempt; null for no answer")
    error = models.TextField(blank=True, db_default="", help_text="Why the last attempt failed")
    response_headers = models.JSONField(default=dict)
    response = models.TextField(blank=True, db_default="", help_text="Beginning of the last answer")

    class Meta:
        default_permissions = ()
        ordering = ["created_at", "id"]
        indexes = [
            # The herald: what is due, for each endpoint in the order of its events.
            models.Index(F("endpoint"), F("next_at"), name="webhookdelivery_due", condition=Q(next_at__isnull=False)),
            # The log of one endpoint, newest first.
            models.Index(F("endpoint"), F("id").desc(), name="webhookdelivery_log"),
            # The log of what failed.
            models.Index(
                F("endpoint"),
                F("id").desc(),
                name="webhookdelivery_failed",
                condition=Q(delivered_at__isnull=True) & ~Q(error=""),
            ),
        ]
        constraints = [
            # However often a worker dies between reading the events and moving on: one message for each.
            models.UniqueConstraint(
                fields=["endpoint", "ledger", "seq"], name="webhookdelivery_once", condition=Q(origin="event")
            ),
            models.CheckConstraint(name="webhookdelivery_origin_known", condition=Q(origin__in=ORIGINS)),
            models.CheckConstraint(
                name="webhookdelivery_delivered_is_done",
                condition=Q(delivered_at__isnull=True) | Q(next_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.endpoint_id}"

    @property
    def state(self) -> str:
        """How it stands: ``waiting``, ``failing`` (to be tried again), ``delivered`` or ``failed`` (given up)."""
        if self.delivered_at is not None:
            return "delivered"
        if self.next_at is None:
            return "failed"
        return "failing" if self.error else "waiting"

    @property
    def again_at(self) -> datetime.datetime | None:
        """When it is really tried again: not while its endpoint rests; None where it is not."""
        return self.next_at and max(self.next_at, self.endpoint.resting_until)
