"""A worker's own threads: heart (leases), ear (Redis signals), sweeper, courier, clerk, herald. Once per process."""

import functools
import json
import logging
import os
import queue
import socket
import threading
import time
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import redis
from django.conf import settings
from django.db import connections
from redis.backoff import NoBackoff
from redis.retry import Retry

from executions.authoring import registry
from executions.authoring.flow import Signal
from executions.engine import checking, clerk, courier, herald, leases, lifting, statements, sweeper
from executions.engine.database import rows
from executions.engine.post import SIGNALS, office
from executions.engine.statements import HEARTBEAT
from executions.meters.memory import flush
from executions.provenance.jsontext import to_json

logger = logging.getLogger("holdpoint.engine")

PROGRESS_SECONDS = 0.4
"""How often progress told by a step is written, at most."""

_started_pid = 0
_stop = threading.Event()
_beat_now = threading.Event()
_lock = threading.Lock()
_stop_asked: "queue.SimpleQueue[None]" = queue.SimpleQueue()
"""Rung by the signal handler; SimpleQueue is the one primitive that may be used there while its user is interrupted."""


@functools.cache
def worker_name() -> str:
    """Return this process's name: host, process id and a random end, so that a reused pid is another worker."""
    return f"{socket.gethostname()}-{os.getpid()}-{os.urandom(2).hex()}"


def start() -> None:
    """Start the threads of this process, once; after a fork they are started anew in the child."""
    global _started_pid
    with _lock:
        if _started_pid == os.getpid():
            return
        worker_name.cache_clear()
        _started_pid = os.getpid()
        _stop.clear()
        for name, work in (
            ("heart", _heart),
            ("ear", _ear),
            ("sweeper", _sweeper),
            ("porter", _porter),
            ("courier", _courier),
            ("clerk", _clerk),
            ("herald", _herald),
        ):
            threading.Thread(target=_persist, args=(name, work), name=name, daemon=True).start()
        logger.info("Worker %s knows %s", worker_name(), ", ".join(registry.all_names()) or "no workflow")


def ask_to_stop() -> None:
    """Running steps yield at their next check; called in the signal handler when the worker got its TERM.

    The handler interrupts the very thread that runs the step, which may hold a lease's lock: a thread of its own tells
    the steps.
    """
    leases.shut_down()
    _stop_asked.put(None)


def stop() -> None:
    """Stop the threads and take this worker off the list."""
    _stop.set()
    try:
        herald.leave()
        rows(statements.WORKER_GONE, {"name": worker_name()})
        flush()
    except Exception as error:
        logger.warning("Could not sign off: %s", error)
    office.drain(1.0)


def nudge_heart() -> None:
    """Have progress written soon."""
    _beat_now.set()


def _persist(name: str, work: Callable[[], None]) -> None:
    """Keep a thread's work going through outages of the database and of Redis."""
    complained = 0.0
    while not _stop.is_set():
        try:
            work()
        except Exception as error:
            if time.monotonic() - complained > 10:
                complained = time.monotonic()
                logger.warning("The %s was interrupted and goes on: %s", name, str(error).strip()[:300])
            connections.close_all()
            _stop.wait(0.5)


def _heart() -> None:
    """Renew every lease of this process in time, and take in what people asked."""
    every = settings.HOLDPOINT["HEARTBEAT_SECONDS"]
    while not _stop.is_set():
        hurried = _beat_now.wait(min(every / 4, PROGRESS_SECONDS))
        _beat_now.clear()
        for lease in leases.held():
            due = time.monotonic() - lease.beat_at >= every
            if lease.epoch is not None and (due or (hurried and lease.progress is not None)):
                beat(lease)
        if hurried:
            _stop.wait(PROGRESS_SECONDS)


