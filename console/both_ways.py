"""Middleware that answers synchronous and asynchronous requests alike."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest


class BothWays:
    """What such middleware shares: ``__call__`` answers the synchronous way unless it ``is_async``.

    Args:
        get_response: the next middleware or the view.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)
