"""The little Markdown that descriptions use: paragraphs, lists, `code` and **bold**; all else is text."""

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

CODE = re.compile(r"``([^`]+)``|`([^`]+)`")
BOLD = re.compile(r"\*\*([^*]+)\*\*")


def line(text: str) -> SafeString:
    """Return a text of one line as HTML; everything in it is escaped."""
    pieces, at = [], 0
    for found in CODE.finditer(text):
        pieces += [_bold(text[at : found.start()]), f"<code>{escape(found[1] or found[2])}</code>"]
        at = found.end()
    return mark_safe("".join([*pieces, _bold(text[at:])]))  # noqa: S308 - every piece is escaped


def paragraphs(text: str) -> SafeString:
    """Return a text as paragraphs and lists in HTML; everything in it is escaped."""
    found = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.split("\n")
        if all(each.startswith("- ") for each in lines):
            found.append("".join(["<ul>", *(f"<li>{line(each[2:])}</li>" for each in lines), "</ul>"]))
        elif block:
            found.append(f"<p>{line(' '.join(lines))}</p>")
    return mark_safe("".join(found))  # noqa: S308 - every piece is escaped


def _bold(text: str) -> str:
    return BOLD.sub(r"<b>\1</b>", escape(text))
