"""What happens after a commit: wake a worker, signal a running step, tell who watches.

A background thread talks to Redis, so that a command answers in its usual time when Redis is slow or gone. Nothing here
is needed for correctness: what is lost is found again by the sweeper (messages) and the heartbeat (signals).
"""

import functools
import json
import logging
import os
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

from executions import tracing
from executions.models import Execution, Freeze
from executions.states import CANCELLING, QUEUED

logger = logging.getLogger("holdpoint.post")

SIGNALS = "holdpoint:signals"
"""Channel that workers listen to: holds, freezes and cancels."""
CHANGES = "holdpoint:changes"
"""Channel that the web listens to: which run has changed."""

QUEUE_LIMIT = 20_000
STALE_SECONDS = 10.0
COALESCE_SECONDS = 0.1
TIMEOUT_SECONDS = 1.0


def announce(execution: Execution) -> None:
    """After commit, tell workers and watchers how an execution stands now.

    Args:
        execution: as just read under its row lock.
    """
    if execution.lease_until is None:
        # No worker is on it, so nobody but the pages needs to hear.
        transaction.on_commit(functools.partial(office.changed, str(execution.pk), execution.version))
        return
    reason, by = "", ""
    if execution.open_holds:
        hold = execution.holds.filter(released_at__isnull=True).order_by("placed_at").first()
        reason, by = (hold.reason, hold.placed_by_name) if hold else ("", "")
    news = {
        "id": str(execution.pk),
        "version": execution.version,
        "holds": execution.open_holds,
        "cancelling": execution.cancel_requested_at is not None,
        "reason": reason,
        "by": by,
    }
    transaction.on_commit(functools.partial(office.signal, news))


def announce_freeze(freeze: Freeze) -> None:
    """After commit, tell every worker of a freeze; each looks which of its runs it stops."""
    news = {
        "freeze": str(freeze.pk),
        "workflow": freeze.workflow,
        "labels": freeze.labels,
        "reason": freeze.reason,
        "by": freeze.placed_by_name,
    }
    transaction.on_commit(functools.partial(office.signal, news))


def dispatch(execution: Execution) -> None:
    """After commit, send an execution to a worker. The message is a hint; the claim decides."""
    transaction.on_commit(functools.partial(office.run, str(execution.pk), execution.priority))


def tell(execution: Execution) -> Execution:
    """Re-read an execution whose facts changed, and after commit tell who watches and a worker, if one can go on.

    Args:
        execution: changed in this transaction, under its row lock.

    Returns:
        The same execution, as it is now.
    """
    execution.refresh_from_db()
    _tell([execution])
    return execution


def tell_all(executions: Iterable[uuid.UUID]) -> None:
    """Tell of many executions as ``tell`` does of one, reading them in one query.

    Args:
        executions: ids of runs changed in this transaction, under their locks.
    """
    changed = Execution.objects.filter(pk__in=list(executions)).defer("payload", "error", "resumed", "progress")
    _tell(changed.order_by("pk"))


def _tell(executions: Iterable[Execution]) -> None:
    waiting = set()
    for execution in executions:
        announce(execution)
        if execution.state in (QUEUED, CANCELLING) and execution.not_before is None:
            dispatch(execution)
        if execution.parent_id is not None and execution.outcome is not None:
            waiting.add(execution.parent_id)
    for parent in waiting:
        # After the commit and in a transaction of its own: a child's lock is held here, and a parent's comes first.
        transaction.on_commit(functools.partial(wake_parent, parent), robust=True)


def wake_parent(parent_id: uuid.UUID | str) -> None:
    """Let a run go on that waits for its children, if all it waits for have finished.

    Args:
        parent_id: the run whose child has ended.
    """
    from executions.engine.children import answer_joins

    answer_joins(parent_id)


