"""What every page shares: who is asking, whether they may, and how a refusal reaches the person who reads it."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.access import record_refusal
from console.errors import status_of
from console.observing import name_actor
from executions.access import lacking
from executions.actors import Actor
from executions.errors import NotAllowed, NotFound, Refused

type View = Callable[..., HttpResponse]


class SeeOther(HttpResponse):
    """Answer to a form that was carried out: look at this page now (303, so that a reload repeats nothing).

    Args:
        url: an address on this site.
    """

    status_code = 303

    def __init__(self, url: str) -> None:
        super().__init__(headers={"Location": url})

    @property
    def url(self) -> str:
        """Where the browser is sent."""
        return self.headers["Location"]


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in person as an actor; read from the database once per request."""
    actor: Actor | None = getattr(request, "holdpoint_actor", None)
    if actor is None:
        actor = Actor.of_user(request.user)
        name_actor(actor.id)
        request.holdpoint_actor = actor  # type: ignore[attr-defined]
    return actor


def is_fragment(request: HttpRequest, target: str) -> bool:
    """Tell whether htmx asks for one part of a page.

    Args:
        target: id of the element that the part replaces.
    """
    return bool(request.htmx) and not request.htmx.boosted and request.htmx.target == target  # type: ignore[attr-defined]


def page(scope: str, *, what: str, posted: bool = False) -> Callable[[View], View]:
    """Make a function a page: GET only, for signed-in people who have a scope.

    Args:
        scope: one of ``access.SCOPES``; empty where being signed in is enough.
        what: what the person tries to do, as the record of a refusal names it, such as ``read audit``.
        posted: may be asked for by POST too, where the question is too long for an address; it changes nothing.

    Returns:
        A decorator. Refusals the view raises become error pages with the right status.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def show(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return ask_to_sign_in(request)
            try:
                if scope:
                    require_scope(request, scope, what, kwargs.get("execution_id"))
                response = view(request, *args, **kwargs)
            except NotFound as missing:
                raise Http404(missing.detail) from missing
            except Refused as refusal:
                return refused(request, refusal)
            # One address serves the page and its parts; a cache must not mix them up.
            patch_vary_headers(response, ["HX-Request", "HX-Target", "Cookie"])
            response.headers.setdefault("Cache-Control", "no-store")
            return compressed(request, response)

        return require_http_methods(["GET", "HEAD", "POST"])(show) if posted else require_safe(show)

    return decorate


def compressed(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """Compress a page for a browser that takes it so: a full list shrinks to a tenth.

    What a page repeats of its address tells nothing of its secrets by its length: Django adds a random one, and masks
    the form's token anew each time. Streams and files go as they are.
    """
    return response if response.streaming else GZipMiddleware(lambda _: response)(request)


def own_page(view: View) -> View:
    """Make a function a page about whoever looks at it: being signed in is enough."""
    return page("", what="")(view)


def command_view(
    show: View, *, sees: str = "executions:read", command: str = ""
) -> Callable[[Callable[..., Any]], View]:
    """Make a function that carries out one command a POST view.

    The function is called with request, actor and the parts of the address. It returns the answer itself, or
    ``(url, sentence)``: without a script the browser is sent to that page, which says the sentence; with htmx the
    part is rendered anew, as the server now says it is. It raises ``Refused`` for what the domain refuses.

    Args:
        show: renders the page (or, for htmx, its part) as things stand now, with what was typed. Called with request,
            ``refusal`` (None after success), ``said`` (the sentence, empty after a refusal) and the address's parts.
        sees: the scope that this page needs; who has it not is told why he was refused and nothing else. Empty where
            being signed in is enough.
        command: as the record names what the function refuses itself, before its command sees it: what was typed
            cannot be read. Empty where nothing is commanded.

    Returns:
        A decorator. A refusal renders ``show`` with 403, 404, 409, 412, 413 or 422.
    """

    def decorate(carry_out: Callable[..., Any]) -> View:
        @functools.wraps(carry_out)
        def answer(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return ask_to_sign_in(request)
            try:
                done = carry_out(request, actor_of(request), **kwargs)
            except NotFound as missing:
                raise Http404(missing.detail) from missing
            except Refused as refusal:
                if command and not refusal.recorded:
                    record_refusal(actor_of(request), command, refusal, kwargs.get("execution_id"))
                if sees and not actor_of(request).can(sees):
                    return refused(request, refusal)
                response = show(request, refusal=refusal, said="", **kwargs)
                response.status_code = status_of(refusal)
                return response
            if isinstance(done, HttpResponseBase):
                done.headers.setdefault("Cache-Control", "no-store")  # some show a secret, this once
                return done
            url, said = done
            if request.htmx:  # type: ignore[attr-defined]
                return show(request, refusal=None, said=said, **kwargs)
            messages.success(request, said)
            return SeeOther(url)

        return require_POST(answer)

    return decorate


def add_errors(form: forms.BaseForm, refusal: Refused) -> None:
    """Put a refusal beside the fields it names; what names no field of the form stands above it.

    Args:
        form: bound to what was typed, so that it is kept.
        refusal: what the command said.
    """
    form.is_valid()
    named = {name: texts for name, texts in refusal.errors.items() if name in form.fields}
    for name, texts in named.items():
        known = {str(text) for text in form.errors.get(name, [])}
        for text in texts:
            if text not in known:
                form.add_error(name, text)
    if not named:
        form.add_error(None, refusal.detail)


def require_scope(request: HttpRequest, scope: str, what: str, execution_id: Any = None) -> None:
    """Go on only if the person has a scope; a refusal is recorded, in the run's history if there is such a run.

    Raises:
        NotAllowed: says which scope is missing.
    """
    actor = actor_of(request)
    if actor.can(scope):
        return
    refusal = NotAllowed(lacking(scope))
    record_refusal(actor, what, refusal, execution_id)
    raise refusal


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Return an error page for a refusal; for htmx a message above the page, so that no part of it is lost."""
    status = status_of(refusal)
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "components/refusal.html", {"refusal": refusal}, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#messages", "innerHTML"
        return response
    template = "403.html" if status == 403 else "refused.html"
    return render(request, template, {"exception": refusal.detail, "refusal": refusal, "status": status}, status=status)


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send the person to the sign-in page and back to where they were; a command's address is no place to return to."""
    if request.method in ("GET", "HEAD") and not request.htmx:  # type: ignore[attr-defined]
        return redirect_to_login(request.get_full_path())
    return redirect_to_login(came_from(request))


def came_from(request: HttpRequest) -> str:
    """Return the address on this site from which a form was sent; the list of runs where that is not known."""
    parts = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    there = parts.path + (f"?{parts.query}" if parts.query else "")
    return there if there.startswith("/") and not there.startswith("//") else "/executions"
