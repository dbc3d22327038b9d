"""The pages at `/v1/docs`: for everybody, signed in or not, and without a look at the database.

They never change while a process runs, so each is made once, and compressed once, for each theme.
"""

import functools
import gzip
import hashlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from console.appearance import COOKIE, Appearance, read
from console.reference.document import common_problems, document, groups, places, roles_with
from console.reference.samples import first_steps
from console.reference.search import LONGEST, find
from executions.access import SCOPES

SEARCHES = 256
"""Searches whose pages are kept, beside those that are few."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is sent.

    Args:
        plain: its bytes.
        packed: the same, compressed.
        tag: an ETag that names them.
    """

    plain: bytes
    packed: bytes
    tag: str


@require_safe
def overview(request: HttpRequest) -> HttpResponseBase:
    """Show what all operations have in common and where they are; with `?q=`, those that it finds."""
    query = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:LONGEST].casefold()
    return _answer(request, _searched(query, _theme(request)) if query else make_overview(_theme(request)))


@require_safe
def group(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Show the operations of one group."""
    if slug not in {each.slug for each in groups()}:
        raise Http404
    return _answer(request, _group(slug, _theme(request)))


def _theme(request: HttpRequest) -> str:
    """Return the theme of the cookie, which follows what a person has chosen."""
    return read(None, request.COOKIES.get(COOKIE)).theme


@functools.cache
def make_overview(theme: str) -> Page:
    """Return the overview, made once for each theme."""
    described = document()
    lead, _, _ = described["info"]["description"].partition("\n\n")
    context = {
        "lead": lead,
        "schemes": described["components"]["securitySchemes"],
        "problems": common_problems(),
        "limits": settings.HOLDPOINT,
        "body_bytes": settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        "scopes": [(scope, roles_with(scope)) for scope in SCOPES],
        "first_steps": first_steps(),
    }
    return _page("reference/overview.html", theme, context)


@functools.cache
def _group(slug: str, theme: str) -> Page:
    every = groups()
    at = next(number for number, each in enumerate(every) if each.slug == slug)
    context = {
        "group": every[at],
        "before": every[at - 1] if at else None,
        "after": every[at + 1] if at + 1 < len(every) else None,
        "places": places(),
    }
    return _page("reference/group.html", theme, context)


@functools.lru_cache(maxsize=SEARCHES)
def _searched(query: str, theme: str) -> Page:
    return _page("reference/search.html", theme, {"query": query, "found": find(query)})


def _page(template: str, theme: str, context: dict[str, Any]) -> Page:
    shared = {
        "groups": groups(),
        "base": settings.HOLDPOINT["PUBLIC_URL"],
        "request": {"appearance": Appearance(theme=theme)},
        "total": len(places()),
    }
    plain = render_to_string(template, shared | context).encode()
    return Page(plain, gzip.compress(plain, mtime=0), hashlib.sha256(plain).hexdigest()[:24])


def _answer(request: HttpRequest, page: Page) -> HttpResponseBase:
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(page.packed if packed else page.plain)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["ETag"] = f'"{page.tag}{"-gzip" if packed else ""}"'
    response.headers["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
    return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response
