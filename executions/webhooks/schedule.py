"""When a message that could not be delivered is tried again, and when an endpoint is given up."""

import datetime
import random
from email.utils import parsedate_to_datetime

from django.utils import timezone

PAUSES = (5, 30, 120, 300, 900, 1800, 3600, 3600, 7200, 14400, 21600, 28800, 43200, 43200, 86400)
"""Seconds before the second attempt, the third and so on: 16 attempts in about three days."""
JITTER = 0.2
"""Each pause is longer by up to this share, so that what failed together is not tried again together."""
GIVEN_UP_AFTER = datetime.timedelta(days=3)
"""An endpoint that failed at every attempt for so long is disabled."""
REST_AFTER = 3
"""Failures in a row after which an endpoint rests between attempts, whatever waits for it."""
FIRST_REST, LONGEST_REST = 5, 300
LONGEST_RETRY_AFTER = 86400
BUSY_STATUSES = (429, 502, 503, 504)


def pause_after(attempts: int) -> float | None:
    """Return the seconds until a message's next attempt; None when it is given up.

    Args:
        attempts: how many were made.
    """
    if attempts > len(PAUSES):
        return None
    return PAUSES[attempts - 1] * (1 + random.uniform(0, JITTER))  # noqa: S311  (no secret)


def rest_after(failures: int, status: int | None, retry_after: str) -> float:
    """Return the seconds for which an endpoint gets nothing at all after a failure.

    Args:
        failures: in a row, this one included.
        status: what it answered; None for no answer.
        retry_after: the header of that name, or an empty text.
    """
    asked = retry_seconds(retry_after)
    if asked is not None:
        return asked
    if failures < REST_AFTER and status not in BUSY_STATUSES:
        return 0
    rest = min(FIRST_REST * 2.0 ** max(failures - REST_AFTER, 0), LONGEST_REST)
    return rest * (1 + random.uniform(0, JITTER))  # noqa: S311  (no secret)


def retry_seconds(retry_after: str) -> float | None:
    """Read a Retry-After header: seconds or a date; None where there is none that can be read."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), LONGEST_RETRY_AFTER))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # also a year that no calendar has
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    return min(max((moment - timezone.now()).total_seconds(), 0.0), LONGEST_RETRY_AFTER)
