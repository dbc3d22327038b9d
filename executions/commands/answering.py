"""Who may answer a question, judged alike for the command, the pages and the API."""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from executions import states
from executions.access import lacking, needed
from executions.actors import Actor
from executions.approvals import APPROVE
from executions.authoring import registry
from executions.authoring.route import merged
from executions.authoring.who import Who
from executions.commands.base import verdicts
from executions.engine.notices import FOR_PEOPLE
from executions.errors import NotAllowed
from executions.models import Execution, Suspension, Vote
from executions.states import COMMAND_SCOPE, Verdict

NOT_FOR_PEOPLE = {
    "event": "This waits for an event, not for a person. Send the event, or resume the run by its trigger.",
    "time": "This waits for a time, not for a person.",
    "children": "This waits for child runs, not for a person.",
}


@dataclass(frozen=True, slots=True)
class Answerer:
    """What decides whether a question is put to somebody.

    Args:
        user_id: the person behind the actor; None for the engine's own.
        username: the account's name.
        groups: names of its groups.
        permissions: all it may do, as ``app.codename``.
    """

    user_id: int | None = None
    username: str = ""
    groups: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()

    def missing(self, who: Who, launcher: int | None) -> str:
        """Say why a question is not put to this person; an empty text where it is.

        Args:
            who: whom it is put to.
            launcher: the user who launched the run, if any.
        """
        launched_it = who.not_launcher and launcher is not None and launcher == self.user_id
        chosen = (
            (not who.users or self.username in who.users)
            and (not who.group or who.group in self.groups)
            and (not who.permission or who.permission in self.permissions)
            and (self.user_id is not None or who == Who())
        )
        if chosen and not launched_it:
            return ""
        because = "You launched this run, so another person must answer." if launched_it and chosen else ""
        return because or f"This question is not put to you. It is put to: {who.sentence()}"


def answerer_of(actor: Actor) -> Answerer:
    """Look up the person behind an actor, in a constant number of queries; a token counts as its owner."""
    if actor.user_id is None:
        return Answerer()
    user = get_user_model().objects.filter(pk=actor.user_id, is_active=True).first()
    return Answerer() if user is None else answerer_for(user)


def answerer_for(user: Any) -> Answerer:
    """Return what decides on questions for an active account that was read already."""
    groups = frozenset(user.groups.values_list("name", flat=True))
    return Answerer(user.pk, user.get_username(), groups, frozenset(user.get_all_permissions()))


def person_behind(actor: Actor) -> Callable[[], Answerer]:
    """Return a function that looks up the person behind an actor when first called, for lists of questions."""
    return functools.cache(functools.partial(answerer_of, actor))


def valid_votes(suspension: Suspension, votes: Iterable[Vote]) -> list[Vote]:
    """Return the votes on what the question shows now; those on what it showed before are void."""
    return [vote for vote in votes if vote.context_digest == suspension.context_digest]


def answer_verdict(
    suspension: Suspension,
    execution: Execution,
    actor: Actor,
    person: Callable[[], Answerer] | None = None,
    votes: Iterable[Vote] | None = None,
) -> Verdict:
    """Judge whether this actor may answer this question now; the command ``answer`` asks the same.

    Args:
        suspension: the question.
        execution: its run.
        actor: who wants to answer.
        person: looks up the person behind it, where several questions share that; asked only where it matters.
        votes: the question's votes, where they were looked up already.

    Returns:
        A verdict with the code ``permission`` or ``state`` where it is refused.
    """
    if not actor.can(COMMAND_SCOPE["answer"]):
        return _no("permission", lacking(COMMAND_SCOPE["answer"]))
    if suspension.closed_at is not None:
        return _no("state", closed_sentence(suspension))
    if suspension.kind in NOT_FOR_PEOPLE:
        return _no("state", NOT_FOR_PEOPLE[suspension.kind])
    general = verdicts(execution, actor, [])["answer"]
    if not general.allowed:
        return general
    if suspension.who is not None:
        verdict = _put_to(suspension, execution, (person or person_behind(actor))(), votes)
        if verdict is not None:
            return verdict
    if suspension.deadline is not None and suspension.deadline <= timezone.now():
        return _no("state", f"The deadline for this answer passed at {suspension.deadline:%Y-%m-%d %H:%M} UTC.")
    return Verdict("answer", True)


def _put_to(
    suspension: Suspension, execution: Execution, person: Answerer, votes: Iterable[Vote] | None
) -> Verdict | None:
    """Return why a question is not, or not any more, this person's to answer."""
    who = Who.of_json(suspension.who)
    why = person.missing(who, execution.launched_by_user)
    if why:
        return _no("permission", why)
    if who.approvals > 1:
        cast = valid_votes(suspension, suspension.votes.all() if votes is None else votes)
        if any(vote.user == person.user_id for vote in cast):
            return _no("state", f"You have approved already: {len(cast)} of {who.approvals}. Another person is needed.")
    return None


def require_may_pass(execution: Execution, step: str, actor: Actor) -> None:
    """Go on only if an actor may pass the next step without its questions being answered.

    Whoever may not approve must not be able to go round the approval; that it was withdrawn, refused or has expired
    makes no difference. The step behind a gate is not run when it is skipped, so there is nothing to go round.

    Args:
        execution: the run, locked.
        step: its next step.
        actor: who wants to pass it.

    Raises:
        NotAllowed: it asks for an approval, or asks chosen people, and the actor is not who may give it alone.
    """
    definition = registry.find(execution.workflow)
    declared = definition.steps.get(step) if definition else None
    wanted = [declared.pause.options.get("who")] if declared is not None and declared.pause is not None else []
    circles = [who for who in wanted if who is not None]
    for asked in execution.suspensions.filter(position=execution.steps_done, step=step, kind__in=FOR_PEOPLE):
        approved = (asked.answer or {}).get("decision") == APPROVE
        if not asked.is_gate and not approved and (asked.kind == "approval" or asked.who is not None):
            circles.append(Who.of_json(asked.who))
    person = answerer_of(actor) if circles else Answerer()
    for who in circles:
        why = person.missing(who, execution.launched_by_user)
        if who.approvals > 1:
            why = f"{who.approvals} people must approve."
        elif not why and not actor.can(COMMAND_SCOPE["answer"]):
            why = f"It needs {needed(COMMAND_SCOPE['answer'])}."
        if why:
            raise NotAllowed(f"You may not skip {step}, which asks people: {why}", state=execution.state)


def changes_of(suspension: Suspension, execution: Execution, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an answer changes in the payload: the answer of a pause that is merged, the changes at a gate."""
    if suspension.is_gate:
        return answer.get("changes") or {}
    definition = registry.find(execution.workflow)
    step = definition.steps.get(suspension.step) if definition else None
    if step is None or step.pause is None:
        return {}
    return merged(execution.payload, answer, step.pause.merge)


def closed_sentence(suspension: Suspension) -> str:
    """Say how and by whom a question was closed."""
    when = f"{suspension.closed_at:%Y-%m-%d %H:%M} UTC"
    if suspension.outcome == "answered":
        return f"{suspension.answered_by_name} answered this question already, at {when}."
    return f"This question was {suspension.outcome} at {when}; it takes no answer any more."


def _no(code: str, why: str) -> Verdict:
    return states.Verdict("answer", False, code, why)
