"""The page of a run's payload: unfolded by path, searched, and compared with any earlier boundary."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.access import find_execution
from console.json_diff import Difference, diff
from console.pages.base import actor_of, page
from console.pages.run_page import RunPage
from console.templatetags import json_tree
from executions.errors import Invalid, NotFound
from executions.queries.boundaries import state_at

MOST_FOUND = 100
SNIPPET = 160
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a payload where the words were found: its path, and what lies there."""

    path: str
    text: str


@page("executions:read", what="read run")
def payload(request: HttpRequest, execution_id: uuid.UUID) -> HttpResponse:
    """Show a payload: whole, at ``path``, searched for ``q``, or as it differs ``against`` another line."""
    run = RunPage(request, find_execution(actor_of(request), execution_id))
    get = request.GET
    path = json_tree.read_pointer(get.get("path", "")[:2000])
    against, at = read_line(get.get("against", "")), read_line(get.get("at", ""))
    value = run.execution.payload if at is None else state_at(run.execution, at).payload
    try:
        shown = json_tree.value_at(value, path)
    except LookupError as missing:
        raise NotFound("There is nothing at this path of the payload by now.") from missing
    if request.htmx and "path" in get:  # type: ignore[attr-defined]
        return HttpResponse(
            json_tree.render_rows(shown, more=more_of(request, at), path=path, begin=read_begin(request))
        )
    searched = get.get("q", "")[:LONGEST_SEARCH].strip()
    context = {
        "nav": "executions",
        "run": run,
        "execution": run.execution,
        "value": shown,
        "path": path,
        "whole": not path,
        "crumbs": [(key, json_tree.pointer(path[: depth + 1])) for depth, key in enumerate(path)],
        "rows": json_tree.render_rows(shown, more=more_of(request, at), path=path, begin=read_begin(request)),
        "searched": searched,
        "found": search(value, searched) if searched else [],
        "most_found": MOST_FOUND,
        "against": against,
        "at": at,
        "difference": None if against is None else compare(run, against, value),
        "places": run.places_in_time,
    }
    return render(request, "execution/payload_page.html", context)


def compare(run: RunPage, against: int, value: Any) -> Difference:
    """Compare a payload with what it was at an earlier boundary."""
    return diff(state_at(run.execution, against).payload, value)


def search(value: Any, words: str) -> list[Found]:
    """Find a text in the keys and values of JSON, whatever its case.

    Args:
        value: what JSON can hold.
        words: not blank.
    """
    wanted = words.lower()
    found: list[Found] = []
    pending: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while pending and len(found) <= MOST_FOUND:
        path, each = pending.pop()
        held = isinstance(each, dict | list)
        text = "" if held else str(each)
        if (path and wanted in path[-1].lower()) or wanted in text.lower():
            at = max(0, text.lower().find(wanted) - SNIPPET // 4)
            found.append(Found(json_tree.pointer(path), f"{'…' if at else ''}{text[at : at + SNIPPET]}"))
        if held:
            pairs = each.items() if isinstance(each, dict) else enumerate(each)
            pending.extend(reversed([((*path, str(key)), inner) for key, inner in pairs]))
    return found


def more_of(request: HttpRequest, at: int | None) -> str:
    """Return the address that further parts are fetched from."""
    return request.path if at is None else f"{request.path}?at={at}"


def read_begin(request: HttpRequest) -> int:
    """Read the number of the first row that is asked for."""
    text = request.GET.get("begin", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def read_line(text: str) -> int | None:
    """Read the number of a line of the history; None for none.

    Raises:
        Invalid: it is no number.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        problem = "Name a line of the history by its number."
        raise Invalid(problem, errors={"against": [problem]})
    return int(text)
