"""What steps return must be JSON of a bounded size; the errors name the step and the field."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from executions.provenance.jsontext import flaw_of, to_json


class NotStorable(TypeError):
    """A step's result cannot be stored. Says which step and which field."""


def checked_result(step: str, key: str, result: Any) -> str:
    """Return a sub-result as JSON text.

    Args:
        step: the step's name, for the error.
        key: the record's key, for the error.
        result: what the author's function returned.

    Raises:
        NotStorable: not JSON, or over the payload limit.
    """
    return _text(result, f"Step {step}, result of {key!r}")


def checked_arguments(step: str, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a tool call as JSON brings them back: what people are shown is what it is called with.

    Args:
        step: the step's name, for the error.
        tool: the tool's name, for the error.
        arguments: by name.

    Raises:
        NotStorable: one of them is not JSON, or all together are over the payload limit.
    """
    for name, value in arguments.items():
        _text(value, f"Step {step}, argument {name!r} of the tool {tool}")
    checked: dict[str, Any] = json.loads(_text(dict(arguments), f"Step {step}, arguments of the tool {tool}"))
    return checked


def checked_changes(step: str, changes: Any) -> str | None:
    """Return what a step returned as JSON text; None where it returned nothing.

    Args:
        step: the step's name, for the error.
        changes: what the step returned.

    Raises:
        NotStorable: neither None nor an object of JSON values, or over the payload limit; names the field.
    """
    if changes is None:
        return None
    if not isinstance(changes, dict):
        raise NotStorable(
            f"Step {step} returned {type(changes).__name__}; return a dict of changes to the payload, or None."
        )
    for name in changes:
        if not isinstance(name, str):
            raise NotStorable(f"Step {step} returned the field {name!r}; names of fields must be texts.")
    try:
        return _text(changes, f"Step {step}")
    except NotStorable:
        for name, value in changes.items():
            _text(value, f"Step {step}, field {name!r}")
        raise


def _text(value: Any, what: str) -> str:
    limit = settings.HOLDPOINT["MAX_PAYLOAD_BYTES"]
    try:
        text = to_json(value)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise NotStorable(f"{what} is not JSON: {error}.") from error
    flaw = flaw_of(value, text)
    if flaw:
        raise NotStorable(f"{what} cannot be stored: {flaw}")
    if size > limit:
        raise NotStorable(f"{what} is {size:,} bytes; at most {limit:,} are stored. Put large data into a file.")
    return text
