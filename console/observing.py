"""What is noted of every request, outside of everything else that happens to it: how long its answer took."""

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from console.both_ways import BothWays
from executions.meters import observe

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ObservingMiddleware(BothWays):
    """Times every request but those for static files."""

    def __call__(self, request: HttpRequest) -> Any:
        if self.is_async:
            return self._answer(request)
        begun = time.perf_counter()
        response = self.get_response(request)
        note(request, response, time.perf_counter() - begun)
        return response

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        response: HttpResponseBase = await self.get_response(request)
        note(request, response, time.perf_counter() - begun)
        return response


def note(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Count a request that was answered.

    Args:
        request: as it came; only its method and route are told, never its address.
        response: what it was answered with.
        seconds: from one to the other.
    """
    if request.path.startswith(settings.STATIC_URL):
        return
    method = request.method if request.method in METHODS else "other"
    status = f"{response.status_code // 100}xx"
    observe("http_request_duration_seconds", seconds, method, route_of(request), status)


def route_of(request: HttpRequest) -> str:
    """Return the pattern of the address as the code has it; ``unknown`` where there is none."""
    if request.resolver_match is None:
        return "unknown"
    return request.resolver_match.route or "/"
