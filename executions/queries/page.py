"""One page of a list."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page[T]:
    """One page of a list.

    Args:
        rows: in their order.
        next: cursor of the following page; None on the last one.
        previous: cursor of the page before; None on the first one.
    """

    rows: Sequence[T]
    next: str | None = None
    previous: str | None = None
