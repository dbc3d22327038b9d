"""What happens when a resume condition is met: once, to the one hold or question it is bound to, or not at all."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from executions import states
from executions.actors import Actor
from executions.commands.base import holds_in_force, lock, record_denial
from executions.commands.condition import bound_to
from executions.commands.hold import note_resumed, release_holds
from executions.commands.inbound import CALL, take_in, webhook_actor
from executions.commands.refusals import room_for
from executions.commands.suspension import close_answered
from executions.commands.tree import holds_others, is_over, is_past_holding
from executions.engine.post import tell
from executions.errors import Conflict, NotFound, Refused
from executions.models import Emission, Execution, Hold, Suspension, Trigger
from executions.provenance import append
from executions.resumetoken import read_token
from executions.text import clean_object, clean_reason

TIMER = Actor.policy("timer")


@dataclass(frozen=True, slots=True)
class Firing:
    """What came of a condition that was met.

    Args:
        trigger: the condition, as it is now.
        execution: the run, as it is now.
        late: why nothing was changed; empty where it fired.
    """

    trigger: Trigger
    execution: Execution
    late: str = ""


@transaction.atomic
def fire(
    actor: Actor,
    trigger_id: uuid.UUID | str,
    *,
    data: dict[str, Any] | None = None,
    additional_context: dict[str, Any] | None = None,
    note: str = "",
    emission: Emission | None = None,
) -> Firing:
    """Release the hold, or answer the question, that a condition is bound to; nothing else, and only once.

    Data that comes along is not merged into the payload: whoever calls a webhook or sends an event may not amend.

    Args:
        actor: in whose name: the webhook, the timer, or who sent the event.
        trigger_id: which condition.
        data: for ``ctx.resumed.data``, or the answer that ``ctx.wait_for`` returns.
        additional_context: for ``ctx.resumed.additional_context``.
        note: words that came along.
        emission: the event, for a condition that waits for one.

    Returns:
        What came of it. One that comes too late changes nothing but the history.
    """
    execution = lock(Trigger.objects.values_list("execution_id", flat=True).get(pk=trigger_id))
    trigger = Trigger.objects.select_related("hold", "suspension").get(pk=trigger_id)
    late = _too_late(trigger, execution)
    if late:
        _say_late(trigger, actor, late)
        return Firing(trigger, execution, late)
    if trigger.suspension is not None and _belongs_to_deadline(trigger.suspension, emission):
        return Firing(trigger, execution, "The deadline of this wait has passed.")
    _close(trigger, "fired", emission)
    told = {"data": data or {}, "additional_context": additional_context or {}}
    sent = {} if emission is None else {"emission": emission.pk}
    append(
        execution.pk,
        "trigger.fired",
        actor,
        reason=note,
        data={**bound_to(trigger), **told, **sent, "set_by": trigger.set_by_name},
    )
    if trigger.hold is not None:
        _lift(execution, trigger.hold, trigger, actor, told, note)
    elif trigger.suspension is not None:
        close_answered(trigger.suspension, execution, actor, told["data"], note)
    return Firing(trigger, execution)


def fire_webhook(
    token: str,
    *,
    data: dict[str, Any] | None = None,
    additional_context: dict[str, Any] | None = None,
    note: str = "",
    message_id: str = "",
) -> Execution:
    """Fire the condition that a resume token stands for.

    Args:
        token: from the answer to the pause.
        data: for ``ctx.resumed.data``.
        additional_context: for ``ctx.resumed.additional_context``.
        note: for ``ctx.resumed.note`` and the history.
        message_id: of a signed call, from ``inbound.check_call``; it counts once.

    Returns:
        The execution as it is now.

    Raises:
        NotFound: no such token.
        Conflict: it was used already, or the hold has ended in another way.
        Invalid, TooLarge: as their names say.
    """
    trigger = find_webhook(token)
    actor = webhook_actor(trigger)
    try:
        with transaction.atomic():
            if trigger.signed:
                take_in(trigger, message_id)
            firing = fire(
                actor,
                trigger.pk,
                data=clean_object(data or {}, "data"),
                additional_context=clean_object(additional_context or {}, "additional_context"),
                note=clean_reason(note, "note", required=False),
            )
    except Refused as refusal:
        refusal.execution_id = trigger.execution_id
        record_denial(actor, CALL, refusal)
        raise
    if firing.late:
        raise Conflict(firing.late, state=firing.execution.state)
    return firing.execution


def find_webhook(token: str) -> Trigger:
    """Return the condition that a resume token stands for, open or closed.

    Raises:
        NotFound: no such token.
    """
    key = read_token(token)
    found = None if key is None else Trigger.objects.filter(pk=key, kind="webhook").first()
    if found is None:
        raise NotFound("There is no such resume token. Use the one that the pause answered with.")
    return found


def actor_of_emission(emission: Emission) -> Actor:
    """Return who acts when an event wakes a run: whoever sent it."""
    return Actor(emission.emitted_by, emission.emitted_by_name, "emitter", emission.via)


def _too_late(trigger: Trigger, execution: Execution) -> str:
    """Say why a condition can change nothing any more; empty where it still can."""
    if trigger.outcome == "fired":
        return f"This fired already, at {trigger.closed_at:%Y-%m-%d %H:%M} UTC; it does so once."
    if trigger.hold is not None and trigger.hold.released_at is not None:
        by, at = trigger.hold.released_by_name, trigger.hold.released_at
        return f"{by} released this hold already, at {at:%Y-%m-%d %H:%M} UTC."
    if trigger.suspension is not None and trigger.suspension.closed_at is not None:
        return f"This wait ended already, at {trigger.suspension.closed_at:%Y-%m-%d %H:%M} UTC."
    if is_past_holding(execution) and (trigger.hold is None or not holds_others(trigger.hold)):
        return f"{states.STATE_SENTENCE[execution.state]} Nothing waits for this any more."
    return ""


def _say_late(trigger: Trigger, actor: Actor, late: str) -> None:
    if trigger.outcome == "fired" and trigger.kind != "webhook":
        return  # Two sweepers came upon the same time or event: one of them was not late, it was second.
    if room_for(trigger.execution_id, actor)[0]:
        append(trigger.execution_id, "trigger.late", actor, reason=late, data=bound_to(trigger))
    if trigger.closed_at is None:
        _close(trigger, "overtaken")


def _belongs_to_deadline(suspension: Suspension, emission: Emission | None) -> bool:
    """Tell whether a wait's deadline came first, whoever of the two was noticed first."""
    if suspension.deadline is None or emission is None:
        return False
    return suspension.deadline <= emission.at


def _close(trigger: Trigger, outcome: str, emission: Emission | None = None) -> None:
    Trigger.objects.filter(pk=trigger.pk).update(closed_at=Now(), outcome=outcome, emission=emission)


def _lift(execution: Execution, hold: Hold, trigger: Trigger, actor: Actor, told: dict[str, Any], note: str) -> None:
    name = f"event:{trigger.event_name}" if trigger.kind == "event" else trigger.kind
    reason = note or f"Resume condition met: {trigger}."
    release_holds(execution, [hold], actor, reason)
    if not is_past_holding(execution):
        note_resumed(execution, actor, trigger=name, note=note, **told)
    execution.refresh_from_db()
    # While somebody else still holds the run, or after it failed, the hold is gone and the run stays where it is.
    if not is_over(execution) and not holds_in_force(execution):
        append(
            execution.pk,
            "execution.resumed",
            actor,
            reason=note,
            # What came along is told by `trigger.fired`; here `data` is what was merged into the payload.
            data={"holds": [str(hold.pk)], "trigger": name, **told, "data": {}},
        )
    tell(execution)
