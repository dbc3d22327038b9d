"""Opening a question: the row, its event, and whatever waits to close it."""

from django.db.models.functions import Now

from executions.actors import Actor
from executions.authoring.flow import Question
from executions.authoring.question import checked_default
from executions.commands.condition import set_for_question
from executions.digests import context_digest, shown_by
from executions.engine.notices import notify
from executions.models import Execution, Suspension
from executions.provenance import append


def open_question(execution: Execution, actor: Actor, question: Question, step: str, position: int) -> Suspension:
    """Store what a step asks; the caller holds the execution's lock and has freed the worker.

    Args:
        execution: the run.
        actor: the worker.
        question: what is asked.
        step: name of the step that asks.
        position: the step's position in the run.

    Returns:
        The open question.

    Raises:
        ValueError: its form refuses its default answer.
    """
    question = checked_default(question)
    suspension = Suspension(
        execution=execution,
        position=position,
        pass_no=execution.pass_no,
        step=step,
        key=question.key,
        kind=question.kind,
        title=question.title,
        prompt=question.prompt,
        form=question.form,
        format=question.format,
        choices=[list(choice) for choice in question.choices] or None,
        who=question.who,
        replaces=question.replaces,
        context=question.context,
        urgency=question.urgency,
        deadline=None if question.deadline is None else Now() + question.deadline,
        on_deadline=question.on_deadline,
        default_answer=question.default,
        escalate=question.escalate,
        remind_seconds=None if question.remind is None else round(question.remind.total_seconds()),
        remind_at=None if question.remind is None else Now() + question.remind,
        awaits=None if question.awaits is None else list(question.awaits),
    )
    suspension.context_digest = context_digest(shown_by(suspension))
    suspension.save(force_insert=True)
    suspension.refresh_from_db(fields=["deadline", "remind_at"])
    append(
        execution.pk,
        "suspension.opened",
        actor,
        data={
            "suspension": str(suspension.pk),
            "key": question.key,
            "step": step,
            "kind": question.kind,
            "title": question.title,
            "context": question.context,
            "context_digest": suspension.context_digest,
            "urgency": question.urgency,
            "deadline": suspension.deadline,
            "on_deadline": question.on_deadline,
            "who": question.who,
        },
    )
    notify(suspension, "opened")
    set_for_question(execution, suspension, actor, question)
    return suspension
