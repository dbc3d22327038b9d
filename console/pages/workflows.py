"""Workflows: what can be launched, by which route, and how its runs have gone."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console import charts
from console.moments import zone_label
from console.pages.base import actor_of, page
from console.templatetags.wording import duration
from executions.access import needed
from executions.actors import Actor
from executions.authoring import registry
from executions.authoring.stops import Stop, stops_of
from executions.errors import Invalid, NotFound
from executions.queries import Count, RunFilter, count_by_state
from executions.queries import workflows as numbers
from executions.queries.workflows import PERIODS, Figures, Part, Period
from executions.states import ACTIVE, STATES

ROWS = 50
USUAL = "24h"
GROUPS = {"24h": 6, "7d": 7, "30d": 6}
"""Period → labels under its plots."""
TICKS = {"24h": "%H:%M", "7d": "%a %-d", "30d": "%-d %b"}
BEGINS = {"24h": "%a %-d %b, %H:%M", "7d": "%a %-d %b, %H:%M", "30d": "%a %-d %b"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A workflow as the pages show it.

    Args:
        name: its name.
        title: what people read; the name where this installation does not know it.
        description: what its author says of it.
        stops: its route; empty where it is not known here.
        known: this installation has its code, so it can be launched.
        carried: a worker that is alive can carry it on.
        figures: how its runs went.
        plot: its runs over the period, small.
    """

    name: str
    title: str
    description: str
    stops: list[Stop]
    known: bool
    carried: bool
    figures: Figures
    plot: charts.Plot

    @property
    def url(self) -> str:
        """Its own page."""
        return reverse("workflow", args=[self.name])


@page("executions:read", what="read workflows")
def workflows(request: HttpRequest) -> HttpResponse:
    """List every workflow that can be launched or has runs."""
    period = period_of(request)
    names = sorted(numbers.workflow_names(), key=lambda name: (registry.find(name) is None, title_of(name).lower()))
    first = offset_of(request, len(names))
    chosen = names[first : first + ROWS]
    figures, carried = numbers.figures_of(chosen, period), numbers.known_to_workers()
    context = {
        "nav": "workflows",
        "periods": PERIODS.values(),
        "period": period,
        "rows": [shown(name, figures[name], carried, period) for name in chosen],
        "may_launch": actor_of(request).can("executions:launch"),
        "most": numbers.MOST_RUNS_EACH,
        "summary": f"{first + 1} to {first + len(chosen)} of {len(names)}",
        "previous_url": page_url(period, first - ROWS) if first else "",
        "next_url": page_url(period, first + ROWS) if first + ROWS < len(names) else "",
    }
    return render(request, "workflows/list.html", context)


@page("executions:read", what="read workflow")
def workflow(request: HttpRequest, name: str) -> HttpResponse:
    """Show one workflow: its route, its runs now, and how they have gone."""
    period = period_of(request)
    figures = numbers.figures_of([name], period, numbers.MOST_RUNS)[name]
    counts = count_by_state(RunFilter(workflow=name))
    known = registry.find(name) is not None
    if not known and not any(count.number for count in counts.values()):
        raise NotFound(f"There is no workflow called {name[:80]!r}, and no run of one.")
    view = shown(name, figures, numbers.known_to_workers(), period)
    context = {
        "nav": "workflows",
        "periods": PERIODS.values(),
        "period": period,
        "workflow": view,
        "counts": state_links(name, counts),
        "launch_refused": why_not(actor_of(request), view),
        "runs_plot": view.plot,
        "took_plot": took_plot(figures, period),
        "parts": [(begins(part, period), part) for part in reversed(figures.parts)],
        "zone": zone_label(),
        "unit": {"24h": "hour", "7d": "six hours", "30d": "day"}[period.name],
    }
    return render(request, "workflows/workflow.html", context)


