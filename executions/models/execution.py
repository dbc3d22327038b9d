"""One run of a workflow: the facts, and the state the database derives from them."""

import datetime

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from executions.access import SCOPES
from executions.ids import new_id
from executions.models.guards import no_truncate
from executions.models.possible import POSSIBLE_FACTS
from executions.passes import pass_at
from executions.states import Facts


class StateOfFacts(Func):
    """The SQL twin of ``states.state_of``: first line that matches."""

    template = (
        "(CASE WHEN outcome IS NOT NULL THEN outcome"
        " WHEN cancel_requested_at IS NOT NULL THEN 'cancelling'"
        " WHEN lease_until IS NOT NULL AND open_holds > 0 THEN 'pausing'"
        " WHEN lease_until IS NOT NULL THEN 'processing'"
        " WHEN open_holds > 0 OR coalesce(ahead[1] = ANY (breakpoints), false) THEN 'paused'"
        " WHEN open_suspensions > 0 THEN 'suspended'"
        " ELSE 'queued' END)"
    )
    arity = 0
    output_field = models.TextField()


# The ledger's head names the transaction of its last event, and its row lock keeps others away.
NEEDS_AN_EVENT = """
IF NOT EXISTS (SELECT FROM executions_ledger
               WHERE id = NEW.id AND written_in = pg_current_xact_id()::text::bigint)
THEN RAISE EXCEPTION 'execution % changed its state without an event', NEW.id;
END IF;
RETURN NULL;
"""


