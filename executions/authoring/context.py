"""``ctx``: what a step can do besides its own work."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from executions.authoring.answers import Answer, Approval, Resumed
from executions.authoring.asking import Choices, checked_default, make_question
from executions.authoring.backing import MISSING, Backing
from executions.authoring.files import StoredFile
from executions.authoring.flow import DeadlinePassed, Question, Signal, Suspended, Yielded
from executions.authoring.who import Who

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
        format: str | None = None,
        choices: Choices | None = None,
        context: dict[str, Any] | None = None,
        urgency: str = "normal",
        replaces: Mapping[str, str] | None = None,
        who: Who | None = None,
        deadline: timedelta | None = None,
        on_deadline: str = "fail",
        default: Any = None,
        escalate_to: Who | None = None,
        escalate_after: timedelta | None = None,
        remind: timedelta | None = None,
    ) -> Answer:
        """Ask a person; the worker is freed, and the step re-enters when the answer is there.

        Args:
            key: unique in this step.
            title: the question in a few words.
            prompt: what to consider.
            form: a Django form that declares and checks the answer.
            format: ``text``, ``yes-no``, ``choice`` or ``json``, instead of a form; ``json`` where both are None.
            choices: for ``choice``: the values, with labels where these differ.
            context: what the person is shown; JSON. The answer is bound to it.
            urgency: ``low``, ``normal`` or ``high``.
            replaces: file field of the form → name of the run's file that an upload there replaces.
            who: whom it is put to; everybody who may answer questions where None.
            deadline: how long the question stays open, counted from when it is asked; for ever where None.
            on_deadline: what happens then: ``fail`` (this call raises), ``default``, ``escalate`` or ``cancel``.
            default: the answer taken at the deadline, for ``default``.
            escalate_to: whom it is put to at the deadline, for ``escalate``.
            escalate_after: how long those have, before it ends as with ``fail``; as long as ``deadline`` where None.
            remind: how often to remind of it.

        Returns:
            The answer; with ``format`` text, yes-no or choice its ``value`` is what was said.

        Raises:
            DeadlinePassed: nobody answered in time; uncaught it fails the step as any error does.
            ValueError: arguments that make no sense together; the message names them.
        """
        question = make_question(
            key,
            title=title,
            prompt=prompt,
            form=form,
            format=format,
            choices=choices,
            context=context,
            urgency=urgency,
            replaces=replaces,
            who=who,
            deadline=deadline,
            on_deadline=on_deadline,
            default=default,
            escalate_to=escalate_to,
            escalate_after=escalate_after,
            remind=remind,
        )
        answer = self._ask(question)
        if answer.expired:
            raise DeadlinePassed(f"Nobody answered {title!r} in time.")
        return answer

    def approval(
        self,
        key: str,
        *,
        title: str,
        prompt: str = "",
        context: dict[str, Any] | None = None,
        urgency: str = "normal",
        who: Who | None = None,
        deadline: timedelta | None = None,
        on_deadline: str = "fail",
        default: dict[str, Any] | None = None,
        escalate_to: Who | None = None,
        escalate_after: timedelta | None = None,
        remind: timedelta | None = None,
    ) -> Approval:
        """Ask for a yes or a no before going on; the worker is freed meanwhile.

        Args:
            key: unique in this step.
            title: what is to be approved, in a few words.
            prompt: what to consider.
            context: what the person is shown; JSON. The decision is bound to it.
            urgency: ``low``, ``normal`` or ``high``.
            who: whom it is put to, and how many must approve; everybody who may answer questions where None.
            deadline: how long it stays open, counted from when it is asked; for ever where None.
            on_deadline: ``fail`` (it has expired), ``default``, ``escalate`` or ``cancel``.
            default: for ``default``: ``{"decision": "approve"}``, or a rejection with its reason.
            escalate_to: whom it is put to at the deadline, for ``escalate``.
            escalate_after: how long those have, before it expires; as long as ``deadline`` where None.
            remind: how often to remind of it.

        Returns:
            How it ended: approved, rejected or expired, and by whom.

        Raises:
            ValueError: arguments that make no sense together; the message names them.
        """
        question = make_question(
            key,
            title=title,
            prompt=prompt,
            context=context,
            urgency=urgency,
            kind="approval",
            who=who,
            deadline=deadline,
            on_deadline=on_deadline,
            default=default,
            escalate_to=escalate_to,
            escalate_after=escalate_after,
            remind=remind,
        )
        return Approval.of(self._ask(question))

    def _ask(self, question: Question) -> Answer:
        answer = self._backing.answer_to(question)
        if answer is None:
            raise Suspended(checked_default(question))
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

        A step that somebody sent back to be done all again gets a new one: what it does then is a new effect.

        Args:
            key: as in ``once``.

        Returns:
            64 hexadecimal digits, for payment APIs and the like.
        """
        anew = [f"pass {self._backing.pass_no}"] if self._backing.pass_no else []
        parts = (self.execution_id, self.step, str(self._backing.position), str(key), *anew)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
