"""What changed between two versions of a run's text file, on a page of its own."""

import difflib
import uuid
from collections import Counter
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.access import find_execution
from console.pages.base import actor_of, page
from executions import queries
from executions.models import RunFile

LARGEST = 256 * 1024
"""Bytes of a version; longer ones are to be downloaded and compared elsewhere."""
MOST_LINES = 2000
MOST_WORK = 30_000_000
"""Comparisons of lines, at worst: some two seconds."""
COMMON_FROM = 200
"""Lines from which on difflib leaves out what fills more than a hundredth of them."""
KINDS = {"+": "added", "-": "removed", "@": "place"}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a unified diff.

    Args:
        kind: ``added``, ``removed``, ``place`` or ``same``.
        text: with the sign it begins with.
    """

    kind: str
    text: str


@page("executions:read", what="compare file versions")
def diff(request: HttpRequest, execution_id: uuid.UUID) -> HttpResponse:
    """Show what changed from one version to another; ``?name=&from=&to=``, the newest and the one before by default."""
    run = find_execution(actor_of(request), execution_id, "compare file versions")
    new = queries.file_content(run, request.GET.get("name", ""), _number(request.GET.get("to", "")))
    old = queries.file_content(run, new.name, _number(request.GET.get("from", "")) or max(new.version - 1, 1))
    trouble, lines = compare(old, new)
    context = {"nav": "executions", "execution": run, "old": old, "new": new, "trouble": trouble, "lines": lines}
    shown = {"cut": len(lines) > MOST_LINES, "lines": lines[:MOST_LINES], **_counts(lines)}
    return render(request, "execution/file_diff.html", {**context, **shown})


def compare(old: RunFile, new: RunFile) -> tuple[str, list[DiffLine]]:
    """Compare two versions line by line.

    Returns:
        Why they cannot be compared, empty where they can; and the lines that differ, with three around them.
    """
    if max(old.size, new.size) > LARGEST:
        return f"These versions are too long to be compared here: over {LARGEST // 1024} KiB. Download both.", []
    try:
        before, after = bytes(old.content).decode(), bytes(new.content).decode()
    except UnicodeDecodeError:
        return "These versions are no text. Download both to compare them.", []
    if work(before.splitlines(), after.splitlines()) > MOST_WORK:
        return "These versions have too many lines to be compared here. Download both.", []
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="")
    return "", [DiffLine(KINDS.get(line[:1], "same"), line) for line in found if not line.startswith(("---", "+++"))]


def work(before: list[str], after: list[str]) -> int:
    """Return how many comparisons difflib makes at worst: of all like lines, anew for every stretch that stayed."""
    here, there = Counter(before), Counter(after)
    common = len(after) // 100 + 1 if len(after) >= COMMON_FROM else len(after)
    alike = sum(number * there[line] for line, number in here.items() if there[line] <= common)
    return (len(before) + alike) * min(len(before), len(after))


def _counts(lines: list[DiffLine]) -> dict[str, int]:
    return {f"{kind}_count": sum(line.kind == kind for line in lines) for kind in ("added", "removed")}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
