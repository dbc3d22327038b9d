"""Whether this process is alive, and whether the installation can do its work.

Anybody may ask, so the answers name no addresses; those are in the log.
"""

import logging

import redis
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from executions.engine import broker
from executions.queries import soundness
from executions.queries.system import ALIVE_SECONDS, living

logger = logging.getLogger("holdpoint.health")

MOST_SKEW = 2.0
"""Seconds that this host's clock may differ from the database's."""

_schema_is_whole = False
"""Once it is, this process asks no more: neither its code nor, but for a restored backup, the schema goes back."""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this process answers at all; a supervisor restarts it by this."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 if database, schema, broker and a worker are there, else 503 with what is missing, for balancers.

    What works and should be otherwise is told as well, and makes nothing unready. `manage.py doctor` says more.
    """
    database, worker, warning = check_database_and_worker()
    away, policy = check_broker()
    wrong = {"database": database, "schema": check_schema(database), "broker": away, "worker": worker}
    warnings = {"database": warning, "broker": policy}
    checks = {
        name: {"ok": not detail, **({"detail": detail or warnings[name]} if detail or warnings.get(name) else {})}
        for name, detail in wrong.items()
    }
    ready = not any(wrong.values())
    return JsonResponse({"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


def check_database_and_worker() -> tuple[str, str, str]:
    """Return what is wrong with database and workers, and what should be otherwise; empty where nothing is."""
    try:
        alive = living().exists()
        skew = soundness.skew()
    except (DatabaseError, InterfaceError) as error:
        logger.warning("The database cannot be reached: %s", _first_line(error))
        return "The database cannot be reached. The log says why.", "Unknown while the database is away.", ""
    none = "" if alive else f"No worker has been seen in the last {ALIVE_SECONDS} seconds. Runs stay queued."
    apart = f"The clocks of this host and of the database are {abs(skew):.1f} s apart." if abs(skew) > MOST_SKEW else ""
    return "", none, apart


def check_schema(away: str) -> str:
    """Return whether the database lacks a migration of this code; an empty text where it does not.

    Args:
        away: what is wrong with the database; then it is not asked again.
    """
    global _schema_is_whole
    if away:
        return "Unknown while the database is away."
    if not _schema_is_whole:
        try:
            missing = soundness.unapplied()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The migrations cannot be looked at: %s", _first_line(error))
            return "Unknown while the database is away."
        if missing:
            logger.warning("Migrations are missing: %s", ", ".join(missing))
            return f"{len(missing)} migrations are not applied. Run manage.py prepare."
        _schema_is_whole = True
    return ""


def check_broker() -> tuple[str, str]:
    """Return what is wrong with the broker, and what should be otherwise; empty texts where nothing is."""
    try:
        policy = broker.facts().get("maxmemory_policy", "noeviction")
    except (redis.RedisError, OSError, ValueError) as error:
        logger.warning("The broker cannot be reached: %s", _first_line(error))
        away = "The broker cannot be reached. The log says why. Workers find their work without it, a little later."
        return away, ""
    if policy != "noeviction":
        return "", "When the broker is full it drops messages: set its maxmemory-policy to noeviction."
    return "", ""


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0][:200] if lines else type(error).__name__).rstrip(".") + "."
