"""What a worker does with a run that was cancelled: its clean-up hook, once."""

import json
import logging
from typing import TYPE_CHECKING

from celery.exceptions import WorkerShutdown, WorkerTerminate

from executions.authoring.context import Context
from executions.authoring.flow import LeaseLost, Suspended, Yielded
from executions.authoring.perform import call
from executions.authoring.route import Ask
from executions.authoring.workflow import Workflow
from executions.engine import settle
from executions.engine.backing import EngineBacking
from executions.engine.database import is_outage, lost_connection, own_connection

if TYPE_CHECKING:
    from executions.engine.runner import Run

logger = logging.getLogger("holdpoint.engine")

CLEAN_UP_POSITION = -1
"""Records of the clean-up hook are kept apart from those of the step that was cancelled."""


def clean_up(run: "Run", workflow: Workflow | None) -> None:
    """Run the workflow's clean-up hook and end the run as cancelled.

    A worker that does not know the workflow counts as a failed try: the next one may know it.

    Args:
        run: the claimed run, its cancel requested.
        workflow: its definition; None where this worker does not know it.
    """
    with run.lease.lock:
        run.lease.cleaning = True
        run.lease.signal = run.lease.stopping
    if workflow is None:
        problem = f"This worker does not know the workflow {run.workflow_name}, so it cannot clean up."
        settle.cleaned_up(run.lease, run.actor, ran=False, error=LookupError(problem))
        return
    hook = workflow.clean_up
    if hook is None:
        settle.cleaned_up(run.lease, run.actor, ran=False)
        return
    backing = EngineBacking(run.lease, "on_cancel", CLEAN_UP_POSITION, 0, 0, run.actor)
    connected = own_connection()
    try:
        if isinstance(call(hook, Context(backing), json.loads(run.payload)), Ask):
            raise Suspended(None)
    except LeaseLost:
        raise
    except Yielded as yielded:
        run.give_back(workflow, yielded.signal.kind)
        return
    except Suspended:
        asked = RuntimeError("A clean-up hook cannot ask questions.")
        settle.cleaned_up(run.lease, run.actor, ran=True, error=asked)
        return
    except (WorkerShutdown, WorkerTerminate):
        raise
    except BaseException as error:
        if is_outage(error) and lost_connection(connected):
            run.give_back(workflow, "database-away")
            return
        logger.warning("Run %s: clean-up raised", run.lease.execution_id, exc_info=True)
        settle.cleaned_up(run.lease, run.actor, ran=True, error=error)
        return
    settle.cleaned_up(run.lease, run.actor, ran=True)
