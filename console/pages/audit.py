"""The audit: who did what, when, through which door and why; refused attempts too."""

from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from console.moments import typed
from console.pages.audit_form import AuditForm
from console.pages.audit_rows import rows_of
from console.pages.audit_words import heading_of
from console.pages.base import actor_of, add_errors, command_view, is_fragment, page
from executions.actors import Actor
from executions.authoring import registry
from executions.commands.audit import begin_export
from executions.errors import Invalid, Refused
from executions.provenance.auditlines import AuditFilter, AuditLine
from executions.provenance.export import export_chunks
from executions.provenance.reading import decoded
from executions.queries import Count, Page
from executions.queries import audit as record
from executions.queries.extract import extract_of
from executions.queries.verifications import standing

PAGE_SIZE = 50
WHOLE_ID = 36
MOST_NEW = 20
"""New lines are counted exactly up to here."""


@page("audit:read", what="read audit")
def audit(request: HttpRequest) -> HttpResponse:
    """Search the record; the filter and the page are in the address."""
    context, status = listing(request)
    if not is_fragment(request, "lines"):
        return render(request, "audit/list.html", context, status=status)
    response = render(request, "audit/list.html#lines", context, status=status)
    response.headers["HX-Push-Url"] = address(context["parameters"], request.GET.get("cursor", ""))
    return response


@page("audit:read", what="read audit")
def line(request: HttpRequest, ledger: str, seq: int) -> HttpResponse:
    """Show one line with all its data: a page of its own, or the part that a list unfolds."""
    event = record.find_line(ledger, seq)
    part = "#data" if request.htmx else ""  # type: ignore[attr-defined]
    found = AuditLine(
        event.ledger,
        event.seq,
        event.at,
        event.kind,
        event.actor_id,
        event.actor_name,
        event.actor_role,
        event.via,
        event.reason,
        event.data,
        bytes(event.digest).hex(),
    )
    context = {"nav": "audit", "line": found, "event": event, "data": decoded(event.data)}
    context |= {name: bytes(getattr(event, name)).hex() for name in ("digest", "prev", "data_digest")}
    return render(request, f"audit/line.html{part}", context)


def show_again(request: HttpRequest, *, refusal: Refused | None, said: str) -> HttpResponse:
    """Show the list again with what was wrong with an export."""
    context, _ = listing(request)
    return render(request, "audit/list.html", {**context, "refusal": refusal})


@command_view(show_again, sees="audit:read", command="export record")
def export(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Hand out what the filter finds as JSON Lines: the whole record, a run's ledger, a span of time, or an extract."""
    form = AuditForm(request.POST)
    if not form.is_valid():
        raise Invalid(
            "Not exported: the filter is not right.", errors={name: list(e) for name, e in form.errors.items()}
        )
    selection, found = extract_of(form.wanted())
    begin_export(actor, selection)
    what = str(selection.ledger) if selection.ledger else f"{timezone.now().astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return StreamingHttpResponse(
        export_chunks(selection, found),
        content_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="holdpoint-{what}.jsonl"'},
    )


@page("audit:read", what="read audit")
def news(request: HttpRequest) -> HttpResponse:
    """Tell an open first page how many lines have come since; ``newest`` is the time of its first line."""
    form = AuditForm(request.GET)
    newest = typed(request.GET.get("newest", "").replace(" ", "+"))
    number = 0
    if form.is_valid():
        found = record.search(form.wanted(), None, MOST_NEW + 1).rows
        number = sum(newest is None or each.at > newest for each in found)
    parameters = [(name, value) for name in form.fields for value in request.GET.getlist(name) if value.strip()]
    new = Count(min(number, MOST_NEW), number > MOST_NEW)
    context = {"new": new, "newest_url": address(parameters), "target": "lines", "oob": True}
    return render(request, "components/news.html", context)


def listing(request: HttpRequest) -> tuple[dict[str, Any], int]:
    """Return what the page shows, and its status: 422 where the filter is not right."""
    given = request.GET if request.method in ("GET", "HEAD") else request.POST
    people = record.people()
    form = AuditForm(given, people=people, workflows=[(w.name, w.title) for w in registry.all_workflows()])
    found: Page[AuditLine] = Page([])
    status = 200
    try:
        if form.is_valid():
            found = record.search(form.wanted(), request.GET.get("cursor") or None, PAGE_SIZE)
        else:
            status = 422
    except Invalid as refusal:
        add_errors(form, refusal)
        status = 422
    parameters = [(name, value) for name in form.fields for value in given.getlist(name) if value.strip()]
    cursor = request.GET.get("cursor", "")
    wanted = form.wanted()
    context: dict[str, Any] = {
        "nav": "audit",
        "form": form,
        "rows": rows_of(found.rows),
        "standing": standing(),
        "parameters": parameters,
        "heading": heading_of(wanted, people) if status == 200 else "Nothing was searched",
        "views": views_of(parameters, refused=wanted.refused),
        "export": what_is_exported(wanted),
        "run": wanted.run if len(wanted.run) == WHOLE_ID else "",
        "narrowed": status == 422 or wanted != AuditFilter(),
        "only_refused": status != 422 and wanted == AuditFilter(refused=True),
        "may_read_runs": actor_of(request).can("executions:read"),
        "first_url": address(parameters) if cursor else "",
        "previous_url": address(parameters, found.previous) if found.previous else "",
        "next_url": address(parameters, found.next) if found.next else "",
    }
    # A page further back, or one that ends at some time, has nothing new to wait for.
    if status == 200 and not cursor and wanted.until is None:
        newest = found.rows[0].at.isoformat() if found.rows else ""
        context["news_url"] = f"{reverse('audit-news')}?{urlencode([*parameters, ('newest', newest)])}"
    context["altered"] = sum(row.altered for row in context["rows"])
    return context, status


def views_of(parameters: list[tuple[str, str]], *, refused: bool) -> list[tuple[str, str, bool]]:
    """Return title, address and whether it is this one, of all lines and of refused attempts alone."""
    others = [(name, value) for name, value in parameters if name != "refused"]
    return [
        ("Everything", address(others), not refused),
        ("Refused attempts", address([*others, ("refused", "on")]), refused),
    ]


def what_is_exported(wanted: AuditFilter) -> tuple[str, str]:
    """Return what the button for an export says, and what it hands out."""
    if wanted == AuditFilter():
        return (
            "Export the whole record",
            "Every line, the engine’s as well; it can be verified completely.",
        )
    if wanted == AuditFilter(run=wanted.run, routine=wanted.routine):
        return "Export this ledger", "Every line of it, the engine’s as well; it can be verified completely."
    if wanted == AuditFilter(run=wanted.run, since=wanted.since, until=wanted.until, routine=wanted.routine):
        return "Export this time", "Every line of this time, the engine’s as well."
    return "Export what is found", "All pages of what this search finds."


def address(parameters: list[tuple[str, str]], cursor: str | None = None) -> str:
    """Return the audit's address under a filter."""
    everything = parameters + ([("cursor", cursor)] if cursor else [])
    return reverse("audit") + (f"?{urlencode(everything)}" if everything else "")
