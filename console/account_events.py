"""Sign-ins, second factors and passwords, as allauth tells of them, into the record."""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.db.models import Q
from django.dispatch import receiver
from django.http import HttpRequest

from console.account_facts import identity_of
from executions.actors import Actor
from executions.commands import account as record

PROVIDER = Actor("policy:oidc", "OpenID Connect", "policy", "console")
"""Who makes accounts, ties identities and sets groups at a sign-in: the provider's word, by settings."""


@receiver(account.user_logged_in)
def _signed_in(request: HttpRequest, user: Any, **_: Any) -> None:
    by = [_method(each) for each in get_authentication_records(request, user) if not each.get("reauthenticated")]
    record.record_sign_in(Actor.of_user(user), by=by)


def _method(told: dict[str, Any]) -> str:
    if told.get("method") == "mfa":
        return str(told.get("type"))
    return "oidc" if told.get("method") == "socialaccount" else str(told.get("method"))


@receiver(user_logged_out)
def _signed_out(user: Any, **_: Any) -> None:
    if user is not None and user.is_authenticated:
        record.record_sign_out(Actor.of_user(user))


def sign_in_failed(credentials: dict[str, Any]) -> None:
    """Record a password that was not right, with the account that was meant, if there is one.

    Args:
        credentials: ``username`` or ``email`` as typed.
    """
    typed = str(credentials.get("username") or credentials.get("email") or "").replace("\x00", "")[:254]
    meant = get_user_model().objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed)) if typed else None
    found = meant.order_by("pk").first() if meant is not None else None
    record.record_failed_sign_in(record.NOBODY, account=found.get_username() if found else None)


@receiver(account.password_changed)
@receiver(account.password_set)
def _password_changed(user: Any, **_: Any) -> None:
    record.record_password(Actor.of_user(user), user, how="changed")


@receiver(account.password_reset)
def _password_reset(user: Any, **_: Any) -> None:
    record.record_password(Actor.of_user(user), user, how="reset")


@receiver(mfa.authenticator_added)
def _factor_added(user: Any, authenticator: Authenticator, **_: Any) -> None:
    _factor(user, "added", authenticator)


@receiver(mfa.authenticator_removed)
def _factor_removed(user: Any, authenticator: Authenticator, **_: Any) -> None:
    _factor(user, "removed", authenticator)


@receiver(mfa.authenticator_reset)
def _factor_renewed(user: Any, authenticator: Authenticator, **_: Any) -> None:
    _factor(user, "renewed", authenticator)


@receiver(mfa.authentication_failed)
def _factor_refused(user: Any, authenticator: Authenticator, **_: Any) -> None:
    _factor(user, "refused", authenticator)


@receiver(social.social_account_added)
def _identity_added(sociallogin: SocialLogin, **_: Any) -> None:
    identity_added(sociallogin.account)


@receiver(social.social_account_removed)
def _identity_removed(request: HttpRequest, socialaccount: SocialAccount, **_: Any) -> None:
    _identity(Actor.of_user(request.user), socialaccount, added=False)


def identity_added(tied: SocialAccount) -> None:
    """Record that a provider's identity is somebody's from now on; allauth tells of it only for accounts there were."""
    _identity(PROVIDER, tied, added=True)


def _identity(actor: Actor, tied: SocialAccount, *, added: bool) -> None:
    record.record_identity(
        actor, identity_of(tied.user), added=added, provider=str(tied.provider), subject=str(tied.uid)
    )


def _factor(user: Any, act: str, authenticator: Authenticator) -> None:
    name = str(authenticator) if authenticator.type == Authenticator.Type.WEBAUTHN else ""
    record.record_factor(Actor.of_user(user), act, factor=authenticator.type, name=name)
