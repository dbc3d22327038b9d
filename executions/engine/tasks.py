"""Celery's side: shells of a few lines around the engine."""

import logging
import uuid
from typing import Any

from celery import shared_task, signals

from executions import tracing
from executions.engine import life, runner, telling

logger = logging.getLogger("holdpoint.engine")


@shared_task(name="holdpoint.run")
def run(execution_id: Any = None, *_: Any, **__: Any) -> None:
    """Carry an execution on. The message is a hint: a forged, repeated or late one finds nothing to claim.

    Args:
        execution_id: the execution's id as text; anything else is logged and dropped.
    """
    try:
        wanted = uuid.UUID(str(execution_id))
    except ValueError:
        logger.warning("Dropped a message that names no run: %.100r", execution_id)
        return
    life.start()
    key = str(wanted)
    with telling.of_run(key), tracing.continued(run.request.headers, "run", kind="consumer", run=key):
        runner.run(key)


@signals.worker_ready.connect
def _on_ready(**_: Any) -> None:
    life.start()


@signals.worker_shutting_down.connect
def _on_shutting_down(**_: Any) -> None:
    life.ask_to_stop()


@signals.worker_shutdown.connect
def _on_shutdown(**_: Any) -> None:
    life.stop()


@signals.worker_process_init.connect
def _on_fork(**_: Any) -> None:
    life.start()
