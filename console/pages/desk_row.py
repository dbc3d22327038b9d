"""One row of the inbox: a question or a hold, open or done, put into words."""

import datetime
import hashlib
from dataclasses import dataclass

from django.utils import timezone

from console.pages.run_questions import what_happens_at
from executions import states
from executions.authoring import registry
from executions.authoring.who import Who
from executions.commands.answering import valid_votes
from executions.models import Execution, Hold, Suspension
from executions.queries.worklist import HOLD, OTHERS, QUESTION, Work

SOON = datetime.timedelta(hours=1)
"""So long before a deadline, or a review date, it is shown as pressing."""
HEADINGS = {0: "Urgent", 1: "Waiting for you", 2: "Can wait", OTHERS: "Held by others, not counted as yours"}


@dataclass(frozen=True, slots=True)
class WorkRow:
    """Something to do, or done.

    Args:
        work: with its run and votes.
        url: where it is shown and answered.
        current: is the one shown.
        heading: begins a new part of the list.
    """

    work: Work
    url: str = ""
    current: bool = False
    heading: str = ""

    @property
    def kind(self) -> str:
        """``question`` or ``hold``."""
        return QUESTION if isinstance(self.work, Suspension) else HOLD

    @property
    def id(self) -> str:
        """What names it in addresses and on the page."""
        return f"{self.kind}-{self.work.pk}"

    @property
    def run(self) -> Execution:
        """Its run."""
        return self.work.execution

    @property
    def title(self) -> str:
        """What is asked, or why the run is held."""
        return self.work.title if isinstance(self.work, Suspension) else self.work.reason

    @property
    def run_title(self) -> str:
        """What people call the run."""
        return self.run.title or self.workflow_title

    @property
    def workflow_title(self) -> str:
        """The workflow's title; its name where this installation does not know it (any more)."""
        workflow = registry.find(self.run.workflow)
        return workflow.title if workflow else self.run.workflow

    @property
    def since(self) -> datetime.datetime:
        """When it was asked or placed."""
        return self.work.opened_at if isinstance(self.work, Suspension) else self.work.placed_at

    @property
    def due(self) -> datetime.datetime | None:
        """Until when it is open, or should have been looked at; nothing once it is done."""
        if not self.work.is_open:
            return None
        return self.work.deadline if isinstance(self.work, Suspension) else self.work.review_by

    @property
    def due_tone(self) -> str:
        """How pressing that is: ``bad``, or nothing."""
        return "bad" if self.due and self.due - timezone.now() < SOON else ""

    @property
    def then(self) -> str:
        """What happens at the deadline."""
        return what_happens_at(self.work) if isinstance(self.work, Suspension) and self.due else ""

    @property
    def votes(self) -> str:
        """How many have approved of how many must; empty where one answer closes it."""
        if not isinstance(self.work, Suspension):
            return ""
        needed = Who.of_json(self.work.who).approvals
        given = len(valid_votes(self.work, self.work.votes.all()))
        return f"{given} of {needed} approvals" if needed > 1 else ""

    @property
    def badges(self) -> list[tuple[str, str]]:
        """Words that stand out, each with its tone."""
        told: list[tuple[str, str]] = []
        if isinstance(self.work, Suspension):
            if self.work.urgency != "normal":
                told.append((f"{self.work.urgency} urgency", "bad" if self.work.urgency == "high" else ""))
            told += [("escalated", "")] if self.work.escalated_at else []
            told += [("run is paused", "hold")] if self.work.is_open and self.run.state == states.PAUSED else []
            return told
        told += [("review overdue", "bad")] if self.work.is_overdue else []
        if self.work.kind != "operator":  # what most holds are: no word stands for it
            told.append((self.work.kind, "hold" if self.work.is_open else ""))
        return told + ([("dual control", "")] if self.work.dual_control else [])

    @property
    def by(self) -> str:
        """Whose hold it is, where one may want to know before opening it."""
        return (self.work.responsible or self.work.placed_by_name) if isinstance(self.work, Hold) else ""

    @property
    def done(self) -> str:
        """How and by whom it was closed; empty while it is open."""
        if self.work.is_open:
            return ""
        if isinstance(self.work, Hold):
            return f"Released by {self.work.released_by_name}"
        name = self.work.answered_by_name
        return f"{(self.work.outcome or '').capitalize()}{f' by {name}' if name else ''}"

    @property
    def done_at(self) -> datetime.datetime | None:
        """When it was closed."""
        return self.work.closed_at if isinstance(self.work, Suspension) else self.work.released_at

    @property
    def print(self) -> str:
        """Changes when the row would read otherwise; an open page tells which one it shows."""
        told = (self.votes, self.badges, self.done, self.title, self.by, str(self.due))
        digest = self.work.context_digest if isinstance(self.work, Suspension) else ""
        return hashlib.sha256(repr((told, digest)).encode()).hexdigest()[:8]
