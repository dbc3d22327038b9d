"""Refusals and failures → responses, in one place: problem+json below /v1, pages elsewhere, 503 for both."""

import json
import sys
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.context_processors import csp
from django.template.loader import render_to_string
from django.views import defaults

from console.access import Unauthenticated
from console.both_ways import BothWays
from executions.errors import Conflict, Gone, Invalid, NotAllowed, NotFound, Refused, Stale, TooLarge, Unconfirmed

STATUS: dict[type[Refused], int] = {
    Refused: 409,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    Stale: 412,
    TooLarge: 413,
    Invalid: 422,
    Unconfirmed: 503,
}
API_PREFIX = "/v1/"
REFERENCE_PREFIX = "/v1/docs/"
"""Below the API's, but people read it."""
CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 5

# What Django itself answers, in words for the author of a program. The first is the problem's code.
DJANGO_ANSWERS: dict[int, tuple[str, str, str]] = {
    400: ("bad-request", "Bad request", "The request cannot be read. Check its address and headers."),
    401: ("unauthenticated", "Not signed in", "Send a token as “Authorization: Bearer hp_…”."),
    403: ("not-allowed", "Not allowed", "The request was refused."),
    404: ("not-found", "Not found", "There is nothing at this address. See /v1/docs for what there is."),
    405: ("method-not-allowed", "Method not allowed", "This address does not take that method. See the Allow header."),
    413: ("too-large", "Too large", "The request is larger than is accepted."),
    500: ("broken", "Our fault", "Something broke on our side and was logged. Look at the run before you repeat this."),
}


def status_of(refusal: Refused) -> int:
    """Return the HTTP status of a refusal, for pages and API alike. Source: docs/reference/api.md, Errors."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> HttpResponse:
    """Make a problem document (RFC 9457).

    Args:
        status: the HTTP status.
        code: the end of the problem's type.
        title: the kind of problem, the same each time.
        detail: what happened this time and what to do.
        more: further members; those that are empty are left out.

    Returns:
        The response.
    """
    document = {"type": f"urn:holdpoint:problem:{code}", "title": title, "status": status, "detail": detail}
    document |= {name: value for name, value in more.items() if value}
    # Words may quote what was sent, half a surrogate pair too, which cannot be encoded.
    body = json.dumps(document, ensure_ascii=False, cls=DjangoJSONEncoder).encode(errors="replace")
    return HttpResponse(body, status=status, content_type=CONTENT_TYPE)


def problem_of(refusal: Refused, status: int | None = None, **more: Any) -> HttpResponse:
    """Make the problem document of a domain refusal.

    Args:
        refusal: what the domain said.
        status: instead of the usual one.
        more: further members.
    """
    return problem(
        status or status_of(refusal),
        refusal.code,
        refusal.title,
        refusal.detail,
        state=refusal.state,
        allowed=refusal.allowed,
        holds=refusal.holds,
        errors=refusal.errors,
        **more,
    )


def problem_of_unauthenticated(error: Unauthenticated) -> HttpResponse:
    """Make the 401 answer, with the challenge that HTTP asks for."""
    response = problem(401, "unauthenticated", "Not signed in", error.detail)
    challenge = 'Bearer realm="holdpoint"'
    response["WWW-Authenticate"] = challenge + (', error="invalid_token"' if error.invalid else "")
    return response


def is_database_away(error: BaseException | None) -> bool:
    """Tell whether an error means that PostgreSQL cannot be reached, as opposed to a statement it refused."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    # Connection failures have no SQLSTATE or class 08; 57P is a shutdown or restart; 53300 is too many connections.
    return sqlstate is None or sqlstate.startswith(("08", "57P")) or sqlstate == "53300"


def database_away(request: HttpRequest) -> HttpResponse:
    """Answer 503: nothing acknowledged is lost, and trying again soon will work."""
    response: HttpResponse
    if is_api(request):
        response = problem(
            503,
            "unavailable",
            "Not available now",
            "The database cannot be reached. Try again in a few seconds; with an Idempotency-Key that is always safe.",
        )
    else:
        # Without the other context processors: messages and users are looked up in the database that is away.
        response = HttpResponse(render_to_string("503.html", {"request": request, **csp(request)}), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what no view could: Django's handler500, called while the exception is being handled.

    Errors in views reach the middleware below; those in other middleware (sessions, for one) only come here.
    """
    return database_away(request) if is_database_away(sys.exc_info()[1]) else defaults.server_error(request)


def is_api(request: HttpRequest) -> bool:
    """Tell whether a program asks, which wants problem documents."""
    return request.path.startswith(API_PREFIX)


class ErrorMiddleware(BothWays):
    """Answer 503 while the database is away, and give every error below /v1 the form of a problem document."""

    def __call__(self, request: HttpRequest) -> Any:
        if self.is_async:
            return self._answer(request)
        return as_problem(request, self.get_response(request))

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        return as_problem(request, await self.get_response(request))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return database_away(request) if is_database_away(error) else None


def as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Turn an error page that Django made below /v1 (404, 405, 500 and so on) into a problem document.

    Whatever the API answers is for who asked, so no cache on the way may keep it.
    """
    if not is_api(request):
        return response
    response.headers.setdefault("Cache-Control", "no-store")
    if response.status_code < 400 or request.path.startswith(REFERENCE_PREFIX):
        return response
    if response.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
        return response
    code, title, detail = DJANGO_ANSWERS.get(response.status_code, ("error", "Error", "The request failed."))
    told = problem(response.status_code, code, title, detail)
    for header in ("Allow", "Retry-After", "WWW-Authenticate"):
        if header in response.headers:
            told[header] = response.headers[header]
    told.headers["Cache-Control"] = "no-store"
    return told
