"""The text that a webhook is called with. It is computed from a condition's id, so nothing secret is stored."""

import uuid

from django.core.signing import BadSignature, Signer

# The salt keeps these apart from everything else that is signed with the installation's key.
SALT = "executions.resume-token"


def token_of(condition_id: uuid.UUID) -> str:
    """Return the resume token of a condition: its id, and an HMAC-SHA256 over it."""
    return _signer().sign(condition_id.hex)


def read_token(token: str) -> uuid.UUID | None:
    """Return whose token this is; None for one that this installation did not give out.

    Args:
        token: as somebody sent it. Compared in constant time; keys in ``SECRET_KEY_FALLBACKS`` count as well.
    """
    try:
        return uuid.UUID(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None


def _signer() -> Signer:
    return Signer(sep=".", salt=SALT, algorithm="sha256")
