"""Amending a payload as the page of a run offers it: checked first, with what it would do, then sent."""

import functools
import hashlib
import json
from typing import Any

from django.http import HttpRequest

from console.json_diff import Difference, diff
from console.pages.run_forms import AmendForm
from console.pages.run_offers import Attempt, Offer
from console.pages.typed import read_json, reason_of
from executions.errors import Invalid, Stale
from executions.models import Execution, ReasonTemplate
from executions.states import Verdict

CHECK = "amend-check"
"""The attempt that changes nothing: what was typed is shown with what it would do."""
MOST_FIELDS, LONGEST_FIELD = 100, 1000
"""Fields, and characters of one, that are offered to be taken over into the changes."""


class RunAmend:
    """The amendment of a payload. The class that gathers the page provides the rest."""

    request: HttpRequest
    execution: Execution
    attempt: Attempt | None
    verdicts: dict[str, Verdict]
    reasons: dict[str, list[ReasonTemplate]]
    offer: Any

    @functools.cached_property
    def amend(self) -> Offer:
        """Amend the payload."""
        verdict = self.verdicts["amend"]
        if self.attempt is not None and self.attempt.command == CHECK and verdict.allowed:
            typed = {"changes": self.request.POST.get("changes", ""), "reason": reason_of(self.request)}
            return Offer(verdict, AmendForm(name="amend", initial=typed, reasons=self.reasons.get("amend", ())))
        offer: Offer = self.offer("amend", verdict, AmendForm)
        return offer

    @property
    def amend_fields(self) -> list[tuple[str, str]]:
        """Fields of the payload that are short enough to be edited by hand: name, and the pair as JSON has it."""
        fields = list(self.execution.payload.items())[:MOST_FIELDS]
        pairs = [(name, json.dumps({name: value}, ensure_ascii=False)[1:-1]) for name, value in fields]
        return [(name, pair) for name, pair in pairs if len(pair) <= LONGEST_FIELD]

    @functools.cached_property
    def _typed(self) -> dict[str, Any] | None:
        attempt = self.attempt
        if attempt is None or not (attempt.command == CHECK or (attempt.command == "amend" and attempt.refusal)):
            return None
        try:
            changes = read_json(self.request.POST.get("changes", ""), "changes")
        except Invalid:
            return None
        return changes if isinstance(changes, dict) else None

    @functools.cached_property
    def amend_difference(self) -> Difference | None:
        """What the changes that were typed would do to the payload as it stands now; None where none were."""
        if not self._typed:
            return None
        return diff(
            {name: self.execution.payload[name] for name in self._typed if name in self.execution.payload}, self._typed
        )

    @property
    def amend_is_stale(self) -> bool:
        """The amendment was refused because the run had changed since."""
        return self.attempt is not None and isinstance(self.attempt.refusal, Stale)

    @property
    def amend_print(self) -> str:
        """Stands for the changes that were shown, so that no others are sent with the next click."""
        return print_of(self._typed)


def print_of(changes: Any) -> str:
    """Return a digest of changes, however they are written."""
    return hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()[:16]


def require_as_checked(request: HttpRequest, changes: Any) -> None:
    """Go on only if these are the changes whose effect was shown; a program that shows none sends no mark.

    Raises:
        Invalid: they were edited since.
    """
    checked = request.POST.get("checked", "")
    if checked and checked != print_of(changes):
        problem = "Changed since it was checked. This is what it would do now; nothing was sent."
        raise Invalid(problem, errors={"changes": [problem]})
