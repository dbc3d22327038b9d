"""Everything the page of one run shows, gathered in a constant number of queries."""

import functools
import json
from dataclasses import replace

from django.http import HttpRequest

from console.pages import run_forms
from console.pages.base import actor_of
from console.pages.control_forms import HandOverForm
from console.pages.run_amend import RunAmend
from console.pages.run_bar import RunBar
from console.pages.run_control import RunControl
from console.pages.run_history_part import HistoryPart
from console.pages.run_offers import Attempt, HoldView
from console.pages.run_questions import QuestionView, view_question
from console.pages.run_row import RunRow, lasting_first
from console.pages.run_says import RunSays
from console.pages.run_steps import StepRow, rows_of
from console.pages.run_timeline import RunTimeline
from console.pages.run_words import RunWords
from executions import queries
from executions.actors import Actor
from executions.authoring import registry
from executions.commands.answering import answer_verdict, person_behind
from executions.commands.base import holds_in_force, tell_of_freezes, verdicts
from executions.commands.hand_over import hand_over_verdict
from executions.commands.hold import note_verdict, release_verdict
from executions.models import Event, Execution, Freeze, Hold
from executions.queries.tree import Tree, children_of, parent_of, tree_of
from executions.states import RELEASE_SCOPE, Verdict

COPY_LIMIT = 64 * 1024
"""A longer payload is not put on the page a second time for its copy button; it can be opened as JSON."""


