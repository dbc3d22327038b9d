"""Who may sign up: nobody. Accounts are made by an administrator."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Sign-in as allauth does it, without self-service sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: a person who can approve payments is never self-appointed."""
        return False
