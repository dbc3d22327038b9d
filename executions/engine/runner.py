"""One execution's way through a worker: claim, step after step, yield."""

import json
import logging
import time
from typing import Any

import psycopg
from celery.exceptions import WorkerShutdown, WorkerTerminate
from django.conf import settings

from executions import states, tracing
from executions.actors import Actor
from executions.authoring import registry
from executions.authoring.answers import Resumed
from executions.authoring.context import Context
from executions.authoring.flow import LeaseLost, Question, Suspended, Yielded
from executions.authoring.perform import Done, HandlerFailed, perform
from executions.authoring.step import Step
from executions.authoring.workflow import Workflow
from executions.engine import leases, life, policies, settle, sla, statements, telling
from executions.engine.backing import EngineBacking
from executions.engine.claiming import claim
from executions.engine.cleaning import clean_up
from executions.engine.database import OUTAGE, is_outage, lost_connection, own_connection, patiently, text_array
from executions.engine.leases import Lease
from executions.engine.post import office, wake_parent
from executions.jsonable import NotStorable, checked_changes
from executions.passes import pass_at
from executions.provenance.jsontext import to_json

logger = logging.getLogger("holdpoint.engine")


def run(execution_id: str) -> None:
    """Claim an execution and carry it on until it ends, waits or yields.

    Args:
        execution_id: the execution's id as text.
    """
    if leases.shutting_down():
        return
    lease = leases.open_lease(execution_id)
    if lease is None:
        return
    try:
        claimed = claim(lease)
        if claimed is not None:
            with telling.of_workflow(claimed.workflow):
                Run(lease, claimed).go()
    except LeaseLost:
        logger.warning("Run %s: the lease was lost; this worker stops", execution_id)
    except OUTAGE as error:
        # The lease runs out by itself, and the sweeper takes the run up again.
        problem = str(error).strip()[:200]
        logger.error("Run %s: the database stayed away; left to the sweeper: %s", execution_id, problem)
    finally:
        leases.close_lease(lease)


