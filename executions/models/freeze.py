"""A hold with a selector instead of one execution: it rewrites no run, it gates claims and boundaries."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from executions.ids import new_id
from executions.models.execution import Execution
from executions.models.guards import no_truncate
from executions.states import COMPLIANCE, OPERATOR, QUEUED, in_short


class Freeze(models.Model):
    """Stops every run it matches, those launched later too: by workflow, by labels, or everything.

    While ``lifting_since`` is set and ``lifted_at`` is not, matching runs are let go ``lift_rate`` per second.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.TextField()
    workflow = models.TextField(null=True, blank=True, help_text="Every workflow where null")
    labels = models.JSONField(default=dict, blank=True, help_text="A run must carry all of these")
    reason = models.TextField()
    reason_code = models.TextField(blank=True, db_default="")
    ticket = models.TextField(blank=True, db_default="", help_text="Link or number of the case elsewhere")
    dual_control = models.BooleanField(db_default=False, help_text="Whoever placed it may not lift it")
    review_by = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(null=True, blank=True, help_text="When the record said that it is overdue")
    placed_by = models.TextField(help_text="Stable id of the actor")
    placed_by_name = models.TextField()
    placed_by_user = models.IntegerField(null=True, blank=True, help_text="The person behind it")
    placed_via = models.TextField()
    placed_at = models.DateTimeField(db_default=Now())
    lift_rate = models.FloatField(null=True, blank=True, help_text="Runs per second while it is being lifted")
    lifting_since = models.DateTimeField(null=True, blank=True)
    next_leave_at = models.DateTimeField(null=True, blank=True, help_text="When the next of them may go")
    admitted = models.IntegerField(db_default=0, help_text="Runs let go while it is being lifted")
    released_by = models.TextField(null=True, blank=True)
    released_by_name = models.TextField(null=True, blank=True)
    released_via = models.TextField(null=True, blank=True)
    release_reason = models.TextField(blank=True, db_default="")
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            # The gate: every claim and every boundary looks here; mostly it is empty.
            models.Index(F("workflow"), name="freeze_open", condition=Q(lifted_at__isnull=True)),
            # The sweeper: those to be looked at again by now.
            models.Index(
                F("review_by"), name="freeze_review", condition=Q(lifted_at__isnull=True, review_by__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(name="freeze_kind_known", condition=Q(kind__in=(OPERATOR, COMPLIANCE))),
            models.CheckConstraint(name="freeze_has_reason", condition=Q(reason__regex=r"\S")),
            models.CheckConstraint(
                name="freeze_lifted_by_somebody",
                condition=Q(released_by__isnull=True, lifting_since__isnull=True, lifted_at__isnull=True)
                | Q(released_by__isnull=False, lifting_since__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="placed_as_it_was",
                exclude=[
                    "overdue_at",
                    "lift_rate",
                    "lifting_since",
                    "next_leave_at",
                    "admitted",
                    "released_by",
                    "released_by_name",
                    "released_via",
                    "release_reason",
                    "lifted_at",
                ],
            ),
            pgtrigger.Trigger(
                name="lifted_once",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.lifted_at IS NOT NULL"),
                func="RAISE EXCEPTION 'freeze % was lifted already and can never change', OLD.id;",
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.kind} freeze by {self.placed_by_name}"

    @property
    def is_open(self) -> bool:
        """Not lifted yet; one that is being lifted is open until nothing is left that it kept."""
        return self.lifted_at is None

    @property
    def is_overdue(self) -> bool:
        """Open, and somebody should have looked at it again by now."""
        return self.is_open and self.review_by is not None and self.review_by <= timezone.now()

    def whose(self) -> str:
        """Say whose freeze it is and what ends it."""
        since = f"{self.placed_at:%-d %b %H:%M} UTC"
        why = in_short(self.reason)
        whose = f"Frozen by {self.placed_by_name} ({self.kind}) since {since}"
        return f"{whose}: {why} It goes on when that freeze is lifted."

    def selector(self) -> str:
        """Say what it matches, such as ``noop, region=north`` or ``every run``."""
        parts = [self.workflow] if self.workflow else []
        parts += [f"{name}={value}" if value else name for name, value in sorted(self.labels.items())]
        return ", ".join(parts) or "every run"

    def covers(self, workflow: str, labels: dict[str, str]) -> bool:
        """Tell whether the selector matches a run: the Python twin of the gate in ``engine/gates.py``."""
        return self.workflow in (None, workflow) and self.labels.items() <= labels.items()

    def stops(self, execution: Execution) -> bool:
        """Tell whether it keeps a run from going on now; a run that is queued was not yet let go."""
        if not self.is_open or not self.covers(execution.workflow, execution.labels):
            return False
        return self.lifting_since is None or (execution.state == QUEUED and execution.state_since <= self.lifting_since)
