"""Second factors: how allauth keeps them here, who has which, and taking them away from somebody who lost them."""

import base64
import hashlib
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

NAMES = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}
REAL = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor; recovery codes only stand in for one."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets are stored encrypted, so that a copy of the database alone opens nothing."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is not right. Codes change every 30 seconds; check the clock of your device.",
    }

    def encrypt(self, text: str) -> str:
        """Encrypt a secret with a key made of the installation's own."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a secret; one of another installation key is no secret any more, and no code fits it."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return ""

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """Return the name that people sign in with."""
        return user.get_username()

    def get_totp_issuer(self) -> str:
        """Return what the app shows above the code."""
        return "Holdpoint"

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Any) -> str:
        """Suggest a name for a new passkey."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "My passkey" if not count else f"Passkey {count + 1}"


def _cipher() -> Fernet:
    key = hashlib.sha256(b"holdpoint second factor" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def has_second_factor(user_id: int) -> bool:
    """Tell whether somebody has set up a second factor."""
    return Authenticator.objects.filter(user_id=user_id, type__in=REAL).exists()


def factors_of(user_ids: list[int]) -> dict[int, list[str]]:
    """Return who has which second factors, in words, by one query.

    Args:
        user_ids: of the people.
    """
    found: dict[int, list[str]] = {}
    for user_id, kind in Authenticator.objects.filter(user_id__in=user_ids, type__in=REAL).values_list(
        "user_id", "type"
    ):
        names = found.setdefault(user_id, [])
        if NAMES[kind] not in names:
            names.append(NAMES[kind])
    return found


def remove_factors(user_id: int) -> list[str]:
    """Remove all that somebody has, recovery codes too; return which they were."""
    factors = Authenticator.objects.select_for_update().filter(user_id=user_id)
    kinds = sorted({factor.type for factor in factors})
    factors.delete()
    return kinds
