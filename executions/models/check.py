"""A recomputation of the whole record, carried out in the background."""

from django.db import models
from django.db.models import ExpressionWrapper, Q
from django.db.models.functions import Now

from executions.actors import Actor
from executions.ids import new_id


class Check(models.Model):
    """One verification of every chain: asked for, under way or finished. What it found is in the record itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    requested_by = models.TextField(help_text="Stable id of the actor")
    requested_by_name = models.TextField()
    requested_by_role = models.TextField()
    requested_via = models.TextField()
    requested_at = models.DateTimeField(db_default=Now())
    owner = models.TextField(null=True, blank=True, help_text="Worker that carries it out")
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.SmallIntegerField(db_default=0, help_text="How often it was begun")
    checked = models.BigIntegerField(db_default=0, help_text="Lines recomputed so far")
    total = models.BigIntegerField(null=True, blank=True, help_text="Lines to recompute, as counted at its begin")
    finished_at = models.DateTimeField(null=True, blank=True)
    line = models.BigIntegerField(null=True, blank=True, help_text="Line of the system ledger that tells the outcome")

    class Meta:
        default_permissions = ()
        constraints = [
            # One at a time: a second asker is shown the one under way.
            models.UniqueConstraint(
                ExpressionWrapper(Q(finished_at__isnull=True), output_field=models.BooleanField()),
                name="check_one_at_a_time",
                condition=Q(finished_at__isnull=True),
            ),
            models.CheckConstraint(
                name="check_ends_with_a_line",
                condition=Q(finished_at__isnull=True, line__isnull=True)
                | Q(finished_at__isnull=False, line__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Verification asked for by {self.requested_by_name}"

    @property
    def requester(self) -> Actor:
        """Who asked for it, as the record names them."""
        return Actor(self.requested_by, self.requested_by_name, self.requested_by_role, self.requested_via)

    @property
    def percent(self) -> int:
        """How much of it is done, in whole per cent; 100 only at the end."""
        return min(99, int(100 * self.checked / self.total)) if self.total else 0
