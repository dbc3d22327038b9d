"""Who may sign up, and who changes addresses: nobody himself. Accounts are made by an administrator."""

from typing import Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from django.http import Http404, HttpRequest

from console import account_events

NOT_RIGHT = "Name or password is not right. Mind capital letters."


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Sign-in as allauth does it, without self-service sign-up."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": NOT_RIGHT,
        "email_password_mismatch": NOT_RIGHT,
        "incorrect_password": "This is not your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: a person who can approve payments is never self-appointed."""
        return False

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Put it on record."""
        super().authentication_failed(request, **credentials)
        account_events.sign_in_failed(credentials)


def given_by_an_administrator(request: HttpRequest) -> NoReturn:
    """Answer 404 where allauth would let people change their addresses.

    An address signs in, receives password resets, and marks the demo accounts that must end with demo mode.
    """
    raise Http404("Addresses are given by an administrator.")
