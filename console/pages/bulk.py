"""One command on many runs: look what it would do, begin it, watch it, stop it."""

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from console.pages import bulk_words
from console.pages.base import actor_of, add_errors, command_view, is_fragment, page, refused
from console.pages.bulk_forms import BeginForm, read_selection
from console.pages.list_address import read_address
from console.pages.typed import reason_of
from executions import commands
from executions.actors import Actor
from executions.commands.bulk import stop_verdict
from executions.errors import NotAllowed, Refused
from executions.ids import new_id
from executions.models import BulkJob
from executions.queries import reasons_for
from executions.queries.bulk import draining, find_job, items_of, list_jobs, preview_bulk

ROWS = 50
JOBS = 25
WHAT = "read bulk jobs"
PLACING = ("pause", "place")
BAR = 1000
"""Width of the progress bar in its own units."""


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as pages show it."""

    job: BulkJob

    @property
    def heading(self) -> str:
        """What it does, or did."""
        return bulk_words.heading(self.job)

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """Which runs it was begun for."""
        return bulk_words.chosen_by(self.job)

    @property
    def list_url(self) -> str:
        """The list under the filter it was begun for; empty where it was begun otherwise."""
        wanted = self.job.selector.get("filter")
        return "" if wanted is None else bulk_words.list_address(wanted).url()

    @property
    def arguments(self) -> list[tuple[str, str]]:
        """What was said besides the reason."""
        return [(name.replace("_", " "), _said(v)) for name, v in self.job.arguments.items() if name != "of_job"]

    @property
    def bar(self) -> dict[str, int]:
        """The parts of the progress bar, in units of it."""
        total = max(self.job.total, 1)
        done = self.job.done * BAR // total
        return {"done": done, "refused": max(self.job.refused * BAR // total, 2) if self.job.refused else 0}

    @property
    def left_for(self) -> str:
        """How long it goes on at its rate; empty where that is not known."""
        if not self.job.rate or not self.job.is_open or not self.job.left:
            return ""
        return bulk_words.about(self.job.left / self.job.rate)

    @property
    def come_to(self) -> int:
        """Runs that it has come to."""
        return self.job.done + self.job.refused


@page("executions:read", what=WHAT, posted=True)
def preview(request: HttpRequest) -> HttpResponse:
    """Show what a command would do to the chosen runs, and the form that begins it."""
    return show_preview(request, request.POST if request.method == "POST" else request.GET)


@command_view(lambda request, *, refusal, said: show_preview(request, request.POST, refusal), command="bulk")
def begin(request: HttpRequest, actor: Actor) -> Any:
    """Begin a bulk job."""
    sent = request.POST
    form = BeginForm(sent.get("command", ""), sent, name="begin")
    selection, given = read_selection(sent), form.given()
    job = commands.begin_bulk(
        actor,
        sent.get("command", ""),
        selection=selection,
        reason=reason_of(request),
        rate=given.rate,
        arguments=given.arguments,
        expected=given.expected,
        key=given.key,
    )
    return reverse("bulk-job", args=[job.pk]), ""


def show_preview(request: HttpRequest, sent: QueryDict, refusal: Refused | None = None) -> HttpResponse:
    """Render the preview, with what was typed and why it was not begun."""
    actor = actor_of(request)
    if refusal is not None and not actor.can("executions:read"):
        return refused(request, refusal)
    command = sent.get("command", "")
    offered = reasons_for(command)[command]
    form = BeginForm(command, sent if refusal else None, name="begin", initial={"key": new_id()}, reasons=offered)
    form.fields["reason"].widget.attrs["data-first-field"] = True
    try:
        selection = read_selection(sent)
        found = preview_bulk(actor, command, selection, form.fixed(sent))
    except Refused as wrong:
        return refused(request, refusal or wrong)
    form.fields["rate"].widget.attrs["data-runs"] = found.eligible
    form.fields["rate"].help_text = bulk_words.pace(found.eligible)
    if refusal is not None:
        add_errors(form, refusal)
    listed = read_address(QueryDict(sent.get("filter", "")))
    context = {
        "nav": "executions",
        "command": command,
        "words": bulk_words.WORDS[command],
        "preview": found,
        "consequence": bulk_words.consequence(found),
        "form": form,
        "selection": selection,
        "sent": sent,
        "runs": [str(key) for key in selection.ids],
        "wanted": bulk_words.parts(listed) if selection.wanted is not None else [],
        "back_url": listed.url(),
        "job": find_job(selection.job) if selection.job else None,
        "refusal": refusal,
    }
    return render(request, "bulk/preview.html", context)


@page("executions:read", what=WHAT)
def jobs(request: HttpRequest) -> HttpResponse:
    """Show bulk jobs, newest first; with ``open=1`` only those under way."""
    open_only = bool(request.GET.get("open"))
    found = list_jobs(open_only=open_only, cursor=request.GET.get("cursor") or None, limit=JOBS)
    more = {"open": "1"} if open_only else {}
    context = {
        "nav": "executions",
        "jobs": [JobView(job) for job in found.rows],
        "open_only": open_only,
        "first_url": f"{reverse('bulk')}?{urlencode(more)}" if request.GET.get("cursor") else "",
        "next_url": f"{reverse('bulk')}?{urlencode({**more, 'cursor': found.next})}" if found.next else "",
    }
    return render(request, "bulk/jobs.html", context)


@page("executions:read", what=WHAT)
def job(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Show one job: how far it is, and what became of each run."""
    return show_job(request, job_id)


