"""Identifiers that sort by the time they were made."""

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """Make a UUID version 7: 48 bits of Unix milliseconds, then random bits.

    New rows land at the right edge of every index, and "newest first" needs no column of its own.

    Returns:
        A fresh UUID. Source: RFC 9562, section 5.7.
    """
    stamp = time.time_ns() // 1_000_000
    value = (stamp << 80) | int.from_bytes(os.urandom(10))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)
