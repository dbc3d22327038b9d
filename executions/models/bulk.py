"""One command on many runs: the request, and what became of each run."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from executions.ids import new_id
from executions.models.execution import Execution
from executions.models.guards import no_truncate

OUTCOMES = ("done", "refused")


class BulkJob(models.Model):
    """One command, one reason, many runs; carried out one by one in the background, on the authority of one actor."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    command = models.TextField(help_text="Name of the command, such as `pause`")
    arguments = models.JSONField(default=dict, help_text="Its arguments besides the run and the reason")
    reason = models.TextField(blank=True, db_default="")
    selector = models.JSONField(default=dict, help_text="The filter, the job or the number of ids it was chosen by")
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
    next_at = models.DateTimeField(db_default=Now(), help_text="When its turn comes, or under a rate its next run's")
    stopped_by = models.TextField(null=True, blank=True, help_text="Who stopped it before its end")
    stopped_by_name = models.TextField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="When it came to its end or was stopped")

    class Meta:
        default_permissions = ()
        indexes = [
            # The workers: is there a job to do? Mostly there is none.
            models.Index(F("next_at"), name="bulkjob_open", condition=Q(finished_at__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                name="bulkjob_counts_add_up",
                condition=Q(done__gte=0, refused__gte=0, total__gte=F("done") + F("refused")),
            ),
            models.CheckConstraint(
                name="bulkjob_stopped_at_its_end", condition=Q(stopped_by__isnull=True) | Q(finished_at__isnull=False)
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="finished_once",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.finished_at IS NOT NULL"),
                func="RAISE EXCEPTION 'bulk job % has ended and can never change', OLD.id;",
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.command} {self.total} runs"

    @property
    def is_open(self) -> bool:
        """Not at its end, and not stopped."""
        return self.finished_at is None

    @property
    def left(self) -> int:
        """Runs that it has not come to yet; where it was stopped, runs left as they were."""
        return self.total - self.done - self.refused

    @property
    def state(self) -> str:
        """``running``, ``finished`` or ``stopped``."""
        if self.finished_at is None:
            return "running"
        return "finished" if self.stopped_by is None else "stopped"


class BulkItem(models.Model):
    """One run of a job and what became of it."""

    job = models.ForeignKey(BulkJob, on_delete=models.PROTECT, related_name="items")
    # Without a constraint: checking it would lock every chosen run while the list is made, and no run is ever deleted.
    execution = models.ForeignKey(Execution, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    position = models.IntegerField(help_text="In the order of the job: the run launched first comes first")
    outcome = models.TextField(null=True, blank=True, help_text="`done` or `refused`; null: not come to (yet)")
    code = models.TextField(blank=True, db_default="", help_text="Of the refusal")
    detail = models.TextField(blank=True, db_default="", help_text="What the command answered")
    hold = models.UUIDField(null=True, blank=True, help_text="The hold that it placed")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="bulkitem_position"),
            models.UniqueConstraint(fields=["job", "execution"], name="bulkitem_once"),
            models.CheckConstraint(
                name="bulkitem_outcome_known", condition=Q(outcome__isnull=True) | Q(outcome__in=OUTCOMES)
            ),
        ]
        indexes = [
            # The workers take what waits, in order.
            models.Index(F("job"), F("position"), name="bulkitem_waiting", condition=Q(outcome__isnull=True)),
            # The page of a job, by what became of its runs.
            models.Index(F("job"), F("outcome"), F("position"), name="bulkitem_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.position} of {self.job_id}"