@command_view(lambda request, *, refusal, said, job_id: show_job(request, job_id, refusal))
def stop(request: HttpRequest, actor: Actor, job_id: uuid.UUID) -> tuple[str, str]:
    """Stop a job."""
    stopped = commands.stop_bulk(actor, job_id, reason=request.POST.get("reason", ""))
    return reverse("bulk-job", args=[job_id]), f"Stopped. {bulk_words.counted(stopped.left, 'run')} left as they were."


def show_job(request: HttpRequest, job_id: uuid.UUID, refusal: Refused | None = None) -> HttpResponse:
    """Render a job's page, or its live part."""
    actor = actor_of(request)
    if not actor.can("executions:read"):
        return refused(request, refusal or NotAllowed("You may not look at bulk jobs."))
    found = find_job(job_id)
    outcome = request.GET.get("outcome", "")
    items = items_of(found, outcome=outcome, cursor=request.GET.get("cursor") or None, limit=ROWS)
    own = reverse("bulk-job", args=[found.pk])
    view = JobView(found)
    context = {
        "nav": "executions",
        "view": view,
        "draining": draining(found),
        "job": found,
        "items": items.rows,
        "outcome": outcome,
        "outcomes": [
            ("", "All", found.total),
            ("done", "Done", found.done),
            ("refused", "Refused", found.refused),
            ("left", "Waiting" if found.is_open else "Left", found.left),
        ],
        "live_url": f"{own}?{urlencode({k: v for k, v in request.GET.items() if k in ('outcome', 'cursor')})}",
        "first_url": _items_url(own, outcome) if request.GET.get("cursor") else "",
        "next_url": _items_url(own, outcome, items.next) if items.next else "",
        "stop": stop_verdict(found, actor),
        "undo": found.command in PLACING and found.done > 0 and (found.state != "running"),
        "refusal": refusal,
    }
    template = "bulk/job.html#live" if is_fragment(request, "bulk-live") else "bulk/job.html"
    return render(request, template, context)


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={text}" if text else name for name, text in value.items())
    return "yes" if value is True else ", ".join(value) if isinstance(value, list) else str(value)


def _items_url(own: str, outcome: str, cursor: str | None = None) -> str:
    parameters = {name: value for name, value in (("outcome", outcome), ("cursor", cursor)) if value}
    return own + (f"?{urlencode(parameters)}" if parameters else "")
