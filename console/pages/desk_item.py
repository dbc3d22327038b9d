"""A question or a hold with all that is needed to decide on it, as the inbox and the list of holds show it."""

import functools
import uuid

from django.http import HttpRequest
from django.urls import reverse

from console.pages import run_forms
from console.pages.base import actor_of
from console.pages.control_forms import HandOverForm
from console.pages.desk_row import WorkRow
from console.pages.run_offers import Attempt, HoldView
from console.pages.run_page import RunPage
from console.pages.run_questions import QuestionView, view_question
from executions.commands.answering import answer_verdict, person_behind
from executions.commands.hold import note_verdict
from executions.models import Hold, Suspension
from executions.queries.worklist import KINDS, Work, find_work
from executions.states import RELEASE_SCOPE


class DeskItem:
    """What is chosen. Lazy, as ``RunPage`` is.

    Args:
        request: whose page.
        work: the question or the hold, with its run.
        attempt: the refused command of this request, if any.
    """

    def __init__(self, request: HttpRequest, work: Work, attempt: Attempt | None = None) -> None:
        self.request = request
        self.work = work
        self.attempt = attempt
        self.actor = actor_of(request)
        self.execution = work.execution
        self.run = RunPage(request, work.execution, attempt)

    @property
    def row(self) -> WorkRow:
        """The same in short."""
        return WorkRow(self.work)

    @property
    def run_address(self) -> str:
        """Its place on the page of its run."""
        return f"{reverse('execution', args=[self.execution.pk])}#{self.row.id}"

    @functools.cached_property
    def question(self) -> QuestionView | None:
        """The question with its form."""
        asked = self.work
        if not isinstance(asked, Suspension):
            return None
        newest = {history.name: history.newest for history in self.run.files}
        verdict = answer_verdict(asked, self.execution, self.actor, person_behind(self.actor), asked.votes.all())
        return view_question(self.request, asked, newest, self.attempt, self.run.step_title(asked.step), verdict)

    @functools.cached_property
    def hold(self) -> HoldView | None:
        """The hold with its commands."""
        hold = self.work
        if not isinstance(hold, Hold):
            return None
        key, run = str(hold.pk), self.run
        return HoldView(
            hold,
            any(hold.pk == each.pk for each in run.in_force),
            run.offer("annotate", note_verdict(self.actor), run_forms.NoteForm, key=key),
            run.offer("release", run.may_release(hold), run_forms.ReleaseForm, key=key),
            run.offer("hand-over", run.may_hand_over(hold), HandOverForm, key=key, people=run.heirs(hold)),
        )

    @property
    def dual_control(self) -> str:
        """What dual control means for the person who looks; empty where it does not apply."""
        hold = self.work
        if not isinstance(hold, Hold) or not hold.dual_control or not hold.is_open or hold.placed_by_user is None:
            return ""
        if hold.placed_by_user == self.actor.user_id:
            return "Dual control: you placed it; somebody else must release it."
        told = f"Dual control: {hold.placed_by_name} placed it and cannot release it."
        return f"{told} You can." if self.actor.can(RELEASE_SCOPE[hold.kind]) else told

    @property
    def release_says(self) -> str:
        """What releasing will do."""
        others = len(self.run.in_force) - 1
        if not self.hold or not self.hold.in_force:
            return "The run will not stop there."
        if others > 0:
            return f"The run stays held: {others} other hold{'s are' if others > 1 else ' is'} in force."
        if self.execution.open_suspensions:
            return "The run still waits for an answer."
        return f"The run goes on with {self.run.next_title}."


def read_item(text: str) -> tuple[str, uuid.UUID] | None:
    """Read which item an address names, as ``question-<id>`` or ``hold-<id>``; None where it names none."""
    kind, _, key = text.partition("-")
    try:
        return (kind, uuid.UUID(key)) if kind in KINDS else None
    except ValueError:
        return None


def chosen(request: HttpRequest, text: str, attempt: Attempt | None = None) -> DeskItem | None:
    """Return the item that an address names; None where there is none."""
    named = read_item(text)
    work = find_work(*named) if named else None
    return DeskItem(request, work, attempt) if work else None
