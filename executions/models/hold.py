"""Somebody's claim that an execution must not advance, and the notes on it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from executions.ids import new_id
from executions.models.execution import Execution
from executions.models.guards import no_truncate, overtakes_conditions
from executions.states import HOLD_KINDS, HoldFacts

if TYPE_CHECKING:
    from executions.models.trigger import Trigger

COUNT_HOLDS = """
IF TG_OP = 'INSERT' THEN
    UPDATE executions_execution SET
        open_holds = open_holds + (NEW.before_step IS NULL)::int,
        breakpoints = CASE WHEN NEW.before_step IS NULL THEN breakpoints
                           ELSE array_append(breakpoints, NEW.before_step) END,
        state_since = CASE WHEN open_holds = 0 AND (NEW.before_step IS NULL OR NEW.before_step = ahead[1]
                               AND lease_until IS NULL AND NEW.before_step <> ALL (breakpoints))
                           THEN now() ELSE state_since END,
        version = version + 1
    WHERE id = NEW.execution_id;
ELSE
    UPDATE executions_execution SET
        open_holds = open_holds - (OLD.before_step IS NULL)::int,
        breakpoints = CASE WHEN OLD.before_step IS NULL THEN breakpoints ELSE coalesce((
            SELECT array_agg(other.before_step) FROM executions_hold other
            WHERE other.execution_id = OLD.execution_id AND other.released_at IS NULL
              AND other.before_step IS NOT NULL AND other.id <> OLD.id), '{}') END,
        state_since = CASE WHEN OLD.before_step IS NULL AND open_holds = 1
                             OR OLD.before_step = ahead[1] AND open_holds = 0 AND lease_until IS NULL
                                AND cardinality(array_positions(breakpoints, OLD.before_step)) = 1
                           THEN now() ELSE state_since END,
        version = version + 1
    WHERE id = OLD.execution_id;
