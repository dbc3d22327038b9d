"""The questions that wait for the person who looks, and links in messages that lead to one of them."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.errors import status_of
from console.pages.base import SeeOther, actor_of, page
from executions import queries
from executions.authoring.who import Who
from executions.commands.answering import answerer_of, closed_sentence
from executions.decisionlink import read_token
from executions.errors import Gone, NotFound
from executions.models import Suspension
from executions.queries.inbox import list_inbox

ROWS = 50


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One question that waits.

    Args:
        asked: the question, with its run.
        address: where it is answered.
    """

    asked: Suspension
    address: str

    @property
    def votes(self) -> str:
        """How many have approved of how many must; empty where one answer closes it."""
        needed = Who.of_json(self.asked.who).approvals
        return f"{len(self.asked.votes.all())} of {needed} approvals" if needed > 1 else ""


@page("suspensions:answer", what="read inbox")
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what this person may answer, most urgent first, then oldest."""
    found = list_inbox(answerer_of(actor_of(request)), cursor=request.GET.get("cursor") or None, limit=ROWS)
    rows = [InboxRow(asked, address_of(asked)) for asked in found.rows]
    return render(request, "inbox/list.html", {"nav": "inbox", "rows": rows, "next": found.next})


@page("executions:read", what="open decision link")
def decide(request: HttpRequest, token: str) -> HttpResponse:
    """Open the question that a link in a message was made for. The link grants nothing; the person's rights decide."""
    try:
        asked = queries.question_by_id(read_token(token))
    except (NotFound, Gone) as refusal:
        status = status_of(refusal)
        return render(request, "refused.html", {"refusal": refusal, "status": status}, status=status)
    if asked.is_open:
        return SeeOther(address_of(asked))
    context = {"asked": asked, "closed": closed_sentence(asked), "address": address_of(asked)}
    return render(request, "inbox/closed.html", context)


def address_of(asked: Suspension) -> str:
    """Return where a question is answered: its place on the page of its run."""
    return f"{reverse('execution', args=[asked.execution_id])}#question-{asked.pk}"
