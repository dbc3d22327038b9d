"""How rows become the documents of the API."""

from collections.abc import Callable, Iterable
from typing import Any

from console.api.conditions import conditions_out
from console.api.documents import (
    DrainingOut,
    HoldOut,
    HoldPlaced,
    NoteOut,
    NotificationOut,
    Paused,
    Person,
    RunOut,
    RunSummary,
    Standing,
    StepOut,
    SuspensionOut,
    TreeOut,
    VerdictOut,
    VoteOut,
    WhoOut,
)
from console.api.file_shapes import files_out
from console.api.formschema import form_schema
from console.api.freeze_shapes import freeze_out, person
from executions import queries
from executions.actors import Actor
from executions.authoring.who import Who
from executions.commands.answering import Answerer, answer_verdict, person_behind, valid_votes
from executions.commands.base import tell_of_freezes, verdicts
from executions.commands.condition import resume_token
from executions.forms import form_of
from executions.models import Execution, Hold, HoldNote, Suspension, Trigger
from executions.queries.tree import Tree, tree_of
from executions.states import Verdict


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


def suspension_out(suspension: Suspension, actor: Actor, behind: Callable[[], Answerer] | None = None) -> SuspensionOut:
    """Describe a question; its form is None where any object will do, or where the form is gone from the code.

    Args:
        suspension: the question; of several, with run, votes and notifications loaded.
        actor: who asks; the verdict is his.
        behind: looks up the person behind it, where several questions share that.
    """
    try:
        form = form_of(suspension)
    except LookupError:
        form = None
    who = Who.of_json(suspension.who)
    votes = list(suspension.votes.all())
    valid = {vote.pk for vote in valid_votes(suspension, votes)}
    verdict = answer_verdict(suspension, suspension.execution, actor, behind, votes)
    return SuspensionOut(
        id=suspension.pk,
        execution=suspension.execution_id,
        step=suspension.step,
        key=suspension.key,
        kind=suspension.kind,
        title=suspension.title,
        prompt=suspension.prompt,
        context=suspension.context,
        context_digest=suspension.context_digest,
        input=suspension.execution.payload if suspension.shows_input and suspension.is_open else None,
        urgency=suspension.urgency,
        format=suspension.format,
        choices=suspension.choices,
        who=WhoOut(**who.as_json(), sentence=who.sentence()),
        votes=[
            VoteOut(
                by=Person(id=vote.voted_by, name=vote.voted_by_name),
                via=vote.via,
                at=vote.at,
                comment=vote.comment,
                answer=vote.answer,
                valid=vote.pk in valid,
            )
            for vote in votes
        ],
        answerable=verdict_out(verdict),
        deadline=suspension.deadline,
        on_deadline=suspension.on_deadline,
        default=suspension.default_answer,
        escalated_at=suspension.escalated_at,
        remind_at=suspension.remind_at,
        form=form_schema(form) if form else None,
        replaces=suspension.replaces,
        opened_at=suspension.opened_at,
        closed_at=suspension.closed_at,
        outcome=suspension.outcome,
        answer=suspension.answer,
        comment=suspension.comment,
        answered_by=person(suspension.answered_by, suspension.answered_by_name),
        answered_via=suspension.answered_via,
        conditions=conditions_out(suspension.conditions.all()),
        notifications=[
            NotificationOut(
                occasion=message.occasion,
                to=message.place,
                status=message.status,
                attempts=message.attempts,
                error=message.error,
                created_at=message.created_at,
                delivered_at=message.delivered_at,
                next_at=message.next_at,
            )
            for message in suspension.notifications.all()
        ],
    )


def verdict_out(verdict: Verdict) -> VerdictOut:
    """Describe whether a command may be given."""
    return VerdictOut(allowed=verdict.allowed, code=verdict.code, why=verdict.why, holds=list(verdict.holds))


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
    return Paused(**_standing_facts(hold.execution, actor), hold=document, resume_token=resume_token(hold))


def placed(hold: Hold) -> HoldPlaced:
    """Describe a hold that was just placed."""
    document = hold_out(hold, conditions=hold.new_conditions)
    return HoldPlaced(**document.model_dump(), resume_token=resume_token(hold))


def _standing_facts(execution: Execution, actor: Actor) -> dict[str, Any]:
    return {
        "id": execution.pk,
        "state": execution.state,
        "state_since": execution.state_since,
        "version": execution.version,
        "next_step": execution.next_step,
        "allowed": [name for name, verdict in verdicts(execution, actor).items() if verdict.allowed],
    }


def run_out(execution: Execution, actor: Actor, files_at: str) -> RunOut:
    """Describe a run with all there is to know.

    Args:
        execution: the run.
        actor: who asks; the verdicts are his.
        files_at: address of the run's files, with a slash at the end.
    """
    judged = verdicts(execution, actor)
    freezes = queries.freezes_over(execution)
    judged["resume"] = tell_of_freezes(judged["resume"], [freeze for freeze in freezes if freeze.stops(execution)])
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
        tree=tree_out(tree_of(execution)),
        allowed=[name for name, verdict in judged.items() if verdict.allowed],
        commands={name: verdict_out(verdict) for name, verdict in judged.items()},
        next_input=execution.payload if execution.next_step else None,
        payload=execution.payload,
        error=execution.error,
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
        suspensions=questions_out(execution, actor),
        files=files_out(execution, files_at),
    )


def questions_out(execution: Execution, actor: Actor) -> list[SuspensionOut]:
    """Describe a run's questions, open ones first."""
    asked = queries.questions_of(execution)
    behind = person_behind(actor)
    for suspension in asked:
        suspension.execution = execution
    return [suspension_out(suspension, actor, behind) for suspension in asked]


def tree_out(tree: Tree) -> TreeOut:
    """Describe what is below a run."""
    draining = [
        DrainingOut(id=run.id, title=run.title, state=run.state, step=run.step, worker=run.worker)
        for run in tree.draining
    ]
    return TreeOut(counts=tree.counts, unfinished=tree.unfinished, quiescent=tree.quiescent, draining=draining)
