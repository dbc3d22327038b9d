"""Kombu's Redis transport, hardened: a message that nobody can read is dropped, whoever put it there.

As it comes, the first unreadable message ends the worker's consumer, goes back to the queue when the worker stops and
ends the next worker too.
"""

import logging
from typing import Any

from celery import Task
from celery.exceptions import InvalidTaskError
from celery.worker.request import Request
from kombu.transport import TRANSPORT_ALIASES, redis

logger = logging.getLogger("holdpoint.engine")

UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)
"""What decoding raises for bytes that are no message of ours."""


class Channel(redis.Channel):
    """A channel that survives what it cannot read."""

    def _brpop_read(self, **options: Any) -> Any:
        before = set(self.qos._delivered)
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except UNREADABLE as error:
            logger.warning("Dropped a message that cannot be read: %s: %.200s", type(error).__name__, error)
            # Not given back, it would fill the prefetch window, and this worker would never take another.
            for tag in set(self.qos._delivered) - before:
                self.basic_reject(tag, requeue=False)  # type: ignore[no-untyped-call]
            return True


class Transport(redis.Transport):
    """The transport with that channel."""

    Channel = Channel


class CheckedRequest(Request):
    """A request whose body is an argument list; anything else is an invalid task, which Celery logs and drops."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(*args, **kwargs)
        except UNREADABLE as error:
            raise InvalidTaskError(f"{type(error).__name__}: {error}") from error


class CheckedTask(Task):
    """Base of all tasks of the application."""

    abstract = True
    Request = CheckedRequest


def install() -> None:
    """Have kombu use this transport for ``redis://``, ``rediss://`` and ``redis+socket://``."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
