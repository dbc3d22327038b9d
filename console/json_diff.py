"""What differs between two JSON values, path by path; long texts line by line."""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from console.templatetags.json_tree import pointer

MOST_CHANGES = 200
SHORT_TEXT = 120
MOST_SHOWN = 2000
"""Characters of one value."""
MOST_PAIRS = 40_000
"""Items of two lists that are compared with each other; longer lists are compared place by place."""
ALL_PAIRS = 1_000_000
"""The same for all lists of a comparison together."""
MOST_LINES = 400
"""Of a text compared line by line; longer ones are shown by their beginnings."""


@dataclass(frozen=True, slots=True)
class Change:
    """One path at which two values differ.

    Args:
        path: as a JSON pointer.
        kind: ``added``, ``removed`` or ``changed``.
        before, after: the values as JSON, cut where long; empty where there is none.
        lines: for long texts, what stayed, went and came: (``same``, ``removed`` or ``added``, the line).
    """

    path: str
    kind: str
    before: str = ""
    after: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes, up to a cap.

    Args:
        changes: in the order of the keys.
        left_out: how many more there are.
    """

    changes: list[Change]
    left_out: int = 0

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many of each kind, those that occur."""
        kinds = [change.kind for change in self.changes]
        return [(kind, kinds.count(kind)) for kind in ("added", "removed", "changed") if kind in kinds]


class _Effort:
    """What one comparison may still spend on finding what was put into lists or taken out of them."""

    def __init__(self) -> None:
        self.left = ALL_PAIRS

    def allows(self, pairs: int) -> bool:
        if pairs > min(MOST_PAIRS, self.left):
            return False
        self.left -= pairs
        return True


def diff(before: Any, after: Any) -> Difference:
    """Compare two JSON values.

    Args:
        before, after: what JSON can hold.
    """
    found: list[Change] = []
    left_out = 0
    for change in _walk(before, after, (), _Effort()):
        if len(found) < MOST_CHANGES:
            found.append(change)
        else:
            left_out += 1
    return Difference(found, left_out)


def _walk(before: Any, after: Any, path: tuple[str, ...], effort: _Effort) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            here = (*path, str(key))
            if key not in after:
                yield Change(pointer(here), "removed", before=_text(before[key]))
            elif key not in before:
                yield Change(pointer(here), "added", after=_text(after[key]))
            else:
                yield from _walk(before[key], after[key], here, effort)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _walk_lists(before, after, path, effort)
    elif before != after or type(before) is not type(after):
        yield _changed(before, after, path)


def _walk_lists(before: list[Any], after: list[Any], path: tuple[str, ...], effort: _Effort) -> Iterator[Change]:
    """Find what was put in or taken out, so that one item more does not change all that follow it."""
    if not effort.allows(len(before) * len(after)):
        shared = min(len(before), len(after))
        for number in range(shared):
            yield from _walk(before[number], after[number], (*path, str(number)), effort)
        for number, each in enumerate(before[shared:], start=shared):
            yield Change(pointer((*path, str(number))), "removed", before=_text(each))
        for number, each in enumerate(after[shared:], start=shared):
            yield Change(pointer((*path, str(number))), "added", after=_text(each))
        return
    names = [_text(each) for each in before], [_text(each) for each in after]
    for tag, left, right, low, high in difflib.SequenceMatcher(None, *names, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        paired = min(right - left, high - low)
        for offset in range(paired):
            yield from _walk(before[left + offset], after[low + offset], (*path, str(low + offset)), effort)
        for number in range(left + paired, right):
            yield Change(pointer((*path, str(number))), "removed", before=_text(before[number]))
        for number in range(low + paired, high):
            yield Change(pointer((*path, str(number))), "added", after=_text(after[number]))


def _changed(before: Any, after: Any, path: tuple[str, ...]) -> Change:
    texts = isinstance(before, str) and isinstance(after, str)
    if texts and max(len(before), len(after)) > SHORT_TEXT:
        old, new = before.splitlines(), after.splitlines()
        if 1 < max(len(old), len(new)) <= MOST_LINES:
            return Change(pointer(path), "changed", lines=_lines(old, new))
    return Change(pointer(path), "changed", _text(before), _text(after))


def _lines(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    kinds = {" ": "same", "-": "removed", "+": "added"}
    # Its first two lines are a head; a line of a text may look like them.
    shown = list(difflib.unified_diff(old, new, lineterm="", n=2))[2:]
    found = [("gap", "…") if line.startswith("@@") else (kinds[line[0]], line[1:MOST_SHOWN]) for line in shown]
    return found[1:] if found and found[0][0] == "gap" else found


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}… ({len(text) - MOST_SHOWN:,} characters more)"
