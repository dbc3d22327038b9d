"""Authenticator apps of people in tests."""

import time
from typing import Any


def code_of(secret: str, seconds: float = 3) -> str:
    """Return the code that an app with this secret shows now, with so many seconds left to use it."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    if (left := 30 - time.time() % 30) < seconds:
        time.sleep(left + 0.1)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def give_app(user: Any) -> str:
    """Set up an app for somebody and return its secret."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret
