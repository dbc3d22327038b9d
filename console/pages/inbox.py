"""The inbox: questions and holds that wait for the person who looks, one of them open beside the list."""

import functools
import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import reverse

from console.errors import status_of
from console.pages.base import actor_of, is_fragment, page, refused
from console.pages.desk_item import DeskItem, chosen, read_item
from console.pages.desk_row import HEADINGS, WorkRow
from console.pages.run_offers import Attempt
from executions import queries, states
from executions.authoring import registry
from executions.commands.answering import answerer_for, closed_sentence
from executions.decisionlink import read_token
from executions.errors import Gone, NotAllowed, NotFound, Refused
from executions.queries.page import Page
from executions.queries.worklist import (
    KINDS,
    OTHERS,
    RANK_NAMES,
    Work,
    WorkFilter,
    count_mine,
    list_done,
    list_work,
    work_by_id,
)

ROWS = 50
TABS = {"": "Open", "mine": "Answered by me", "all": "All answered"}
PARAMETERS = ("tab", "kind", "workflow", "urgency", "cursor")
ACTING_SCOPES = (states.COMMAND_SCOPE["answer"], *states.RELEASE_SCOPE.values())
KIND_WORDS = {"question": "Questions", "hold": "Holds"}
URGENCY_WORDS = {"high": "Urgent", "normal": "Waiting for you", "low": "Can wait", "others": "Held by others"}


class Inbox:
    """The page as one person sees it under the filter in the address. Lazy: a part that is not shown costs nothing.

    Args:
        request: whose.
        item: what is chosen, as ``question-<id>``; as the address says where None.
        attempt: the refused command of this request.
    """

    def __init__(self, request: HttpRequest, item: str | None = None, attempt: Attempt | None = None) -> None:
        self.request = request
        self.actor = actor_of(request)
        self.attempt = attempt
        self.named = request.GET.get("item", "") if item is None else item
        given = {name: request.GET.get(name, "")[:200].replace("\x00", "") for name in PARAMETERS}
        self.tab = given["tab"] if given["tab"] in TABS else ""
        self.cursor = given["cursor"]
        self.wanted = WorkFilter(
            kind=given["kind"] if given["kind"] in KINDS else "",
            workflow=given["workflow"],
            urgency=given["urgency"] if given["urgency"] in RANK_NAMES.values() and not self.tab else "",
        )
        self.person = functools.cache(functools.partial(answerer_for, request.user))

    def address(self, name: str = "inbox", **changed: str) -> str:
        """Return an address under the same filter.

        Args:
            name: of the route; the inbox itself where not given.
            changed: parameters that differ; an empty one is left out.
        """
        own = {
            "tab": self.tab,
            "kind": self.wanted.kind,
            "workflow": self.wanted.workflow,
            "urgency": self.wanted.urgency,
            "cursor": self.cursor,
        }
        told = {key: value for key, value in {**own, **changed}.items() if value}
        return reverse(name) + (f"?{urlencode(told)}" if told else "")

    @functools.cached_property
    def found(self) -> Page[Work]:
        """One page of what waits, or of what is done."""
        cursor = self.cursor or None
        if self.tab:
            return list_done(self.actor, self.wanted, by_me=self.tab == "mine", cursor=cursor, limit=ROWS)
        return list_work(self.actor, self.wanted, person=self.person, cursor=cursor, limit=ROWS)

    @functools.cached_property
    def rows(self) -> list[WorkRow]:
        """The rows, each under its heading."""
        rows, before = [], None
        for work in self.found.rows:
            rank = None if self.tab else work.rank  # type: ignore[union-attr]
            plain = WorkRow(work)
            heading = HEADINGS[rank] if rank is not None and rank != before else ""
            rows.append(WorkRow(work, self.address(item=plain.id), plain.id == self.shown_id, heading))
            before = rank
        return rows

    @functools.cached_property
    def shown_id(self) -> str:
        """What is shown beside the list: what was chosen, else the first of the list."""
        if self.named and read_item(self.named):
            return self.named
        return next((WorkRow(work).id for work in self.found.rows), "")

    @property
    def is_chosen(self) -> bool:
        """Somebody asked for it; on a narrow screen it takes the list's place."""
        return bool(self.named)

    @functools.cached_property
    def item(self) -> DeskItem | None:
        """What is shown beside the list."""
        return chosen(self.request, self.shown_id, self.attempt)

    @property
    def following(self) -> str:
        """What comes up once this one is answered: the next of the list."""
        ids = [WorkRow(work).id for work in self.found.rows]
        here = ids.index(self.shown_id) if self.shown_id in ids else -1
        return next(iter(ids[here + 1 :] or ids[:here]), "") if not self.tab else ""

    @property
    def act_query(self) -> str:
        """Sent along with every command, so that the same list comes back, with the next one open."""
        own = self.address(item=self.shown_id, next=self.following).partition("?")[2]
        return f"desk=inbox&{own}"

    @property
    def answer_url(self) -> str:
        """Where the answer to the question shown is sent."""
        return f"{reverse('inbox-answer', args=[self.item.work.pk])}?{self.act_query}" if self.item else ""

    @functools.cached_property
    def waiting(self) -> queries.Count:
        """How much waits, under no filter; what others look after is not counted."""
        return count_mine(self.actor, self.person)

    @property
    def shown(self) -> str:
        """How many are on this page, and how many of them are somebody else's."""
        others = 0 if self.tab else sum(work.rank == OTHERS for work in self.found.rows)  # type: ignore[union-attr]
        return f"{len(self.rows)} shown" + (f", {others} of them held by others" if others else "")

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        """Label, address and whether it is the one shown."""
        return [(label, self.address(tab=tab, urgency="", cursor=""), tab == self.tab) for tab, label in TABS.items()]

    @property
    def news_url(self) -> str:
        """Where an open page asks for what has changed."""
        return self.address("inbox-news")

    @property
    def list_url(self) -> str:
        """The list without anything chosen; where a narrow screen goes back to."""
        return self.address()

    @property
    def first_url(self) -> str:
        """The first page of the same list."""
        return self.address(cursor="")

    @property
    def plain_url(self) -> str:
        """The same tab under no filter."""
        return reverse("inbox") + (f"?tab={self.tab}" if self.tab else "")

    @property
    def may_act(self) -> bool:
        """Something can ever wait for this person."""
        return any(self.actor.can(scope) for scope in ACTING_SCOPES)

    @property
    def next_url(self) -> str:
        """Address of the following page."""
        return self.address(cursor=self.found.next) if self.found.next else ""

    def context(self) -> dict[str, Any]:
        """What the templates are given."""
        return {
            "nav": "inbox",
            "inbox": self,
            "item": self.item,
            "run": self.item.run if self.item else None,
            "execution": self.item.execution if self.item else None,
            "workflows": registry.all_workflows(),
            "kinds": KIND_WORDS.items(),
            "urgencies": URGENCY_WORDS.items(),
        }


