"""How rows become the documents of the API."""

from collections.abc import Iterable
from typing import Any

from console.api.conditions import conditions_out
from console.api.documents import (
    CountOut,
    DrainingOut,
    HoldOut,
    HoldPlaced,
    NoteOut,
    Paused,
    RunOut,
    RunSummary,
    Standing,
    StepOut,
    TreeOut,
)
from console.api.file_shapes import files_out
from console.api.freeze_shapes import freeze_out, person
from console.api.limits import budgets_out, sla_out
from console.api.parts import Person
from console.api.question_shapes import questions_out, verdict_out
from executions import queries
from executions.actors import Actor
from executions.commands.base import verdicts
from executions.commands.condition import resume_token, signing_secret
from executions.commands.foresight import Foresight, foreseen
from executions.models import Execution, Hold, HoldNote, Trigger
from executions.queries.tree import Tree, tree_of


def note_out(note: HoldNote) -> NoteOut:
    """Describe a note."""
    return NoteOut(
        id=note.pk, text=note.text, author=Person(id=note.author, name=note.author_name), via=note.via, at=note.at
    )


def hold_out(hold: Hold, notes: Iterable[HoldNote] = (), conditions: Iterable[Trigger] | None = None) -> HoldOut:
    """Describe a hold.

    Args:
        hold: of several, with conditions loaded.
        notes: on it.
        conditions: where they are known already.
    """
    return HoldOut(
        id=hold.pk,
        execution=hold.execution_id,
        kind=hold.kind,
        reason=hold.reason,
        reason_code=hold.reason_code,
        ticket=hold.ticket,
        before_step=hold.before_step,
        blocks_cancel=hold.blocks_cancel,
        dual_control=hold.dual_control,
        responsible=hold.responsible,
        scope=hold.scope,
        spread_from=hold.spread_from_id,
        review_by=hold.review_by,
        overdue=hold.is_overdue,
        placed_by=Person(id=hold.placed_by, name=hold.placed_by_name),
        placed_via=hold.placed_via,
        placed_at=hold.placed_at,
        released_by=person(hold.released_by, hold.released_by_name),
        released_via=hold.released_via,
        released_at=hold.released_at,
        release_reason=hold.release_reason,
        conditions=conditions_out(hold.conditions.all() if conditions is None else conditions),
        notes=[note_out(note) for note in notes],
    )


def summary_facts(execution: Execution) -> dict[str, Any]:
    """Return what lists and detail say alike of a run."""
    return {
        "id": execution.pk,
        "workflow": execution.workflow,
        "title": execution.title,
        "state": execution.state,
        "state_since": execution.state_since,
        "version": execution.version,
        "labels": execution.labels,
        "priority": execution.priority,
        "launched_by": Person(id=execution.launched_by, name=execution.launched_by_name),
        "created_at": execution.created_at,
        "finished_at": execution.finished_at,
        "not_before": execution.not_before,
        "steps_done": execution.steps_done,
        "steps_total": execution.steps_total,
        "next_step": execution.next_step,
        "progress": execution.progress,
        "open_suspensions": execution.open_suspensions,
        "parent": execution.parent_id,
        "parent_key": execution.parent_key,
        "forked_from": execution.forked_from_id,
        "forked_at": execution.forked_at,
    }


def run_summary(execution: Execution) -> RunSummary:
    """Describe a run in a list, with its open holds and freezes as ``queries.list_runs`` brings them."""
    holds = [hold_out(hold) for hold in execution.open_hold_list]  # type: ignore[attr-defined]
    freezes = [freeze_out(freeze) for freeze in execution.freeze_list]  # type: ignore[attr-defined]
    return RunSummary(**summary_facts(execution), holds=holds, freezes=freezes)


def standing(execution: Execution, actor: Actor) -> Standing:
    """Say how a run stands, after a command on it."""
    return Standing(**_standing_facts(execution, actor))


def paused(hold: Hold, actor: Actor) -> Paused:
    """Say how a run stands after a pause."""
    document = hold_out(hold, conditions=hold.new_conditions)
    once = {"resume_token": resume_token(hold), "signing_secret": signing_secret(hold)}
    return Paused(**_standing_facts(hold.execution, actor), hold=document, **once)


def placed(hold: Hold) -> HoldPlaced:
    """Describe a hold that was just placed."""
    document = hold_out(hold, conditions=hold.new_conditions)
    return HoldPlaced(**document.model_dump(), resume_token=resume_token(hold), signing_secret=signing_secret(hold))


def _standing_facts(execution: Execution, actor: Actor) -> dict[str, Any]:
    return {
        "id": execution.pk,
        "state": execution.state,
        "state_since": execution.state_since,
        "version": execution.version,
        "next_step": execution.next_step,
        "allowed": [name for name, verdict in foreseen(execution, actor).items() if verdict.allowed],
    }


def run_out(execution: Execution, actor: Actor, files_at: str) -> RunOut:
    """Describe a run with all there is to know.

    Args:
        execution: the run.
        actor: who asks; the verdicts are his.
        files_at: address of the run's files, with a slash at the end.
    """
    tree, freezes = tree_of(execution), queries.freezes_over(execution)
    questions = queries.questions_of(execution)
    stopping = [freeze for freeze in reversed(freezes) if freeze.stops(execution)]
    foresight = Foresight(execution, actor, verdicts(execution, actor), has_children=tree.total > 0)
    judged = foresight.every(stopping, questions)
    return RunOut(
        **summary_facts(execution),
        freezes=[freeze_out(freeze) for freeze in freezes],
        holds=[hold_out(hold, hold.note_list) for hold in queries.holds_of(execution)],  # type: ignore[attr-defined]
        facts={
            "outcome": execution.outcome,
            "cancel_requested_at": execution.cancel_requested_at,
            "owner": execution.owner,
            "lease_until": execution.lease_until,
            "epoch": execution.epoch,
            "attempt": execution.attempt,
            "interrupted": execution.interrupted,
            "open_holds": execution.open_holds,
            "breakpoints": execution.breakpoints,
        },
        tree=tree_out(tree),
        allowed=[name for name, verdict in judged.items() if verdict.allowed],
        commands={name: verdict_out(verdict) for name, verdict in judged.items()},
        next_input=execution.payload if execution.next_step else None,
        payload=execution.payload,
        error=execution.error,
        errors=execution.errors,
        sla=sla_out(execution),
        budgets=budgets_out(execution),
        resumed=execution.resumed,
        steps=[
            StepOut(
                name=step.name,
                title=step.title,
                status=step.status,
                position=step.position,
                finished_at=step.at,
                ms=step.ms,
            )
            for step in queries.steps_of(execution)
        ],
        suspensions=questions_out(execution, actor, questions),
        files=files_out(execution, files_at),
    )


def count_out(count: queries.Count) -> CountOut:
    """Describe a count."""
    return CountOut(number=count.number, capped=count.capped)


def tree_out(tree: Tree) -> TreeOut:
    """Describe what is below a run."""
    draining = [
        DrainingOut(id=run.id, title=run.title, state=run.state, step=run.step, worker=run.worker)
        for run in tree.draining
    ]
    return TreeOut(counts=tree.counts, unfinished=tree.unfinished, quiescent=tree.quiescent, draining=draining)
