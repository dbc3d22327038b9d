"""Acts that ask for the password, or the second factor, once more: a screen left open is not the person."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from console.pages.base import came_from


def confirmed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let a view be reached only by somebody who has just confirmed that it is still him; others are asked first.

    A form sent too late leads back to its page after the confirmation, where it can be sent again. Whoever signs in by
    a provider alone has nothing to confirm here with.

    Args:
        view: of a signed-in person; strangers are the view's own business.
    """

    @functools.wraps(view)
    def ask(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated or did_recently_reauthenticate(request):
            return view(request, *args, **kwargs)
        there = request.get_full_path() if request.method in ("GET", "HEAD") else came_from(request)
        return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': there})}")

    return ask
