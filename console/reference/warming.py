"""Makes the reference some seconds after a web process began, so that nobody's first look waits for it.

It costs most of a second of a processor. The start does not wait for it, and a look that comes sooner does it itself.
"""

import importlib
import threading
import time

from django.conf import settings

SECONDS = 8
"""After the start, when the first requests have had theirs."""


def begin(after: float = SECONDS) -> threading.Thread:
    """Make the overview in the background, and with it all that the other pages are made from.

    Args:
        after: seconds to wait first.

    Returns:
        The thread that does it; the process does not wait for it at its end.
    """
    thread = threading.Thread(target=_make, args=(after,), name="reference", daemon=True)
    thread.start()
    return thread


def _make(after: float) -> None:
    time.sleep(after)
    # All views come from this one module. A thread that loaded a part of them by itself could meet another's half.
    importlib.import_module(settings.ROOT_URLCONF)
    from console.appearance import Appearance
    from console.reference import pages

    pages.make_overview(Appearance().theme)
