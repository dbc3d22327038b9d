"""Sign-ins, second factors and passwords, as allauth tells of them, into the record."""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.db.models import Q
from django.dispatch import receiver
from django.http import HttpRequest

from executions.actors import Actor
from executions.commands import account as record


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


def _factor(user: Any, act: str, authenticator: Authenticator) -> None:
    name = str(authenticator) if authenticator.type == Authenticator.Type.WEBAUTHN else ""
    record.record_factor(Actor.of_user(user), act, factor=authenticator.type, name=name)