END IF;
RETURN NULL;
"""


class Hold(models.Model):
    """A hold on one execution: who, when, why, until what; released by whom and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    execution = models.ForeignKey(Execution, on_delete=models.PROTECT, related_name="holds")
    kind = models.TextField()
    reason = models.TextField()
    reason_code = models.TextField(blank=True, db_default="")
    ticket = models.TextField(blank=True, db_default="", help_text="Link or number of the case elsewhere")
    before_step = models.TextField(null=True, blank=True, help_text="In force only when this step is next")
    blocks_cancel = models.BooleanField(db_default=False)
    dual_control = models.BooleanField(db_default=False, help_text="Whoever placed it may not release it")
    scope = models.TextField(db_default="this", help_text="this run, or the tree of its children too")
    spread_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="spread", help_text="Hold on an ancestor"
    )
    review_by = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(null=True, blank=True, help_text="When the history said that it is overdue")
    responsible = models.TextField(
        blank=True, db_default="", help_text="Who looks after it now; a hand-over changes it"
    )
    placed_by_user = models.IntegerField(null=True, blank=True, help_text="The person behind it")
    placed_by = models.TextField(help_text="Stable id of the actor")
    placed_by_name = models.TextField()
    placed_via = models.TextField()
    placed_at = models.DateTimeField(db_default=Now())
    released_by = models.TextField(null=True, blank=True)
    released_by_name = models.TextField(null=True, blank=True)
    released_via = models.TextField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    release_reason = models.TextField(blank=True, db_default="")

    class Meta:
        default_permissions = ()
        indexes = [
            # A run's open holds: every page of a run, every resume.
            models.Index(F("execution"), F("placed_at"), name="hold_open", condition=Q(released_at__isnull=True)),
            # The list of runs by who holds them, and by kind of hold.
            models.Index(F("kind"), F("placed_by_name"), name="hold_placer", condition=Q(released_at__isnull=True)),
            models.Index(F("responsible"), F("kind"), name="hold_responsible", condition=Q(released_at__isnull=True)),
            # Search by reason.
            GinIndex(SearchVector("reason", config="simple"), name="hold_search"),
            # Releasing a tree: what was spread from a hold.
            models.Index(F("spread_from"), name="hold_spread", condition=Q(spread_from__isnull=False)),
            # Overdue ones.
            models.Index(
                F("review_by"), name="hold_review", condition=Q(released_at__isnull=True, review_by__isnull=False)
            ),
            # The list of open holds and the inbox, oldest first; what was spread from a run above shows there.
            models.Index(
                F("id"), name="hold_worklist", condition=Q(released_at__isnull=True, spread_from__isnull=True)
            ),
            # The inbox: those that not everybody may release, and that somebody else has to look at.
            models.Index(F("id"), name="hold_dual", condition=Q(released_at__isnull=True, dual_control=True)),
            # What one person, or everybody, has released, newest first.
            models.Index(
                F("released_by"),
                F("released_at").desc(),
                name="hold_released_by",
                condition=Q(released_at__isnull=False),
            ),
            models.Index(F("released_at").desc(), name="hold_released", condition=Q(released_at__isnull=False)),
            # Every hold of a run, released ones too: its page.
            models.Index(F("execution"), F("placed_at"), name="hold_execution"),
        ]
        constraints = [
            models.CheckConstraint(name="hold_kind_known", condition=Q(kind__in=HOLD_KINDS)),
            models.CheckConstraint(name="hold_scope_known", condition=Q(scope__in=("this", "tree"))),
            models.CheckConstraint(name="hold_has_reason", condition=Q(reason__regex=r"\S")),
            models.CheckConstraint(
                name="hold_released_by_somebody",
                condition=Q(released_at__isnull=True, released_by__isnull=True)
                | Q(released_at__isnull=False, released_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(name="count_placed", operation=pgtrigger.Insert, when=pgtrigger.After, func=COUNT_HOLDS),
            pgtrigger.Trigger(
                name="count_released",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                condition=pgtrigger.Condition("OLD.released_at IS NULL AND NEW.released_at IS NOT NULL"),
                func=COUNT_HOLDS,
            ),
            overtakes_conditions("hold_id", "OLD.released_at IS NULL AND NEW.released_at IS NOT NULL"),
            pgtrigger.Trigger(
                name="released_once",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.released_at IS NOT NULL"),
                func="RAISE EXCEPTION 'hold % was released already and can never change', OLD.id;",
            ),
            # What was said when it was placed stays; a count that followed a changed row would lie.
            pgtrigger.ReadOnly(
                name="placed_as_it_was",
                exclude=[
                    "released_by",
                    "released_by_name",
                    "released_via",
                    "released_at",
                    "release_reason",
                    "responsible",
                    "overdue_at",
                ],
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            no_truncate(),
        ]

    new_conditions: "Sequence[Trigger]" = ()
    """Those set together with it, on the very object that the placing command returns."""

    def __str__(self) -> str:
        return f"{self.kind} hold by {self.placed_by_name}"

    @property
    def is_open(self) -> bool:
        """Not released yet."""
        return self.released_at is None

    @property
    def is_overdue(self) -> bool:
        """Open, and somebody should have looked at it again by now."""
        return self.is_open and self.review_by is not None and self.review_by <= timezone.now()

    @property
    def facts(self) -> HoldFacts:
        """What the rules in ``states`` need to know of this hold."""
        return HoldFacts(
            str(self.id),
            self.kind,
            self.placed_by_name,
            self.reason,
            self.blocks_cancel,
            self.placed_by_user if self.dual_control else None,
            f"{self.placed_at:%-d %b %H:%M} UTC",
        )


class HoldNote(models.Model):
    """A note on a hold. Notes are added, never changed."""

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField()
    author = models.TextField(help_text="Stable id of the actor")
    author_name = models.TextField()
    via = models.TextField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        ordering = ["at", "id"]
        constraints = [models.CheckConstraint(name="note_has_text", condition=Q(text__regex=r"\S"))]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return self.text
