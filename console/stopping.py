"""Has what stays open end at once when this web process is asked to stop.

uvicorn first waits for open answers, a stream's too, and only then tells the application that it ends. So the signal
itself is heard, beside uvicorn; without that every deploy would take as long as its patience.
"""

import asyncio
import functools
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.conf import settings

SIGNALS = (signal.SIGTERM, signal.SIGINT)

_ends: list[tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = []


def at_stop(end: Callable[[], None]) -> None:
    """Have something done in this event loop as soon as the process is asked to stop.

    To be called while requests are served: uvicorn listens for signals only once the application is loaded, and would
    replace who listened before.

    Args:
        end: returns at once.
    """
    if settings.HOLDPOINT_PROCESS != "web" or threading.current_thread() is not threading.main_thread():
        return  # a test's own event loop: whoever runs it hears the signals
    if not _ends:
        for number in SIGNALS:
            before = signal.getsignal(number)
            if callable(before):  # else the process ends on the spot, and its streams with it
                signal.signal(number, functools.partial(_heard, before))
    _ends.append((asyncio.get_running_loop(), end))


def _heard(before: Callable[..., Any], number: int, frame: FrameType | None) -> None:
    for loop, end in _ends:
        if not loop.is_closed():
            loop.call_soon_threadsafe(end)
    before(number, frame)
