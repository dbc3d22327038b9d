"""How a request to the API says who is asking: a bearer token, or a session with its CSRF token."""

from django.conf import settings
from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from console.access import Unauthenticated, actor_of_bearer, actor_of_session, api_door
from executions.actors import Actor

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
CSRF_DETAIL = "A session needs its CSRF token: send it as X-CSRFToken. Programs use a token of their own instead."


def identify(request: HttpRequest) -> Actor | None:
    """Return who is asking; None where there are no credentials at all. Looked up once per request.

    Raises:
        Unauthenticated: the token is no good.
        HttpError: 403, the session's CSRF token is missing or wrong.
    """
    if not hasattr(request, "identified_actor"):
        actor = actor_of_bearer(request)
        if actor is None:
            actor = actor_of_session(request, via=api_door(request))
            if actor is not None and request.method not in SAFE_METHODS and check_csrf(request):
                raise HttpError(403, CSRF_DETAIL)
        request.identified_actor = actor  # type: ignore[attr-defined]
    found: Actor | None = request.identified_actor  # type: ignore[attr-defined]
    return found


class Token(HttpBearer):
    """A token: `Authorization: Bearer hp_…`. Make one with `manage.py create_token`."""

    def __call__(self, request: HttpRequest) -> Actor | None:
        actor = identify(request)
        if actor is None:
            raise Unauthenticated("Sign in, or send a token as “Authorization: Bearer hp_…”.")
        return actor

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Unused: ``identify`` reads the header, so that pages, API and health checks share one way."""
        return identify(request)


class Session(APIKeyCookie):
    """The console's session cookie, with the CSRF token in X-CSRFToken."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor | None:
        return identify(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """Unused, as above."""
        return identify(request)
