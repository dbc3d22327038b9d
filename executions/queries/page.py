"""One page of a list."""

import datetime
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


def read_moment(text: str) -> datetime.datetime:
    """Read the time in a cursor, in UTC: PostgreSQL does not know every zone that ISO 8601 can write.

    Raises:
        ValueError: it is none, or names no zone.
    """
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    try:
        return moment.astimezone(datetime.UTC)
    except OverflowError as error:
        raise ValueError(text) from error
