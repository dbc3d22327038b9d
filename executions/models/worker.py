"""Workers that are alive, by their own account."""

from django.db import models
from django.db.models.functions import Now


class Worker(models.Model):
    """One worker process, seen alive at a time."""

    name = models.TextField(primary_key=True)
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    workflows = models.JSONField(default=list, help_text="Names of the workflows it knows")
    execution = models.UUIDField(null=True, blank=True, help_text="The run it is on")
    version = models.TextField(blank=True, db_default="")
    fingerprints = models.JSONField(default=dict, db_default={}, help_text="Of the routes of its workflows, by name")
    skew = models.FloatField(null=True, blank=True, help_text="Seconds that its clock is ahead of the database's")

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name
