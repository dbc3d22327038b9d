"""Texts for people: made harmless for a terminal, and times as people say them."""

import re
from datetime import UTC, datetime, timedelta

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, which could move the cursor or rename the window, and those that turn the reading direction."""


def clean(text: object) -> str:
    """Return a text from the server without what a terminal would obey; line breaks and tabs become spaces."""
    return UNPRINTABLE.sub("\ufffd", str(text).replace("\r\n", " ").replace("\n", " ").replace("\t", " "))


def moment(text: str) -> datetime:
    """Read a time of the API."""
    return datetime.fromisoformat(text)


def clock(text: str) -> str:
    """Return a time of the API in this machine's zone: the time alone if it is of today."""
    local = moment(text).astimezone()
    today = datetime.now().astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"


def age(text: str, now: datetime | None = None) -> str:
    """Return how long ago a time of the API is: ``12 s``, ``5 min``, ``3 h``, ``4 d``."""
    passed = max((now or datetime.now(UTC)) - moment(text), timedelta(0))
    seconds = int(passed.total_seconds())
    if seconds < 90:
        return f"{seconds} s"
    if seconds < 90 * 60:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} d"


def listed(names: list[str]) -> str:
    """Return names as a sentence's part: ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 run``, ``3 runs``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