class Run:
    """A claimed execution in this worker.

    Args:
        lease: the lease, claimed.
        claimed: the row that the claim returned.
    """

    def __init__(self, lease: Lease, claimed: Any) -> None:
        self.lease = lease
        self.actor = Actor.worker(life.worker_name())
        self.workflow_name: str = claimed.workflow
        self.payload: str = claimed.payload
        self.ahead: list[str] = list(claimed.ahead)
        self.position: int = claimed.steps_done
        self.passes: list[int] = list(claimed.passes)
        self.attempt: int = claimed.attempt
        self.priority: int = claimed.priority
        self.parent_id = claimed.parent_id
        self.cancelling: bool = claimed.cancelling
        self.fingerprint: str = claimed.fingerprint
        self.sla_ends: float = time.monotonic() + (sla.NEVER if claimed.sla_seconds is None else claimed.sla_seconds)
        self.resumed = resumed_of(claimed)
        self.step_before: Any = None
        self.fixed = {
            "id": lease.execution_id,
            "epoch": lease.epoch,
            "actor": self.actor.id,
            "owner": self.actor.name,
            "lease": settings.HOLDPOINT["LEASE_SECONDS"],
            "workflow": claimed.workflow,
        }

    def go(self) -> None:
        """Carry the execution on."""
        office.changed(self.lease.execution_id, self.lease.version)
        workflow = registry.find(self.workflow_name)
        if self.cancelling:
            clean_up(self, workflow)
            return
        if workflow is None:
            known = ", ".join(registry.all_names()) or "none"
            reason = (
                f"This worker does not know the workflow {self.workflow_name} (it knows: {known}). "
                "Deploy it, or add its module to HOLDPOINT_WORKFLOWS, then resume."
            )
            settle.unknown(self.lease, self.actor, "workflow-unknown", reason)
            return
        if self.fingerprint not in ("", workflow.fingerprint) and workflow.policies.on_change == "hold":
            policies.workflow_changed(self.lease, self.actor, workflow)
            return
        while self.ahead:
            step = workflow.steps.get(self.ahead[0])
            if step is None:
                reason = (
                    f"{workflow.title} has no step called {self.ahead[0]} any more. "
                    "Deploy code that has it, or cancel the run, then resume."
                )
                settle.unknown(self.lease, self.actor, "step-unknown", reason)
                return
            if not self._in_time(workflow):
                return
            with telling.of_step(self):
                goes_on = self._step(workflow, step)
            if not goes_on:
                return
        self._finish()

    def _in_time(self, workflow: Workflow) -> bool:
        """Look at the SLA before a step; a look at memory, until its time has come."""
        if time.monotonic() < self.sla_ends:
            return True
        seconds = sla.sla_spent(self.lease, self.actor, workflow.policies)
        if seconds is None:
            return False
        self.sla_ends = time.monotonic() + seconds
        return True

    @property
    def pass_no(self) -> int:
        """The pass that the next step is in."""
        return pass_at(self.passes, self.position)

    def _step(self, workflow: Workflow, step: Step) -> bool:
        """Execute one step and its boundary; tell whether to go on."""
        started = time.monotonic()
        backing = EngineBacking(self.lease, step.name, self.position, self.pass_no, self.attempt, self.actor)
        connected = own_connection()
        try:
            ctx = Context(backing, self.resumed, self.ahead[1:])
            done = perform(workflow, step, ctx, json.loads(self.payload))
            text = checked_changes(step.name, done.changes)
            merged = self._merged(step, text)
        except LeaseLost:
            raise
        except Yielded as yielded:
            return self.give_back(workflow, yielded.signal.kind)
        except Suspended as suspended:
            return self._suspend(step, suspended.question)
        except (WorkerShutdown, WorkerTerminate):
            raise
        except BaseException as error:
            if is_outage(error) and lost_connection(connected):
                # Not the step's fault: it re-enters when the database is back.
                logger.warning("Run %s: step %s lost the database", self.lease.execution_id, step.name)
                return self.give_back(workflow, "database-away")
            return self._failed(step, error)
        try:
            return self._boundary(workflow, step, done, text, merged, time.monotonic() - started)
        except psycopg.Error as error:
            if is_outage(error):
                raise
            # What the step returned passed our checks and yet cannot be stored: say so, instead of losing the lease.
            return self._failed(step, error)

    def _suspend(self, step: Step, question: Question | None) -> bool:
        try:
            settle.suspended(self.lease, self.actor, question, step.name, self.position)
        except Exception as error:
            if is_outage(error):
                raise
            return self._failed(step, error)
        return False

    def _failed(self, step: Step, error: BaseException) -> bool:
        # In one line: message and traceback are on the run's page, where its reader looks.
        tracing.failed(type(error).__name__)
        logger.warning("Run %s: step %s raised %s", self.lease.execution_id, step.name, type(error).__name__)
        if isinstance(error, HandlerFailed):
            settle.handler_failed(self.lease, self.actor, step, self.position, error)
            return False
        settle.step_failed(self.lease, self.actor, step, self.position, error)
        return False

    def _merged(self, step: Step, text: str | None) -> str:
        if text is None:
            return self.payload
        merged = to_json({**json.loads(self.payload), **json.loads(text)})
        limit = settings.HOLDPOINT["MAX_PAYLOAD_BYTES"]
        size = len(merged.encode())
        if size > limit:
            raise NotStorable(
                f"With what step {step.name} returned, the payload is {size:,} bytes; at most {limit:,} are stored. "
                "Put large data into a file."
            )
        return merged

    def _boundary(
        self, workflow: Workflow, step: Step, done: Done, changes: str | None, merged: str, seconds: float
    ) -> bool:
        ahead = self.ahead[1:] if done.ahead is None else done.ahead
        rerouted = "" if done.ahead is None else f',"ahead":{json.dumps(ahead)}'
        told = f'{{"step":{json.dumps(step.name)},"position":{self.position},"attempt":{self.attempt + 1},' + (
            f'"ms":{seconds * 1000:.3f},"changes":{changes or "{}"}{rerouted}}}'
        )
        parameters = {
            **self.fixed,
            "position": self.position,
            "changes": changes,
            "ahead": text_array(ahead),
            "data": told,
            "stop": self._must_stop(),
        }
        with tracing.span("boundary"):
            found = patiently(statements.BOUNDARY, parameters, seconds=self.fixed["lease"])
        if not found:
            now = self._look()
            if now.cancelling and now.steps_done == self.position:
                settle.result_discarded(self.lease, self.actor, step.name, self.position)
                clean_up(self, workflow)
                return False
            if now.steps_done == self.position:
                raise LeaseLost
        self.payload, self.ahead, self.attempt = merged, ahead, 0
        self.position += 1
        self.lease.progress = None
        if not found:
            # The commit went through but its answer got lost with the connection; carry on from the row.
            return self.give_back(workflow, "reconnected")
        (row,) = found
        self.lease.version = max(self.lease.version, row.version)
        # Somebody may have paused and resumed it while this step was at work.
        self.resumed = resumed_of(row)
        office.changed(self.lease.execution_id, row.version)
        if row.state == states.QUEUED and not row.frozen:
            office.run(self.lease.execution_id, self.priority)
        elif row.state == states.SUCCEEDED and self.parent_id is not None:
            wake_parent(self.parent_id)
        return bool(row.state == states.PROCESSING)

    def _must_stop(self) -> bool:
        signal = self.lease.signal
        if signal is not None and signal.kind in ("shutdown", "slice"):
            return True
        return self.lease.waiting and time.monotonic() > self.lease.slice_ends

    def _finish(self) -> None:
        """End a run with nothing ahead; reached only by a run that was held in its last step."""
        found = patiently(statements.FINISH, self.fixed, seconds=self.fixed["lease"])
        if found:
            office.changed(self.lease.execution_id, found[0].version)
            if self.parent_id is not None:
                wake_parent(self.parent_id)
        elif self._look().cancelling:
            clean_up(self, registry.find(self.workflow_name))

    def _look(self) -> Any:
        """Read how the row stands after a guarded statement found nothing to change."""
        (row,) = patiently(statements.LOOK, {"id": self.lease.execution_id}, seconds=self.fixed["lease"])
        if row.epoch != self.lease.epoch:
            raise LeaseLost
        return row

    def give_back(self, workflow: Workflow, because: str) -> bool:
        """Let the lease go in the middle of a step; always False, for there is nothing to go on with.

        Args:
            workflow: its definition, for the clean-up of a cancelled run.
            because: why, as the history tells it: a signal's kind, ``database-away`` or ``reconnected``.

        Raises:
            LeaseLost: another worker has it.
        """
        # The signal may have come from anybody who can write to Redis: only the row says that a run is cancelled.
        if because == "cancel" and self._look().cancelling:
            clean_up(self, workflow)
            return False
        progress = self.lease.progress
        parameters = {
            **self.fixed,
            "because": because,
            "progress": to_json(progress) if progress is not None else None,
        }
        found = patiently(statements.YIELD, parameters, seconds=self.fixed["lease"])
        if not found:
            raise LeaseLost
        (row,) = found
        office.changed(self.lease.execution_id, row.version)
        if row.state == states.CANCELLING or (row.state == states.QUEUED and not row.frozen):
            office.run(self.lease.execution_id, self.priority)
        return False


def resumed_of(row: Any) -> Resumed | None:
    """Return how a run was last resumed, from a row that a statement brought."""
    return Resumed(**json.loads(row.resumed)) if row.resumed else None
