"""One command on many runs: the request, and what became of each run."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from executions.ids import new_id
from executions.models.execution import Execution
from executions.models.guards import no_truncate


class BulkJob(models.Model):
    """One command, one reason, many runs; carried out one by one in the background, on the authority of one actor."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    command = models.TextField(help_text="Name of the command, such as `pause`")
    arguments = models.JSONField(default=dict, help_text="Its arguments besides the run and the reason")
    reason = models.TextField(blank=True, db_default="")
    selector = models.JSONField(default=dict, help_text="The filter or the list it was chosen by, as people read it")
    rate = models.FloatField(null=True, blank=True, help_text="Runs per second at most; as fast as can be where null")
    requested_by = models.TextField(help_text="Stable id of the actor")
    requested_by_name = models.TextField()
    requested_by_role = models.TextField()
    requested_by_user = models.IntegerField(null=True, blank=True, help_text="The person behind it")
    requested_via = models.TextField()
    scopes = ArrayField(models.TextField(), default=list, help_text="What the actor might do when asking")
    requested_at = models.DateTimeField(db_default=Now())
    total = models.IntegerField(db_default=0)
    done = models.IntegerField(db_default=0, help_text="Carried out")
    refused = models.IntegerField(db_default=0, help_text="Refused by the rules or by what happened meanwhile")
    owner = models.TextField(null=True, blank=True, help_text="Worker that carries it out")
    lease_until = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True, help_text="When the next run may be taken, under a rate")
    stopped_by_name = models.TextField(null=True, blank=True, help_text="Who stopped it before its end")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            # The workers: is there a job to do? Mostly there is none.
            models.Index(F("requested_at"), name="bulkjob_open", condition=Q(finished_at__isnull=True)),
        ]
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete), no_truncate()]

    def __str__(self) -> str:
        return f"{self.command} {self.total} runs"


class BulkItem(models.Model):
    """One run of a job and what became of it."""

    job = models.ForeignKey(BulkJob, on_delete=models.PROTECT, related_name="items")
    execution = models.ForeignKey(Execution, on_delete=models.PROTECT, related_name="+")
    position = models.IntegerField(help_text="In the order of the job")
    outcome = models.TextField(null=True, blank=True, help_text="`done`, `refused` or `left`; null while it waits")
    code = models.TextField(blank=True, db_default="", help_text="Of the refusal")
    detail = models.TextField(blank=True, db_default="", help_text="What the command answered")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="bulkitem_position"),
            models.UniqueConstraint(fields=["job", "execution"], name="bulkitem_once"),
        ]
        indexes = [
            # The worker takes what waits, in order.
            models.Index(F("job"), F("position"), name="bulkitem_waiting", condition=Q(outcome__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.position} of {self.job_id}"
