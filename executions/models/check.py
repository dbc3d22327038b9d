"""A recomputation of the whole record, carried out in the background."""

from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Now

from executions.ids import new_id


class Check(models.Model):
    """One verification of every chain: asked for, under way or finished."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    requested_by = models.TextField(help_text="Stable id of the actor")
    requested_by_name = models.TextField()
    requested_by_role = models.TextField()
    requested_by_user = models.IntegerField(null=True, blank=True, help_text="The person behind it")
    requested_via = models.TextField()
    requested_at = models.DateTimeField(db_default=Now())
    owner = models.TextField(null=True, blank=True, help_text="Worker that carries it out")
    lease_until = models.DateTimeField(null=True, blank=True)
    checked = models.BigIntegerField(db_default=0, help_text="Lines recomputed so far")
    total = models.BigIntegerField(null=True, blank=True, help_text="Lines to recompute, about")
    finished_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True, help_text="As the event `audit.verified` tells it")

    class Meta:
        default_permissions = ()
        constraints = [
            # One at a time: a second asker is shown the one under way.
            models.UniqueConstraint(
                ExpressionWrapper(Q(finished_at__isnull=True), output_field=models.BooleanField()),
                name="check_one_at_a_time",
                condition=Q(finished_at__isnull=True),
            ),
        ]
        indexes = [models.Index(F("requested_at").desc(), name="check_newest")]

    def __str__(self) -> str:
        return f"Verification asked for by {self.requested_by_name}"
