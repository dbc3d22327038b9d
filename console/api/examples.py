"""One request and its answer for each operation, as they were once sent; a test records them."""

import functools
import json
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("examples.json")


@functools.cache
def recorded() -> dict[str, Any]:
    """Return operation id → ``path``, ``status``, ``request`` where a body is sent, ``answer`` where it is JSON."""
    found: dict[str, Any] = json.loads(RECORDED.read_text())
    return found


def example_of(operation_id: str) -> dict[str, Any]:
    """Return the example of an operation; empty where there is none yet."""
    example: dict[str, Any] = recorded().get(operation_id, {})
    return example
