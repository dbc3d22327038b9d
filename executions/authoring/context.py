"""``ctx``: what a step can do besides its own work."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from executions.authoring.files import StoredFile
from executions.authoring.flow import Question, Signal, Suspended, Yielded

logger = logging.getLogger("holdpoint.step")

MISSING = object()
"""Stands for "nothing recorded under this key"; None is a result like any other."""


class Answer(dict[str, Any]):
    """What somebody answered: the fields as a dict, and who it was.

    Args:
        data: the cleaned fields.
        by: printed name of who answered.
        comment: their words.
    """

    def __init__(self, data: Mapping[str, Any], by: str = "", comment: str = "") -> None:
        super().__init__(data)
        self.by = by
        self.comment = comment


@dataclass(frozen=True, slots=True)
class Resumed:
    """How a run was last resumed.

    Args:
        trigger: what made it resume; ``manual`` for a person.
        data: what was merged into the payload.
        additional_context: what was handed along.
        by: printed name of who resumed.
        note: their words.
    """

    trigger: str
    data: dict[str, Any]
    additional_context: dict[str, Any]
    by: str
    note: str = ""


class Backing(Protocol):
    """What a context stands on: the engine in a worker, or memory in ``run_inline``."""

    execution_id: str
    step: str
    position: int
    attempt: int

    @property
    def signal(self) -> Signal | None:
        """Why the step should stop; None while it may go on."""

    def recorded(self, key: str) -> Any:
        """Return the result recorded under a key in this step, or ``MISSING``."""

    def record(self, key: str, result: Any) -> Any:
        """Record a result under a key; return it as it was recorded."""

    def once_in_transaction(self, key: str, function: Callable[[], Any]) -> Any:
        """Call a function and record its result in one database transaction; return it as it was recorded."""

    def answer_to(self, question: Question) -> Answer | None:
        """Return the answer to a question, None if it has never been asked; raises ``Suspended`` while it is open."""

    def file(self, name: str) -> StoredFile:
        """Return the present version of a run's file."""

    def progress(self, done: int, total: int | None, note: str) -> None:
        """Show how far the step is."""

    def log(self, text: str, data: dict[str, Any]) -> None:
        """Add a line to the run's history."""


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


class Context:
    """Handed to every step as its first argument."""

    def __init__(self, backing: Backing, resumed: Resumed | None = None) -> None:
        self._backing = backing
        self._walked: set[str] = set()
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
        found = self._backing.recorded(f"once:{key}")
        if found is not MISSING:
            return found
        if transactional:
            return self._backing.once_in_transaction(f"once:{key}", lambda: function(*args, **kwargs))
        return self._backing.record(f"once:{key}", function(*args, **kwargs))

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

    def suspend(
        self,
        key: str,
        *,
        title: str,
        prompt: str = "",
        form: type[Any] | None = None,
        context: dict[str, Any] | None = None,
        urgency: str = "normal",
        replaces: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask a person; the worker is freed, and the step re-enters when the answer is there.

        Args:
            key: unique in this step.
            title: the question in a few words.
            prompt: what to consider.
            form: a Django form that declares and checks the answer; any JSON object where None.
            context: what the person is shown; JSON. The answer is bound to it.
            urgency: ``low``, ``normal`` or ``high``.
            replaces: file field of the form → name of the run's file that an upload there replaces.

        Returns:
            The answer.
        """
        question = Question(
            key=str(key),
            title=title,
            prompt=prompt,
            form=f"{form.__module__}:{form.__qualname__}" if form else None,
            context=context or {},
            urgency=urgency,
            replaces=dict(replaces or {}),
        )
        answer = self._backing.answer_to(question)
        if answer is None:
            raise Suspended(question)
        return answer

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

        Args:
            key: as in ``once``.

        Returns:
            64 hexadecimal digits, for payment APIs and the like.
        """
        parts = (self.execution_id, self.step, str(self._backing.position), str(key))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
