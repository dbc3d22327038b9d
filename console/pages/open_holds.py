"""The holds that keep runs now: whose they are, since when, and which should have been looked at again."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.pages.base import actor_of, page
from executions import states
from executions.models import Hold, Trigger
from executions.queries.open_work import list_holds

ROWS = 50
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One open hold."""

    hold: Hold

    @property
    def address(self) -> str:
        """Its place on the page of its run."""
        return f"{reverse('execution', args=[self.hold.execution_id])}#hold-{self.hold.pk}"

    @property
    def conditions(self) -> list[Trigger]:
        """What releases it by itself."""
        return [condition for condition in self.hold.conditions.all() if condition.closed_at is None]


@page("executions:read", what="read holds")
def open_holds(request: HttpRequest) -> HttpResponse:
    """Show one page of open holds, oldest first, under the filter in the address."""
    query = request.GET
    wanted = {
        "kind": query.get("kind", "") if query.get("kind") in states.HOLD_KINDS else "",
        "responsible": query.get("responsible", "").strip()[:LONGEST_TEXT].replace("\x00", ""),
        "overdue": "1" if query.get("overdue") else "",
    }
    found = list_holds(
        overdue=bool(wanted["overdue"]),
        kind=wanted["kind"],
        responsible=wanted["responsible"],
        cursor=query.get("cursor") or None,
        limit=ROWS,
    )
    narrowed = {name: value for name, value in wanted.items() if value}
    context = {
        "nav": "holds",
        "rows": [HoldRow(hold) for hold in found.rows],
        "wanted": wanted,
        "narrowed": bool(narrowed),
        "kinds": states.HOLD_KINDS,
        "me": actor_of(request).person,
        "next_url": f"{reverse('holds')}?{urlencode({**narrowed, 'cursor': found.next})}" if found.next else "",
    }
    return render(request, "holds/list.html", context)
