"""Secrets that webhooks are signed with. They are computed from the installation's key, so nothing secret is stored."""

import base64
import hashlib
import hmac
import uuid

from django.conf import settings

PREFIX = "whsec_"
OUT = b"holdpoint webhook endpoint"
IN = b"holdpoint inbound webhook"


def endpoint_secrets(endpoint_id: uuid.UUID, generation: int) -> list[bytes]:
    """Return what an endpoint's messages of one generation are signed with: 32 bytes for each key of the installation.

    Args:
        endpoint_id: which.
        generation: counted up with each rotation.
    """
    return [_derive(key, OUT, f"{endpoint_id.hex}.{generation}") for key in _keys()]


def inbound_secrets(condition_id: uuid.UUID) -> list[bytes]:
    """Return what calls of a signed resume token may be signed with; the first is the one that is given out."""
    return [_derive(key, IN, condition_id.hex) for key in _keys()]


def shown(secret: bytes) -> str:
    """Return a secret as receivers take it: base64 behind ``whsec_``."""
    return PREFIX + base64.b64encode(secret).decode()


def _keys() -> list[str]:
    # While an old key is kept as a fallback, messages carry its signatures too, and receivers can change later.
    return [str(settings.SECRET_KEY), *(str(key) for key in settings.SECRET_KEY_FALLBACKS)]


def _derive(key: str, purpose: bytes, what: str) -> bytes:
    return hmac.new(hashlib.sha256(purpose + key.encode()).digest(), what.encode(), hashlib.sha256).digest()
