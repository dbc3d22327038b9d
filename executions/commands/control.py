"""Commands that steer a run along its route: retry, from an earlier step too, and skip."""

import uuid
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from executions import states
from executions.actors import Actor
from executions.commands.answering import require_may_pass
from executions.commands.base import about, command, lock, require, require_scope
from executions.commands.payload import apply_changes, require_version
from executions.commands.suspension import withdraw_questions
from executions.commands.tree import require_none_held_below
from executions.engine.post import tell
from executions.errors import Conflict, Invalid, Stale
from executions.models import Execution
from executions.provenance import append
from executions.queries.boundaries import Moment, Replay, replay
from executions.text import clean_object, clean_reason

STARTS_AFRESH: dict[str, Any] = {
    "outcome": None,
    "finished_at": None,
    "attempt": 0,
    "interrupted": 0,
    "not_before": None,
}
"""Facts of a run whose next step has all its tries again."""


@command("retry")
def retry(
    actor: Actor,
    execution_id: uuid.UUID | str,
    *,
    reason: str,
    from_step: str | None = None,
    position: int | None = None,
    again: bool = False,
    version: int | None = None,
) -> Execution:
    """Take a failed run up again at the step that failed, or send any run at rest back to an earlier step.

    Sent back, it goes on with the payload and the route it had there; what people corrected since then stays, what
    steps changed from there on is dropped. Its open questions are withdrawn, its holds stay.

    Args:
        actor: who retries; needs ``executions:control``.
        execution_id: which run.
        reason: why it should work now; not blank.
        from_step: name of the step to go back to: the last time it ran. The failed step where left out.
        position: its position, for a step that ran several times; 0 is the run's first step.
        again: do again what the steps from there on have recorded, and ask again what was answered. Where False, what
            is on record is not done a second time. Refused while a child is held by a hold the actor may not release.
        version: the execution's version the actor saw; refused when it has changed since.

    Returns:
        The execution as it is now.

    Raises:
        NotFound, NotAllowed, Conflict, Stale, Invalid: as their names say.
    """
    execution = lock(execution_id)
    with about(execution):
        require(execution, actor, "retry")
        require_version(execution, version)
        reason = clean_reason(reason)
        sent_back = from_step is not None or position is not None
        if not sent_back and execution.outcome != states.FAILED:
            raise Conflict(
                f"{states.STATE_SENTENCE[execution.state]} It has not failed: name the step to go back to, or resume.",
                state=execution.state,
            )
        facts: dict[str, Any] = {}
        told: dict[str, Any] = {"step": execution.next_step, "position": execution.steps_done, "again": again}
        if sent_back:
            folded = replay(execution)
            folded.go_back(_position_of(folded, execution, from_step, position))
            there = folded.now()
            facts = {"payload": there.payload, "ahead": there.ahead, "steps_done": there.position, "error": None}
            facts["progress"] = None
            told |= _differences(execution, there)
        if again:
            # Children are launched anew as well, without what was placed on those there are.
            require_none_held_below(execution, actor)
            facts["passes"] = [*execution.passes, told["position"]]
        Execution.objects.filter(pk=execution.pk).update(
            **STARTS_AFRESH, **facts, state_since=Now(), version=F("version") + 1
        )
        append(execution.pk, "execution.retried", actor, reason=reason, data=told)
        withdraw_questions(execution, actor, reason)
    return tell(execution)


def _position_of(folded: Replay, execution: Execution, step: str | None, position: int | None) -> int:
    """Find the step to go back to: the last one of that name or position that ran, or the one the run rests in."""
    ran = dict(folded.ran)
    if execution.next_step is not None:
        ran[execution.steps_done] = execution.next_step
    matching = [at for at, name in ran.items() if step in (None, name) and position in (None, at)]
    if matching:
        return max(matching)
    field = "from_step" if step is not None else "position"
    wanted = " at ".join(
        ([str(step)[:80]] if step is not None else []) + ([f"position {position}"] if position is not None else [])
    )
    known = ", ".join(f"{name} (position {at})" for at, name in sorted(ran.items())[-20:]) or "none"
    problem = f"The run has not come to {wanted}. It has come to: {known}."
    raise Invalid(problem, errors={field: [problem]})


def _differences(execution: Execution, there: Moment) -> dict[str, Any]:
    """Say what going back changes."""
    was, becomes = execution.payload, there.payload
    missing = object()
    differ = [name for name in {**was, **becomes} if was.get(name, missing) != becomes.get(name, missing)]
    return {
        "step": there.ahead[0],
        "position": there.position,
        "from_position": execution.steps_done,
        "before": {name: was[name] for name in differ if name in was},
        "after": {name: becomes[name] for name in differ if name in becomes},
    }


@command("skip")
def skip(
    actor: Actor,
    execution_id: uuid.UUID | str,
    *,
    reason: str,
    result: dict[str, Any] | None = None,
    step: str | None = None,
) -> Execution:
    """Pass the next step without running it, with a result that a person states.

    Args:
        actor: who skips; needs ``executions:control``. A step that asks for an approval, or asks chosen people, is
            skipped by one of these alone, and by nobody where several must approve.
        execution_id: which run.
        reason: why; not blank.
        result: merged into the payload as if the step had returned it; needs ``executions:amend``.
        step: the step the actor saw as next; refused when another one is.

    Returns:
        The execution as it is now. With nothing ahead it ends as soon as nothing holds it.

    Raises:
        NotFound, NotAllowed, Conflict, Stale, Invalid, TooLarge: as their names say.
    """
    execution = lock(execution_id)
    with about(execution):
        require(execution, actor, "skip")
        skipped = execution.next_step
        if skipped is None:
            raise Conflict("No step lies ahead that could be skipped. Resume the run to end it.", state=execution.state)
        if step is not None and step != skipped:
            raise Stale(
                f"{str(step)[:80]} is not the next step by now; {skipped} is. Look at the run again.",
                state=execution.state,
            )
        require_may_pass(execution, skipped, actor)
        reason = clean_reason(reason)
        result = clean_object(result or {}, "result")
        if result:
            # Stating a result writes the payload, which is another right than passing a step by.
            require_scope(actor, "executions:amend")
            apply_changes(execution, result)
        told = {"step": skipped, "position": execution.steps_done, "result": result}
        Execution.objects.filter(pk=execution.pk).update(
            **STARTS_AFRESH,
            ahead=execution.ahead[1:],
            steps_done=F("steps_done") + 1,
            error=None,
            progress=None,
            state_since=Now(),
            version=F("version") + 1,
        )
        append(execution.pk, "step.skipped", actor, reason=reason, data=told)
        withdraw_questions(execution, actor, reason)
    return tell(execution)
