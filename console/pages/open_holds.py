"""The holds that keep runs now: whose they are, since when, which are overdue; one of them open beside the list."""

import functools
import hashlib
import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import reverse

from console.pages.base import actor_of, is_fragment, page, refused
from console.pages.desk_item import DeskItem, chosen, read_item
from console.pages.hold_tabs import tab_counts
from console.pages.run_offers import Attempt
from executions import states
from executions.authoring import registry
from executions.errors import NotAllowed, Refused
from executions.models import Hold
from executions.queries import Count
from executions.queries.holdlist import HoldFilter, holds_by_id, list_open_holds
from executions.queries.page import Page
from executions.queries.worklist import HOLD

ROWS = 50
TEXTS = ("q", "workflow", "placed_by", "responsible")


class HoldList:
    """The page as one person sees it under the filter in the address. Lazy: a part that is not shown costs nothing.

    Args:
        request: whose.
        item: the hold that is open, as ``hold-<id>``; as the address says where None.
        attempt: the refused command of this request.
    """

    def __init__(self, request: HttpRequest, item: str | None = None, attempt: Attempt | None = None) -> None:
        self.request = request
        self.actor = actor_of(request)
        self.attempt = attempt
        query = request.GET
        self.named = query.get("item", "")[:80] if item is None else item
        text, workflow, placed_by, responsible = (
            query.get(name, "").strip()[:200].replace("\x00", "") for name in TEXTS
        )
        self.cursor = query.get("cursor", "")
        self.wanted = HoldFilter(
            kind=query.get("kind", "") if query.get("kind") in states.HOLD_KINDS else "",
            workflow=workflow,
            placed_by=placed_by,
            responsible=responsible,
            overdue=bool(query.get("overdue")),
            text=text,
        )

    def address(self, **changed: str) -> str:
        """Return the list's address under the same filter; ``changed`` parameters differ, an empty one is left out."""
        wanted = self.wanted
        own = {
            "q": wanted.text,
            "kind": wanted.kind,
            "workflow": wanted.workflow,
            "placed_by": wanted.placed_by,
            "responsible": wanted.responsible,
            "overdue": "1" if wanted.overdue else "",
            "cursor": self.cursor,
        }
        told = {key: value for key, value in {**own, **changed}.items() if value}
        return reverse("holds") + (f"?{urlencode(told)}" if told else "")

    @functools.cached_property
    def found(self) -> Page[Hold]:
        """One page of holds."""
        return list_open_holds(self.wanted, cursor=self.cursor or None, limit=ROWS)

    @property
    def rows(self) -> list["HoldRow"]:
        """The rows."""
        return [HoldRow(self, hold) for hold in self.found.rows]

    @functools.cached_property
    def item(self) -> DeskItem | None:
        """The hold that is open beside the list."""
        return chosen(self.request, self.named, self.attempt) if self.named.startswith(f"{HOLD}-") else None

    @property
    def act_query(self) -> str:
        """Sent along with every command, so that the same list comes back."""
        return f"desk=holds&{self.address(item=self.named).partition('?')[2]}"

    @property
    def news_url(self) -> str:
        """Where an open page asks for what has changed."""
        return reverse("holds-news") + self.address(item=self.named).removeprefix(reverse("holds"))

    @property
    def list_url(self) -> str:
        """The list with nothing open."""
        return self.address()

    @property
    def mine_url(self) -> str:
        """Those that the person who looks is responsible for."""
        return reverse("holds") + f"?{urlencode({'responsible': self.actor.person})}"

    @property
    def overdue_url(self) -> str:
        """Those whose review date has passed."""
        return reverse("holds") + "?overdue=1"

    @property
    def next_url(self) -> str:
        """Address of the following page."""
        return self.address(cursor=self.found.next) if self.found.next else ""

    @property
    def first_url(self) -> str:
        """Address of the first page; empty on it."""
        return self.address(cursor="") if self.cursor else ""

    def context(self) -> dict[str, Any]:
        """What the templates are given."""
        return {
            "nav": "holds",
            "list": self,
            "item": self.item,
            "run": self.item.run if self.item else None,
            "execution": self.item.execution if self.item else None,
            "kinds": states.HOLD_KINDS,
            "workflows": registry.all_workflows(),
            "counts": tab_counts(),
            "may_place": any(self.actor.can(scope) for scope in ("holds:place", "holds:freeze")),
        }