@page("executions:read", what="read inbox")
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what waits for this person, most urgent first, then oldest; or what is done."""
    desk = Inbox(request)
    if is_fragment(request, "detail"):
        return render(request, "inbox/detail.html", desk.context())
    if is_fragment(request, "desk"):
        response = render(request, "inbox/desk.html", desk.context())
        # A form sends its empty fields too; the address says only what is filtered.
        response.headers["HX-Push-Url"] = desk.address(item=desk.named)
        return response
    return render(request, "inbox/page.html", desk.context())


@page("executions:read", what="read inbox")
def count(request: HttpRequest) -> HttpResponse:
    """Tell how much waits for this person, for the mark beside the inbox's name."""
    mine = count_mine(actor_of(request), functools.partial(answerer_for, request.user))
    return JsonResponse({"count": mine.number, "text": f"{mine.number}{'+' if mine.capped else ''}"})


@page("executions:read", what="read inbox")
def news(request: HttpRequest) -> HttpResponse:
    """Show what has changed on an open inbox: rows in place, how many are new, and whether what is open was closed.

    Parameters besides the filter: ``rows`` (``<id>:<print>`` of each row, with commas between), ``item`` and ``seen``
    (what is open, and its print).
    """
    desk = Inbox(request)
    shown = dict(pair.rpartition(":")[::2] for pair in request.GET.get("rows", "").split(",")[: 2 * ROWS] if pair)
    listed = {WorkRow(work).id for work in desk.found.rows} if not desk.tab else set()
    known = [named for text in shown if (named := read_item(text))]
    open_item = read_item(desk.named)
    works = work_by_id([*known, *([open_item] if open_item and desk.named not in shown else [])])
    rows = [WorkRow(work, desk.address(item=WorkRow(work).id), WorkRow(work).id == desk.named) for work in works]
    item = next((row for row in rows if row.id == desk.named), None)
    context = {
        "inbox": desk,
        "rows": [row for row in rows if row.id in shown and shown[row.id] != row.print],
        "new": 0 if desk.cursor else len(listed - set(shown)),
        "item": item if item and item.print != request.GET.get("seen", item.print) else None,
        "newest_url": desk.address(cursor="", item=desk.named),
    }
    return render(request, "inbox/news.html", context)


@page("executions:read", what="open decision link")
def decide(request: HttpRequest, token: str) -> HttpResponse:
    """Show the question that a link in a message was made for. The link grants nothing; the person's rights decide."""
    try:
        asked = queries.question_by_id(read_token(token))
    except (NotFound, Gone) as refusal:
        status = status_of(refusal)
        return render(request, "refused.html", {"refusal": refusal, "status": status}, status=status)
    desk = Inbox(request, f"question-{asked.pk}")
    closed = "" if asked.is_open else closed_sentence(asked)
    return render(request, "inbox/decide.html", desk.context() | {"closed": closed})


def show(request: HttpRequest, *, refusal: Refused | None, said: str, command: str, key: uuid.UUID) -> HttpResponse:
    """Render the inbox after a command: what was refused stays open with what was typed, else the next one comes up.

    Args:
        request: with the filter in its address, and ``next``.
        refusal: why it was refused.
        said: what was done.
        command: its name.
        key: id of the question or the hold.
    """
    actor = actor_of(request)
    if not actor.can("executions:read"):
        return refused(request, refusal or NotAllowed("You may not look at runs."))
    attempt = Attempt(command, str(key), refusal) if refusal else None
    item = request.GET.get("item", "") if refusal else after(request, command)
    desk = Inbox(request, item, attempt)
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "inbox/page.html", desk.context())
    context = desk.context() | {"oob": True, "said": said}
    parts = [get_template(name).render(context, request) for name in ("inbox/desk.html", "execution/said.html")]
    response = HttpResponse("".join(parts))
    response.headers["HX-Replace-Url"] = desk.address(item=item)
    return response


def after(request: HttpRequest, command: str) -> str:
    """Return what is open after a command was carried out: the same hold after a note, the next one after an answer."""
    return request.GET.get("next" if command in ("answer", "release") else "item", "")[:80]


def back_to(request: HttpRequest, command: str) -> str:
    """Return where to go without a script, after a command was carried out."""
    desk = Inbox(request, after(request, command))
    return desk.address(item=desk.named)
