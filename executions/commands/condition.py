"""Setting resume conditions on holds and questions. What happens when one is met: ``trigger``."""

import functools
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from executions import states
from executions.access import needed
from executions.actors import Actor
from executions.authoring.flow import Question
from executions.conditions import Condition
from executions.errors import Invalid, NotAllowed
from executions.models import Emission, Execution, Hold, Suspension, Trigger
from executions.provenance import append
from executions.resumetoken import token_of
from executions.webhooks.secrets import inbound_secrets, shown


def set_conditions(execution: Execution, hold: Hold, actor: Actor, conditions: Iterable[Condition]) -> None:
    """Bind conditions to a hold that was just placed; the caller holds the execution's lock.

    Whoever sets one delegates his own authority: what may release the hold later does so in his stead.

    Raises:
        NotAllowed: the actor could not release the hold himself.
        Invalid: the hold is under dual control.
    """
    wanted = list(conditions)
    if not wanted:
        return
    if hold.dual_control:
        problem = "A hold under dual control is released by a second person; leave resume_when out."
        raise Invalid(problem, errors={"resume_when": [problem]})
    scope = states.RELEASE_SCOPE[hold.kind]
    if not actor.can(scope):
        raise NotAllowed(f"Only who may release the hold can set a condition that does: it needs {needed(scope)}.")
    hold.new_conditions = [
        _insert(
            Trigger(
                execution=execution,
                hold=hold,
                kind=wish.kind,
                due_at=wish.due_at,
                cron=wish.cron,
                timezone=wish.timezone,
                event_name=wish.event,
                match=wish.match,
                signed=wish.signed,
                # What was sent before somebody held the run cannot be what he waits for.
                after=_last_sent(wish.event) if wish.kind == "event" else 0,
            ),
            actor,
        )
        for wish in wanted
    ]


def set_for_question(execution: Execution, suspension: Suspension, actor: Actor, question: Question) -> Trigger | None:
    """Bind to a question of the kind ``time`` or ``event`` what answers it; the caller holds the execution's lock."""
    trigger = Trigger(execution=execution, suspension=suspension, kind=question.kind)
    if question.kind == "time":
        trigger.due_at = Now() + question.wake_in
    elif question.kind == "event":
        trigger.event_name = question.event
        trigger.match = question.match
        # Everything sent since the run began counts, so that an event that came before the code asked is not lost.
        trigger.after = _last_sent(question.event, at__lt=execution.created_at)
    else:
        return None
    return _insert(trigger, actor)


def resume_token(hold: Hold) -> str | None:
    """Return the token that the webhook of a hold just placed is called with; None where it has no webhook.

    Args:
        hold: as the command that placed it returned it. Nobody is told the token of an older one.
    """
    return next((token_of(trigger.pk) for trigger in hold.new_conditions if trigger.kind == "webhook"), None)


def signing_secret(hold: Hold) -> str | None:
    """Return what calls of a hold's webhook are to be signed with; None where they need no signature.

    Args:
        hold: as in ``resume_token``.
    """
    return next((secret_of(trigger) for trigger in hold.new_conditions if trigger.signed), None)


def secret_of(trigger: Trigger) -> str | None:
    """Return what calls of a webhook are to be signed with; None where they need no signature."""
    return shown(inbound_secrets(trigger.pk)[0]) if trigger.signed else None


def set_webhook(suspension: Suspension, execution: Execution, actor: Actor, *, signed: bool) -> Trigger:
    """Bind a webhook to an open question; the caller holds the execution's lock and has asked the rules."""
    return _insert(Trigger(execution=execution, suspension=suspension, kind="webhook", signed=signed), actor)


def _insert(trigger: Trigger, actor: Actor) -> Trigger:
    trigger.set_by, trigger.set_by_name = actor.id, actor.name
    trigger.save(force_insert=True)
    trigger.refresh_from_db(fields=["due_at"])
    append(trigger.execution_id, "trigger.set", actor, data={**bound_to(trigger), **what_of(trigger)})
    if trigger.kind == "event":
        transaction.on_commit(functools.partial(_look_back, trigger.pk), robust=True)
    return trigger


def bound_to(trigger: Trigger) -> dict[str, Any]:
    """Name a condition and what it is bound to, for the history."""
    told = {"trigger": str(trigger.pk), "kind": trigger.kind}
    if trigger.hold_id:
        return {**told, "hold": str(trigger.hold_id)}
    return {**told, "suspension": str(trigger.suspension_id)}


def what_of(trigger: Trigger) -> dict[str, Any]:
    """Say what a condition waits for, for the history."""
    if trigger.kind == "event":
        return {"event": trigger.event_name, "match": trigger.match}
    if trigger.kind == "cron":
        return {"due_at": trigger.due_at, "cron": trigger.cron, "timezone": trigger.timezone}
    if trigger.kind == "webhook":
        return {"signed": True} if trigger.signed else {}
    return {"due_at": trigger.due_at} if trigger.kind == "time" else {}


def _last_sent(event: str, **earlier: Any) -> int:
    last: int | None = Emission.objects.filter(name=event, **earlier).aggregate(last=Max("id"))["last"]
    return last or 0


def _look_back(trigger_id: uuid.UUID) -> None:
    # Here, because what is met releases holds, and placing a hold sets conditions.
    from executions.engine.wakeups import look_back

    look_back(trigger_id)