class Execution(models.Model):
    """One run of a workflow: payload, the steps still ahead, and the facts its state is derived from."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.TextField()
    title = models.TextField(blank=True, db_default="")
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    labels = models.JSONField(default=dict, blank=True)
    launched_by = models.TextField(help_text="Stable id of the actor")
    launched_by_name = models.TextField()
    launched_by_user = models.IntegerField(null=True, blank=True, help_text="The person behind it, children included")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    parent_key = models.TextField(null=True, blank=True, help_text="What its parent calls it")
    depth = models.SmallIntegerField(db_default=0, help_text="0 for a run without a parent")
    forked_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="forks")
    forked_at = models.BigIntegerField(null=True, blank=True, help_text="Line of that run's history it begins after")
    fingerprint = models.TextField(blank=True, db_default="", help_text="Of the workflow's route it was launched with")
    priority = models.SmallIntegerField(db_default=5, help_text="0 to 9; 9 goes first")
    created_at = models.DateTimeField(db_default=Now())

    ahead = ArrayField(models.TextField(), default=list, help_text="Names of the steps ahead; the first is next")
    steps_done = models.IntegerField(db_default=0, help_text="Boundaries passed; also the position of the next step")
    attempt = models.SmallIntegerField(db_default=0, help_text="Failed attempts of the next step so far")
    passes = ArrayField(
        models.IntegerField(), default=list, help_text="Positions from which on it was sent back to do steps anew"
    )
    errors = models.IntegerField(db_default=0, help_text="Errors since the error threshold last held it")
    interrupted = models.SmallIntegerField(db_default=0, help_text="Leases lost in the next step so far")
    not_before = models.DateTimeField(null=True, blank=True)

    owner = models.TextField(null=True, blank=True, help_text="Worker that holds the lease")
    lease_until = models.DateTimeField(null=True, blank=True)
    epoch = models.IntegerField(db_default=0, help_text="Counts claims and expiries; fences late writes")

    # The clock that stops while people think; a trigger keeps it. Running: `sla_due` says when it is spent, stopped:
    # `sla_left` says what remains.
    sla_left = models.FloatField(null=True, blank=True, help_text="Seconds left, as of when the clock last stopped")
    sla_due = models.DateTimeField(null=True, blank=True, help_text="When it is spent; null while the clock stands")
    sla_breached_at = models.DateTimeField(null=True, blank=True)
    budgets = models.JSONField(null=True, blank=True, help_text="What it may spend, by name")
    spent = models.JSONField(null=True, blank=True, help_text="What it has spent, by name")

    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    open_holds = models.IntegerField(db_default=0, help_text="Kept by a trigger on holds")
    breakpoints = ArrayField(models.TextField(), default=list, help_text="Kept by a trigger on holds")
    open_suspensions = models.IntegerField(db_default=0, help_text="Kept by a trigger on suspensions")

    outcome = models.TextField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.JSONField(null=True, blank=True, help_text="type, message, traceback and step of the last failure")
    progress = models.JSONField(null=True, blank=True, help_text="done, total and note, told by the step")
    resumed = models.JSONField(null=True, blank=True, help_text="trigger, data, context and actor of the last resume")

    state = models.GeneratedField(expression=StateOfFacts(), output_field=models.TextField(), db_persist=True)
    state_since = models.DateTimeField(db_default=Now())
    version = models.BigIntegerField(db_default=0, help_text="Grows with every change; orders signals, guards amends")

    class Meta:
        default_permissions = ("view",)
        permissions = [
            (codename, f"Scope {scope}") for scope, codename in SCOPES.items() if codename != "view_execution"
        ]
        indexes = [
            # The list's state tabs, newest first; the sweeper's "queued" and "leased" look-ups. It includes the time of
            # launching, so that those launched lately are counted without a look at the rows.
            models.Index(F("state"), F("id").desc(), name="execution_state_id", include=["created_at"]),
            # The list filtered by workflow, and by who launched: state by state, so that both ask for no row in vain.
            models.Index(F("workflow"), F("state"), F("id").desc(), name="execution_workflow"),
            models.Index(F("launched_by_name"), F("state"), F("id").desc(), name="execution_launcher"),
            # The list, longest in its state first; a row is in this index or in the one of the finished.
            models.Index(
                F("state"), F("state_since"), F("id"), name="execution_since", condition=Q(outcome__isnull=True)
            ),
            # The list, highest priority first.
            models.Index(
                F("state"), F("priority"), F("id"), name="execution_priority", condition=Q(outcome__isnull=True)
            ),
            # The list by time of finishing, and its filter.
            models.Index(
                F("outcome"), F("finished_at"), F("id"), name="execution_finished", condition=Q(outcome__isnull=False)
            ),
            # The same of one workflow, of which there may be none for long among all that finished.
            models.Index(
                F("workflow"),
                F("outcome"),
                F("finished_at"),
                F("id"),
                name="execution_workflow_finished",
                condition=Q(outcome__isnull=False),
            ),
            # The sweeper: retries and delayed launches that have come due.
            models.Index(
                F("not_before"), name="execution_due", condition=Q(not_before__isnull=False, outcome__isnull=True)
            ),
            # Tree commands, joins and a child's key; most runs have no parent.
            models.Index(F("parent"), F("parent_key"), name="execution_parent", condition=Q(parent__isnull=False)),
            # Joins: is any child still at work? Finished ones have left it, so the answer costs one look.
            models.Index(
                F("parent"),
                name="execution_unfinished",
                condition=Q(parent__isnull=False, outcome__isnull=True),
            ),
            # The sweeper: clocks that run out.
            models.Index(
                F("sla_due"), name="execution_sla", condition=Q(sla_due__isnull=False, sla_breached_at__isnull=True)
            ),
            # Search by title, workflow and person.
            GinIndex(SearchVector("title", "workflow", "launched_by_name", config="simple"), name="execution_search"),
            # Search by label.
            GinIndex(F("labels"), name="execution_labels"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="facts_are_possible",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                declare=[("impossible", "TEXT"), ("ran", "BOOLEAN"), ("runs", "BOOLEAN")],
                func=POSSIBLE_FACTS,
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            no_truncate(),
            # The counts are written by the triggers on holds and suspensions alone, which run one level deeper.
            # UPDATE OF: no statement of the hot path names these columns, so none pays for this.
            pgtrigger.Trigger(
                name="counts_follow_rows",
                operation=pgtrigger.UpdateOf("open_holds", "breakpoints", "open_suspensions"),
                when=pgtrigger.Before,
                func="""
                IF pg_trigger_depth() < 2 THEN
                    RAISE EXCEPTION 'the counters of execution % follow its holds and questions', OLD.id;
                END IF;
                RETURN NEW;
                """,
            ),
            # Invariant 6: at commit, a run that was born or changed its state must have an event of this very
            # transaction. The conditions are looked at at once, so a boundary that changes no state queues nothing.
            pgtrigger.Trigger(
                name="no_silent_birth",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func=NEEDS_AN_EVENT,
            ),
            pgtrigger.Trigger(
                name="no_silent_transition",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Condition("OLD.state IS DISTINCT FROM NEW.state"),
                func=NEEDS_AN_EVENT,
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.workflow} {self.id}"

    @property
    def facts(self) -> Facts:
        """The stored facts, for the rules in ``states``."""
        return Facts(
            outcome=self.outcome,
            cancel_requested=self.cancel_requested_at is not None,
            leased=self.lease_until is not None,
            open_holds=self.open_holds,
            at_breakpoint=bool(self.ahead) and self.ahead[0] in self.breakpoints,
            open_suspensions=self.open_suspensions,
        )

    def sla_seconds_left(self, now: datetime.datetime) -> float | None:
        """Seconds until the SLA is spent, negative once it is; None for a run without one.

        Args:
            now: the database's time.
        """
        if self.sla_due is not None:
            return (self.sla_due - now).total_seconds()
        return self.sla_left

    @property
    def next_step(self) -> str | None:
        """Name of the step that runs next (or is running); None when only the end lies ahead."""
        return self.ahead[0] if self.ahead else None

    @property
    def pass_no(self) -> int:
        """The pass that the next step is in; see ``passes.pass_at``."""
        return pass_at(self.passes, self.steps_done)

    @property
    def steps_total(self) -> int:
        """Steps done plus steps ahead."""
        return self.steps_done + len(self.ahead)
