"""A worker's clerk: carries bulk jobs out beside whatever the worker is processing.

A thread of its own in every worker, so that a bulk pause never waits behind steps. What is to be done lies in rows; a
signal only wakes the clerk.
"""

import threading

from django.conf import settings

from executions.engine import bulk

_called = threading.Event()


def call() -> None:
    """Have the clerk look at once; what is not heard it finds at its next look."""
    _called.set()


def attend(stop: threading.Event) -> None:
    """Work until the process ends.

    Args:
        stop: ends it.
    """
    while not stop.is_set():
        _called.clear()
        if bulk.work():
            continue
        due = bulk.due_in()
        most = settings.HOLDPOINT["SWEEP_SECONDS"]
        _called.wait(most if due is None else min(most, due))
