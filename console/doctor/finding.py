"""What was found, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination.

    Args:
        area: what was looked at.
        level: ``ok``, ``warn`` (works, and should be otherwise) or ``fail`` (does not work, or a promise
            does not hold).
        what: what is so.
        do: what to do; empty where nothing is to be done.
    """

    area: str
    level: str
    what: str
    do: str = ""


def some(names: Sequence[str]) -> str:
    """Return the first five names, and how many more there are."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
