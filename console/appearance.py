"""How a person wants to see the console: kept in the session, so that no page asks the database for it.

The time zone is in force while a page is made, theme and density stand on its root element. Whoever has not signed in
has the theme of the cookie that the theme button sets; it follows the preference of whoever has.
"""

import functools
import zoneinfo
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from console.both_ways import BothWays
from executions.models import Preference
from executions.models.desk import DENSITIES, THEMES
from executions.queries import preference_of

SESSION_KEY = "appearance"
COOKIE = "theme"
COOKIE_SECONDS = 365 * 24 * 3600
WITHOUT = ("/v1/", "/static/", "/stream", "/healthz", "/readyz")
"""Addresses that show nothing to people."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """What a page looks like.

    Args:
        zone: name in the IANA database.
        theme: ``light``, ``dark`` or ``system``.
        density: ``comfortable`` or ``compact``.
        chosen: somebody chose this; else the cookie's theme stands.
    """

    zone: str = "UTC"
    theme: str = "system"
    density: str = "comfortable"
    chosen: bool = False


@functools.cache
def known_zones() -> frozenset[str]:
    """Return the names in the IANA database; looking them up walks through hundreds of files."""
    return frozenset(zoneinfo.available_timezones())


def remember(request: HttpRequest, preference: Preference) -> None:
    """Keep somebody's preferences in the session; what is shown from here on goes by them.

    Args:
        request: whose session it is.
        preference: as stored.
    """
    kept = {"zone": preference.time_zone, "theme": preference.theme, "density": preference.density}
    request.session[SESSION_KEY] = kept
    request.appearance = read(kept, None)  # type: ignore[attr-defined]


@receiver(user_logged_in)
def _on_sign_in(request: HttpRequest | None, user: Any, **_: Any) -> None:
    if request is None or not hasattr(request, "session"):
        return
    preference = preference_of(user.pk)
    if preference.pk is not None:
        remember(request, preference)


def read(kept: Any, cookie: str | None) -> Appearance:
    """Make an appearance of what the session keeps and the cookie says; what neither knows is as usual.

    Args:
        kept: what ``remember`` stored, or None.
        cookie: value of the theme's cookie.
    """
    if not isinstance(kept, dict):
        return Appearance(theme=cookie if cookie in THEMES else "system")
    zone, theme, density = kept.get("zone"), kept.get("theme"), kept.get("density")
    return Appearance(
        zone if zone in known_zones() else "UTC",
        theme if theme in THEMES else "system",
        density if density in DENSITIES else "comfortable",
        chosen=True,
    )


class AppearanceMiddleware(BothWays):
    """Put ``request.appearance`` there and its time zone in force; keep the theme's cookie in step."""

    def __call__(self, request: HttpRequest) -> Any:
        if self.is_async:
            return self._answer(request)
        if request.path.startswith(WITHOUT):
            return self.get_response(request)
        kept = request.session.get(SESSION_KEY) if _has_session(request) else None
        with _in_force(request, kept):
            return keep_cookie(request, self.get_response(request))

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(WITHOUT):
            return await self.get_response(request)  # type: ignore[no-any-return]
        kept = await request.session.aget(SESSION_KEY) if _has_session(request) else None
        with _in_force(request, kept):
            return keep_cookie(request, await self.get_response(request))


def _has_session(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def _in_force(request: HttpRequest, kept: Any) -> AbstractContextManager[None]:
    appearance = request.appearance = read(kept, request.COOKIES.get(COOKIE))  # type: ignore[attr-defined]
    return timezone.override(zoneinfo.ZoneInfo(appearance.zone))


def keep_cookie(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Let the theme's cookie say what the person has chosen, so that the sign-in page looks the same.

    Args:
        request: with the appearance as it is now; its cookie is left alone where it says so already.
        response: gets the cookie.
    """
    wanted: Appearance = request.appearance  # type: ignore[attr-defined]
    if wanted.chosen and request.COOKIES.get(COOKIE, "system") != wanted.theme:
        response.set_cookie(
            COOKIE, wanted.theme, max_age=COOKIE_SECONDS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    return response
