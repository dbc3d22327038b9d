"""How a step gives control back: signals it can look at, and exceptions that end it at a safe place."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Signal:
    """Why a step should stop; always truthy.

    Args:
        kind: ``pause``, ``cancel``, ``shutdown``, ``slice`` or ``lost`` (another worker has taken over).
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
    """What a step asks the outside world."""

    key: str
    title: str
    prompt: str = ""
    form: str | None = None
    context: dict[str, Any] = field(default_factory=dict)
    urgency: str = "normal"
    replaces: dict[str, str] = field(default_factory=dict)
    kind: str = "input"
    deadline: timedelta | None = None


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
