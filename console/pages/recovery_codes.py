"""Recovery codes, shown and downloaded by allauth; where there are none, a way to them instead of an error."""

import functools
from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from console.pages.base import SeeOther
from console.second_factor import has_second_factor

NO_FACTOR = "You have no recovery codes: they stand in for a second factor. Set up a passkey or an app first."
NO_CODES = "You have no recovery codes yet. Make some."


def _led[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """Lead somebody who has no codes to where they come from."""

    @functools.wraps(view)
    def show(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        request = args[0]
        if not isinstance(request, HttpRequest) or not request.user.is_authenticated:
            return view(*args, **kwargs)
        kinds = Authenticator.Type.RECOVERY_CODES
        if Authenticator.objects.filter(user_id=request.user.pk, type=kinds).exists():
            return view(*args, **kwargs)
        messages.info(request, NO_CODES if has_second_factor(request.user.pk) else NO_FACTOR)
        return SeeOther(reverse("mfa_index"))

    return show


codes = _led(views.view_recovery_codes)
download = _led(views.download_recovery_codes)
