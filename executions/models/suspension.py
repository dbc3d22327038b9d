"""A question the code asks the outside world, answered once."""

import pgtrigger
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from executions.ids import new_id
from executions.models.execution import Execution
from executions.models.guards import no_truncate, overtakes_conditions

KINDS = ("input", "approval", "event", "time", "children")
OUTCOMES = ("answered", "withdrawn", "expired")
URGENCIES = ("low", "normal", "high")
FORMATS = ("form", "text", "yes-no", "choice", "json")
GATE_FORM = "executions.approvals:GateForm"
PAUSE_KEY = "pause"
"""Under which a pause of a route asks."""
ON_DEADLINE = ("fail", "default", "escalate", "cancel")

COUNT_SUSPENSIONS = """
UPDATE executions_execution
SET open_suspensions = open_suspensions + CASE WHEN TG_OP = 'INSERT' THEN 1 ELSE -1 END,
    state_since = CASE WHEN open_holds = 0 THEN now() ELSE state_since END,
    version = version + 1
WHERE id = NEW.execution_id;
RETURN NULL;
"""


class Suspension(models.Model):
    """A question of one step: what is asked, what was shown, who answered what."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    execution = models.ForeignKey(Execution, on_delete=models.PROTECT, related_name="suspensions")
    position = models.IntegerField(help_text="The step's position in the run, so that a loop may ask again")
    pass_no = models.SmallIntegerField(db_default=0, help_text="The run's pass, so that a step done anew asks anew")
    step = models.TextField()
    key = models.TextField()
    kind = models.TextField(db_default="input")
    title = models.TextField()
    prompt = models.TextField(blank=True, db_default="")
    form = models.TextField(null=True, blank=True, help_text="module:QualifiedName of a Django form")
    format = models.TextField(db_default="form")
    choices = models.JSONField(null=True, blank=True, help_text="Value and label of each, for the format choice")
    who = models.JSONField(null=True, blank=True, help_text="Who may answer, and how many must; see authoring.who")
    replaces = models.JSONField(default=dict, help_text="Form field → name of the run's file its upload replaces")
    context = models.JSONField(default=dict, encoder=DjangoJSONEncoder, help_text="What the person is shown")
    context_digest = models.TextField(help_text="sha256 of what is shown; an answer is bound to it")
    urgency = models.TextField(db_default="normal")
    opened_at = models.DateTimeField(db_default=Now())
    deadline = models.DateTimeField(null=True, blank=True, help_text="What happens when nobody answered by then: below")
    on_deadline = models.TextField(db_default="fail")
    default_answer = models.JSONField(null=True, blank=True, help_text="Taken at the deadline, for `default`")
    escalate = models.JSONField(null=True, blank=True, help_text="who, and seconds until the next deadline")
    escalated_at = models.DateTimeField(null=True, blank=True)
    remind_seconds = models.IntegerField(null=True, blank=True, help_text="How often to remind of it")
    remind_at = models.DateTimeField(null=True, blank=True)
    awaits = models.JSONField(null=True, blank=True, help_text="Keys of the children waited for; all where null")
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(null=True, blank=True)
    answer = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    comment = models.TextField(blank=True, db_default="")
    answered_by = models.TextField(null=True, blank=True)
    answered_by_name = models.TextField(null=True, blank=True)
    answered_via = models.TextField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            # A run's open questions; the inbox.
            models.Index(F("execution"), F("opened_at"), name="suspension_open", condition=Q(closed_at__isnull=True)),
            # The list of runs: those that wait for a person.
            models.Index(
                F("execution"),
                name="suspension_person",
                condition=Q(closed_at__isnull=True, kind__in=("input", "approval")),
            ),
            # The inbox: urgent ones first, then oldest.
            models.Index(
                F("urgency"),
                F("id"),
                name="suspension_inbox",
                condition=Q(closed_at__isnull=True, kind__in=("input", "approval")),
            ),
            # The sweeper: questions whose deadline has passed.
            models.Index(
                F("deadline"),
                name="suspension_deadline",
                condition=Q(closed_at__isnull=True, deadline__isnull=False),
            ),
            # The sweeper: questions to remind of, joins to look at.
            models.Index(
                F("remind_at"), name="suspension_remind", condition=Q(closed_at__isnull=True, remind_at__isnull=False)
            ),
            # What one person, or everybody, has answered, newest first.
            models.Index(
                F("answered_by"),
                F("closed_at").desc(),
                name="suspension_closed_by",
                condition=Q(closed_at__isnull=False),
            ),
            models.Index(F("closed_at").desc(), name="suspension_closed", condition=Q(closed_at__isnull=False)),
            models.Index(F("execution"), name="suspension_join", condition=Q(closed_at__isnull=True, kind="children")),
        ]
        constraints = [
            models.UniqueConstraint(
                "execution",
                "position",
                "pass_no",
                "step",
                "key",
                name="suspension_key_unique",
                condition=Q(outcome__isnull=True) | ~Q(outcome="withdrawn"),
            ),
            models.CheckConstraint(name="suspension_kind_known", condition=Q(kind__in=KINDS)),
            models.CheckConstraint(name="suspension_urgency_known", condition=Q(urgency__in=URGENCIES)),
            models.CheckConstraint(name="suspension_format_known", condition=Q(format__in=FORMATS)),
            models.CheckConstraint(name="suspension_on_deadline_known", condition=Q(on_deadline__in=ON_DEADLINE)),
            models.CheckConstraint(
                name="suspension_closed_has_outcome",
                condition=Q(closed_at__isnull=True, outcome__isnull=True)
                # IN alone would be unknown for NULL, and a CHECK takes what is unknown for true.
                | Q(closed_at__isnull=False, outcome__isnull=False, outcome__in=OUTCOMES),
            ),
            models.CheckConstraint(
                name="suspension_answered_by_somebody",
                condition=~Q(outcome="answered") | Q(answered_by__isnull=False, answer__isnull=False),
            ),
            models.CheckConstraint(
                name="suspension_expired_by_its_deadline",
                condition=~Q(outcome="expired") | Q(answered_by__isnull=False, deadline__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="count_opened", operation=pgtrigger.Insert, when=pgtrigger.After, func=COUNT_SUSPENSIONS
            ),
            pgtrigger.Trigger(
                name="count_closed",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                condition=pgtrigger.Condition("OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL"),
                func=COUNT_SUSPENSIONS,
            ),
            overtakes_conditions("suspension_id", "OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL"),
            pgtrigger.Trigger(
                name="answered_once",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.closed_at IS NOT NULL"),
                func="RAISE EXCEPTION 'suspension % is closed and can never change', OLD.id;",
            ),
            # What was asked stays; the digest of what is shown follows replaced files, and an escalation may put the
            # question to others.
            pgtrigger.ReadOnly(
                name="asked_as_it_was",
                exclude=[
                    "context_digest",
                    "who",
                    "urgency",
                    "deadline",
                    "escalated_at",
                    "remind_at",
                    "closed_at",
                    "outcome",
                    "answer",
                    "comment",
                    "answered_by",
                    "answered_by_name",
                    "answered_via",
                ],
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_gate(self) -> bool:
        """Whether it stands before a step, whose exact input may be changed by the answer."""
        return self.form == GATE_FORM

    @property
    def shows_input(self) -> bool:
        """Whether it is a gate or a pause of a route, which show the payload as it is now."""
        return self.is_gate or self.key == PAUSE_KEY

    @property
    def named(self) -> dict[str, str]:
        """What every line of the history says of it."""
        return {"suspension": str(self.pk), "key": self.key, "step": self.step, "kind": self.kind}

    @property
    def is_open(self) -> bool:
        """Not answered, withdrawn or expired yet."""
        return self.closed_at is None


class Vote(models.Model):
    """One person's approval of a question that several must approve. Votes are added, never changed."""

    suspension = models.ForeignKey(Suspension, on_delete=models.PROTECT, related_name="votes")
    user = models.IntegerField(help_text="The person behind the actor: a token is no second person")
    voted_by = models.TextField(help_text="Stable id of the actor")
    voted_by_name = models.TextField()
    via = models.TextField()
    comment = models.TextField(blank=True, db_default="")
    answer = models.JSONField(encoder=DjangoJSONEncoder)
    context_digest = models.TextField(help_text="What the person was shown; a vote on what has changed since is void")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(F("suspension"), F("user"), F("context_digest"), name="vote_once")]
        # What one person has approved, newest first.
        indexes = [models.Index(F("user"), F("at").desc(), name="vote_by_user")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.voted_by_name}"
