"""Signatures of Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and raw body."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import timedelta

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE_SECONDS = 300
"""How far the timestamp of a call may be from our clock. Source: the specification's reference libraries."""
WINDOW = timedelta(seconds=2 * TOLERANCE_SECONDS)
"""A message whose id was noted longer ago is refused by its timestamp."""
MOST_SIGNATURES = 20
LONGEST_ID = 200


class Unsigned(Exception):
    """A call whose signature does not hold, with a sentence that says what is wrong."""


def sign(secrets: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``webhook-signature``: one signature for each secret, separated by spaces."""
    return " ".join(f"v1,{_mac(secret, message_id, timestamp, body)}" for secret in secrets)


def headers_of(secrets: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers that go with a message.

    Args:
        secrets: every one that the receiver may check with.
        message_id: the same at each attempt.
        timestamp: of this attempt, Unix seconds.
        body: exactly the bytes that are sent.
    """
    return {
        ID: message_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: sign(secrets, message_id, timestamp, body),
    }


def verify(secrets: Iterable[bytes], headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Check the signature of a call.

    Args:
        secrets: any of which may have signed it.
        headers: of the call; names in any case, as Django keeps them.
        body: the raw bytes.
        now: Unix seconds.

    Returns:
        The message's id.

    Raises:
        Unsigned: a header is missing, the time is too far off, or no signature fits.
    """
    missing = [name for name in (ID, TIMESTAMP, SIGNATURE) if not headers.get(name)]
    if missing:
        raise Unsigned(f"This webhook takes signed calls only; {', '.join(missing)} is missing.")
    message_id, stamp, given = headers[ID], headers[TIMESTAMP], headers[SIGNATURE]
    if len(message_id) > LONGEST_ID or not message_id.isprintable() or not message_id.isascii():
        raise Unsigned(f"{ID} must be 1 to {LONGEST_ID} printable characters.")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 13):
        raise Unsigned(f"{TIMESTAMP} must be Unix seconds.")
    if abs(now - int(stamp)) > TOLERANCE_SECONDS:
        raise Unsigned(f"{TIMESTAMP} is more than {TOLERANCE_SECONDS // 60} minutes from now. Sign each call anew.")
    told = [text.removeprefix("v1,") for text in given.split()[:MOST_SIGNATURES] if text.startswith("v1,")]
    expected = [_mac(secret, message_id, int(stamp), body) for secret in secrets]
    # Every pair is compared, so that the time taken says nothing of which came close.
    fits = [hmac.compare_digest(one.encode(), other.encode()) for one in told for other in expected]
    if not any(fits):
        raise Unsigned("No signature fits the body. Sign “id.timestamp.body” with the secret, over the raw bytes.")
    return message_id


def _mac(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
