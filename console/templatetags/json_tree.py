"""JSON as nested <details> and rows, escaped throughout, bounded in depth and in number of nodes.

With an address to fetch more from, large parts are links that are unfolded on demand; without, they are cut.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

MAX_DEPTH = 10
MAX_NODES = 2000
MAX_TEXT = 4000
"""Beyond these the rest is shown as text, or cut with a note that says how much is missing."""
LAZY_NODES, LAZY_TEXT, LAZY_ROWS = 120, 400, 60
"""The same for a tree that can be unfolded on demand, and how many rows of one object are shown at once."""
NO_KEY = SafeString("")
type Path = tuple[str, ...]


@dataclass(slots=True)
class _Tree:
    """What one rendering may still spend, so that a huge payload cannot make a huge page.

    Args:
        left: nodes.
        open_depth: levels that are open at first.
        more: address that parts are fetched from; empty where there is none.
        begin: depth of the node that is rendered.
    """

    left: int
    open_depth: int
    more: str = ""
    begin: int = 0

    def spend(self) -> bool:
        self.left -= 1
        return self.left >= 0


def render(value: Any, *, open_depth: int = 2, more: str = "", path: Path = ()) -> SafeString:
    """Render a JSON value as a tree.

    Args:
        value: dicts, lists, strings, numbers, booleans, None; others are shown by ``str``.
        open_depth: levels that are open at first.
        more: address of a page that shows the value at ``?path=``; what is large becomes a link to it.
        path: where the value lies in what that page shows.

    Returns:
        Safe HTML; every key and value in it is escaped.
    """
    tree = _Tree(LAZY_NODES if more else MAX_NODES, open_depth, more)
    return format_html('<div class="json">{}</div>', _node(value, path, 0, tree))


def render_rows(value: Any, *, more: str, path: Path, begin: int = 0) -> SafeString:
    """Render what is in an object or list, without itself, from one of its rows on; or a long text whole.

    Args:
        value: found at the path.
        more: as in ``render``.
        path: where it lies.
        begin: number of the first row.
    """
    tree = _Tree(LAZY_NODES, 1, more)
    if not isinstance(value, dict | list | tuple):
        return format_html('<pre class="whole" tabindex="0">{}</pre>', value if isinstance(value, str) else str(value))
    rows = _rows(_pairs(value), path, 0, tree, begin=begin)
    return format_html_join("", "{}", ((row,) for row in rows))


def pointer(path: Sequence[str]) -> str:
    """Write a path as a JSON pointer (RFC 6901)."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


def read_pointer(text: str) -> Path:
    """Read a JSON pointer; anything else leads nowhere."""
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in text.split("/")[1:])


def value_at(value: Any, path: Sequence[str]) -> Any:
    """Return what lies at a path.

    Raises:
        LookupError: nothing does.
    """
    for key in path:
        if isinstance(value, dict):
            value = value[key]
        elif isinstance(value, list) and key.isascii() and key.isdigit() and len(key) < 10:
            value = value[int(key)]
        else:
            raise KeyError(key)
    return value


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items() if isinstance(value, dict) else enumerate(value))


def _node(value: Any, path: Path, depth: int, tree: _Tree, key: SafeString = NO_KEY) -> SafeString:
    if not isinstance(value, dict | list | tuple):
        return _pair(key, _leaf(value, path, tree))
    braces, noun = ("{}", "key") if isinstance(value, dict) else ("[]", "item")
    if not value:
        return _pair(key, format_html('<span class="size">{}</span>', braces))
    size = f"{braces[0]} {len(value):,} {noun}{'' if len(value) == 1 else 's'} {braces[1]}"
    if tree.more and depth and (tree.left <= 0 or (depth >= tree.open_depth and _is_large(value))):
        return _pair(key, _link(tree, path, size))
    if depth >= MAX_DEPTH or tree.left <= 0:
        if tree.more:
            return _pair(key, _link(tree, path, size))
        text = _cut(json.dumps(value, default=str, ensure_ascii=False, skipkeys=True))
        return _pair(key, format_html('<pre class="cut">{}</pre>', text))
    return format_html(
        '<details{}><summary>{} <span class="size">{}</span></summary><div>{}</div></details>',
        SafeString(" open" if depth < tree.open_depth else ""),
        key,
        size,
        format_html_join("", "{}", ((row,) for row in _rows(_pairs(value), path, depth, tree))),
    )


def _is_large(value: Any) -> bool:
    """Tell whether it holds more than a few nodes, without looking at all of them."""
    pending, seen = [value], 0
    while pending:
        each = pending.pop()
        if isinstance(each, dict | list):
            seen += len(each)
            if seen > LAZY_ROWS:
                return True
            pending.extend(each.values() if isinstance(each, dict) else each)
        elif isinstance(each, str) and len(each) > LAZY_TEXT:
            return True
    return False


def _pair(key: SafeString, shown: SafeString) -> SafeString:
    return format_html('<div class="pair">{}{}</div>', key, shown)


def _rows(pairs: list[tuple[Any, Any]], path: Path, depth: int, tree: _Tree, *, begin: int = 0) -> Iterator[SafeString]:
    for shown, (key, value) in enumerate(pairs[begin:], start=begin):
        full = tree.more and shown - begin >= LAZY_ROWS
        if full or not tree.spend():
            left = len(pairs) - shown
            if tree.more:
                yield _pair(NO_KEY, _link(tree, path, f"{left:,} more", begin=shown))
            else:
                yield format_html('<div class="pair cut">{} more not shown here</div>', left)
            return
        yield _node(value, (*path, str(key)), depth + 1, tree, format_html('<span class="key">{}</span>', key))


def _link(tree: _Tree, path: Path, words: str, *, begin: int = 0) -> SafeString:
    """Link to a part: with a script it takes the link's place, without it is a page."""
    joined = "&" if "?" in tree.more else "?"
    url = tree.more + joined + urlencode({"path": pointer(path)} | ({"begin": begin} if begin else {}))
    return format_html(
        '<a class="unfold" href="{}" hx-get="{}" hx-target="closest .pair" hx-swap="{}">{}</a>',
        url,
        url,
        "outerHTML" if begin else "beforeend",
        words,
    )


def _leaf(value: Any, path: Path, tree: _Tree) -> SafeString:
    if isinstance(value, bool) or value is None:
        kind, text = ("null" if value is None else "boolean"), json.dumps(value)
    elif isinstance(value, int | float):
        kind, text = "number", str(value)
    elif tree.more and len(str(value)) > LAZY_TEXT:
        whole = str(value)
        return format_html(
            '<span data-type="string">{}…</span> {}',
            json.dumps(whole[: LAZY_TEXT // 2], ensure_ascii=False)[:-1],
            _link(tree, path, f"all {len(whole):,} characters"),
        )
    else:
        kind, text = "string", _cut(str(value))
        text = json.dumps(text, ensure_ascii=False) if "\n" not in text else text
    return format_html('<span data-type="{}">{}</span>', kind, text)


def _cut(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    return f"{text[:MAX_TEXT]}… ({len(text) - MAX_TEXT} characters more)"