def shown(name: str, figures: Figures, carried: frozenset[str], period: Period) -> Shown:
    """Put together what is known of a workflow."""
    found = registry.find(name)
    return Shown(
        name=name,
        title=title_of(name),
        description=found.description if found else "",
        stops=stops_of(found) if found else [],
        known=found is not None,
        carried=name in carried,
        figures=figures,
        plot=runs_plot(figures, period),
    )


def title_of(name: str) -> str:
    """Return what people call a workflow."""
    found = registry.find(name)
    return found.title if found else name


def why_not(actor: Actor, view: Shown) -> str:
    """Say why this person cannot launch this workflow here; empty where they can."""
    if not view.known:
        return "It cannot be launched: this installation does not have its code."
    if not actor.can("executions:launch"):
        return f"Launching needs {needed('executions:launch')}; your role ({actor.role}) does not."
    return ""


def state_links(name: str, counts: dict[str, Count]) -> list[tuple[str, Count, str]]:
    """Return state, count and the list of those runs, for the states that have any."""
    ordered = [*ACTIVE, *(state for state in STATES if state not in ACTIVE)]
    address = reverse("executions")
    return [
        (state, counts[state], f"{address}?{urlencode({'state': state, 'workflow': name})}")
        for state in ordered
        if counts[state].number
    ]


def runs_plot(figures: Figures, period: Period) -> charts.Plot:
    """Plot the runs by what became of them; failures at the bottom, where they can be compared."""
    values = [
        {"failed": part.failed, "cancelled": part.cancelled, "unfinished": part.unfinished, "succeeded": part.succeeded}
        for part in figures.parts
    ]
    return plot(charts.stacked, values, figures, period, lambda part: runs_in_words(part))


def took_plot(figures: Figures, period: Period) -> charts.Plot:
    """Plot how long the runs that succeeded took."""
    values = [{"p95": part.p95, "p50": part.p50} for part in figures.parts]
    return plot(charts.nested, values, figures, period, lambda part: took_in_words(part))


def plot(
    draw: Callable[..., charts.Plot], values: list[Any], figures: Figures, period: Period, words: Callable[[Part], str]
) -> charts.Plot:
    """Draw a plot over the parts of a period."""
    says = [f"{begins(part, period)}: {words(part) if part.counted else 'not counted'}" for part in figures.parts]
    ticks = charts.ticks_of(figures.parts, GROUPS[period.name], lambda part: part.begins.strftime(TICKS[period.name]))
    return draw(values, says, [part.counted for part in figures.parts], ticks)


def runs_in_words(part: Part) -> str:
    """Say what became of the runs of a part."""
    told = [f"{part.runs:,} run{'' if part.runs == 1 else 's'}"]
    kinds = {"failed": part.failed, "cancelled": part.cancelled, "not finished": part.unfinished}
    return ", ".join(told + [f"{number:,} {kind}" for kind, number in kinds.items() if number])


def took_in_words(part: Part) -> str:
    """Say how long the runs of a part took."""
    if part.p50 is None or part.p95 is None:
        return "none succeeded"
    return f"median {duration(part.p50)}, 95 % within {duration(part.p95)}"


def begins(part: Part, period: Period) -> str:
    """Say when a part begins."""
    moment: datetime.datetime = part.begins
    return moment.strftime(BEGINS[period.name])


def period_of(request: HttpRequest) -> Period:
    """Return the period that the address names.

    Raises:
        Invalid: it names another one.
    """
    name = request.GET.get("period") or USUAL
    if name not in PERIODS:
        problem = f"Known periods: {', '.join(PERIODS)}."
        raise Invalid(problem, errors={"period": [problem]})
    return PERIODS[name]


def offset_of(request: HttpRequest, most: int) -> int:
    """Return from which workflow on the list is shown; anything else than a number is the first."""
    text = request.GET.get("from", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    return min(number, max(most - 1, 0))


def page_url(period: Period, first: int) -> str:
    """Return the address of a page of the list."""
    query = {name: value for name, value in (("period", period.name), ("from", max(first, 0))) if value}
    return f"{reverse('workflows')}?{urlencode(query)}"
