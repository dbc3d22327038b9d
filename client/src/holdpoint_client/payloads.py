"""Payloads: changing a copy here, and what to send so that the server's becomes the same."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from holdpoint_client.failures import usage
from holdpoint_client.values import parsed

NOTHING: Any = object()
"""Where there is no value; null is one."""

type Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One place at which two values differ.

    Args:
        path: keys and positions from the root.
        before, after: the values, or NOTHING.
    """

    path: Path
    before: Any
    after: Any

    @property
    def sign(self) -> str:
        """``+`` for what came, ``-`` for what went, ``~`` for what changed."""
        return "+" if self.before is NOTHING else "-" if self.after is NOTHING else "~"


def assigned(payload: Any, settings: list[str]) -> Any:
    """Return a copy of a payload with some values set.

    Args:
        payload: the payload.
        settings: each ``a.b=VALUE``; VALUE is JSON, or the text itself where it is none. Numbers count in lists.

    Raises:
        Failure: there is no such place.
    """
    changed = copy.deepcopy(payload)
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not name or not equals:
            raise usage(f"--set {setting[:60]}: write it as name=value, such as totals.sum=12.")
        changed = _put(changed, tuple(name.split(".")), value_of(text), f"--set {name[:60]}", insert=False)
    return changed


def value_of(text: str) -> Any:
    """Return the JSON value that a text is, or the text itself where it is none."""
    try:
        return parsed(text)
    except (ValueError, RecursionError):
        return text


def patched(payload: Any, operations: Any) -> Any:
    """Return a copy of a payload with a JSON Patch (RFC 6902) applied.

    Args:
        payload: the payload.
        operations: the patch, a list.

    Raises:
        Failure: it is no patch, or does not apply.
    """
    if not isinstance(operations, list):
        raise usage('--json-patch is a list, such as [{"op": "replace", "path": "/sum", "value": 12}].')
    document = copy.deepcopy(payload)
    for operation in operations:
        document = _apply(document, operation)
    return document


def _apply(document: Any, operation: Any) -> Any:
    told = f"--json-patch {json.dumps(operation, ensure_ascii=False)[:80]}"
    if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
        raise usage(f"{told} has no path.")
    path, kind = _pointer(operation["path"], told), operation.get("op")
    if kind in ("add", "replace", "test"):
        if "value" not in operation:
            raise usage(f"{told} has no value.")
        value = operation["value"]
    elif kind in ("move", "copy"):
        source = _pointer(operation.get("from"), told)
        value = copy.deepcopy(_at(document, source, told))
        document = _without(document, source, told) if kind == "move" else document
    elif kind != "remove":
        raise usage(f"{told}: op is one of add, remove, replace, move, copy, test.")
    if kind == "test":
        if not _same(_at(document, path, told), value):
            raise usage(f"{told}: the payload holds something else there. Nothing was changed.")
        return document
    if kind == "remove":
        return _without(document, path, told)
    if kind == "replace":
        _at(document, path, told)
    return _put(document, path, value, told, insert=kind != "replace")


def _pointer(text: Any, told: str) -> Path:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise usage(f"{told}: a path looks like /totals/sum.")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def _at(document: Any, path: Path, told: str) -> Any:
    for part in path:
        try:
            document = document[_place(part)] if isinstance(document, list) else document[part]
        except (KeyError, IndexError, TypeError, ValueError):
            raise usage(f"{told}: there is nothing at {pointer(path)}.") from None
    return document


def _put(document: Any, path: Path, value: Any, told: str, *, insert: bool) -> Any:
    if not path:
        return value
    parent = document
    for depth, part in enumerate(path[:-1], start=1):
        if isinstance(parent, dict) and part not in parent and not insert:
            parent[part] = {}
        parent = _at(document, path[:depth], told)
    last = path[-1]
    if isinstance(parent, dict):
        parent[last] = value
        return document
    try:
        if not isinstance(parent, list):
            raise ValueError
        place = len(parent) if last == "-" else _place(last)
        if insert or place == len(parent):
            if place > len(parent):
                raise ValueError
            parent.insert(place, value)
        else:
            parent[place] = value
    except (ValueError, IndexError):
        raise usage(f"{told}: there is no place {pointer(path)}.") from None
    return document


def _without(document: Any, path: Path, told: str) -> Any:
    _at(document, path, told)
    if not path:
        raise usage(f"{told}: the payload itself cannot be removed.")
    parent = _at(document, path[:-1], told)
    del parent[_place(path[-1]) if isinstance(parent, list) else path[-1]]
    return document


def _place(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text)


def root_changes(before: Any, after: Any) -> dict[str, Any]:
    """Return what to send so that one payload becomes the other: whole fields of the root.

    Raises:
        Failure: it is no object any more, or a field of the root is gone, which the API cannot express.
    """
    if not isinstance(after, dict):
        raise usage("The payload must stay a JSON object.")
    before = before if isinstance(before, dict) else {}
    gone = [name for name in before if name not in after]
    if gone:
        raise usage(f"{gone[0]!r}: fields of the root can be changed, not removed. Set it to null instead.")
    return {name: value for name, value in after.items() if name not in before or not _same(before[name], value)}


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Change]:
    """Yield every place at which two JSON values differ, in order; the time grows with their size alone."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            yield from differences(before.get(name, NOTHING), after.get(name, NOTHING), (*path, name))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _in_lists(before, after, path)
    elif not _same(before, after):
        yield Change(path, before, after)


def _in_lists(before: list[Any], after: list[Any], path: Path) -> Iterator[Change]:
    # What both begin and end with is passed over, so that one item more does not change all that follow it.
    head, least = 0, min(len(before), len(after))
    while head < least and _same(before[head], after[head]):
        head += 1
    tail = 0
    while tail < least - head and _same(before[-1 - tail], after[-1 - tail]):
        tail += 1
    middles = before[head : len(before) - tail], after[head : len(after) - tail]
    for place in range(max(map(len, middles))):
        one, other = (middle[place] if place < len(middle) else NOTHING for middle in middles)
        yield from differences(one, other, (*path, str(head + place)))


def _same(one: Any, other: Any) -> bool:
    # 1 and true are equal in Python, and two things in JSON.
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def pointer(path: Path) -> str:
    """Return a path as a JSON pointer."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path) or "/"
