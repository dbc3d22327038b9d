"""JSON text as the chain keeps it."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder


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
