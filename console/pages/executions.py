"""The list of runs: state tabs, search, cursor pages, and the changes that keep it live."""

import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from console.pages.base import actor_of, is_fragment, page
from console.pages.run_row import RunRow
from executions import queries, states
from executions.authoring import registry

PAGE_SIZE = 50
MOST_IDS = 200
"""Ids taken from one request for changes; the script asks again for more."""
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Tab:
    """A state tab.

    Args:
        state: one of ``states.STATES``; empty for all.
        count: how many runs it leads to.
        url: the list under exactly that filter.
        current: is the one shown.
    """

    state: str
    count: queries.Count
    url: str
    current: bool

    @property
    def label(self) -> str:
        """The state in words."""
        return self.state.capitalize() or "All"


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the filter, with the address of the list without it."""

    name: str
    value: str
    url: str


@page("executions:read", what="read executions")
def executions(request: HttpRequest) -> HttpResponse:
    """Show one page of runs under the filter in the address."""
    wanted = read_filter(request.GET)
    cursor = request.GET.get("cursor", "")
    found = queries.list_runs(wanted, cursor or None, PAGE_SIZE)
    context = {
        "nav": "executions",
        "wanted": wanted,
        "narrowed": wanted.narrows() or bool(wanted.states),
        "chips": chips(wanted),
        "tabs": tabs(wanted),
        "rows": [RunRow(run) for run in found.rows],
        "is_first_page": found.previous is None,
        "changes_url": f"{reverse('executions-changes')}?{urlencode(filter_parameters(wanted))}",
        "first_url": address(wanted) if cursor else "",
        "previous_url": address(wanted, found.previous) if found.previous else "",
        "next_url": address(wanted, found.next) if found.next else "",
        "workflows": registry.all_workflows(),
        "may_launch": actor_of(request).can("executions:launch"),
    }
    if not is_fragment(request, "list"):
        return render(request, "executions/list.html", context)
    response = render(request, "executions/list.html#list", context)
    # A form sends its empty fields too; the address says only what is filtered.
    response.headers["HX-Push-Url"] = address(wanted, cursor)
    return response


@page("executions:read", what="read executions")
def changes(request: HttpRequest) -> HttpResponse:
    """Show what has changed on a page that is open: rows in place, how many are new, and now and then the counts.

    Parameters besides the filter: ``rows`` and ``others`` (ids that changed, on the page and off it), ``newest`` and
    ``oldest`` (the page's first and last row; absent on an empty one), ``first`` (it is the newest page), ``counts``.
    """
    wanted = read_filter(request.GET)
    rows = queries.rows_by_id(read_ids(request.GET.get("rows", "")))
    new = queries.Count(0)
    if request.GET.get("first"):
        new = queries.count_new(
            wanted,
            newest=next(iter(read_ids(request.GET.get("newest", ""))), None),
            oldest=next(iter(read_ids(request.GET.get("oldest", ""))), None),
            changed=read_ids(request.GET.get("others", "")),
        )
    context = {
        "rows": [RunRow(run, listed=not wanted.states or run.state in wanted.states) for run in rows],
        "oob": True,
        "new": new,
        "newest_url": address(wanted),
        "tabs": tabs(wanted) if request.GET.get("counts") else None,
    }
    return render(request, "executions/changes.html", context)


def read_filter(query: QueryDict) -> queries.RunFilter:
    """Read the filter from an address."""

    def text(name: str) -> str:
        return query.get(name, "").strip()[:LONGEST_TEXT]

    wanted_states = tuple(dict.fromkeys(state for state in query.getlist("state") if state))
    names = ("workflow", "label", "q", "launched_by", "parent")
    return queries.RunFilter(wanted_states[:9], *(text(name) for name in names))


def filter_parameters(wanted: queries.RunFilter) -> list[tuple[str, str]]:
    """Return a filter as the parameters of an address, empty ones left out."""
    others = {
        "workflow": wanted.workflow,
        "label": wanted.label,
        "q": wanted.text,
        "launched_by": wanted.launched_by,
        "parent": wanted.parent,
    }
    return [("state", state) for state in wanted.states] + [(name, value) for name, value in others.items() if value]


def address(wanted: queries.RunFilter, cursor: str | None = None, **changed: str) -> str:
    """Return the list's address under a filter.

    Args:
        wanted: the filter.
        cursor: of the page; the newest one where empty.
        changed: parameters that differ from the filter's; an empty one is left out.
    """
    parameters = [(name, value) for name, value in filter_parameters(wanted) if name not in changed]
    parameters += [(name, value) for name, value in changed.items() if value]
    parameters += [("cursor", cursor)] if cursor else []
    return reverse("executions") + (f"?{urlencode(parameters)}" if parameters else "")


def tabs(wanted: queries.RunFilter) -> list[Tab]:
    """Return the tabs with their counts: one query."""
    counts = queries.count_by_state(wanted)
    total = queries.Count(
        sum(count.number for count in counts.values()), any(count.capped for count in counts.values())
    )
    if total.capped:
        total = queries.Count(queries.COUNT_CAP, capped=True)
    every = Tab("", total, address(wanted, state=""), not wanted.states)
    return [every] + [
        Tab(state, counts[state], address(wanted, state=state), wanted.states == (state,)) for state in states.STATES
    ]


def chips(wanted: queries.RunFilter) -> list[Chip]:
    """Return the parts of the filter that no control on the page shows."""
    parts = (
        ("label", "Label", wanted.label),
        ("launched_by", "Launched by", wanted.launched_by),
        ("parent", "Children of", wanted.parent),
    )
    return [Chip(name, value, address(wanted, **{key: ""})) for key, name, value in parts if value]


def read_ids(text: str) -> list[uuid.UUID]:
    """Read comma-separated ids; what is none is left out."""
    ids = []
    for part in text.split(",")[:MOST_IDS]:
        try:
            ids.append(uuid.UUID(part))
        except ValueError:
            continue
    return ids
