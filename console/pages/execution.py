"""The page of one run, whole or in parts: for htmx only the parts that differ from what the browser shows are sent."""

import functools
import hashlib
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console.access import find_execution
from console.pages.base import actor_of, page, refused
from console.pages.run_page import Attempt, RunPage
from console.pages.run_parts import PARTS, keys_of, places_of
from console.pages.run_words import REASON_CODES
from executions import queries
from executions.errors import NotAllowed, NotFound, Refused
from executions.models import Execution
from executions.queries.watch import find_watched

VARIES = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|<span data-relative>[^<]*</span>')
"""What differs between two renderings that say the same: masked tokens, and times that the script keeps ticking."""
PRINT = 12
"""Characters of a key, and of a print."""


@page("executions:read", what="read run")
def execution(request: HttpRequest, execution_id: uuid.UUID) -> HttpResponse:
    """Show a run."""
    watching = bool(request.htmx) and "HX-Known" in request.headers  # type: ignore[attr-defined]
    read = functools.partial(find_watched, with_payload=not watching)
    return render_run(request, find_execution(actor_of(request), execution_id, read=read))


@page("executions:read", what="read run")
def payload(request: HttpRequest, execution_id: uuid.UUID) -> HttpResponse:
    """Show a run's payload as JSON."""
    found = find_execution(actor_of(request), execution_id)
    return JsonResponse(found.payload, json_dumps_params={"indent": 2, "ensure_ascii": False})


@page("executions:read", what="read run")
def event(request: HttpRequest, execution_id: uuid.UUID, seq: int) -> HttpResponse:
    """Show the data of one line of a run's history, exactly as they are stored."""
    found = find_execution(actor_of(request), execution_id)
    line = queries.find_event(found.pk, min(seq, 2**62))
    return HttpResponse(line.data, content_type="application/json")


def render_run(
    request: HttpRequest,
    found: Execution,
    attempt: Attempt | None = None,
    said: str = "",
    webhook: str = "",
    secret: str = "",
) -> HttpResponse:
    """Render the page, or for htmx its parts.

    Args:
        request: whose.
        found: the run as just read.
        attempt: the refused command, whose form keeps what was typed.
        said: what was done, as a sentence; for htmx it is shown above the page.
        webhook: address that releases the hold just placed; shown this once, above the page.
        secret: what calls of it are to be signed with; shown with it, empty where they need no signature.
    """
    run = RunPage(request, found, attempt)
    context = {
        "nav": "executions",
        "run": run,
        "execution": found,
        "now_ms": time.time_ns() // 1_000_000,
        "said": said,
        "webhook": webhook,
        "webhook_secret": secret,
        "reason_codes": REASON_CODES,
    }
    by_htmx = bool(request.htmx) and not request.htmx.boosted  # type: ignore[attr-defined]
    known = known_prints(request) if by_htmx and request.method == "GET" else {}
    keys = keys_of(run)
    parts: dict[str, SafeString] = {}
    for name in PARTS:
        shown_key, shown_print = known.get(f"run-{name}", ("", ""))
        if shown_key == keys[name]:
            continue
        body = get_template(f"execution/{name}.html").render(context, request)
        print_of_part = hashlib.sha256(VARIES.sub("", body).encode()).hexdigest()[:PRINT]
        if shown_print != print_of_part:
            parts[name] = _section(name, body, keys[name] + print_of_part, found, swapped=by_htmx)
    if by_htmx:
        messages = get_template("execution/said.html").render(context, request) if request.method != "GET" else ""
        return HttpResponse("".join(parts.values()) + messages)
    places = places_of(run)
    context |= {place: [parts[name] for name in names] for place, names in places.items()}
    context["even"] = "payload" in places["side"]
    return HttpResponse(get_template("execution/page.html").render(context, request))


def showing(command: str, key: str = "") -> Callable[..., HttpResponse]:
    """Return how ``command_view`` renders the page after a command.

    Args:
        command: the command's name, to find its form again after a refusal.
        key: the part of the address that names what the command is about, such as ``hold_id``.
    """

    def show(
        request: HttpRequest, *, execution_id: uuid.UUID, refusal: Refused | None, said: str, **address: Any
    ) -> HttpResponse:
        actor = actor_of(request)
        if not actor.can("executions:read"):
            return refused(request, refusal or NotAllowed("You may not look at runs."))
        try:
            found = find_execution(actor, execution_id, read=find_watched)
        except NotFound as missing:  # what was typed was refused before anybody looked for the run
            raise Http404(missing.detail) from missing
        return render_run(request, found, Attempt(command, str(address.get(key, "")), refusal), said)

    return show


def known_prints(request: HttpRequest) -> dict[str, tuple[str, str]]:
    """Read which parts the browser shows already, as the script tells: ``run-head=<key and print> run-steps=…``.

    A part whose key is the same need not be rendered; one whose print is the same need not be sent.
    """
    pairs = (pair.partition("=") for pair in request.headers.get("HX-Known", "")[:1000].split())
    return {name: (shown[:PRINT], shown[PRINT:]) for name, _, shown in pairs}


def _section(name: str, body: str, print_of_part: str, found: Execution, *, swapped: bool) -> SafeString:
    """Wrap a part; one that has nothing to say stays as an empty, hidden place for later."""
    return format_html(
        '<section id="run-{}" class="run-part" data-live data-print="{}" data-version="{}"{}{}>{}</section>\n',
        name,
        print_of_part,
        found.version,
        SafeString(' hx-swap-oob="true"' if swapped else ""),
        SafeString("" if body.strip() else " hidden"),
        SafeString(body.strip()),  # rendered by a template, which has escaped it
    )
