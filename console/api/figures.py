"""How the runs of workflows went in a span of time."""

import datetime
from typing import Any, Literal
from urllib.parse import quote, unquote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from console.access import require_scope
from console.api.openapi import PROBLEMS
from console.api.parts import Moment
from console.api.replies import reply
from executions.authoring import registry
from executions.errors import Invalid, NotFound
from executions.queries import RunFilter, count_by_state
from executions.queries import workflows as numbers
from executions.queries.workflows import MOST_RUNS, MOST_RUNS_EACH, PERIODS, Figures

router = Router(tags=["Workflows"])
of_workflows = Router(tags=["Workflows"])
"""Under the address of a workflow."""
ROWS = 50


class PeriodQuery(Schema):
    """Over which time."""

    period: Literal["24h", "7d", "30d"] = Field("24h", description="Up to now; parts of an hour, six hours, a day.")


class FiguresQuery(PeriodQuery):
    """Over which time, and which page."""

    cursor: str | None = Field(None, description="`next` of an earlier page.")


class PartOut(Schema):
    """The runs launched in one part of the period."""

    begins: datetime.datetime = Field(description="In UTC.")
    succeeded: int = Field(description="Runs that succeeded.")
    failed: int = Field(description="Runs that failed.")
    cancelled: int = Field(description="Runs that were cancelled.")
    unfinished: int = Field(description="Runs that have not finished.")
    p50: float | None = Field(description="Seconds from launch to success: the median.")
    p95: float | None = Field(
        description="Seconds from launch to success that 95 % did not exceed; null where none succeeded."
    )
    counted: bool = Field(description="False for a part that lies before the newest runs that were looked at.")


class FiguresOut(Schema):
    """How the runs of one workflow went: those launched in the period."""

    workflow: str = Field(description="Its name.")
    known: bool = Field(description="This installation has its code, so it can be launched.")
    carried: bool = Field(description="A worker that is alive can carry it on.")
    runs: int = Field(description="Runs launched in the period.")
    succeeded: int = Field(description="Of those, runs that succeeded.")
    failed: int = Field(description="Runs that failed.")
    cancelled: int = Field(description="Runs that were cancelled.")
    p50: float | None = Field(description="Seconds from launch to success, time paused included: the median.")
    p95: float | None = Field(description="Seconds that 95 % did not exceed; null where none succeeded.")
    held: int = Field(description="Runs that were ever held.")
    held_seconds: float | None = Field(description="The median time that those were.")
    waited: int = Field(description="Runs that ever waited for people's answers.")
    waited_seconds: float | None = Field(description="The median time that those waited; null where none did.")
    counted_from: Moment | None = Field(description="Only runs launched since were looked at; null for all.")
    parts: list[PartOut] = Field(description="The period in parts, oldest first.")


class FiguresList(Schema):
    """Figures by workflow, by name; of the newest 1,000 runs of each."""

    items: list[FiguresOut] = Field(description="The workflows of this page.")
    next: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


@router.get(
    "", response={200: FiguresList, **PROBLEMS}, operation_id="figures", summary="Read figures of all workflows"
)
def figures(request: HttpRequest, query: Query[FiguresQuery]) -> HttpResponse:
    """How the runs of every workflow went, also of those that only have runs. Needs `executions:read`."""
    require_scope(request.auth, "read figures", "executions:read")
    names = [name for name in numbers.workflow_names() if name > _after(query.cursor)]
    chosen = names[:ROWS]
    found = in_utc(chosen, query.period, MOST_RUNS_EACH)
    carried = numbers.known_to_workers()
    items = [figures_out(name, found[name], carried) for name in chosen]
    return reply(FiguresList(items=items, next=f"after:{quote(chosen[-1])}" if len(names) > ROWS else None))


@of_workflows.get(
    "/{name}/figures",
    response={200: FiguresOut, **PROBLEMS},
    operation_id="workflow_figures",
    summary="Read figures of a workflow",
)
def workflow_figures(request: HttpRequest, name: str, query: Query[PeriodQuery]) -> HttpResponse:
    """How the newest 10,000 runs of one workflow went. Needs `executions:read`."""
    require_scope(request.auth, "read figures", "executions:read")
    if registry.find(name) is None and not any(c.number for c in count_by_state(RunFilter(workflow=name)).values()):
        raise NotFound(f"There is no workflow called {name[:80]!r}, and no run of one.")
    found = in_utc([name], query.period, MOST_RUNS)[name]
    return reply(figures_out(name, found, numbers.known_to_workers()))


def in_utc(names: list[str], period: str, most: int) -> dict[str, Figures]:
    """Return figures by workflow; a program's days begin where UTC's do, whoever asks."""
    with timezone.override(datetime.UTC):
        return numbers.figures_of(names, PERIODS[period], most)


def figures_out(name: str, found: Figures, carried: frozenset[str]) -> FiguresOut:
    """Describe how the runs of a workflow went."""
    same: dict[str, Any] = {field: getattr(found, field) for field in FIGURES}
    parts = [PartOut(begins=part.begins.replace(tzinfo=datetime.UTC), **_part(part)) for part in found.parts]
    return FiguresOut(
        workflow=name, known=registry.find(name) is not None, carried=name in carried, parts=parts, **same
    )


FIGURES = tuple(name for name in FiguresOut.model_fields if name not in ("workflow", "known", "carried", "parts"))
PART = tuple(name for name in PartOut.model_fields if name != "begins")


def _part(part: numbers.Part) -> dict[str, Any]:
    return {name: getattr(part, name) for name in PART}


def _after(cursor: str | None) -> str:
    if not cursor:
        return ""
    word, _, name = cursor.partition(":")
    if word != "after" or not name:
        problem = "No page gave this cursor out. Start again from the first page."
        raise Invalid(problem, errors={"cursor": [problem]})
    return unquote(name)
