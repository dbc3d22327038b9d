"""HOLDPOINT_REQUIRE_MFA: whoever must have a second factor gets no further than the page where one is set up."""

from collections.abc import Callable
from time import time as now
from typing import Any

from allauth.mfa import signals as mfa
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import MiddlewareNotUsed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from console.both_ways import BothWays
from console.errors import is_api, problem
from console.second_factor import has_second_factor

SESSION_KEY = "has_second_factor"
REMEMBERED_SECONDS = 300
"""Then it is looked up again: it may have been taken away in another browser, or by an administrator."""
OPEN = ("/settings/security/", "/accounts/", "/static/", "/healthz", "/readyz", "/settings/theme")
"""What is open without one: setting it up, and signing out."""
WORDS = "Your role needs a second factor. Set one up under Settings, Security to go on."


class RequiredFactorMiddleware(BothWays):
    """Send people who must have a second factor and have none to where they set it up; programs get a 403.

    That somebody has one is remembered in the session for a while, so that few pages cost a query for it. Tokens are
    not asked: whoever made one had passed here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        if settings.HOLDPOINT_REQUIRE_MFA == "none":
            raise MiddlewareNotUsed
        super().__init__(get_response)

    def __call__(self, request: HttpRequest) -> Any:
        if self.is_async:
            return self._answer(request)
        return stopped(request) or self.get_response(request)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(stopped)(request) or await self.get_response(request)


def stopped(request: HttpRequest) -> HttpResponse | None:
    """Return the answer for somebody who may go no further; None for everybody else."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or request.path.startswith(OPEN):
        return None
    user = request.user
    if not user.is_authenticated or _seen_lately(request) or not is_required(user):
        return None
    if has_second_factor(user.pk):
        request.session[SESSION_KEY] = now()
        return None
    if is_api(request) or request.path == "/stream":
        return problem(403, "second-factor-required", "Not allowed", WORDS)
    messages.warning(request, WORDS)
    return HttpResponseRedirect(reverse("mfa_index"))


def _seen_lately(request: HttpRequest) -> bool:
    seen: float = request.session.get(SESSION_KEY, 0.0)
    return 0 <= now() - seen < REMEMBERED_SECONDS


def is_required(user: Any) -> bool:
    """Tell whether somebody must have a second factor."""
    if settings.HOLDPOINT_REQUIRE_MFA == "all":
        return True
    return bool(user.is_staff or user.is_superuser or user.has_perm("executions.manage_console"))


@receiver(mfa.authenticator_removed)
def _forget(request: HttpRequest, **_: Any) -> None:
    request.session.pop(SESSION_KEY, None)
