"""HEAD and OPTIONS below /v1: what GET would answer, without its body; and which methods an address takes."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from console.both_ways import BothWays
from console.errors import is_api


class MethodsMiddleware(BothWays):
    """Answers HEAD as GET, without a body, and OPTIONS with `Allow`; a 405 names every method that is taken."""

    def __call__(self, request: HttpRequest) -> Any:
        method = request.method or ""
        if is_api(request) and method == "HEAD":
            request.method = "GET"
        if self.is_async:
            return self._answer(request, method)
        return told(request, method, self.get_response(request))

    async def _answer(self, request: HttpRequest, method: str) -> HttpResponseBase:
        return told(request, method, await self.get_response(request))


def told(request: HttpRequest, method: str, response: HttpResponseBase) -> HttpResponseBase:
    """Return the answer as its method wants it.

    Args:
        request: as it was passed on.
        method: as it came.
        response: what was answered.
    """
    if not is_api(request):
        return response
    if "Allow" in response.headers:
        allowed = [each for each in response.headers["Allow"].split(", ") if each]
        allowed += ["HEAD"] if "GET" in allowed else []
        response.headers["Allow"] = ", ".join(sorted({*allowed, "OPTIONS"}))
    if method == "OPTIONS" and response.status_code == 405:
        return HttpResponse(status=204, headers={"Allow": response.headers["Allow"]})
    if method == "HEAD":
        request.method = "HEAD"
        if response.streaming:
            response.close()  # nobody will read it
            headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
            return HttpResponse(status=response.status_code, headers=headers)
    return response
