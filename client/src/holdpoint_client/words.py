"""Texts for people: made harmless for a terminal, and times as people say them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.cells import cell_len

OBEYED = "\x00-\x08\x0b-\x1f\x7f-\x9f"
"""Control characters, which could move the cursor or rename the window."""
UNSEEN = "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f"
"""Characters that turn the reading direction, break lines, or hide between others."""
UNPRINTABLE = re.compile(f"[{OBEYED}{UNSEEN}]")
SPACES = re.compile(r"\r\n|[\n\t]")


def clean(text: object) -> str:
    """Return a text from the server without what a terminal would obey; line breaks and tabs become spaces."""
    return UNPRINTABLE.sub("\ufffd", SPACES.sub(" ", str(text)))


def clean_lines(text: object) -> str:
    """Return a text of several lines, each made harmless as by ``clean``."""
    return "\n".join(clean(line) for line in str(text).split("\n"))


def padded(text: str, cells: int) -> str:
    """Fill a text up to a width in columns of the screen, of which some letters take two."""
    return text + " " * (cells - cell_len(text))


def moment(text: str) -> datetime:
    """Read a time of the API."""
    return datetime.fromisoformat(text)


def clock(text: str) -> str:
    """Return a time of the API in this machine's zone: the time alone if it is of today."""
    local = moment(text).astimezone()
    today = datetime.now().astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"


def stamp(text: str) -> str:
    """Return a time of the API for a list of lines, in this machine's zone and always 12 columns wide."""
    local, now = moment(text).astimezone(), datetime.now().astimezone()
    if local.date() == now.date():
        return f"{local:%H:%M:%S}    "
    return f"{local:%d %b %H:%M}" if local.year == now.year else f"{local:%Y-%m-%d}  "


def age(text: str, now: datetime | None = None) -> str:
    """Return how long ago a time of the API is: ``12 s``, ``5 min``, ``3 h``, ``4 d``."""
    passed = max((now or datetime.now(UTC)) - moment(text), timedelta(0))
    return lasting(passed.total_seconds())


def until(text: str) -> str:
    """Return how far away a time of the API is, past or to come: ``in 5 min``, ``3 h ago``."""
    left = (moment(text) - datetime.now(UTC)).total_seconds()
    return f"in {lasting(left)}" if left > 0 else f"{lasting(-left)} ago"


def lasting(seconds: float) -> str:
    """Return a length of time as people say it; arguments in seconds."""
    seconds = int(seconds)
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
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size(number: int) -> str:
    """Return a number of bytes as people say it: ``312 B``, ``4.0 KB``, ``1.2 MB``."""
    amount = float(number)
    for unit in ("B", "KB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def capped(count: Mapping[str, Any]) -> str:
    """Return a count of the API, which may be exact only up to a cap: ``12``, ``more than 1,000``."""
    return f"more than {count['number']:,}" if count["capped"] else f"{count['number']:,}"
