"""Commands on suspensions: answer, by the question's id or by run and key."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models.functions import Now

from executions.actors import Actor
from executions.approvals import REJECT
from executions.authoring.who import Who
from executions.commands.answering import answer_verdict, answerer_of, changes_of, valid_votes
from executions.commands.base import about, command, lock, parse_id, require_scope, verdicts
from executions.commands.payload import put_version, require_room
from executions.engine.post import announce, tell
from executions.errors import Conflict, NotAllowed, NotFound, Stale
from executions.forms import clean_answer
from executions.models import Execution, Suspension, Vote
from executions.provenance import append
from executions.states import COMMAND_SCOPE
from executions.text import clean_object, clean_reason

type Uploads = Mapping[str, tuple[str, bytes]]

OF_THE_DECISION = ("decision", "reason")
"""Fields in which two approvals may differ; whatever else is approved must be the same."""


@command("answer")
def answer(
    actor: Actor,
    suspension_id: uuid.UUID | str,
    *,
    data: dict[str, Any],
    context_digest: str,
    files: Uploads | None = None,
    comment: str = "",
) -> Suspension:
    """Answer a question, once and for all; where several must approve, approve it as one of them.

    Args:
        actor: who answers; needs ``suspensions:answer``, and to be whom the question is put to.
        suspension_id: which question.
        data: the answer, checked by the question's form; unknown fields are refused.
        context_digest: digest of what the actor was shown; refused when that has changed.
        files: form field → name and bytes of an upload.
        comment: why, in the actor's words.

    Returns:
        The suspension as it is now: answered, or still open where further approvals are needed.

    Raises:
        NotFound, NotAllowed, Conflict, Stale, Invalid, TooLarge: as their names say.
    """
    suspension, execution = lock_suspension(suspension_id)
    with about(execution):
        _answer(actor, execution, suspension, data, context_digest, files or {}, comment)
    suspension.refresh_from_db()
    return suspension


@command("answer")
def answer_by_key(
    actor: Actor,
    execution_id: uuid.UUID | str,
    key: str,
    *,
    data: dict[str, Any],
    context_digest: str | None = None,
    files: Uploads | None = None,
    comment: str = "",
) -> Suspension:
    """Answer the open question of a run that has this key; for programs that know what their code asks.

    Args:
        actor: who answers; needs what ``answer`` needs.
        execution_id: which run.
        key: the question's key in its step.
        data: the answer, checked by the question's form.
        context_digest: as in ``answer``; what is shown now where None, for a program that looks at nothing.
        files: form field → name and bytes of an upload.
        comment: why.

    Returns:
        The suspension as it is now.

    Raises:
        NotFound: no open question has this key; the sentence names those there are.
        NotAllowed, Conflict, Stale, Invalid, TooLarge: as their names say.
    """
    execution = lock(execution_id)
    with about(execution):
        require_scope(actor, COMMAND_SCOPE["answer"])
        suspension = _find_by_key(execution, key)
        digest = suspension.context_digest if context_digest is None else context_digest
        _answer(actor, execution, suspension, data, digest, files or {}, comment)
    suspension.refresh_from_db()
    return suspension


def withdraw_questions(execution: Execution, actor: Actor, reason: str) -> None:
    """Close a run's open questions unanswered, with one event each; the caller holds the execution's lock."""
    for suspension in execution.suspensions.filter(closed_at__isnull=True).order_by("opened_at", "id"):
        Suspension.objects.filter(pk=suspension.pk).update(closed_at=Now(), outcome="withdrawn")
        told = {"suspension": str(suspension.pk), "key": suspension.key}
        append(execution.pk, "suspension.withdrawn", actor, reason=reason, data=told)


def lock_suspension(suspension_id: uuid.UUID | str) -> tuple[Suspension, Execution]:
    """Load a suspension under its execution's row lock.

    Raises:
        NotFound: there is no such question.
    """
    key = parse_id(suspension_id, "question")
    found = Suspension.objects.filter(pk=key).values_list("execution_id", flat=True).first()
    if found is None:
        raise NotFound(f"There is no question with the id {suspension_id}.")
    execution = lock(found)
    return Suspension.objects.get(pk=key), execution


def close_answered(
    suspension: Suspension, execution: Execution, actor: Actor, cleaned: dict[str, Any], comment: str, reason: str = ""
) -> None:
    """Store the answer of a question with its event; the caller holds the execution's lock and has asked the rules.

    Args:
        suspension: an open question.
        execution: its run.
        actor: who answers, or the rule that does.
        cleaned: the answer, as its form cleaned it.
        comment: kept with the answer.
        reason: for the event; the comment where blank.
    """
    Suspension.objects.filter(pk=suspension.pk, closed_at__isnull=True).update(
        closed_at=Now(),
        outcome="answered",
        answer=cleaned,
        comment=comment,
        answered_by=actor.id,
        answered_by_name=actor.name,
        answered_via=actor.via,
    )
    told = {**suspension.named, "answer": cleaned, "context_digest": suspension.context_digest}
    append(execution.pk, "suspension.answered", actor, reason=reason or comment, data=told)
    tell(execution)


def _answer(
    actor: Actor,
    execution: Execution,
    suspension: Suspension,
    data: dict[str, Any],
    context_digest: str,
    files: Uploads,
    comment: str,
) -> None:
    _require_answerable(actor, execution, suspension)
    if context_digest != suspension.context_digest:
        raise Stale(
            "What this question shows has changed since you opened it. Look at it again, then answer.",
            state=execution.state,
        )
    comment = clean_reason(comment, "comment", required=False)
    cleaned, uploads = clean_answer(suspension, clean_object(data, "data"), files)
    # Told to whoever answers, not to the step afterwards, which could only fail: an answer cannot be taken back.
    require_room(execution, changes_of(suspension, execution, cleaned))
    needed = Who.of_json(suspension.who).approvals
    if needed > 1:
        cast = valid_votes(suspension, suspension.votes.order_by("at", "id"))
        if cleaned.get("decision") != REJECT:
            _require_the_same(cleaned, cast, execution)
            cast.append(_vote(actor, execution, suspension, cleaned, comment, len(cast) + 1, needed))
            if len(cast) < needed:
                announce(execution)
                return
        cleaned["votes"] = [{"by": vote.voted_by_name, "at": vote.at, "comment": _words(vote)} for vote in cast]
    for field, (_, content) in uploads.items():
        name = suspension.replaces[field]
        reason = comment or f"Answer to: {suspension.title}"
        stored = put_version(execution, actor, name, content, reason=reason)
        cleaned[field] = {"name": name, "version": stored.version, "sha256": stored.sha256}
    close_answered(suspension, execution, actor, cleaned, comment)


def _require_answerable(actor: Actor, execution: Execution, suspension: Suspension) -> None:
    verdict = answer_verdict(suspension, execution, actor)
    if not verdict.allowed:
        allowed = [name for name, judged in verdicts(execution, actor).items() if judged.allowed and name != "answer"]
        kind = NotAllowed if verdict.code == "permission" else Conflict
        raise kind(verdict.why, state=execution.state, allowed=allowed)


def _require_the_same(cleaned: dict[str, Any], cast: list[Vote], execution: Execution) -> None:
    """Several people must approve one and the same thing, not each something else."""
    approved = {name: value for name, value in cleaned.items() if name not in OF_THE_DECISION}
    for vote in cast:
        if approved != {name: value for name, value in vote.answer.items() if name not in OF_THE_DECISION}:
            raise Conflict(
                f"{vote.voted_by_name} has approved other values: {vote.answer}. Approve the same, or reject.",
                state=execution.state,
            )


def _vote(
    actor: Actor,
    execution: Execution,
    suspension: Suspension,
    cleaned: dict[str, Any],
    comment: str,
    approvals: int,
    needed: int,
) -> Vote:
    person = answerer_of(actor).user_id
    assert person is not None
    vote = Vote.objects.create(
        suspension=suspension,
        user=person,
        voted_by=actor.id,
        voted_by_name=actor.name,
        via=actor.via,
        comment=comment,
        answer=cleaned,
        context_digest=suspension.context_digest,
    )
    vote.refresh_from_db(fields=["at"])
    told = {
        **suspension.named,
        "answer": cleaned,
        "approvals": approvals,
        "needed": needed,
        "context_digest": suspension.context_digest,
    }
    append(execution.pk, "suspension.voted", actor, reason=_words(vote), data=told)
    return vote


def _words(vote: Vote) -> str:
    return vote.comment or str(vote.answer.get("reason") or "")


def _find_by_key(execution: Execution, key: str) -> Suspension:
    asked = execution.suspensions.filter(key=str(key).replace("\x00", "␀")).order_by("-opened_at")
    found = asked.filter(closed_at__isnull=True).first()
    if found is not None:
        return found
    open_keys = list(execution.suspensions.filter(closed_at__isnull=True).values_list("key", flat=True))
    if open_keys:
        raise NotFound(f"No open question of this run has the key {str(key)[:80]!r}. Open: {', '.join(open_keys)}.")
    closed = asked.first()
    if closed is not None:
        return closed
    raise Conflict(f"This run waits for no answer, and has not asked {str(key)[:80]!r}.", state=execution.state)
