"""JSON text as the chain keeps it."""

import json
import re
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

MAX_DEPTH = 100
"""Levels of nesting that are stored; what lies deeper nobody can read, and parsers fail on it."""

# A NUL as JSON writes it; after another backslash it is a backslash and plain text.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def to_json(value: Any) -> str:
    """Write a value as compact JSON; dates, decimals and UUIDs as Django writes them.

    Args:
        value: anything JSON can carry.

    Returns:
        JSON text in which non-ASCII characters stand as themselves.

    Raises:
        TypeError: the value holds something JSON cannot carry.
        ValueError: it holds NaN or an infinity, which JSON does not have.
    """
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def flaw_of(value: Any, text: str) -> str:
    """Say why JSON that is well formed can still not be stored, or return an empty string.

    Args:
        value: the value.
        text: the same as JSON.

    Returns:
        A sentence for the person who sent it, or ``""``.
    """
    if "\\u0000" in text and _NUL.search(text):
        return r"Remove the \u0000 character; it cannot be stored."
    # Counting brackets is cheap, and shows that nearly all values cannot be too deep.
    if text.count("{") + text.count("[") > MAX_DEPTH and _deeper_than(value, MAX_DEPTH):
        return f"Nested more than {MAX_DEPTH} levels deep."
    return ""


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list | tuple)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return any(isinstance(inner, dict | list | tuple) for inner in level)
