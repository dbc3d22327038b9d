"""`manage.py doctor`: looks at everything an installation stands on, and says what to do. One file per area.

It asks with the application's own rights, changes nothing, and goes on when a part is away: that is what it is for.
"""

from collections.abc import Callable, Iterator

from console.doctor import broker, database, files, packages, settings, workers
from console.doctor.finding import FAIL, OK, WARN, Finding

AREAS: dict[str, Callable[[], Iterator[Finding]]] = {
    "settings": settings.examine,
    "packages": packages.examine,
    "files": files.examine,
    "database": database.examine,
    "broker": broker.examine,
    "workers": workers.examine,
}

__all__ = ["AREAS", "FAIL", "OK", "WARN", "Finding", "examine"]


def examine() -> Iterator[Finding]:
    """Yield what was found, area by area, as it is found."""
    for area, look in AREAS.items():
        try:
            yield from look()
        except Exception as error:
            # Whatever one area stumbles over, the others are looked at.
            told = str(error).strip().partition("\n")[0][:200] or type(error).__name__
            yield Finding(
                area, FAIL, f"Could not be looked at: {told}", "Put right what is said above, then look again."
            )
