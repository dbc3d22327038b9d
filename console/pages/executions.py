"""The list of runs: state tabs, filter, order, cursor pages, and the changes that keep it live."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from console.appearance import remember
from console.pages.base import SeeOther, actor_of, ask_to_sign_in, is_fragment, page, refused
from console.pages.list_address import SPANS, ListAddress, read_address
from console.pages.list_parts import (
    SORT_TITLES,
    Columns,
    Tab,
    bulk_commands,
    chips,
    columns_for,
    filters_chosen,
    listed_states,
    matching_count,
    sorts_for,
    summary_of,
    tabs,
    time_fields,
    view_tabs,
)
from console.pages.run_row import RunRow
from executions import commands, queries
from executions.actors import Actor
from executions.authoring import registry
from executions.errors import Refused
from executions.ids import new_id
from executions.models.desk import DENSITIES
from executions.queries.audit import people
from executions.states import HOLD_KINDS

PAGE_SIZE = 50
MOST_IDS = 200
"""Ids taken from one request for changes; the script asks again for more."""


@page("executions:read", what="read executions")
def executions(request: HttpRequest) -> HttpResponse:
    """Show one page of runs under the filter in the address."""
    actor = actor_of(request)
    address = read_address(request.GET)
    wanted = address.wanted()
    cursor = request.GET.get("cursor", "")
    found, counts = queries.list_with_counts(wanted, cursor or None, PAGE_SIZE, address.sort)
    context = {
        "nav": "executions",
        "address": address,
        "wanted": wanted,
        "rows": [RunRow(run) for run in found.rows],
        "oob": False,
        "is_first_page": found.previous is None,
        "first_url": address.url() if cursor else "",
        "previous_url": address.url(found.previous) if found.previous else "",
        "next_url": address.url(found.next) if found.next else "",
        "may_launch": actor.can("executions:launch"),
        **_around(address, wanted, actor, len(found.rows), tabs(address, wanted, counts)),
    }
    if not is_fragment(request, "list"):
        return render(request, "executions/list.html", context)
    response = render(request, "executions/list.html#list", context)
    # A form sends its empty fields too; the address says only what is filtered.
    response.headers["HX-Push-Url"] = address.url(cursor)
    return response


def _around(
    address: ListAddress, wanted: queries.RunFilter, actor: Actor, shown: int, counted: list[Tab]
) -> dict[str, Any]:
    """Return what stands around the rows."""
    preference = queries.preference_of(actor.user_id)
    columns = columns_for(address, preference)
    views = view_tabs(address, actor)
    order = queries.order_of(wanted, address.sort)
    narrowed = listed_states(wanted, order)
    known = registry.all_workflows()
    return {
        "tabs": counted,
        "has_runs": any(tab.count.number for tab in counted),
        "views": views,
        "view": next((view for view in views if view.current and view.saved), None),
        "may_share": actor.can("console:manage"),
        "chips": chips(address),
        "chosen": filters_chosen(address),
        "clear_url": ListAddress().url(),
        "kept": [each for each in (*address.shown(), ("view", address.view)) if each[1]],
        "workflows": known,
        "strange_workflow": bool(wanted.workflow) and wanted.workflow not in {each.name for each in known},
        "hold_kinds": HOLD_KINDS,
        "people": dict.fromkeys(name for _, name in people()),
        "spans": {key: words for key, (words, _) in SPANS.items()},
        "time_fields": time_fields(address),
        "order": order,
        "sorts": sorts_for(address, wanted),
        "sort_title": SORT_TITLES[order.name],
        "columns": columns,
        "densities": DENSITIES,
        "bulk": bulk_commands(actor),
        "bulk_filter": address.but(state=narrowed or wanted.states).filter_query,
        "matching": matching_count(counted, narrowed or wanted.states),
        "summary": summary_of(shown, order, narrowed),
        "newest": "" if order.name == "newest" else str(new_id()),
        "changes_url": f"{reverse('executions-changes')}?{urlencode(_for_changes(address, columns))}",
    }


@page("executions:read", what="read executions")
def changes(request: HttpRequest) -> HttpResponse:
    """Show what has changed on a page that is open: rows in place, how many are new, and now and then the counts.

    Parameters besides the list's own: ``rows`` and ``others`` (ids that changed, on the page and off it), ``newest``
    and ``oldest`` (the page's first and last row; absent on an empty one), ``first`` (it is the first page),
    ``counts``.
    """
    address = read_address(request.GET)
    wanted = address.wanted()
    rows = queries.rows_by_id(read_ids(request.GET.get("rows", "")))
    new = queries.Count(0)
    if request.GET.get("first"):
        newest_first = queries.order_of(wanted, address.sort).name == "newest"
        new = queries.count_new(
            wanted,
            newest=next(iter(read_ids(request.GET.get("newest", ""))), None),
            oldest=next(iter(read_ids(request.GET.get("oldest", ""))), None) if newest_first else None,
            # In any other order they may stand on a later page as well.
            changed=read_ids(request.GET.get("others", "")) if newest_first else (),
        )
    context = {
        "rows": [RunRow(run, listed=not wanted.states or run.state in wanted.states) for run in rows],
        "columns": Columns(address.columns),
        "bulk": bulk_commands(actor_of(request)),
        "oob": True,
        "new": new,
        "newest_url": address.url(),
        "tabs": tabs(address, wanted, queries.count_by_state(wanted)) if request.GET.get("counts") else None,
    }
    return render(request, "executions/changes.html", context)


@require_POST
def display(request: HttpRequest) -> HttpResponse:
    """Set which columns the person sees and how close together, then show the list again."""
    if not request.user.is_authenticated:
        return ask_to_sign_in(request)
    chosen = [] if request.POST.get("usual") else request.POST.getlist("columns")
    try:
        density = request.POST.get("density") or None
        remember(request, commands.save_preference(actor_of(request), columns=chosen, density=density))
    except Refused as refusal:
        return refused(request, refusal)
    return SeeOther(read_address(request.GET).url(columns=""))


def _for_changes(address: ListAddress, columns: Columns) -> list[tuple[str, str]]:
    """Return the parameters of the address for changes: rows that come in later show what the page shows."""
    own = address.but(columns="").parameters
    return [*own, ("columns", ",".join(columns.names)), *([("view", address.view)] if address.view else [])]


def read_ids(text: str) -> list[uuid.UUID]:
    """Read comma-separated ids; what is none is left out."""
    ids = []
    for part in text.split(",")[:MOST_IDS]:
        try:
            ids.append(uuid.UUID(part))
        except ValueError:
            continue
    return ids
