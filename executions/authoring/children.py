"""What a step can do with runs of its own: launch them, and wait until they have finished."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

from executions.authoring.backing import MISSING, Backing

if TYPE_CHECKING:
    from executions.authoring.context import Lifecycle
    from executions.authoring.workflow import Workflow

BATCH = 100
"""Children launched in one transaction: enough for speed, few enough that nobody waits long for the parent's row."""
KEY_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Child:
    """A child that has finished, as ``ctx.join`` returns it.

    Args:
        key: what its parent calls it.
        id: the run's id.
        state: ``succeeded``, ``failed`` or ``cancelled``.
        payload: as its last finished step left it.
        error: the message of what made it fail; None unless it failed.
    """

    key: str
    id: str
    state: str
    payload: dict[str, Any]
    error: str | None = None

    @property
    def ok(self) -> bool:
        """It succeeded."""
        return self.state == "succeeded"


class Family:
    """The part of a context that launches children and waits for them."""

    _backing: Backing
    lifecycle: "Lifecycle"
    _joins_of_all = 0

    def launch(
        self,
        key: str,
        workflow: "str | Workflow",
        payload: dict[str, Any] | None = None,
        *,
        title: str = "",
        labels: dict[str, str] | None = None,
        priority: int | None = None,
    ) -> str:
        """Start another run as a child of this one, once per key however often the step re-enters.

        The child is stored together with the record that it was launched. It runs by itself from then on: it can be
        paused, fail or be cancelled alone, while a pause or cancel of this run's tree reaches it too.

        Args:
            key: unique in this step; what ``join`` calls the child.
            workflow: a workflow or its name.
            payload: the child's input, checked by its workflow's form.
            title: what people call the child; the workflow's title and the key where blank.
            labels: short texts by name.
            priority: 0 to 9, 9 goes first; this run's where None.

        Returns:
            The child's id.

        Raises:
            Invalid: unknown workflow, or input it does not accept; names the field.
            Conflict: too many children, or too many generations of them.
        """
        found = self._backing.recorded(f"launch:{_checked(key)}")
        if found is not MISSING:
            return str(found)
        name = workflow if isinstance(workflow, str) else workflow.name
        return self._backing.launch(name, {key: payload}, title=title, labels=labels, priority=priority)[key]

    def launch_all(
        self,
        workflow: "str | Workflow",
        payloads: Mapping[str, dict[str, Any] | None],
        *,
        labels: dict[str, str] | None = None,
        priority: int | None = None,
    ) -> dict[str, str]:
        """Start many runs of one workflow as children, in batches; between two batches the step can be paused.

        Args:
            workflow: a workflow or its name.
            payloads: key → that child's input; keys as in ``launch``.
            labels: short texts by name, for each of them.
            priority: 0 to 9, 9 goes first; this run's where None.

        Returns:
            Key → the child's id, in the order of ``payloads``.

        Raises:
            Invalid, Conflict: as ``launch``; batches before the one refused stay launched.
        """
        found = {key: self._backing.recorded(f"launch:{_checked(key)}") for key in payloads}
        name = workflow if isinstance(workflow, str) else workflow.name
        for keys in batched((key for key, child in found.items() if child is MISSING), BATCH):
            self.lifecycle.checkpoint()
            batch = {key: payloads[key] for key in keys}
            found.update(self._backing.launch(name, batch, title="", labels=labels, priority=priority))
        return found

    def join(self, *keys: str) -> dict[str, Child]:
        """Wait until children have finished; the worker is freed meanwhile.

        A child that failed or was cancelled has finished too: look at ``Child.ok`` and decide. What was returned once
        is returned again when the step re-enters, even if somebody retries a failed child in between.

        Args:
            keys: children launched by this run, in this step or an earlier one; all of them where none is named. Of
                several children with one key, as a step done anew makes them, the newest counts.

        Returns:
            Key → the finished child.

        Raises:
            LookupError: this run has launched no child with such a key.
        """
        if keys:
            label = _label(tuple(dict.fromkeys(_checked(key) for key in keys)))
        else:
            self._joins_of_all += 1
            label = "join:all" if self._joins_of_all == 1 else f"join:all {self._joins_of_all}"
        return self._backing.join(label, tuple(dict.fromkeys(keys)) or None)


def _checked(key: Any) -> str:
    if not isinstance(key, str) or not key.strip() or len(key) > KEY_CHARACTERS:
        raise ValueError(f"A child's key is a text of 1 to {KEY_CHARACTERS} characters, not {str(key)[:80]!r}.")
    return key


def _label(keys: tuple[str, ...]) -> str:
    """Name a wait after what it waits for, so that the same wait has the same name when the step re-enters."""
    return "join:" + ",".join(sorted(_escaped(keys)))


def _escaped(keys: tuple[str, ...]) -> Iterator[str]:
    return (key.replace("\\", "\\\\").replace(",", "\\,") for key in keys)
