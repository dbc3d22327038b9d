"""How a step gives control back: signals it can look at, and exceptions that end it at a safe place."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Signal:
    """Why a step should stop; always truthy.

    Args:
        kind: ``pause``, ``freeze``, ``cancel``, ``shutdown``, ``slice`` or ``lost`` (another worker has taken over).
        reason: the words of whoever asked.
        by: printed name of who asked.
    """

    kind: str
    reason: str = ""
    by: str = ""

    def __bool__(self) -> bool:
        return True


class Yielded(BaseException):
    """Ends a step in the middle; it re-enters later. Not an ``Exception``, so that ``except Exception`` lets it pass.

    Args:
        signal: why.
    """

    def __init__(self, signal: Signal) -> None:
        super().__init__(signal.kind)
        self.signal = signal


class LeaseLost(Yielded):
    """This worker's writes are no longer accepted: its lease ran out and another took over, or the run has ended."""

    def __init__(self) -> None:
        super().__init__(Signal("lost", "The lease was lost; another worker may be on this run."))


@dataclass(frozen=True)
class Question:
    """What a step asks the outside world.

    Args:
        key: unique in the step.
        title: the question in a few words.
        prompt: what to consider.
        form: path of a Django form; for the format ``form``.
        context: what the person is shown; JSON.
        urgency: ``low``, ``normal`` or ``high``.
        replaces: file field of the form → name of the run's file that an upload there replaces.
        kind: ``input``, ``approval``, ``event``, ``time`` or ``children``.
        format: ``form``, ``text``, ``yes-no``, ``choice`` or ``json`` (any object).
        choices: pairs of value and label, for the format ``choice``.
        who: who may answer, and how many must, as ``Who.as_json`` writes it; whoever holds the scope where None.
        deadline: how long it stays open, counted from when it is asked; for ever where None.
        on_deadline: ``fail`` (the step is told), ``default``, ``escalate`` or ``cancel``.
        default: the answer taken at the deadline, for ``default``.
        escalate: ``who`` and ``seconds`` until the next deadline, for ``escalate``.
        remind: how often to remind of it.
        wake_in: for ``time``: how long to sleep.
        event: for ``event``: the name waited for.
        match: for ``event``: what its data must contain.
        awaits: for ``children``: their keys; all where None.
    """

    key: str
    title: str
    prompt: str = ""
    form: str | None = None
    context: dict[str, Any] = field(default_factory=dict)
    urgency: str = "normal"
    replaces: dict[str, str] = field(default_factory=dict)
    kind: str = "input"
    format: str = "form"
    choices: tuple[tuple[str, str], ...] = ()
    who: dict[str, Any] | None = None
    deadline: timedelta | None = None
    on_deadline: str = "fail"
    default: dict[str, Any] | None = None
    escalate: dict[str, Any] | None = None
    remind: timedelta | None = None
    wake_in: timedelta | None = None
    event: str = ""
    match: dict[str, Any] = field(default_factory=dict)
    awaits: tuple[str, ...] | None = None


class DeadlinePassed(Exception):
    """Nobody answered a question before its deadline. Raised in the step that asks; it may catch it."""


class Suspended(BaseException):
    """Ends a step because its question has no answer yet.

    Args:
        question: what is asked; None if it is already on record.
    """

    def __init__(self, question: Question | None) -> None:
        super().__init__(question.key if question else "")
        self.question = question
