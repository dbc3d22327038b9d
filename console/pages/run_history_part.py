"""The history on a run's page: one page of lines, narrowed by what people ask for."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from console.pages.run_history import Line, lines_of
from executions.models import Event, Execution
from executions.queries import run_history

HISTORY_LINES = 50
FIELDS = ("acts", "about", "person", "text")
LONGEST = 200
"""Characters of what is searched for."""


class HistoryPart:
    """One page of a run's history.

    Args:
        request: ``before``, ``acts``, ``about``, ``person`` and ``text`` in its query narrow it.
        execution: whose.
        title: step name → what people read.
        total: how many lines there are in all.
    """

    def __init__(
        self, request: HttpRequest, execution: Execution, title: Callable[[Any], str], total: int | None
    ) -> None:
        self.execution = execution
        self.title = title
        self.total = total
        get = request.GET
        self.asked = {name: get[name][:LONGEST].strip() for name in FIELDS if get.get(name, "").strip()}
        before = get.get("before", "")
        self.before = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None

    @property
    def query(self) -> dict[str, Any]:
        """Everything that narrows it."""
        return self.asked | ({"before": self.before} if self.before else {})

    @property
    def narrowed(self) -> bool:
        """Something is looked for."""
        return bool(self.asked)

    @property
    def acts_only(self) -> bool:
        """Only what people and programs did."""
        return self.asked.get("acts") == "1"

    @property
    def person(self) -> str:
        """Part of a name."""
        return self.asked.get("person", "")

    @property
    def text(self) -> str:
        """Part of a reason or of the data."""
        return self.asked.get("text", "")

    @property
    def subjects(self) -> list[tuple[str, str, bool]]:
        """Name, words and whether it is chosen, of what lines are about."""
        return [(name, words, self.asked.get("about") == name) for name, words in SUBJECT_WORDS.items()]

    @functools.cached_property
    def _events(self) -> list[Event]:
        return run_history.newest(
            self.execution.pk,
            before=self.before,
            acts_only=self.acts_only,
            about=self.asked.get("about", ""),
            person=self.person,
            text=self.text,
            limit=HISTORY_LINES + 1,
        )

    @functools.cached_property
    def lines(self) -> list[Line]:
        """One page, newest first."""
        return lines_of(self._events[:HISTORY_LINES], self.title)

    @property
    def older(self) -> str:
        """The query of the next page; empty on the last."""
        if len(self._events) <= HISTORY_LINES:
            return ""
        return urlencode(self.asked | {"before": self._events[HISTORY_LINES - 1].seq})

    @property
    def newest(self) -> str:
        """The query of the first page."""
        return urlencode(self.asked)


SUBJECT_WORDS = {
    "steps": "Steps",
    "holds": "Holds and freezes",
    "questions": "Questions",
    "data": "Payload and files",
    "limits": "Limits",
    "refused": "Refused attempts",
    "logs": "What steps logged",
}
