"""Links in messages that open one question: bound to it, expiring, and worth nothing to who is not signed in.

A link grants nothing. Whoever opens it signs in, and his own permissions decide, so the record says who it was.
"""

import uuid
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

from executions.errors import Gone, NotFound

SALT = "holdpoint.decision"
"""Sets these signatures apart from every other use of the key."""
PATH = "/decide/"


def link_to(suspension_id: uuid.UUID) -> str:
    """Return the address of a question's decision page, valid from now on for ``DECISION_LINK_DAYS``."""
    return f"{settings.HOLDPOINT['PUBLIC_URL']}{PATH}{token_for(suspension_id)}"


def token_for(suspension_id: uuid.UUID) -> str:
    """Sign a question's id."""
    return TimestampSigner(salt=SALT).sign(suspension_id.hex)


def read_token(token: str) -> uuid.UUID:
    """Return the id of the question that a link was made for.

    Raises:
        NotFound: nobody here made this link, or it was changed on the way.
        Gone: it is too old.
    """
    days: float = settings.HOLDPOINT["DECISION_LINK_DAYS"]
    try:
        return uuid.UUID(TimestampSigner(salt=SALT).unsign(token, max_age=timedelta(days=days)))
    except SignatureExpired:
        raise Gone(
            f"This link is older than {days:g} days. Sign in and open the question from the inbox instead."
        ) from None
    except (BadSignature, ValueError):
        raise NotFound("This link is not one of ours, or a part of it is missing. Copy it whole.") from None
