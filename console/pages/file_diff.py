"""What changed between two versions of a run's text file, on a page of its own."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.access import find_execution
from console.file_diff import compare, versions
from console.pages.base import actor_of, page


@page("executions:read", what="compare file versions")
def diff(request: HttpRequest, execution_id: uuid.UUID) -> HttpResponse:
    """Show what changed from one version to another; ``?name=&from=&to=``, the newest and the one before by default."""
    run = find_execution(actor_of(request), execution_id, "compare file versions")
    asked = request.GET
    old, new = versions(run, asked.get("name", ""), _number(asked.get("from", "")), _number(asked.get("to", "")))
    found = compare(old, new)
    context = {"nav": "executions", "execution": run, "old": old, "new": new, "trouble": found.trouble}
    context |= {"lines": found.shown, "cut": found.left_out}
    context |= {f"{kind}_count": found.count(kind) for kind in ("added", "removed")}
    return render(request, "execution/file_diff.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
