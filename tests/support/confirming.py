"""Clients whose person has just given the password once more."""

import time

from django.contrib.auth import SESSION_KEY
from django.test import Client


def confirm(client: Client) -> Client:
    """Let a signed-in client pass where the password is asked for again."""
    from allauth.account.internal.flows import login

    session = client.session
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = session[SESSION_KEY]
    session.save()
    return client
