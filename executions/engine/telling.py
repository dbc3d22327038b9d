"""While a worker is on a run, each line of its log says which run, step and attempt it is about, and a span covers it.

An author's own lines too, whether by ``logging`` or structlog. What he starts in threads of his own does not inherit
this.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from structlog.contextvars import bind_contextvars, bound_contextvars, unbind_contextvars

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
        try:
            yield
        finally:
            unbind_contextvars("step", "attempt")


def of_step(run: "Run") -> AbstractContextManager[Any]:
    """From now on, up to the next step or the end of ``of_workflow``'s block, the log tells of the next step.

    On the hot path: without traces nothing is entered and nothing left.

    Args:
        run: the run, just before that step.

    Returns:
        The context of its span, which is linked with that of the step before.
    """
    bind_contextvars(step=run.ahead[0], attempt=run.attempt + 1)
    return _span_of_step(run) if tracing.sent() else tracing.NOTHING


@contextmanager
def _span_of_step(run: "Run") -> Iterator[None]:
    step = run.ahead[0]
    told = {"run": run.lease.execution_id, "workflow": run.workflow_name, "step": step, "attempt": run.attempt + 1}
    with tracing.linked(run.step_before, f"step {step}", **told, position=run.position, worker=run.actor.name):
        run.step_before = tracing.here()
        yield
