"""How questions become the documents of the API."""

from collections.abc import Callable

from console.api.conditions import conditions_out
from console.api.formschema import form_schema
from console.api.freeze_shapes import person
from console.api.parts import Person, VerdictOut
from console.api.question_documents import NotificationOut, SuspensionOut, VoteOut, WhoOut
from executions.actors import Actor
from executions.authoring.who import Who
from executions.commands.answering import Answerer, answer_verdict, person_behind, valid_votes
from executions.forms import form_of
from executions.models import Execution, Suspension
from executions.states import Verdict


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


def questions_out(execution: Execution, actor: Actor, asked: list[Suspension]) -> list[SuspensionOut]:
    """Describe a run's questions in their order.

    Args:
        execution: the run.
        actor: who asks; the verdicts are his.
        asked: as ``queries.questions_of`` brings them.
    """
    behind = person_behind(actor)
    for suspension in asked:
        suspension.execution = execution
    return [suspension_out(suspension, actor, behind) for suspension in asked]