class RunPage(RunWords, RunSays, RunControl, RunBar, RunTimeline, RunAmend):
    """One run as one person sees it now. Lazy: a part that is not shown costs nothing.

    Args:
        request: whose page; ``before`` and ``acts`` in its query narrow the history, ``replace`` names a file.
        execution: as just read.
        attempt: the refused command of this request.
    """

    def __init__(self, request: HttpRequest, execution: Execution, attempt: Attempt | None = None) -> None:
        self.request = request
        self.execution = execution
        self.attempt = attempt
        self.actor: Actor = actor_of(request)
        self.workflow = registry.find(execution.workflow)
        self._names: dict[str, list[str]] = {}

    # Parts
    @functools.cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """Every command judged."""
        judged = verdicts(self.execution, self.actor, self.in_force)
        return judged | {"resume": tell_of_freezes(judged["resume"], self.frozen)}

    @functools.cached_property
    def freezes(self) -> list[Freeze]:
        """Every freeze that covered the run at some time of its life, open ones first."""
        return queries.freezes_over(self.execution)

    @functools.cached_property
    def frozen(self) -> list[Freeze]:
        """Those that keep it from going on now, the oldest first."""
        return [freeze for freeze in reversed(self.freezes) if freeze.stops(self.execution)]

    @functools.cached_property
    def in_force(self) -> list[Hold]:
        """The holds that keep the run from advancing now: those that outlast a resume first, then the oldest."""
        return lasting_first(holds_in_force(self.execution))

    @functools.cached_property
    def holds(self) -> list[HoldView]:
        """Every hold, open ones first."""
        in_force = {hold.pk for hold in self.in_force}
        noting = note_verdict(self.actor)
        return [
            HoldView(
                hold,
                hold.pk in in_force,
                self.offer("annotate", noting, run_forms.NoteForm, key=str(hold.pk)),
                self.offer("release", self.may_release(hold), run_forms.ReleaseForm, key=str(hold.pk)),
                self.offer(
                    "hand-over", self.may_hand_over(hold), HandOverForm, key=str(hold.pk), people=self.heirs(hold)
                ),
                self.events_awaited(hold.conditions.all()) if hold.is_open else (),
            )
            for hold in queries.holds_of(self.execution)
        ]

    def may_release(self, hold: Hold) -> Verdict:
        """Judge whether this person may release a hold."""
        return release_verdict(self.execution, hold, self.actor)

    def may_hand_over(self, hold: Hold) -> Verdict:
        """Judge whether this person may hand a hold over."""
        return hand_over_verdict(self.execution, hold, self.actor)

    def heirs(self, hold: Hold) -> list[str]:
        """Name those whom this person may hand a hold over to; one query for all holds of a kind."""
        if not self.may_hand_over(hold).allowed:
            return []
        scope = RELEASE_SCOPE[hold.kind]
        if scope not in self._names:
            self._names[scope] = queries.names_with(scope)
        return [name for name in self._names[scope] if name != hold.responsible]

    @property
    def released_holds(self) -> list[HoldView]:
        """Those released, newest first."""
        return [view for view in self.holds if not view.hold.is_open]

    @property
    def open_holds(self) -> int:
        """Number of open holds; a breakpoint ahead is one."""
        return sum(view.hold.is_open for view in self.holds)

    @functools.cached_property
    def files(self) -> list[queries.FileHistory]:
        """The run's files, each with its versions."""
        return queries.files_of(self.execution)

    @functools.cached_property
    def questions(self) -> list[QuestionView]:
        """Every question, open ones first."""
        newest = {history.name: history.newest for history in self.files}
        behind = person_behind(self.actor)
        views = [
            view_question(
                self.request,
                asked,
                newest,
                self.attempt,
                self.step_title(asked.step),
                answer_verdict(asked, self.execution, self.actor, behind, asked.votes.all()),
            )
            for asked in queries.questions_of(self.execution)
        ]
        return [
            replace(view, events=self.events_awaited(view.asked.conditions.all())) if view.asked.is_open else view
            for view in views
        ]

    @property
    def open_questions(self) -> list[QuestionView]:
        """Those that wait for an answer."""
        return [view for view in self.questions if view.asked.is_open]

    @property
    def waits_for_people(self) -> bool:
        """An open question is one that a person answers."""
        return any(view.for_people for view in self.open_questions)

    @property
    def answerable(self) -> bool:
        """This person may answer one of them now."""
        return any(view.for_people and view.verdict.allowed for view in self.open_questions)

    @property
    def input_is_asked(self) -> bool:
        """An open question shows the payload, so that it needs not be shown twice."""
        return any(view.asked.shows_input for view in self.open_questions)

    @property
    def closed_questions(self) -> list[QuestionView]:
        """Those that were answered or withdrawn."""
        return [view for view in self.questions if not view.asked.is_open]

    @functools.cached_property
    def steps(self) -> list[StepRow]:
        """The route, with the gates that stand across it."""
        return rows_of(self.execution, self.in_force, [view.hold for view in self.holds], self.questions)

    @property
    def may_stop(self) -> bool:
        """A breakpoint can be set now."""
        return self.verdicts["pause"].allowed

    @property
    def stop_before(self) -> str:
        """The step before which a breakpoint is about to be set."""
        return self.request.GET.get("stop", "") if self.request.method == "GET" else ""

    @property
    def stop_form(self) -> run_forms.StopForm:
        """Why the run is to stop there."""
        return run_forms.StopForm(name="stop")

    # Family
    @functools.cached_property
    def tree(self) -> Tree:
        """What is below the run, and what of its tree a worker is on."""
        return tree_of(self.execution)

    @functools.cached_property
    def children(self) -> list[RunRow]:
        """The run's children, those that need somebody first; the list of runs has all of them."""
        return [RunRow(child) for child in children_of(self.execution)] if self.tree.total else []

    @functools.cached_property
    def parent(self) -> Execution | None:
        """The run that launched this one."""
        return parent_of(self.execution)

    @functools.cached_property
    def cancelled(self) -> Event | None:
        """Who cancelled the run and why."""
        return queries.cancel_request(self.execution)

    # Payload
    @functools.cached_property
    def payload_text(self) -> str:
        """The payload as JSON, for the copy button; empty where it is too long for that."""
        text = json.dumps(self.execution.payload, indent=2, ensure_ascii=False)
        return text if len(text) <= COPY_LIMIT else ""

    @property
    def payload_depth(self) -> int:
        """Levels of the payload that are open at first: a large one starts folded."""
        return 2 if 0 < len(self.payload_text) < 2500 else 1

    # History
    @functools.cached_property
    def history(self) -> HistoryPart:
        """One page of the history."""
        return HistoryPart(self.request, self.execution, self.step_title, self.last_line)

    @property
    def last_line(self) -> int:
        """Number of the newest line of its history."""
        return getattr(self.execution, "last_line", 0)

    @property
    def last_told(self) -> int:
        """Number of the newest line that is more than what a step logged."""
        return getattr(self.execution, "last_told", 0)

    @property
    def payload_digest(self) -> str:
        """Tells whether the payload is another one."""
        return getattr(self.execution, "payload_digest", "")

    # Limits
    @functools.cached_property
    def clock(self) -> queries.Clock | None:
        """Its SLA clock."""
        return queries.clock_of(self.execution)

    @functools.cached_property
    def budgets(self) -> list[queries.Budget]:
        """What it may spend, and what it has spent."""
        return queries.budgets_of(self.execution)
