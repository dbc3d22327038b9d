"""Identifiers that sort by the time they were made."""

import datetime
import os
import time
import uuid


def milliseconds() -> int:
    """Return the time that new identifiers carry: Unix milliseconds."""
    return time.time_ns() // 1_000_000


def new_id(after: uuid.UUID | None = None) -> uuid.UUID:
    """Make a UUID version 7: 48 bits of Unix milliseconds, then random bits.

    New rows land at the right edge of every index, and "newest first" needs no column of its own.

    Args:
        after: an id of the same kind that the new one must sort after, whatever this machine's clock says.

    Returns:
        A fresh UUID. Source: RFC 9562, section 5.7.
    """
    stamp = milliseconds()
    if after is not None:
        stamp = max(stamp, (after.int >> 80) + 1)
    value = (stamp << 80) | int.from_bytes(os.urandom(10))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)


def earliest_id(moment: datetime.datetime, margin: datetime.timedelta = datetime.timedelta(0)) -> uuid.UUID:
    """Return the id that sorts before every one made at a moment or later.

    Args:
        moment: aware; what lies before 1970 counts as its beginning.
        margin: added to it; may lead beyond the years that a datetime knows.
    """
    milliseconds = int((moment.timestamp() + margin.total_seconds()) * 1000)
    return uuid.UUID(int=max(milliseconds, 0) << 80)
