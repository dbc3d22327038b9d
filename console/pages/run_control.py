"""The commands as the page of a run offers them to one person, each with its form."""

import functools
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from console import moments
from console.pages import control_forms, file_forms, pause_forms, run_forms
from console.pages.label_form import LabelForm
from console.pages.run_offers import Attempt, EventOffer, Offer, make_offer
from executions import queries, states
from executions.actors import Actor
from executions.commands.emission import emit_verdict
from executions.commands.foresight import Foresight
from executions.commands.reason import OFFERED_FOR
from executions.models import Execution, ReasonTemplate, Trigger
from executions.provenance import to_json
from executions.queries.boundaries import FINISHED, LAUNCHED, RETRIED, SKIPPED, Boundary, boundaries
from executions.queries.tree import Tree
from executions.states import Verdict

ENDED = {FINISHED: "finished", SKIPPED: "skipped"}


class RunControl:
    """What a person can do to a run. The class that gathers the page provides the rest."""

    request: HttpRequest
    attempt: Attempt | None
    execution: Execution
    actor: Actor
    verdicts: dict[str, Verdict]
    tree: Tree
    files: list[queries.FileHistory]
    clock: queries.Clock | None
    budgets: list[queries.Budget]
    step_title: Any
    next_title: Any

    @functools.cached_property
    def foresight(self) -> Foresight:
        """What commands would refuse for reasons that only they look at."""
        return Foresight(self.execution, self.actor, self.verdicts, has_children=self.tree.total > 0)

    @functools.cached_property
    def reasons(self) -> dict[str, list[ReasonTemplate]]:
        """Templates for reasons, by command."""
        return queries.reasons_for(*OFFERED_FOR)

    @functools.cached_property
    def boundaries(self) -> list[Boundary]:
        """The latest boundaries, newest first."""
        return boundaries(self.execution)

    def offer(
        self, name: str, verdict: Verdict, form_class: type[run_forms.CommandForm], *, key: str = "", **options: Any
    ) -> Offer:
        """Offer a command, with its form as it stands in this request."""
        reasons = self.reasons.get(name, ())
        return make_offer(self.request, self.attempt, name, verdict, form_class, key=key, reasons=reasons, **options)

    @property
    def is_at_rest(self) -> bool:
        """No worker is on it and none will be before somebody acts: it can be sent back, and steps skipped."""
        return self.execution.state in states.ALLOWED_STATES["skip"]

    @property
    def reach(self) -> dict[str, Any]:
        """What the forms of commands that act on a tree are told."""
        return {"unfinished": self.tree.unfinished}

    # Commands on the run
    @functools.cached_property
    def pause(self) -> Offer:
        """Pause."""
        leased = self.execution.lease_until is not None
        ahead = list(dict.fromkeys(self.execution.ahead[1:] if leased else self.execution.ahead))
        steps = [(name, self.step_title(name)) for name in ahead]
        return self.offer("pause", self.verdicts["pause"], pause_forms.PauseForm, steps=steps, **self.reach)

    @functools.cached_property
    def resume(self) -> Offer:
        """Resume."""
        return self.offer("resume", self.verdicts["resume"], run_forms.ResumeForm)

    @functools.cached_property
    def place(self) -> Offer:
        """Place a compliance hold."""
        return self.offer("place", self.verdicts["place"], pause_forms.PlaceForm, **self.reach)

    @functools.cached_property
    def cancel(self) -> Offer:
        """Cancel; where a hold below keeps the tree from it, the run alone."""
        kept = "" if self.foresight.cancel_tree.allowed else self.foresight.cancel_tree.why
        return self.offer("cancel", self.verdicts["cancel"], run_forms.CancelForm, kept=kept, **self.reach)

    @functools.cached_property
    def retry(self) -> Offer:
        """Retry, or send back."""
        verdict = self.verdicts["retry"]
        places = self._places() if verdict.allowed else []
        refused = self.foresight.anew.why if verdict.allowed else ""
        return self.offer("retry", verdict, control_forms.RetryForm, places=places, not_anew=refused)

    @functools.cached_property
    def skip(self) -> Offer:
        """Skip the next step."""
        may_state = self.actor.can(states.COMMAND_SCOPE["amend"])
        step = self.execution.next_step or ""
        return self.offer("skip", self.foresight.skip, control_forms.SkipForm, step=step, may_state=may_state)

    @functools.cached_property
    def fork(self) -> Offer:
        """Fork."""
        verdict = self.foresight.fork
        return self.offer("fork", verdict, control_forms.ForkForm, lines=self._lines() if verdict.allowed else [])

    @functools.cached_property
    def extend(self) -> Offer:
        """Extend its time or its budgets."""
        limited: dict[str, Any] = {"has_sla": self.clock is not None, "budgets": [each.name for each in self.budgets]}
        return self.offer("extend", self.foresight.extend, run_forms.ExtendForm, **limited)

    @functools.cached_property
    def label(self) -> Offer:
        """Set and remove labels."""
        verdict = self.verdicts["label"]
        rules = queries.list_label_rules() if verdict.allowed else []
        return self.offer("label", verdict, LabelForm, rules=rules, labels=self.execution.labels)

    @property
    def replace_chosen(self) -> bool:
        """A file to replace has been chosen by its link."""
        return bool(self.request.GET.get("replace"))

    @functools.cached_property
    def replace(self) -> Offer:
        """Replace a file."""
        chosen = self.request.GET.get("replace", "")
        of_files = {"histories": self.files, "chosen": chosen}
        return self.offer("replace", self.verdicts["amend"], file_forms.ReplaceForm, **of_files)

    def events_awaited(self, conditions: Iterable[Trigger]) -> tuple[EventOffer, ...]:
        """Return the conditions that an event would meet now, each with the form that sends it."""
        awaited = [each for each in conditions if each.kind == "event" and each.closed_at is None]
        return tuple(EventOffer(each, self._emit(each)) for each in awaited)

    def _emit(self, condition: Trigger) -> Offer:
        data = {"data": to_json(condition.match) if condition.match else ""}
        return self.offer("emit", emit_verdict(self.actor), run_forms.EventForm, key=str(condition.pk), initial=data)

    # Places to go back to
    @property
    def places_in_time(self) -> list[tuple[str, str]]:
        """Number of the line and words of each boundary, the present before them."""
        return self._lines()

    def _lines(self) -> list[tuple[str, str]]:
        return [("", "As it stands now"), *((str(at.seq), self._line(at)) for at in self.boundaries)]

    def _places(self) -> list[tuple[str, str]]:
        run = self.execution
        here = []
        if run.outcome == states.FAILED:
            here = [("", f"{self.next_title}, where it failed")]
        elif run.next_step is not None:
            here = [(str(run.steps_done), f"{self.next_title}, from its beginning")]
        ran = [at for at in self.boundaries if at.kind in ENDED and not at.undone]
        return here + [
            (str(at.position - 1), f"{at.position}. {self.step_title(at.step)}, {ENDED[at.kind]} {_when(at)}")
            for at in ran
        ]

    def _line(self, at: Boundary) -> str:
        said = {
            LAUNCHED: "The launch",
            FINISHED: f"After {self.step_title(at.step)} finished",
            SKIPPED: f"After {self.step_title(at.step)} was skipped",
            RETRIED: f"Taken up again at {self.step_title(at.step)}",
        }[at.kind]
        return f"{said}, {_when(at)} (line {at.seq}{', gone back behind it since' if at.undone else ''})"


def _when(at: Boundary) -> str:
    return moments.local(at.at).strftime("%-d %b %H:%M %Z")
