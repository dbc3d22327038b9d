"""What people told a run: answers, approvals, how it was resumed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Answer(dict[str, Any]):
    """What somebody answered: the fields as a dict, and who it was.

    Args:
        data: the cleaned fields.
        by: printed name of who answered; of the rule that closed the question where nobody did.
        comment: their words.
        expired: the deadline passed before anybody answered.
        shown: the context they were shown with the question, as JSON brings it back.
        outdated: it is the answer of a gate, and the input it was given for has been changed since.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        by: str = "",
        comment: str = "",
        *,
        expired: bool = False,
        shown: Mapping[str, Any] | None = None,
        outdated: bool = False,
    ) -> None:
        super().__init__(data)
        self.by = by
        self.comment = comment
        self.expired = expired
        self.shown = dict(shown or {})
        self.outdated = outdated

    @property
    def value(self) -> Any:
        """What was said, for questions of one value: a text, True or False, or the value chosen.

        Raises:
            KeyError: the question had a form, or took any object.
        """
        return self["answer"]


@dataclass(frozen=True, slots=True)
class Approval:
    """How an approval ended; true only if it was approved.

    Args:
        status: ``approved``, ``rejected`` or ``expired``.
        by: printed name of who decided, of all who approved where several had to; of the deadline's rule where
            nobody did.
        reason: their words.
    """

    status: str
    by: str
    reason: str = ""

    def __bool__(self) -> bool:
        return self.status == "approved"

    @classmethod
    def of(cls, answer: Answer) -> "Approval":
        """Read how an approval was answered."""
        if answer.expired:
            return cls("expired", answer.by)
        reason = answer.get("reason") or answer.comment
        if answer["decision"] != "approve":
            return cls("rejected", answer.by, reason)
        votes = answer.get("votes") or []
        return cls("approved", ", ".join(vote["by"] for vote in votes) or answer.by, reason)


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
