"""The rarer ways in which a step ends, each one transaction under the row lock: suspended, failed, held, cancelled.

Like the hot statements they are guarded by the epoch: a worker that lost its lease changes nothing here.
"""

import functools
import traceback
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from executions import states
from executions.actors import Actor
from executions.authoring.flow import Question
from executions.authoring.perform import HandlerFailed, HandlerMissing, RouteError, StepRefused
from executions.authoring.step import Step
from executions.engine.leases import Lease
from executions.engine.policies import count_error, hold_for_errors
from executions.engine.post import tell, wake_parent
from executions.engine.questions import open_question
from executions.engine.under_lock import give_up_lease, locked, place_policy_hold
from executions.models import Execution
from executions.provenance import append

TRACEBACK_CHARACTERS = 8000
CLEAN_UP_RETRIES = 3
HOPELESS = (HandlerMissing, RouteError, StepRefused)
"""What trying again by itself would not change."""


@transaction.atomic
def suspended(lease: Lease, actor: Actor, question: Question | None, step: str, position: int) -> Execution:
    """A step asked a question: store it and free the worker. If a cancel came first, only the lease is dropped."""
    execution = locked(lease)
    progress = lease.progress
    told = {} if progress is None else {"progress": {key: progress[key] for key in ("done", "total", "note")}}
    give_up_lease(execution, **told)
    if question is not None and execution.cancel_requested_at is None:
        open_question(execution, actor, question, step, position)
        if question.kind == "children":
            # The last of them may have ended before this question was there for it to find.
            transaction.on_commit(functools.partial(wake_parent, execution.pk), robust=True)
    else:
        append(execution.pk, "execution.yielded", actor, data={"step": step, "mid_step": True, "because": "suspended"})
    return tell(execution)


@transaction.atomic
def step_failed(lease: Lease, actor: Actor, step: Step, position: int, error: BaseException) -> Execution:
    """A step raised: try again later, or fail the run, or hold it, as its author chose."""
    execution = locked(lease)
    failures = execution.attempt + 1
    told: dict[str, Any] = {**describe(error), "step": step.name, "position": position, "attempt": failures}
    again = failures <= step.retries and not isinstance(error, HOPELESS)
    retry = again and execution.cancel_requested_at is None
    too_many = count_error(execution)
    if retry and too_many:
        give_up_lease(execution, attempt=failures, error=told)
        append(execution.pk, "step.failed", actor, data=told)
        hold_for_errors(execution)
    elif retry:
        delay = step.delay(failures)
        give_up_lease(execution, attempt=failures, error=told, not_before=Now() + timedelta(seconds=delay))
        append(execution.pk, "step.failed", actor, data={**told, "retry_in_seconds": delay})
    elif execution.cancel_requested_at is not None:
        give_up_lease(execution, error=told)
        append(execution.pk, "step.failed", actor, data=told)
    elif step.on_error == "hold":
        give_up_lease(execution, attempt=0, error=told)
        append(execution.pk, "step.failed", actor, data=told)
        place_policy_hold(
            execution,
            "errors",
            "step-failed",
            f"{step.title} failed: {told['message'][:500] or told['type']}. "
            "Put the cause right, then resume to try it again.",
        )
    else:
        give_up_lease(execution, attempt=failures, error=told, outcome=states.FAILED, finished_at=Now())
        append(execution.pk, "step.failed", actor, data=told)
        append(execution.pk, "execution.failed", actor, data={"step": step.name, "message": told["message"]})
    return tell(execution)


@transaction.atomic
def handler_failed(lease: Lease, actor: Actor, step: Step, position: int, error: HandlerFailed) -> Execution:
    """A resume handler raised: the answer is on record, so hold the run; resumed, the handler is tried again."""
    execution = locked(lease)
    cause = error.__cause__ or error
    told: dict[str, Any] = {**describe(cause), "step": step.name, "position": position}
    told["attempt"] = execution.attempt + 1
    give_up_lease(execution, error=told)
    append(execution.pk, "step.failed", actor, data=told)
    if execution.cancel_requested_at is None:
        place_policy_hold(
            execution,
            "errors",
            "handler-failed",
            f"{step.title} could not take the answer: {told['message'][:500] or told['type']}. "
            "The answer is kept. Put the cause right, then resume to try it again.",
        )
    return tell(execution)


