"""What a command can refuse, in words for the person who reads it. Each door maps these in one place."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar


class Refused(Exception):
    """A command that was not carried out; nothing was changed.

    Args:
        detail: what happened and what to do, one or two sentences.
        errors: messages per field, for bad data.
        state: the execution's state when it was refused.
        allowed: the commands this actor could give instead.
        holds: ids of the holds in the way.
    """

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "Refused"

    def __init__(
        self,
        detail: str,
        *,
        errors: Mapping[str, Iterable[str]] | None = None,
        state: str | None = None,
        allowed: Iterable[str] = (),
        holds: Iterable[str] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors: dict[str, list[str]] = {name: list(items) for name, items in (errors or {}).items()}
        self.state = state
        self.allowed = tuple(allowed)
        self.holds = tuple(holds)
        self.execution_id: Any = None
        """Whose history the refusal belongs to; set by the command once the execution is known."""
        self.recorded = False
        """It stands in a history already."""


class NotAllowed(Refused):
    """The actor lacks the permission (403)."""

    code = "not-allowed"
    title = "Not allowed"


class NotFound(Refused):
    """There is no such thing (404)."""

    code = "not-found"
    title = "Not found"


class Conflict(Refused):
    """The state, or somebody's hold, forbids it (409)."""

    code = "conflict"
    title = "Not possible now"


class Stale(Refused):
    """What the actor saw has changed meanwhile (412)."""

    code = "stale"
    title = "Changed meanwhile"


class Gone(Refused):
    """It was there once and is not any more (410)."""

    code = "gone"
    title = "No longer valid"


class TooLarge(Refused):
    """More data than is accepted (413)."""

    code = "too-large"
    title = "Too large"


class Invalid(Refused):
    """Bad data, with the field named (422)."""

    code = "invalid"
    title = "Invalid data"


class Unconfirmed(Refused):
    """It was carried out, but that it is in force everywhere could not be confirmed in time (503)."""

    code = "unconfirmed"
    title = "Not confirmed yet"


class DefinitionError(Exception):
    """A workflow is written wrongly; carries the file and line for Django's system checks.

    Args:
        message: what is wrong and how to put it right.
        where: ``file:line`` of the definition.
    """

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(f"{message} ({where})" if where else message)
        self.message = message
        self.where = where