class PostOffice:
    """Sends in the background, one thread per process, started at the first use."""

    def __init__(self) -> None:
        self._queue: queue.Queue[tuple[float, str, Any]] = queue.Queue(QUEUE_LIMIT)
        self._changed: dict[str, int] = {}
        self._changed_lock = threading.Lock()
        self._lock = threading.Lock()
        self._pid = 0
        self._complained_at = 0.0
        self._silent = False

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Send nothing within this block: it writes of what is long over, and no worker is to be woken for it."""
        self._silent = True
        try:
            yield
        finally:
            self._silent = False

    def run(self, execution_id: str, priority: int = 5) -> None:
        """Send ``run(id)`` to Celery."""
        self._put("run", (execution_id, priority, tracing.carrier()))

    def signal(self, news: dict[str, Any]) -> None:
        """Publish holds, freezes and cancels to workers, and the change of a run to watchers."""
        self._put("signal", news)

    def changed(self, execution_id: str, version: int) -> None:
        """Tell watchers that a run has changed; many changes within a moment become one message."""
        if self._silent:
            return
        with self._changed_lock:
            first = not self._changed
            self._changed[execution_id] = version
        if first:
            self._put("changes", None)

    def drain(self, seconds: float = 5.0) -> bool:
        """Wait until everything put so far was sent; False if that took too long."""
        deadline = time.monotonic() + seconds
        while self._queue.unfinished_tasks or self._changed:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True

    def _put(self, kind: str, item: Any) -> None:
        if self._silent:
            return
        if self._pid != os.getpid():
            self._start()
        try:
            self._queue.put_nowait((time.monotonic(), kind, item))
        except queue.Full:
            self._complain("the queue to Redis is full")

    def _start(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            # After a fork the parent's thread is gone and its lock may be held for ever; begin afresh.
            self._queue = queue.Queue(QUEUE_LIMIT)
            threading.Thread(target=self._work, args=(self._queue,), name="post-office", daemon=True).start()
            self._pid = os.getpid()

    def _work(self, items: "queue.Queue[tuple[float, str, Any]]") -> None:
        # No waiting between two tries: what is late here is found elsewhere, and others stand in line.
        client = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        flush_at: float | None = None
        while True:
            if flush_at is None and self._changed:
                flush_at = time.monotonic() + COALESCE_SECONDS
            if flush_at is not None and time.monotonic() >= flush_at:
                flush_at = None
                self._attempt(self._send_changes, client)
            try:
                put_at, kind, item = items.get(timeout=flush_at and max(flush_at - time.monotonic(), 0))
            except queue.Empty:
                continue
            if kind != "changes" and time.monotonic() - put_at < STALE_SECONDS:
                self._attempt(self._send, client, kind, item)
            items.task_done()

    def _attempt(self, send: Callable[..., None], *arguments: Any) -> None:
        try:
            send(*arguments)
        except Exception as error:
            self._complain(str(error))

    def _send(self, client: redis.Redis, kind: str, item: Any) -> None:
        if kind == "run":
            from executions.engine.tasks import run

            execution_id, priority, headers = item
            # Kombu's Redis transport takes 0 first.
            run.apply_async(args=[execution_id], priority=9 - priority, retry=False, headers=headers)
        else:
            client.publish(SIGNALS, json.dumps(item))
            if "id" in item:
                client.publish(CHANGES, json.dumps({"id": item["id"], "version": item["version"]}))

    def _send_changes(self, client: redis.Redis) -> None:
        with self._changed_lock:
            changed, self._changed = self._changed, {}
        pipeline = client.pipeline(transaction=False)
        for execution_id, version in changed.items():
            pipeline.publish(CHANGES, json.dumps({"id": execution_id, "version": version}))
        pipeline.execute()

    def _complain(self, why: str) -> None:
        if time.monotonic() - self._complained_at > 10:
            self._complained_at = time.monotonic()
            logger.warning("Redis cannot be reached (%s); workers will find their work by themselves", why[:200])


office = PostOffice()
