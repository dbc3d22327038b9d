"""How one person wants to see the console."""

from executions.models import Preference


def preference_of(user_id: int) -> Preference:
    """Return somebody's preferences; the usual ones, not stored, where nothing was ever chosen.

    Args:
        user_id: whose.
    """
    found = Preference.objects.filter(user_id=user_id).first()
    return found or Preference(user_id=user_id, time_zone="UTC", theme="system", density="comfortable")
