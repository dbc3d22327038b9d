"""What was measured, added up over all processes: one row for each measure and its labels."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Meter(models.Model):
    """A sum that only grows, or what one process last told of itself. Statistics: nothing is decided by them."""

    name = models.TextField(help_text="A measure of executions.meters.catalogue")
    labels = models.TextField(help_text="JSON: its labels' values, in their order there")
    count = models.BigIntegerField(db_default=0)
    total = models.FloatField(db_default=0.0, help_text="Sum of what was observed; of a level, its value")
    buckets = ArrayField(models.BigIntegerField(), default=list, help_text="Observations by size, not added up")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint("name", "labels", name="meter_once"),
            models.CheckConstraint(name="meter_counts_up", condition=Q(count__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.labels}"
