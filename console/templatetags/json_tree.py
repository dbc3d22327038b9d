"""JSON as nested <details> and rows, escaped throughout, bounded in depth and in number of nodes."""

import json
from collections.abc import Iterator
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

MAX_DEPTH = 10
MAX_NODES = 2000
MAX_TEXT = 4000
"""Beyond these the rest is shown as text, or cut with a note that says how much is missing."""
NO_KEY = SafeString("")


class _Budget:
    """Counts the nodes of one tree, so that a huge payload cannot make a huge page."""

    def __init__(self, nodes: int) -> None:
        self.left = nodes

    def spend(self) -> bool:
        self.left -= 1
        return self.left >= 0


def render(value: Any, *, open_depth: int = 2) -> SafeString:
    """Render a JSON value as a tree.

    Args:
        value: dicts, lists, strings, numbers, booleans, None; others are shown by ``str``.
        open_depth: levels that are open at first.

    Returns:
        Safe HTML; every key and value in it is escaped.
    """
    return format_html('<div class="json">{}</div>', _node(value, 0, open_depth, _Budget(MAX_NODES)))


def _node(value: Any, depth: int, open_depth: int, budget: _Budget, key: SafeString = NO_KEY) -> SafeString:
    if not isinstance(value, dict | list | tuple):
        return _pair(key, _leaf(value))
    braces, noun = ("{}", "key") if isinstance(value, dict) else ("[]", "item")
    if not value:
        return _pair(key, format_html('<span class="size">{}</span>', braces))
    if depth >= MAX_DEPTH or budget.left <= 0:
        text = _cut(json.dumps(value, default=str, ensure_ascii=False, skipkeys=True))
        return _pair(key, format_html('<pre class="cut">{}</pre>', text))
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    return format_html(
        '<details{}><summary>{} <span class="size">{} {} {}{} {}</span></summary><div>{}</div></details>',
        SafeString(" open" if depth < open_depth else ""),
        key,
        braces[0],
        len(pairs),
        noun,
        "" if len(pairs) == 1 else "s",
        braces[1],
        format_html_join("", "{}", ((row,) for row in _rows(pairs, depth, open_depth, budget))),
    )


def _pair(key: SafeString, shown: SafeString) -> SafeString:
    return format_html('<div class="pair">{}{}</div>', key, shown)


def _rows(pairs: list[tuple[Any, Any]], depth: int, open_depth: int, budget: _Budget) -> Iterator[SafeString]:
    for shown, (key, value) in enumerate(pairs):
        if not budget.spend():
            yield format_html('<div class="pair cut">{} more not shown here</div>', len(pairs) - shown)
            return
        yield _node(value, depth + 1, open_depth, budget, format_html('<span class="key">{}</span>', key))


def _leaf(value: Any) -> SafeString:
    if isinstance(value, bool) or value is None:
        kind, text = ("null" if value is None else "boolean"), json.dumps(value)
    elif isinstance(value, int | float):
        kind, text = "number", str(value)
    else:
        kind, text = "string", _cut(str(value))
        text = json.dumps(text, ensure_ascii=False) if "\n" not in text else text
    return format_html('<span data-type="{}">{}</span>', kind, text)


def _cut(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    return f"{text[:MAX_TEXT]}… ({len(text) - MAX_TEXT} characters more)"
