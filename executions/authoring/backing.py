"""What a context stands on: the engine in a worker, or memory in ``run_inline``."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from executions.authoring.answers import Answer
from executions.authoring.files import StoredFile
from executions.authoring.flow import Signal

if TYPE_CHECKING:
    from executions.authoring.children import Child

MISSING = object()
"""Stands for "nothing recorded under this key"; None is a result like any other."""


class Line(NamedTuple):
    """A line of the history that is written together with a record.

    Args:
        kind: of the event.
        data: its data but for the step's name.
    """

    kind: str
    data: dict[str, Any]


class Backing(Protocol):
    """What a context stands on: the engine in a worker, or memory in ``run_inline``."""

    execution_id: str
    step: str
    position: int
    pass_no: int
    attempt: int

    @property
    def signal(self) -> Signal | None:
        """Why the step should stop; None while it may go on."""

    def recorded(self, key: str) -> Any:
        """Return the result recorded under a key in this step, or ``MISSING``."""

    def record(self, key: str, result: Any, line: Line | None = None) -> Any:
        """Record a result under a key; return it as it was recorded."""

    def once_in_transaction(self, key: str, function: Callable[[], Any], line: Line | None = None) -> Any:
        """Call a function and record its result in one database transaction; return it as it was recorded."""

    def answered(self, key: str) -> Answer | None:
        """Return the answer to a question, None if it has never been asked; raises ``Suspended`` while it is open."""

    def launch(
        self,
        workflow: str,
        payloads: dict[str, dict[str, Any] | None],
        *,
        title: str,
        labels: dict[str, str] | None,
        priority: int | None,
    ) -> dict[str, str]:
        """Launch children, each with its record ``launch:<key>``; return their ids by key."""

    def join(self, label: str, keys: tuple[str, ...] | None) -> "dict[str, Child]":
        """Return finished children, as recorded at the first time; raises ``Suspended`` while some have not."""

    def file(self, name: str) -> StoredFile:
        """Return the present version of a run's file."""

    def progress(self, done: int, total: int | None, note: str) -> None:
        """Show how far the step is."""

    def log(self, text: str, data: dict[str, Any]) -> None:
        """Add a line to the run's history."""

    def spend(self, name: str, amount: float, key: str | None) -> float:
        """Add to what the run has spent, recorded under the key where there is one; return what is left.

        Raises ``Yielded`` when that holds the run.
        """

    def item_failed(self, key: str, what: str) -> None:
        """Count an error and record it under ``error:<key>``; raises ``Yielded`` when that holds the run."""

    def hold(self, key: str, reason: str, code: str) -> None:
        """Hold the run, record that under ``hold:<key>``, and raise ``Yielded``."""
