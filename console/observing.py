"""What is noted of every request, around everything else that happens to it: its time, its span, its lines of log."""

import re
import time
from contextlib import AbstractContextManager
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_structlog.middlewares import RequestMiddleware

from console.both_ways import BothWays
from executions import tracing
from executions.meters import observe

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{8,128}")
"""What a proxy may call a request; anything else is not believed."""


class ObservingMiddleware(BothWays):
    """Times every request but those for static files, and lets a span cover it where traces are sent."""

    def __call__(self, request: HttpRequest) -> Any:
        if self.is_async:
            return self._answer(request)
        begun = time.perf_counter()
        with span_of(request):
            response = self.get_response(request)
            note(request, response, time.perf_counter() - begun)
        return response

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        with span_of(request):
            response: HttpResponseBase = await self.get_response(request)
            note(request, response, time.perf_counter() - begun)
        return response


class LogMiddleware(RequestMiddleware):
    """Gives every line of the log that a request causes its id and who asks, and writes one line when it is answered.

    The answer carries the id as ``X-Request-ID``; one that a proxy has given is kept.
    """

    def prepare(self, request: HttpRequest) -> None:
        super().prepare(request)
        given = request.headers.get("X-Request-ID", "")
        if REQUEST_ID.fullmatch(given):
            structlog.contextvars.bind_contextvars(request_id=given)
        structlog.contextvars.bind_contextvars(actor="anonymous")
        request.holdpoint_begun = time.perf_counter()  # type: ignore[attr-defined]

    def handle_response(self, request: HttpRequest, response: HttpResponseBase) -> None:
        response.headers["X-Request-ID"] = structlog.contextvars.get_contextvars().get("request_id", "")
        seconds = time.perf_counter() - request.holdpoint_begun  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(route=route_of(request), ms=round(seconds * 1000, 1))
        super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        # Without its query: what people search for, and codes of sign-ins.
        return f"{request.method} {request.path}"


def name_actor(actor_id: str) -> None:
    """Have every further line of this request, and its span, say who asks.

    Args:
        actor_id: stable id, such as ``user:7`` or ``token:3``.
    """
    structlog.contextvars.bind_contextvars(actor=actor_id)
    tracing.note(actor=actor_id)


def span_of(request: HttpRequest) -> AbstractContextManager[Any]:
    """Return the context in which a request's span is current; it goes on with the trace of who sent it."""
    told = {"http.request.method": request.method}
    return tracing.continued(request.headers, str(request.method), kind="server", **told)


def note(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Count a request that was answered.

    Args:
        request: as it came; only its method and route are told, never its address.
        response: what it was answered with.
        seconds: from one to the other.
    """
    if request.path.startswith(settings.STATIC_URL):
        return
    method, route = request.method if request.method in METHODS else "other", route_of(request)
    observe("http_request_duration_seconds", seconds, method, route, f"{response.status_code // 100}xx")
    told = {"http.route": route, "http.response.status_code": response.status_code}
    tracing.note(f"{method} {route}", **told)
    if response.status_code >= 500:
        tracing.failed(f"status {response.status_code}")


def route_of(request: HttpRequest) -> str:
    """Return the pattern of the address as the code has it; ``unknown`` where there is none."""
    if request.resolver_match is None:
        return "unknown"
    return request.resolver_match.route or "/"
