"""Redis or Valkey: there, new enough, and one that refuses rather than forgets."""

from collections.abc import Iterator
from typing import Any

import redis
from django.conf import settings

from console.doctor.database import is_unnamed
from console.doctor.finding import FAIL, OK, WARN, Finding
from console.stack.services import NO_STACK
from executions.engine import broker

AREA = "broker"
OLDEST = (6, 2)
SLOW_SECONDS = 0.05
FULL = 0.8
AWAY = "Start Redis or Valkey, or correct REDIS_URL. Until then work goes on, a little later."


def examine() -> Iterator[Finding]:
    """Look at the broker."""
    unnamed = NO_STACK in settings.REDIS_URL
    if unnamed and is_unnamed():
        yield Finding(AREA, WARN, "Stopped with the stack.", "`make run` starts it.")
        return
    try:
        facts = broker.facts()
    except (redis.RedisError, OSError, ValueError) as error:
        told = str(error).strip().partition("\n")[0][:200] or type(error).__name__
        if unnamed:
            told = "REDIS_URL is not set and no stack is running on this home."
        yield Finding(AREA, FAIL, f"Cannot be reached: {told}", AWAY)
        return
    yield from of_server(facts)
    yield from of_memory(facts)


def of_server(facts: dict[str, Any]) -> Iterator[Finding]:
    """Judge version, role, speed and connections.

    Args:
        facts: what INFO says, and ``round_trip_seconds``.
    """
    name = "Valkey" if "valkey_version" in facts else "Redis"
    version = str(facts.get("valkey_version") or facts.get("redis_version") or "0")
    seconds = facts["round_trip_seconds"]
    if name == "Redis" and tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        yield Finding(AREA, FAIL, f"{name} {version} is too old.", "Use Redis 6.2 or newer, or Valkey.")
    elif seconds > SLOW_SECONDS:
        what = f"{name} {version} takes {seconds * 1000:.0f} ms for an answer."
        yield Finding(AREA, WARN, what, "Put it nearer to web and workers. Pauses reach running steps through it.")
    else:
        yield Finding(AREA, OK, f"{name} {version}, {seconds * 1000:.1f} ms for an answer.")
    if facts.get("role") not in (None, "master"):
        yield Finding(AREA, FAIL, "This is a replica, which takes no writes.", "Point REDIS_URL at the primary.")
    clients, most = int(facts.get("connected_clients", 0)), int(facts.get("maxclients", 0))
    if most and clients > most * FULL:
        yield Finding(AREA, WARN, f"{clients} of {most} connections are in use.", "Raise maxclients.")


def of_memory(facts: dict[str, Any]) -> Iterator[Finding]:
    """Judge what it does when it is full.

    Args:
        facts: what INFO says.
    """
    policy = facts.get("maxmemory_policy", "not told")
    if policy != "noeviction":
        do = "Set maxmemory-policy noeviction: CONFIG SET maxmemory-policy noeviction, and in its configuration file."
        yield Finding(AREA, FAIL, f"maxmemory-policy is {policy}: when it is full it drops messages silently.", do)
    else:
        yield Finding(AREA, OK, "maxmemory-policy is noeviction. It needs no persistence: it carries hints.")
    used, most = int(facts.get("used_memory", 0)), int(facts.get("maxmemory", 0))
    if most and used > most * FULL:
        what = f"{used / 1024**2:,.0f} of {most / 1024**2:,.0f} MiB are in use."
        yield Finding(AREA, WARN, what, "Raise maxmemory, or find out what else lives in this server.")
