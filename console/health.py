"""Whether this process is alive, and whether the installation can do its work.

Anybody may ask, so the answers name no addresses; those are in the log.
"""

import logging
from datetime import timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.db.models.functions import Now
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from executions.models import Worker

logger = logging.getLogger("holdpoint.health")

WORKER_SEEN_WITHIN = timedelta(seconds=10)
BROKER_PATIENCE = 1.0
"""Seconds that the broker may take to answer."""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this process answers at all; a supervisor restarts it by this."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 if database, broker and a worker are there, else 503 with what is missing; balancers go by this."""
    database, worker = check_database_and_worker()
    wrong = {"database": database, "broker": check_broker(), "worker": worker}
    ready = not any(wrong.values())
    checks = {name: {"ok": not detail, **({"detail": detail} if detail else {})} for name, detail in wrong.items()}
    return JsonResponse({"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


def check_database_and_worker() -> tuple[str, str]:
    """Return what is wrong with the database and with the workers; empty texts where nothing is."""
    try:
        alive = Worker.objects.filter(seen_at__gt=Now() - WORKER_SEEN_WITHIN).exists()
    except (DatabaseError, InterfaceError) as error:
        logger.warning("The database cannot be reached: %s", _first_line(error))
        return "The database cannot be reached. The log says why.", "Unknown while the database is away."
    seconds = int(WORKER_SEEN_WITHIN.total_seconds())
    return "", "" if alive else f"No worker has been seen in the last {seconds} seconds. Runs stay queued."


def check_broker() -> str:
    """Return what is wrong with the broker; an empty text where nothing is."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=BROKER_PATIENCE, socket_connect_timeout=BROKER_PATIENCE
        ) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        logger.warning("The broker cannot be reached: %s", _first_line(error))
        return "The broker cannot be reached. The log says why. Workers find their work without it, a little later."
    return ""


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0][:200] if lines else type(error).__name__).rstrip(".") + "."
