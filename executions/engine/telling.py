"""While a worker is on a run, each line of its log says which run, step and attempt it is about, and a span covers it.

An author's own lines too, whether by ``logging`` or structlog. What he starts in threads of his own does not inherit
this.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from structlog.contextvars import bound_contextvars

from executions import tracing
from executions.engine import life

if TYPE_CHECKING:
    from executions.engine.runner import Run


@contextmanager
def of_run(execution_id: str) -> Iterator[None]:
    """Within this block the log tells of a run and of this worker.

    Args:
        execution_id: whose.
    """
    with bound_contextvars(run=execution_id, worker=life.worker_name()):
        yield


@contextmanager
def of_workflow(name: str) -> Iterator[None]:
    """Within this block the log names the workflow, and so does the current span.

    Args:
        name: of the workflow.
    """
    tracing.note(f"run {name}", workflow=name)
    with bound_contextvars(workflow=name):
        yield


@contextmanager
def of_step(run: "Run") -> Iterator[Any]:
    """Within this block the log tells of the next step; its span is linked with that of the step before.

    Args:
        run: the run, just before that step.
    """
    step, attempt = run.ahead[0], run.attempt + 1
    about = {"run": run.lease.execution_id, "workflow": run.workflow_name, "step": step, "attempt": attempt}
    with (
        bound_contextvars(step=step, attempt=attempt),
        tracing.linked(run.step_before, f"step {step}", **about, position=run.position, worker=run.actor.name),
    ):
        run.step_before = tracing.here()
        yield
