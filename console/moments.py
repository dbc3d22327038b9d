"""Moments as people read and type them: in their own time zone, whichever that is."""

import datetime

from django.utils import timezone


def local(moment: datetime.datetime) -> datetime.datetime:
    """Return a moment in the zone of whoever looks at the page.

    Args:
        moment: aware.
    """
    return timezone.localtime(moment)


def zone_label() -> str:
    """Return the name of the zone in force, as forms say it beside a time: ``UTC``, ``Europe/Berlin``."""
    return timezone.get_current_timezone_name()


def typed(text: str) -> datetime.datetime | None:
    """Read what a field for date and time sent (``2026-11-21T14:30``), meant in the zone in force.

    Args:
        text: as sent; one that names its zone is taken at its word.

    Returns:
        An aware moment; None for what is no date and time.
    """
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
