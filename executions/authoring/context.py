"""``ctx``: what a step can do besides its own work."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from executions.authoring.answers import Resumed
from executions.authoring.backing import MISSING, Backing
from executions.authoring.children import Family
from executions.authoring.files import StoredFile
from executions.authoring.flow import Signal, Yielded
from executions.authoring.limits import Limited
from executions.authoring.tools import ToolCalling
from executions.authoring.waits import Waiting

logger = logging.getLogger("holdpoint.step")


class Lifecycle:
    """What people want of this run, seen from inside a step."""

    __slots__ = ("_backing",)

    def __init__(self, backing: Backing) -> None:
        self._backing = backing

    def check_paused(self) -> Signal | None:
        """Tell whether the step should stop, in nanoseconds: a look at memory, no query.

        Returns:
            None, or a truthy ``Signal`` with the reason.
        """
        return self._backing.signal

    def checkpoint(self) -> None:
        """Yield here if somebody asked for it; the step re-enters later with its recorded results.

        Raises:
            Yielded: not an ``Exception``; let it pass.
        """
        if self._backing.signal is not None:
            raise Yielded(self._backing.signal)


class Context(ToolCalling, Waiting, Family, Limited):
    """Handed to every step as its first argument."""

    def __init__(self, backing: Backing, resumed: Resumed | None = None, ahead: Iterable[str] = ()) -> None:
        self._backing = backing
        self._walked: set[str] = set()
        self._tools_called: dict[str, int] = {}
        self.route = list(ahead)
        """Names of the steps ahead of this one. Assign another list to change where the run goes from here."""
        self.lifecycle = Lifecycle(backing)
        self.resumed = resumed
        self.execution_id = backing.execution_id
        self.step = backing.step
        self.attempt = backing.attempt
        """Failed attempts of this step before this one."""

    def once[T](
        self, key: str, function: Callable[..., T], /, *args: Any, transactional: bool = False, **kwargs: Any
    ) -> T:
        """Call a function at most once per key recorded in this step; later, return what it returned.

        Between the function's effect and its record lies a moment in which a worker can die; the function is then
        called again. For effects outside the database send ``ctx.idempotency_key(key)`` along; for effects inside it,
        use ``transactional``.

        Args:
            key: unique in this step.
            function: what to do; its result must be JSON.
            transactional: commit the function's own database writes together with the record: exactly once.

        Returns:
            The function's result, as JSON brings it back.

        Raises:
            TypeError: the result is not JSON.
        """
        found = self.recorded_once(key)
        if found is not MISSING:
            return found
        if transactional:
            return self._backing.once_in_transaction(f"once:{key}", lambda: function(*args, **kwargs))
        return self._backing.record(f"once:{key}", function(*args, **kwargs))

    def recorded_once(self, key: str) -> Any:
        """Return what ``once`` recorded under a key; a marker that equals nothing else where it has not."""
        return self._backing.recorded(f"once:{key}")

    def each[T](self, items: Iterable[T], *, key: Callable[[T], str] = str, name: str = "") -> Iterator[T]:
        """Walk a batch that can be paused between two items and goes on after the last finished one.

        An item is finished when the loop's body has come to its end for it. After a pause the walk goes on with the
        items whose key is not finished; so make the key say what must not be done again, such as a file's digest.

        Args:
            items: the batch, the same after a pause.
            key: unique text of an item.
            name: tells apart several walks of one step over the same keys.

        Yields:
            The items not finished yet.

        Raises:
            ValueError: a key came up twice in this step, so that an item would silently have been left out.
        """
        for item in items:
            record = f"each:{name}:{key(item)}"
            if record in self._walked:
                raise ValueError(
                    f"ctx.each in step {self.step} met the key {key(item)!r} twice. Give key= a function that tells "
                    "the items apart, or a second walk its own name=."
                )
            self._walked.add(record)
            if self._backing.recorded(record) is not MISSING:
                continue
            self.lifecycle.checkpoint()
            yield item
            self._backing.record(record, None)

    def file(self, name: str) -> StoredFile:
        """Return the present version of one of the run's files.

        Raises:
            FileNotFoundError: the run has no such file.
        """
        return self._backing.file(name)

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Show how far the step is; cheap enough to call for every item.

        Args:
            done: items done.
            total: items in all, if known.
            note: a few words on what is being done.
        """
        self._backing.progress(done, total, note)

    def log(self, text: str, /, **data: Any) -> None:
        """Add a line to the run's history.

        Args:
            text: what happened.
            data: more, as JSON.
        """
        logger.debug("%s: %s", self.step, text, extra={"execution": self.execution_id})
        self._backing.log(text, data)

    def idempotency_key(self, key: str) -> str:
        """Return a text that is the same for every attempt of this key in this step of this run, and for no other.

        A step that somebody sent back to be done all again gets a new one: what it does then is a new effect.

        Args:
            key: as in ``once``.

        Returns:
            64 hexadecimal digits, for payment APIs and the like.
        """
        anew = [f"pass {self._backing.pass_no}"] if self._backing.pass_no else []
        parts = (self.execution_id, self.step, str(self._backing.position), str(key), *anew)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
