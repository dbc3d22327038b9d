"""Commands on executions that exist: pause, resume, cancel."""

import uuid
from typing import Any

from executions import states
from executions.actors import Actor
from executions.commands.base import about, command, holds_in_force, lock, require, require_scope
from executions.commands.cancelling import cancel_below, cancel_runs
from executions.commands.condition import set_conditions
from executions.commands.hold import make_hold, note_resumed, release_holds
from executions.commands.payload import apply_changes
from executions.commands.tree import THIS, TREE, clean_scope
from executions.conditions import read_conditions
from executions.engine.post import announce, tell
from executions.errors import Conflict, Invalid
from executions.models import Execution, Hold
from executions.provenance import append
from executions.text import clean_object, clean_reason, clean_short


@command("pause")
def pause(
    actor: Actor,
    execution_id: uuid.UUID | str,
    *,
    reason: str,
    reason_code: str = "",
    ticket: str = "",
    before_step: str | None = None,
    resume_when: Any = None,
    scope: str = TREE,
) -> Hold:
    """Place an operator hold: once this returns, no further step of the run starts until it is lifted.

    Args:
        actor: who pauses; needs ``executions:pause``.
        execution_id: which run.
        reason: why; not blank.
        reason_code: a word for statistics, such as ``data-error``.
        ticket: link or number of the case elsewhere.
        resume_when: conditions that release the hold by themselves, see ``conditions.read_conditions``.
        before_step: pause only when this step is next, instead of at the next boundary; of this run alone.
        scope: ``tree`` (its unfinished children and theirs too, and those yet to be launched) or ``this`` (only this
            run).

    Returns:
        The hold.

    Raises:
        NotFound, NotAllowed, Conflict, Invalid: as their names say.
    """
    execution = lock(execution_id)
    with about(execution):
        require(execution, actor, "pause")
        conditions = read_conditions(resume_when)
        hold = make_hold(
            execution,
            actor,
            states.OPERATOR,
            reason=reason,
            reason_code=reason_code,
            ticket=ticket,
            before_step=_clean_breakpoint(execution, before_step),
            scope=THIS if before_step else clean_scope(scope),
        )
        set_conditions(execution, hold, actor, conditions)
    announce(execution)
    return hold


@command("resume")
def resume(
    actor: Actor,
    execution_id: uuid.UUID | str,
    *,
    note: str = "",
    trigger: str = "manual",
    data: dict[str, Any] | None = None,
    additional_context: dict[str, Any] | None = None,
) -> Execution:
    """Release every hold in force; the run goes on from where it was.

    If one hold may not be released by this actor, nothing changes and the refusal says whose it is.
    Resume during ``pausing`` withdraws the pause.

    Args:
        actor: who resumes; needs ``executions:pause``, and what each hold asks for.
        execution_id: which run.
        note: why, or what was done meanwhile.
        trigger: what made it resume; ``manual`` for a person.
        data: merged into the payload; needs ``executions:amend``.
        additional_context: kept for the step, as ``ctx.resumed.additional_context``.

    Returns:
        The execution as it is now.

    Raises:
        NotFound, NotAllowed, Conflict, Invalid, TooLarge: as their names say.
    """
    execution = lock(execution_id)
    with about(execution):
        require(execution, actor, "resume")
        note = clean_reason(note, "note", required=False)
        context = clean_object(additional_context or {}, "additional_context")
        changes = clean_object(data or {}, "data")
        if changes:
            require_scope(actor, "executions:amend")
            if execution.lease_until is not None:
                raise Conflict(
                    "The current step has not finished, so its data cannot be changed. Try again once it is paused.",
                    state=execution.state,
                )
            apply_changes(execution, changes)
        released = release_holds(execution, holds_in_force(execution), actor, note)
        trigger = clean_short(trigger, "trigger")
        note_resumed(execution, actor, trigger=trigger, data=changes, additional_context=context, note=note)
        append(
            execution.pk,
            "execution.resumed",
            actor,
            reason=note,
            data={
                "holds": [str(hold.pk) for hold in released],
                "trigger": trigger,
                "data": changes,
                "additional_context": context,
            },
        )
    return tell(execution)


@command("cancel")
def cancel(actor: Actor, execution_id: uuid.UUID | str, *, reason: str, scope: str = TREE) -> Execution:
    """Cancel a run for ever. Beats pause; the workflow's clean-up hook runs once, in a worker.

    Args:
        actor: who cancels; needs ``executions:cancel``.
        execution_id: which run.
        reason: why; not blank.
        scope: ``tree`` (its unfinished children and theirs too, each with its own clean-up) or ``this`` (only this
            run).

    Returns:
        The execution as it is now: ``cancelling``, or ``cancelled`` where nothing has to be cleaned up.

    Raises:
        NotFound, NotAllowed, Conflict, Invalid: as their names say.
    """
    execution = lock(execution_id)
    with about(execution):
        require(execution, actor, "cancel")
        request_cancel(execution, actor, clean_reason(reason), clean_scope(scope))
    return tell(execution)


def request_cancel(execution: Execution, actor: Actor, reason: str, scope: str = TREE) -> None:
    """Cancel a run that is not finished; the caller holds its lock, has asked the rules, and tells of it.

    Descendants are told of here.

    Args:
        execution: the run.
        actor: who cancels, or the rule that does.
        reason: why.
        scope: as in ``cancel``.

    Raises:
        Conflict: a hold on a descendant forbids it to this actor.
    """
    cancel_runs([execution], actor, reason)
    if scope == TREE:
        cancel_below(execution, actor, reason)


def _clean_breakpoint(execution: Execution, step: str | None) -> str | None:
    if not step:
        return None
    if step not in execution.ahead:
        ahead = ", ".join(execution.ahead) or "none"
        problem = f"No step called {str(step)[:80]!r} lies ahead. Ahead: {ahead}."
        raise Invalid(problem, errors={"before_step": [problem]})
    if execution.lease_until is not None and step == execution.next_step:
        raise Conflict(f"{step} is running already. Pause without a step to stop after it.", state=execution.state)
    return step