class HoldRow:
    """One open hold.

    Args:
        shown: the list it stands in.
        hold: with its run and conditions.
    """

    def __init__(self, shown: HoldList, hold: Hold) -> None:
        self.hold = hold
        self.key = f"{HOLD}-{hold.pk}"
        self.url = shown.address(item=self.key)
        self.current = self.key == shown.named

    @property
    def gone(self) -> str:
        """Why it keeps nothing any more; empty while it does."""
        if self.hold.released_at is not None:
            return f"released by {self.hold.released_by_name}"
        return "" if self.hold.execution.outcome is None else f"run {self.hold.execution.state}"

    @property
    def print(self) -> str:
        """Changes when the row would read otherwise; an open page tells which one it shows."""
        hold = self.hold
        conditions = [condition.pk for condition in getattr(hold, "condition_list", [])]
        told = (self.gone, hold.responsible, hold.is_overdue, hold.review_by, hold.dual_control, conditions)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:8]

    @property
    def run_title(self) -> str:
        """What people call the run."""
        return self.hold.execution.title or self.workflow_title

    @property
    def workflow_title(self) -> str:
        """The workflow's title; its name where this installation does not know it (any more)."""
        workflow = registry.find(self.hold.execution.workflow)
        return workflow.title if workflow else self.hold.execution.workflow

    @property
    def waits_for_its_step(self) -> bool:
        """A breakpoint that the run has not come to."""
        return self.hold.before_step is not None and self.hold.before_step != self.hold.execution.next_step


@page("executions:read", what="read holds")
def open_holds(request: HttpRequest) -> HttpResponse:
    """Show one page of open holds, overdue ones first, then oldest, under the filter in the address."""
    shown = HoldList(request)
    if is_fragment(request, "desk"):
        return render(request, "holds/desk.html", shown.context())
    return render(request, "holds/page.html", shown.context())


@page("executions:read", what="read holds")
def news(request: HttpRequest) -> HttpResponse:
    """Show what has changed on an open list: rows in place, and how many are new on its first page.

    Parameters besides the filter: ``rows``, ``<key>:<print>`` of each row with commas between.
    """
    shown = HoldList(request)
    pairs = (text.rpartition(":") for text in request.GET.get("rows", "").split(",")[: 2 * ROWS] if text)
    known = {key: told for key, _, told in pairs}
    ids = [named[1] for key in known if (named := read_item(key))]
    rows = [HoldRow(shown, hold) for hold in holds_by_id(ids)]
    listed = set() if shown.cursor else {HoldRow(shown, hold).key for hold in shown.found.rows}
    context = {
        "rows": [row for row in rows if known.get(row.key) != row.print],
        "new": Count(len(listed - known.keys()), capped=False),
        "newest_url": shown.address(cursor=""),
        "counts": tab_counts(),
    }
    return render(request, "holds/news.html", context)


def show(request: HttpRequest, *, refusal: Refused | None, said: str, command: str, key: uuid.UUID) -> HttpResponse:
    """Render the list after a command on one of its holds, which stays open.

    Args:
        request: with the filter in its address.
        refusal: why it was refused.
        said: what was done.
        command: its name.
        key: id of the hold.
    """
    if not actor_of(request).can("executions:read"):
        return refused(request, refusal or NotAllowed("You may not look at runs."))
    attempt = Attempt(command, str(key), refusal) if refusal else None
    shown = HoldList(request, f"{HOLD}-{key}", attempt)
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "holds/page.html", shown.context())
    context = shown.context() | {"oob": True, "said": said}
    parts = [get_template(name).render(context, request) for name in ("holds/desk.html", "execution/said.html")]
    return HttpResponse("".join(parts))


def back_to(request: HttpRequest, command: str) -> str:
    """Return where to go without a script, after a command was carried out: the list with the same hold open."""
    shown = HoldList(request)
    return shown.address(item=shown.named)
