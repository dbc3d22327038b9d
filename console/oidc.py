"""Sign-in by a company's own provider (OpenID Connect), as the HOLDPOINT_OIDC_ settings say."""

import functools
import logging
from collections.abc import Callable
from typing import Any

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.account_events import PROVIDER, identity_added
from console.account_facts import facts_of, identity_of
from executions.commands.account import record_account

type View = Callable[..., HttpResponse]

logger = logging.getLogger("holdpoint.oidc")


class ProviderAdapter(DefaultSocialAccountAdapter):
    """Lets in whom the provider knows: people with an account here, and others only where the settings say so."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the account of somebody who comes for the first time, by the address that the provider has verified.

        An address that belongs to an account which cannot be this person's makes no second one: somebody who was shut
        out would come back by it.
        """
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            # allauth would add a stranger's identity to whoever is signed in here, for ever, at a link alone.
            raise ImmediateHttpResponse(_failed(request))
        try:
            _groups(sociallogin)
        except ValueError as error:
            logger.warning("The provider gave no usable groups: %s", error)
            raise ImmediateHttpResponse(_failed(request)) from None
        if sociallogin.is_existing:
            self._set_groups(sociallogin.user, sociallogin)
            return
        known = _known(sociallogin)
        if known is not None:
            sociallogin.connect(request, known)
            self._set_groups(known, sociallogin)
        elif not settings.HOLDPOINT_OIDC["PROVISION"] or _holders(_address(sociallogin)).exists():
            raise ImmediateHttpResponse(_unknown(request))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return whether the provider's people get accounts by themselves."""
        return bool(settings.HOLDPOINT_OIDC["PROVISION"])

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return True: nobody fills in a form about himself here."""
        return True

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        """Fill in a new account; an address that the provider has not verified may be somebody else's."""
        user = super().populate_user(request, sociallogin, data)
        user.email = _address(sociallogin)
        sociallogin.email_addresses = [each for each in sociallogin.email_addresses if each.verified]
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Any:
        """Make the account, without a password, and put it on record."""
        user = super().save_user(request, sociallogin, form)
        record_account(PROVIDER, identity_of(user), None, facts_of(user))
        identity_added(sociallogin.account)
        self._set_groups(user, sociallogin)
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Say what happened on a page of ours; the log says why."""
        logger.warning("Sign-in by the provider failed: %s %s", error, str(exception)[:300])
        raise ImmediateHttpResponse(_failed(request))

    def _set_groups(self, user: Any, sociallogin: SocialLogin) -> None:
        """Give somebody the groups that the provider names, and take away those it does not; groups are not made."""
        named = _groups(sociallogin)
        if named is None:
            return
        before = facts_of(user)
        user.groups.set(Group.objects.filter(name__in=named))
        record_account(PROVIDER, identity_of(user), before, facts_of(user))


def away_is_told(view: View) -> View:
    """Let a view of allauth that talks to the provider answer with a page of ours where the provider does not."""

    @functools.wraps(view)
    def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, **kwargs)
        except (requests.RequestException, LookupError, ValueError) as error:
            logger.warning("The provider gave no usable answer: %s: %s", type(error).__name__, str(error)[:300])
            return _failed(request)

    return answer


login = away_is_told(views.login)
callback = away_is_told(views.callback)


def _claims(sociallogin: SocialLogin) -> dict[str, Any]:
    data = sociallogin.account.extra_data
    return {**(data.get("id_token") or {}), **(data.get("userinfo") or {})}


def _groups(sociallogin: SocialLogin) -> set[str] | None:
    """Return the groups that the provider names; None where it names none, or nobody asks it to.

    Raises:
        ValueError: what it says names no groups. Nobody is let in by it: to keep the groups there are may be too much.
    """
    claim = settings.HOLDPOINT_OIDC["GROUPS_CLAIM"]
    told = _claims(sociallogin).get(claim) if claim else None
    if told is None:
        return None
    if not isinstance(told, str | list):
        raise ValueError(f"the claim {claim} is neither a text nor a list")
    return {told} if isinstance(told, str) else {each for each in told if isinstance(each, str)}


def _address(sociallogin: SocialLogin) -> str:
    """Return the address that the provider has verified; empty where there is none."""
    claims = _claims(sociallogin)
    return str(claims.get("email") or "") if claims.get("email_verified") in (True, "true") else ""


def _holders(address: str) -> QuerySet[Any]:
    people = get_user_model().objects
    return people.filter(email__iexact=address) if address else people.none()


def _known(sociallogin: SocialLogin) -> Any:
    found = list(_holders(_address(sociallogin)).filter(is_active=True)[:2])
    return found[0] if len(found) == 1 else None


def _unknown(request: HttpRequest) -> HttpResponse:
    return render(request, "account/unknown.html", {"provider": settings.HOLDPOINT_OIDC["NAME"]}, status=403)


def _failed(request: HttpRequest) -> HttpResponse:
    return render(request, "account/provider_failed.html", {"provider": settings.HOLDPOINT_OIDC["NAME"]}, status=502)
