"""Commands on suspensions: answer."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from executions.actors import Actor
from executions.commands.base import about, command, lock, parse_id, require, require_scope
from executions.commands.payload import put_version
from executions.engine.post import tell
from executions.errors import Conflict, NotFound, Stale
from executions.forms import clean_answer
from executions.models import Execution, Suspension
from executions.provenance import append
from executions.states import COMMAND_SCOPE
from executions.text import clean_object, clean_reason


@command("answer")
def answer(
    actor: Actor,
    suspension_id: uuid.UUID | str,
    *,
    data: dict[str, Any],
    context_digest: str,
    files: Mapping[str, tuple[str, bytes]] | None = None,
    comment: str = "",
) -> Suspension:
    """Answer a question, once and for all.

    Args:
        actor: who answers; needs ``suspensions:answer``.
        suspension_id: which question.
        data: the answer, checked by the question's form; unknown fields are refused.
        context_digest: digest of what the actor was shown; refused when that has changed.
        files: form field → name and bytes of an upload.
        comment: why, in the actor's words.

    Returns:
        The answered suspension.

    Raises:
        NotFound, NotAllowed, Conflict, Stale, Invalid, TooLarge: as their names say.
    """
    suspension, execution = lock_suspension(suspension_id)
    with about(execution):
        require_scope(actor, COMMAND_SCOPE["answer"])
        if suspension.closed_at is not None:
            raise Conflict(_closed_sentence(suspension), state=execution.state)
        require(execution, actor, "answer")
        require_in_time(suspension, execution)
        if context_digest != suspension.context_digest:
            raise Stale(
                "What this question shows has changed since you opened it. Look at it again, then answer.",
                state=execution.state,
            )
        comment = clean_reason(comment, "comment", required=False)
        cleaned, uploads = clean_answer(suspension, clean_object(data, "data"), files or {})
        for field, (_, content) in uploads.items():
            name = suspension.replaces[field]
            reason = comment or f"Answer to: {suspension.title}"
            stored = put_version(execution, actor, name, content, reason=reason)
            cleaned[field] = {"name": name, "version": stored.version, "sha256": stored.sha256}
        Suspension.objects.filter(pk=suspension.pk, closed_at__isnull=True).update(
            closed_at=Now(),
            outcome="answered",
            answer=cleaned,
            comment=comment,
            answered_by=actor.id,
            answered_by_name=actor.name,
            answered_via=actor.via,
        )
        append(
            execution.pk,
            "suspension.answered",
            actor,
            reason=comment,
            data={
                "suspension": str(suspension.pk),
                "key": suspension.key,
                "step": suspension.step,
                "answer": cleaned,
                "context_digest": context_digest,
            },
        )
    tell(execution)
    suspension.refresh_from_db()
    return suspension


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


def require_in_time(suspension: Suspension, execution: Execution) -> None:
    """Go on only if the question's deadline has not passed, whether or not the sweeper has been there.

    Raises:
        Conflict: it has.
    """
    if suspension.deadline is not None and suspension.deadline <= timezone.now():
        raise Conflict(
            f"The deadline for this answer passed at {suspension.deadline:%Y-%m-%d %H:%M} UTC.", state=execution.state
        )


def _closed_sentence(suspension: Suspension) -> str:
    when = f"{suspension.closed_at:%Y-%m-%d %H:%M} UTC"
    if suspension.outcome == "answered":
        return f"{suspension.answered_by_name} answered this question already, at {when}."
    return f"This question was {suspension.outcome} at {when}; it takes no answer any more."
