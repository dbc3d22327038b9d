"""Retry, skip and fork as the page of a run offers them, with the places to go back to in words."""

import functools
from typing import Any

from console import moments
from console.pages import control_forms
from console.pages.run_offers import Offer
from executions import states
from executions.models import Execution
from executions.queries.boundaries import FINISHED, LAUNCHED, RETRIED, SKIPPED, Boundary, boundaries
from executions.states import Verdict

ENDED = {FINISHED: "finished", SKIPPED: "skipped"}


class RunControl:
    """What steers a run along its route. The class that gathers the page provides the rest."""

    execution: Execution
    verdicts: dict[str, Verdict]
    offer: Any
    step_title: Any
    next_title: Any
    actor: Any
    foresight: Any

    @functools.cached_property
    def boundaries(self) -> list[Boundary]:
        """The latest boundaries, newest first."""
        return boundaries(self.execution)

    @property
    def is_at_rest(self) -> bool:
        """No worker is on it and none will be before somebody acts: it can be sent back, and steps skipped."""
        return self.execution.state in states.ALLOWED_STATES["skip"]

    @functools.cached_property
    def retry(self) -> Offer:
        """Retry."""
        verdict = self.verdicts["retry"]
        places = self._places() if verdict.allowed else []
        offer: Offer = self.offer("retry", verdict, control_forms.RetryForm, places=places)
        return offer

    @functools.cached_property
    def skip(self) -> Offer:
        """Skip the next step."""
        offer: Offer = self.offer(
            "skip", self.foresight.skip, control_forms.SkipForm, step=self.execution.next_step or ""
        )
        return offer

    @functools.cached_property
    def fork(self) -> Offer:
        """Fork."""
        verdict = self.foresight.fork
        offer: Offer = self.offer(
            "fork", verdict, control_forms.ForkForm, lines=self._lines() if verdict.allowed else []
        )
        return offer

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

    @property
    def retry_label(self) -> str:
        """A failed run is retried, any other sent back."""
        return "Retry" if self.execution.outcome == states.FAILED else "Send back"

    @property
    def retry_tone(self) -> str:
        """Retrying is what a failed run waits for."""
        return "is-primary" if self.execution.outcome == states.FAILED else ""

    @property
    def retry_says(self) -> str:
        """What retrying will do."""
        if self.execution.outcome == states.FAILED:
            return (
                f"Takes the run up again at {self.next_title}, with what that step has recorded, "
                "or goes back to an earlier step."
            )
        return "Goes back to a step: its payload and route are as they were there. Open questions are withdrawn."

    @property
    def skip_says(self) -> str:
        """What skipping will do."""
        then = "goes on after it" if not self.execution.open_holds else "stays held, after it"
        asked = " Its question is withdrawn." if self.execution.open_suspensions else ""
        return f"{self.next_title} does not run; what you state counts as its result. The run {then}.{asked}"

    @property
    def fork_says(self) -> str:
        """What forking will do."""
        return "Launches another run that begins at this place. This run stays as it is; records stay with it."


def _when(at: Boundary) -> str:
    return moments.local(at.at).strftime("%-d %b %H:%M %Z")
