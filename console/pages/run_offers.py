"""Commands as the page of a run offers them: allowed with a form, or refused with a reason; what was typed is kept."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest

from console.pages.base import add_errors
from console.pages.run_forms import CommandForm
from executions import states
from executions.errors import Refused
from executions.models import Hold, Trigger
from executions.states import Verdict

TEXTS = ("reason", "note", "text")
"""The fields in which people write sentences."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A command that was refused in this very request: its form keeps what was typed.

    Args:
        command: its name.
        key: id of the hold, question or file it was about; empty for the run.
        refusal: why.
    """

    command: str
    key: str = ""
    refusal: Refused | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A command as the page offers it.

    Args:
        verdict: whether it may be given now, and if not, why.
        form: blank, or bound to what was typed.
        refusal: shown in place of a form that cannot be shown any more.
        typed: the words that were typed, so that they are not lost with the form.
    """

    verdict: Verdict
    form: forms.Form
    refusal: Refused | None = None
    typed: str = ""


@dataclass(frozen=True, slots=True)
class EventOffer:
    """An event that a run waits for, with the form that sends it.

    Args:
        condition: what waits for it.
        offer: sending it.
    """

    condition: Trigger
    offer: Offer

    @property
    def key(self) -> str:
        """Part of its form's id."""
        return f"emit-{self.condition.pk}"

    @property
    def says(self) -> str:
        """What sending it will do."""
        name = self.condition.event_name
        return f"Sends {name} with these data. Every run that waits for such an event goes on, not only this one."


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold with what can be done about it."""

    hold: Hold
    in_force: bool
    annotate: Offer
    release: Offer
    hand_over: Offer
    events: tuple[EventOffer, ...] = ()

    @property
    def key(self) -> str:
        """What names it in the ids of its forms."""
        return str(self.hold.pk)

    @property
    def says_no(self) -> bool:
        """One of its commands was refused in this very request."""
        offers = (self.annotate, self.release, self.hand_over, *(event.offer for event in self.events))
        return any(offer.refusal or offer.form.errors for offer in offers)

    @property
    def notes(self) -> list[Any]:
        """Its notes, oldest first."""
        notes: list[Any] = getattr(self.hold, "note_list", [])
        return notes

    @property
    def lifted_by(self) -> str:
        """Who can lift it."""
        but = f" other than {self.hold.placed_by_name}" if self.hold.dual_control else ""
        if states.RELEASE_SCOPE[self.hold.kind] == "holds:release":
            return f"a reviewer{but} can lift it"
        return f"anyone{but} who may pause can lift it"


def make_offer(
    request: HttpRequest,
    attempt: Attempt | None,
    name: str,
    verdict: Verdict,
    form_class: type[CommandForm],
    *,
    key: str = "",
    **options: Any,
) -> Offer:
    """Offer a command, with its form as it stands.

    Args:
        request: holds what was typed, where the command was refused.
        attempt: the refused command of this request, if any.
        name: the command.
        verdict: whether it may be given now.
        form_class: its form.
        key: id of what it is about.
        options: for the form.
    """
    form_name = f"{name}-{key}" if key else name
    if attempt is None or attempt.refusal is None or (attempt.command, attempt.key) != (name, key):
        return Offer(verdict, form_class(name=form_name, **options))
    form = form_class(request.POST, request.FILES, name=form_name, **options)
    add_errors(form, attempt.refusal)
    if verdict.allowed:
        return Offer(verdict, form)
    typed = next((request.POST[field] for field in TEXTS if request.POST.get(field)), "")
    return Offer(verdict, form, attempt.refusal, typed)