@transaction.atomic
def unknown(lease: Lease, actor: Actor, code: str, reason: str) -> Execution:
    """This worker cannot go on because it does not know the workflow or the step: hold the run and say so."""
    execution = locked(lease)
    give_up_lease(execution)
    append(execution.pk, "execution.yielded", actor, data={"step": execution.next_step, "because": code})
    if execution.cancel_requested_at is None:
        place_policy_hold(execution, "definitions", code, reason)
    return tell(execution)


@transaction.atomic
def hold_unclaimed(execution_id: str, policy: str, code: str, reason: str) -> None:
    """Hold a run that no worker is on, for a rule of the engine; lifted, its step has as many tries as at first."""
    execution = Execution.objects.select_for_update().get(pk=execution_id)
    if execution.state == states.QUEUED:
        Execution.objects.filter(pk=execution.pk).update(interrupted=0)
        place_policy_hold(execution, policy, code, reason)
        tell(execution)


@transaction.atomic
def give_up_clean_up(execution_id: str, reason: str) -> None:
    """End a cancelled run whose clean-up hook takes its worker down each time."""
    execution = Execution.objects.select_for_update().get(pk=execution_id)
    if execution.state != states.CANCELLING or execution.lease_until is not None:
        return
    actor = Actor.policy("interruptions")
    error = {"type": "WorkerLost", "message": reason, "traceback": ""}
    give_up_lease(execution, outcome=states.CANCELLED, finished_at=Now(), not_before=None, error=error)
    append(execution.pk, "clean_up.failed", actor, reason=reason)
    append(execution.pk, "execution.cancelled", actor, data={"clean_up": True, "clean_up_failed": True})
    tell(execution)


@transaction.atomic
def result_discarded(lease: Lease, actor: Actor, step: str, position: int) -> None:
    """A step finished after a cancel was requested: its result is not taken."""
    execution = locked(lease)
    append(execution.pk, "step.discarded", actor, data={"step": step, "position": position})


@transaction.atomic
def cleaned_up(lease: Lease, actor: Actor, *, ran: bool, error: BaseException | None = None) -> Execution:
    """The clean-up hook has ended: the run is cancelled, or the hook is tried again later."""
    execution = locked(lease)
    failures = execution.attempt + 1
    if error is not None and failures <= CLEAN_UP_RETRIES:
        delay = 2.0**failures
        give_up_lease(execution, attempt=failures, error=describe(error), not_before=Now() + timedelta(seconds=delay))
        told = {**describe(error), "attempt": failures, "retry_in_seconds": delay}
        append(execution.pk, "clean_up.failed", actor, data=told)
        return tell(execution)
    if error is not None:
        append(execution.pk, "clean_up.failed", actor, data={**describe(error), "attempt": failures})
    facts = {"error": describe(error)} if error is not None else {}
    give_up_lease(execution, outcome=states.CANCELLED, finished_at=Now(), not_before=None, **facts)
    append(execution.pk, "execution.cancelled", actor, data={"clean_up": ran, "clean_up_failed": error is not None})
    return tell(execution)


def describe(error: BaseException) -> dict[str, str]:
    """Return an error as the history keeps it: type, message and the end of its traceback."""
    text = "".join(traceback.format_exception(error))[-TRACEBACK_CHARACTERS:]
    return {
        "type": type(error).__name__,
        "message": _storable(_message(error))[:2000],
        "traceback": _storable(text),
    }


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return f"{type(error).__name__}, which cannot be printed"


def _storable(text: str) -> str:
    return text.replace("\x00", "␀").encode(errors="replace").decode()
