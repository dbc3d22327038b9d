"""What makes a hold or a question end by itself, and the named events that come from outside."""

import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from executions.conditions import in_words
from executions.ids import new_id
from executions.models.execution import Execution
from executions.models.guards import no_truncate
from executions.models.hold import Hold
from executions.models.suspension import Suspension

KINDS = ("webhook", "time", "cron", "event")


class Emission(models.Model):
    """A named event that somebody sent. Kept, so that a run that begins to wait a moment later still hears of it."""

    id = models.BigAutoField(primary_key=True)
    name = models.TextField()
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    emitted_by = models.TextField(help_text="Stable id of the actor")
    emitted_by_name = models.TextField()
    via = models.TextField()
    at = models.DateTimeField(db_default=Now())
    looked_at = models.DateTimeField(
        null=True, blank=True, help_text="When all that waited for it had been woken; until then a sweeper looks"
    )

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(F("name"), F("id"), name="emission_name"),
            # The sweeper: those whose look a crash came before.
            models.Index(F("id"), name="emission_fresh", condition=Q(looked_at__isnull=True)),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="sent_as_it_was", exclude=["looked_at"]),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return self.name


class Trigger(models.Model):
    """A resume condition, bound to one hold or one question: it fires at most once and can never touch a later one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    execution = models.ForeignKey(Execution, on_delete=models.PROTECT, related_name="conditions")
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.PROTECT, related_name="conditions")
    suspension = models.ForeignKey(
        Suspension, null=True, blank=True, on_delete=models.PROTECT, related_name="conditions"
    )
    kind = models.TextField()
    due_at = models.DateTimeField(null=True, blank=True, help_text="For time and cron")
    cron = models.TextField(blank=True, db_default="", help_text="As written; due_at is its next time")
    timezone = models.TextField(blank=True, db_default="", help_text="In which the cron expression is meant")
    event_name = models.TextField(blank=True, db_default="")
    match = models.JSONField(default=dict, blank=True, help_text="What the event's data must contain")
    signed = models.BooleanField(db_default=False, help_text="For webhook: only calls with a good signature count")
    after = models.BigIntegerField(db_default=0, help_text="Only events sent after this one count")
    set_by = models.TextField(help_text="Stable id of the actor")
    set_by_name = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    looked_at = models.DateTimeField(
        null=True, blank=True, help_text="When the events sent before were looked at; until then a sweeper looks"
    )
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Fired, or overtaken")
    outcome = models.TextField(null=True, blank=True, help_text="fired, or overtaken by another way to go on")
    emission = models.ForeignKey(Emission, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        indexes = [
            # The sweeper: those whose time has come.
            models.Index(F("due_at"), name="trigger_due", condition=Q(closed_at__isnull=True, due_at__isnull=False)),
            # Whoever waits for an event that was sent.
            models.Index(F("event_name"), name="trigger_event", condition=Q(closed_at__isnull=True, kind="event")),
            # The sweeper: those whose look a crash came before.
            models.Index(
                F("id"),
                name="trigger_fresh",
                condition=Q(closed_at__isnull=True, kind="event", looked_at__isnull=True),
            ),
            models.Index(F("hold"), name="trigger_hold", condition=Q(hold__isnull=False)),
            models.Index(F("suspension"), name="trigger_suspension", condition=Q(suspension__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(name="trigger_kind_known", condition=Q(kind__in=KINDS)),
            models.CheckConstraint(
                name="trigger_bound_to_one",
                condition=Q(hold__isnull=True, suspension__isnull=False)
                | Q(hold__isnull=False, suspension__isnull=True),
            ),
            models.CheckConstraint(
                name="trigger_closed_has_outcome",
                condition=Q(closed_at__isnull=True, outcome__isnull=True)
                | Q(closed_at__isnull=False, outcome__isnull=False, outcome__in=("fired", "overtaken")),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="set_as_it_was", exclude=["closed_at", "outcome", "emission", "looked_at"]),
            pgtrigger.Trigger(
                name="fired_once",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.closed_at IS NOT NULL"),
                func="RAISE EXCEPTION 'trigger % is closed and can never change', OLD.id;",
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return in_words(
            self.kind,
            due_at=self.due_at,
            cron=self.cron,
            zone=self.timezone,
            event=self.event_name,
            match=self.match,
            signed=self.signed,
        )


class TriggerCall(models.Model):
    """A signed call of a webhook that was let in: its id counts once. Kept while its timestamp is accepted."""

    trigger = models.ForeignKey(Trigger, on_delete=models.PROTECT, related_name="calls")
    message_id = models.TextField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["trigger", "message_id"], name="triggercall_once")]

    def __str__(self) -> str:
        return self.message_id