def beat(lease: leases.Lease) -> None:
    """Renew one lease; what comes back is heard, and a lease that is gone is marked lost."""
    epoch, progress, known = lease.epoch, lease.progress, lease.version
    found = rows(
        HEARTBEAT,
        {
            "id": lease.execution_id,
            "epoch": epoch,
            "lease": settings.HOLDPOINT["LEASE_SECONDS"],
            "progress": to_json(progress) if progress is not None else None,
        },
    )
    if lease.epoch != epoch:
        return
    lease.beat_at = time.monotonic()
    if not found:
        lease.lose()
        return
    (row,) = found
    if lease.progress is progress:
        lease.progress = None
    if progress is not None:
        office.changed(lease.execution_id, row.version)
    lease.waiting = row.waiting
    lease.freeze(Signal("freeze", row.freeze_reason, row.frozen_by) if row.frozen_by is not None else None)
    why, who = row.reason or "", row.placed_by_name or ""
    lease.hear(row.version, cancelling=row.cancelling, holds=row.open_holds, reason=why, by=who, known=known)
    if row.waiting and time.monotonic() > lease.slice_ends:
        lease.stop(Signal("slice", "Other runs are waiting."))


def _porter() -> None:
    """Tell running steps that the worker is stopping."""
    while not _stop.is_set():
        _stop_asked.get()
        leases.tell_of_shutdown()


def _ear() -> None:
    """Hear holds and cancels from Redis within milliseconds of their commit."""
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=30,
        socket_connect_timeout=2,
        health_check_interval=10,
        retry=Retry(NoBackoff(), 0),  # `_persist` tries again, twice a second
    )
    with client.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(SIGNALS)
        while not _stop.is_set():
            message = subscription.get_message(timeout=5.0)
            if message is not None:
                _take_in(message["data"])


def _take_in(raw: bytes) -> None:
    try:
        news = json.loads(raw)
        if "work" in news:
            clerk.call()
            return
        if "freeze" in news:
            workflow = None if news["workflow"] is None else str(news["workflow"])
            for held in leases.held():
                held.overhear_freeze(workflow, dict(news["labels"]), str(news["reason"]), str(news["by"]))
            return
        lease = leases.find(news["id"])
        if lease is not None:
            lease.overhear(
                int(news["version"]),
                cancelling=bool(news["cancelling"]),
                holds=int(news["holds"]),
                reason=str(news["reason"]),
                by=str(news["by"]),
            )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        logger.warning("Ignored a signal that is not one of ours: %.100r", raw)


def _sweeper() -> None:
    every = settings.HOLDPOINT["SWEEP_SECONDS"]
    while not _stop.is_set():
        held = leases.held()
        rows(
            statements.WORKER_SEEN,
            {
                "name": worker_name(),
                "workflows": to_json(registry.all_names()),
                "fingerprints": fingerprints(),
                "clock": time.time(),
                "execution": held[0].execution_id if held else None,
                "version": own_version(),
            },
        )
        sweeper.sweep()
        checking.begin(worker_name(), _stop)
        lifting.wait(_stop, every)


def _courier() -> None:
    """Deliver messages about questions. A thread of its own: whoever does not answer keeps nobody else waiting."""
    courier.attend(_stop)


def _clerk() -> None:
    """Do what people asked for in bulk. A thread of its own: it must not wait until a long step has ended."""
    clerk.attend(_stop)


def _herald() -> None:
    """Tell webhooks of events. A thread of its own, so that no run waits for it."""
    herald.attend(_stop)


@functools.cache
def fingerprints() -> str:
    """Return the fingerprints of the workflows that this process knows, by name, as JSON."""
    return to_json({workflow.name: workflow.fingerprint for workflow in registry.all_workflows()})


@functools.cache
def own_version() -> str:
    """Return the version of this installation, by its package or by the sources it runs from; else ``dev``."""
    try:
        return version("holdpoint")
    except PackageNotFoundError:
        described = Path(__file__).parents[2] / "pyproject.toml"
        return str(tomllib.loads(described.read_text())["project"]["version"]) if described.is_file() else "dev"
