"""The bar of commands of a run: what its state calls for stands in the bar, all else under "More", refused or not."""

import functools
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from console.pages.run_offers import Offer
from executions import states
from executions.access import needed
from executions.actors import Actor
from executions.models import Execution

PRIMARY: dict[str, tuple[str, ...]] = {
    states.QUEUED: ("pause", "place"),
    states.PROCESSING: ("pause", "place"),
    states.PAUSING: ("resume", "place"),
    states.PAUSED: ("resume", "retry", "skip"),
    states.SUSPENDED: ("pause", "place"),
    states.FAILED: ("retry", "skip"),
    states.SUCCEEDED: ("fork",),
    states.CANCELLED: ("fork",),
}
"""What a person most likely comes for, by state; the first stands in the bar even where it is refused."""
ORDER = ("pause", "resume", "place", "retry", "skip", "extend", "label", "fork", "cancel")
TONES = {"pause": "is-hold", "resume": "is-primary", "retry": "is-primary"}
"""How the first command of a state looks."""
LOOKS = {
    "pause": ("Pause", "pause", "Pause", "No further step starts until somebody resumes it."),
    "resume": ("Resume", "play", "Resume", "Release every hold you may release."),
    "place": ("Place hold", "hand-raised", "Place compliance hold", "A hold that only a reviewer can release."),
    "retry": ("Send back", "arrow-path", "Send back", "Go back to an earlier step."),
    "skip": ("Skip step", "forward", "Skip this step", "Pass the next step with a result that you state."),
    "extend": ("Extend", "clock", "Extend", "More time, or more of a budget."),
    "label": ("Labels", "tag", "Change labels", "Set or remove labels."),
    "fork": ("Fork", "arrows-right-left", "Launch the fork", "Launch another run from a point of this one."),
    "cancel": ("Cancel", "x-circle", "Cancel for ever", "End the run for ever."),
}
"""Command → label, icon, words on its form's button, what it is for."""
VERSIONED = ("retry", "label")
"""Commands whose form is bound to the version of the run that was seen."""
KEYS = {"pause": "p", "resume": "r"}


@dataclass(frozen=True, slots=True)
class BarItem:
    """One command of the bar.

    Args:
        name: of the command.
        offer: whether it may be given, and its form.
        action: address that its form is sent to.
        label: on its button.
        icon: of its button.
        submit: words on its form's button.
        about: what it is for, in the list under "More".
        says: what it will do, above its form.
        tone: of its button.
        key: shortcut.
        version: of the run, where its form is bound to it.
    """

    name: str
    offer: Offer
    action: str
    label: str
    icon: str
    submit: str
    about: str
    says: str
    tone: str = ""
    key: str = ""
    version: int | None = None


class RunBar:
    """The bar. The class that gathers the page provides the offers and what each will do."""

    execution: Execution
    actor: Actor

    @functools.cached_property
    def items(self) -> dict[str, BarItem]:
        """Every command on the run as a whole."""
        return {name: self._item(name) for name in ORDER}

    @property
    def bar(self) -> list[BarItem]:
        """Those in the bar: the first of the state always, the others where they may be given."""
        wanted = [self.items[name] for name in PRIMARY.get(self.execution.state, ())]
        return [item for at, item in enumerate(wanted) if at == 0 or item.offer.verdict.allowed]

    @property
    def more(self) -> list[BarItem]:
        """Those that may be given as well."""
        return [item for item in self._others if item.offer.verdict.allowed]

    @property
    def not_now(self) -> list[BarItem]:
        """Those that the state, or somebody's hold, forbids now."""
        return [item for item in self._others if not item.offer.verdict.allowed and not _is_permission(item)]

    @property
    def not_yours(self) -> list[tuple[str, list[BarItem]]]:
        """Those that this person may not give, by the reason."""
        by_why: dict[str, list[BarItem]] = {}
        for item in self._others:
            if not item.offer.verdict.allowed and _is_permission(item):
                scope = states.COMMAND_SCOPE[item.name]
                why = item.offer.verdict.why if self.actor.can(scope) else f"needs {needed(scope)}."
                by_why.setdefault(why, []).append(item)
        return list(by_why.items())

    @property
    def more_is_open(self) -> bool:
        """A form under "More" was refused."""
        return any(item.offer.form.errors for item in self.more)

    @property
    def barred(self) -> BarItem | None:
        """The first command of the state, where it is refused; its reason stands below the bar."""
        return next((item for item in self.bar if not item.offer.verdict.allowed), None)

    @property
    def head_offers(self) -> list[Offer]:
        """The commands on the run as a whole."""
        return [item.offer for item in self.items.values()]

    @property
    def _others(self) -> list[BarItem]:
        shown = {item.name for item in self.bar}
        return [item for item in self.items.values() if item.name not in shown]

    def _item(self, name: str) -> BarItem:
        label, icon, submit, about = LOOKS[name]
        failed = self.execution.outcome == states.FAILED
        if name == "retry" and failed:
            label, submit, about = "Retry", "Retry", "Take the run up again where it failed, or earlier."
        first = next(iter(PRIMARY.get(self.execution.state, ())), "")
        tone = "is-danger" if name == "cancel" else TONES.get(name, "") if name == first else ""
        page: Any = self
        offer: Offer = getattr(page, name)
        return BarItem(
            name,
            offer,
            reverse(f"execution-{name}", args=[self.execution.pk]),
            label,
            icon,
            submit,
            about,
            getattr(page, f"{name}_says") if offer.verdict.allowed else "",
            tone,
            KEYS.get(name, ""),
            self.execution.version if name in VERSIONED else None,
        )


def _is_permission(item: BarItem) -> bool:
    return item.offer.verdict.code == "permission"
