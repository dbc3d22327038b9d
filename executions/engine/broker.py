"""Whether the broker answers, and what it holds; asked with little patience, so that a page can ask."""

import time
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from executions.engine.post import SIGNALS
from executions.engine.sweeper import queue_keys

PATIENCE = 0.4
"""Seconds that each of the broker's answers may take."""


@dataclass(frozen=True, slots=True)
class Broker:
    """The broker at one moment.

    Args:
        answers: it can be reached.
        seconds: of one round trip.
        version: its name and version, such as ``Valkey 8.1.1``.
        messages: hints waiting in the queue; there may be more than runs, or fewer.
        listeners: workers that hear pauses and cancels at once.
        problem: what is wrong, in words without an address; empty where nothing is.
    """

    answers: bool
    seconds: float = 0.0
    version: str = ""
    messages: int = 0
    listeners: int = 0
    problem: str = ""


def look() -> Broker:
    """Ask the broker how it is. Never raises: one that is away is an answer too."""
    try:
        with _client() as client:
            seconds = _round_trip(client)
            pipeline = client.pipeline(transaction=False)
            pipeline.info("server")
            pipeline.pubsub_numsub(SIGNALS)
            for key in queue_keys():
                pipeline.llen(key)
            server, subscribed, *lengths = pipeline.execute()
    except (redis.RedisError, OSError, ValueError) as error:
        slow = isinstance(error, redis.TimeoutError | TimeoutError)
        return Broker(False, problem="It does not answer in time." if slow else "It cannot be reached.")
    return Broker(True, seconds, _version(server), sum(lengths), sum(count for _, count in subscribed))


def facts() -> dict[str, Any]:
    """Return what the broker says of itself (INFO), and ``round_trip_seconds``.

    Raises:
        redis.RedisError: it is away, or refuses INFO.
        OSError: the same, from below.
    """
    with _client() as client:
        seconds = _round_trip(client)
        return {**client.info(), "round_trip_seconds": seconds}


def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )


def _round_trip(client: redis.Redis) -> float:
    client.ping()
    begun = time.perf_counter()
    client.ping()
    return time.perf_counter() - begun


def _version(server: dict[str, str]) -> str:
    if "valkey_version" in server:
        return f"Valkey {server['valkey_version']}"
    return f"Redis {server.get('redis_version', '?')}"
