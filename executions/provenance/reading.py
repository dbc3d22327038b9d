"""Reading what a line says. Whoever forges one must not keep others from reading the rest of its history.

A line's kind promises what its data hold (``kinds_of_*.py``). Whatever folds or words lines reads them here, and may
rely on that promise: data that do not keep it are no data but a line that somebody altered, and are told as such.
"""

import datetime
import functools
import json
import math
import uuid
from collections.abc import Callable, Container
from typing import Any

from executions.provenance.jsontext import MAX_DEPTH, flaw_of
from executions.provenance.kinds import KINDS

ALTERED = "Altered: its data are not those of this kind of line"
"""What stands in the place of what the line says."""
type Check = Callable[[Any], bool]


def decode(text: str) -> Any:
    """Return data as JSON.

    Args:
        text: what is stored.

    Raises:
        ValueError: it is no JSON, or holds what no answer can carry: NaN, half a character, hundreds of levels.
    """
    try:
        found = json.loads(text, parse_constant=_no_number, parse_float=_number)
    except RecursionError:
        raise ValueError(f"More than {MAX_DEPTH} levels.") from None
    if "\\u" in text:
        json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair is no character
    flaw = flaw_of(found, text)
    if flaw:
        raise ValueError(flaw)
    return found


def decoded(text: str) -> Any:
    """Return data as JSON; what is none, or none that can be passed on, as the text it is."""
    try:
        return decode(text)
    except ValueError:
        return text


def read(kind: str, text: str, among: Container[str] | None = None) -> dict[str, Any] | None:
    """Return what a line says, or None where its data do not hold what its kind promises.

    Args:
        kind: of the line; one that nobody knows promises nothing but an object.
        text: its data as stored, or a part of them.
        among: where only some fields were read: those, so that none of the others is missed.
    """
    try:
        found = decode(text)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    for field, check, always in _promises(kind):
        if field not in found:
            if always and (among is None or field in among):
                return None
        elif check is not None and not check(found[field]):
            return None
    return found


@functools.cache
def _promises(kind: str) -> tuple[tuple[str, Check | None, bool], ...]:
    """Return the fields of a kind: name, what readers rely on its value to be, and whether it is always there."""
    described = KINDS[kind].data if kind in KINDS else {}
    of_kind = {**OF_ALL, **OF_KIND.get(kind, {})}
    return tuple((name.rstrip("?"), of_kind.get(name.rstrip("?")), not name.endswith("?")) for name in described)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON.")


def _number(digits: str) -> float:
    found = float(digits)
    if math.isinf(found):
        raise ValueError("A number too large.")
    return found


LARGEST = 2**53
"""Beyond it programs do not agree on what a number is."""


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_id(value: Any) -> bool:
    try:
        return bool(uuid.UUID(value))
    except (AttributeError, TypeError, ValueError):
        return False


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_object_or_none(value: Any) -> bool:
    return value is None or isinstance(value, dict)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _are_files(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) and _is_text(each.get("name")) for each in value)


def _are_people(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or not _are_names(value.get("users", [])):
        return False
    return (
        _is_text(value.get("permission", ""))
        and _is_text(value.get("group", ""))
        and _is_count(value.get("approvals", 1))
    )


def _is_checkpoint(value: Any) -> bool:
    if not isinstance(value, dict) or not _is_moment(value.get("through")):
        return False
    return _is_count(value.get("events")) and _is_count(value.get("ledgers")) and _is_text(value.get("digest"))


def _is_moment(value: Any) -> bool:
    try:
        return datetime.datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


OF_ALL: dict[str, Check] = {
    "step": _is_text_or_none,
    "before_step": _is_text_or_none,
    "position": _is_count,
    "attempt": _is_count,
    "version": _is_count,
    "ms": _is_number,
    "seconds": _is_number,
    "ahead": _are_names,
    "payload": _is_object,
    "changes": _is_object,
    "result": _is_object,
    "children": _is_object,
    "budgets": _is_object,
    "hold": _is_text,
    "suspension": _is_text,
    "kind": _is_text,
    "title": _is_text,
    "sha256": _is_text,
    "command": _is_text,
    "files": _are_files,
    "who": _are_people,
}
"""What readers rely on, whatever the kind."""
OF_KIND: dict[str, dict[str, Check]] = {
    "hold.placed": {"hold": _is_id},
    "suspension.opened": {"suspension": _is_id},
    "step.finished": {"step": _is_text},
    "step.skipped": {"step": _is_text},
    "execution.resumed": {"data": _is_object_or_none},
    "payload.amended": {"before": _is_object},
    "file.replaced": {"before": _is_text_or_none, "name": _is_text},
    "audit.verified": {
        "outcome": _is_text,
        "events": _is_count,
        "ledgers": _is_count,
        "problem_count": _is_count,
        "problems": lambda value: isinstance(value, list) and all(isinstance(each, dict) for each in value),
        "compared_with": lambda value: value is None or _is_count(value),
        "checkpoint": _is_checkpoint,
    },
}
"""And of single kinds."""
