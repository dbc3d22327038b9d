"""Commands on holds: place, annotate, hand over, release."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from executions import states
from executions.access import lacking
from executions.actors import Actor
from executions.commands.base import about, command, holds_in_force, lock, parse_id, require, require_scope
from executions.commands.condition import set_conditions
from executions.commands.tree import (
    THIS,
    TREE,
    clean_scope,
    hold_tree,
    holds_others,
    is_over,
    is_past_holding,
    release_spread,
    told_of,
)
from executions.conditions import read_conditions
from executions.engine.post import announce, tell
from executions.errors import Conflict, Invalid, NotAllowed, NotFound
from executions.models import Execution, Hold, HoldNote
from executions.provenance import append
from executions.text import clean_moment, clean_reason, clean_short

NOTE_SCOPES = ("executions:pause", "holds:place")
"""Any of these allows to write a note on a hold."""


@command("place")
def place(
    actor: Actor,
    execution_id: uuid.UUID | str,
    *,
    reason: str,
    reason_code: str = "",
    ticket: str = "",
    review_by: datetime.datetime | None = None,
    blocks_cancel: bool = False,
    dual_control: bool = False,
    resume_when: Any = None,
    scope: str = TREE,
) -> Hold:
    """Place a compliance hold: the run stops as with a pause, and no operator can lift it.

    Args:
        actor: who places it; needs ``holds:place``.
        execution_id: which run.
        reason: why; not blank.
        reason_code: a word for statistics.
        ticket: link or number of the case elsewhere.
        review_by: when somebody must look at it again (aware, in the future).
        blocks_cancel: also forbid cancelling to those who may not release the hold.
        dual_control: another person than the one who places it must release it; a token counts as its owner.
        resume_when: conditions that release it by themselves, see ``conditions.read_conditions``; only from somebody
            who may release it.
        scope: ``tree`` or ``this``, as in ``pause``.

    Returns:
        The hold.

    Raises:
        NotFound, NotAllowed, Conflict, Invalid: as their names say.
    """
    execution = lock(execution_id)
    with about(execution):
        require(execution, actor, "place")
        conditions = read_conditions(resume_when)
        hold = make_hold(
            execution,
            actor,
            states.COMPLIANCE,
            reason=reason,
            reason_code=reason_code,
            ticket=ticket,
            review_by=review_by,
            blocks_cancel=blocks_cancel,
            dual_control=dual_control,
            scope=clean_scope(scope),
        )
        set_conditions(execution, hold, actor, conditions)
    announce(execution)
    return hold


@command("annotate")
def annotate(actor: Actor, hold_id: uuid.UUID | str, *, text: str) -> HoldNote:
    """Add a note to a hold, open or released.

    Args:
        actor: who writes; needs ``executions:pause`` or ``holds:place``.
        hold_id: which hold.
        text: the note; not blank.

    Returns:
        The note.

    Raises:
        NotFound, NotAllowed, Invalid: as their names say.
    """
    hold, execution = lock_hold(hold_id)
    with about(execution):
        judged = note_verdict(actor)
        if not judged.allowed:
            raise NotAllowed(judged.why)
        text = clean_reason(text, "text")
        note = HoldNote.objects.create(hold=hold, text=text, author=actor.id, author_name=actor.name, via=actor.via)
        append(execution.pk, "hold.noted", actor, reason=text, data={"hold": str(hold.pk)})
    announce(execution)
    return note


@command("release")
def release(actor: Actor, hold_id: uuid.UUID | str, *, reason: str) -> Hold:
    """Release one hold; the run goes on when no other is in force.

    Args:
        actor: who releases; needs the scope its kind asks for (``states.RELEASE_SCOPE``).
        hold_id: which hold.
        reason: why it may go on; not blank.

    Returns:
        The released hold.

    Raises:
        NotFound, NotAllowed, Conflict, Invalid: as their names say.
    """
    hold, execution = lock_hold(hold_id)
    with about(execution):
        require_releasable(execution, hold, actor)
        reason = clean_reason(reason)
        in_force = holds_in_force(execution)
        release_holds(execution, [hold], actor, reason)
        if in_force == [hold] and not is_over(execution):
            note_resumed(execution, actor, trigger="manual", data={}, additional_context={}, note=reason)
    tell(execution)
    hold.refresh_from_db()
    return hold


def release_verdict(execution: Execution, hold: Hold, actor: Actor) -> states.Verdict:
    """Judge whether this actor may release this hold now, for the pages that offer it; ``release`` asks the same."""
    try:
        require_releasable(execution, hold, actor)
    except NotAllowed:
        return states.Verdict("release", False, "permission", hold.facts.whose(), (str(hold.pk),))
    except Conflict as refusal:
        return states.Verdict("release", False, "state", refusal.detail, (str(hold.pk),))
    return states.Verdict("release", True)


def note_verdict(actor: Actor) -> states.Verdict:
    """Judge whether this actor may add a note to a hold; ``annotate`` asks the same."""
    if any(actor.can(scope) for scope in NOTE_SCOPES):
        return states.Verdict("annotate", True)
    why = lacking(*NOTE_SCOPES)
    return states.Verdict("annotate", False, "permission", why)


def require_releasable(execution: Execution, hold: Hold, actor: Actor) -> None:
    """Go on only if a hold can be released by this actor now.

    Raises:
        NotAllowed: its kind asks for a scope the actor lacks, or dual control for another person.
        Conflict: it was released already, or the run has ended.
    """
    require_scope(actor, states.RELEASE_SCOPE[hold.kind])
    if not hold.facts.releasable_by(actor.scopes, actor.user_id):
        raise NotAllowed(hold.facts.whose(), holds=[str(hold.pk)])
    require_open(execution, hold)


def require_open(execution: Execution, hold: Hold) -> None:
    """Go on only if a hold is open and still means something.

    Raises:
        Conflict: it was released already, or the run has ended.
    """
    if hold.released_at is not None:
        raise Conflict(
            f"{hold.released_by_name} released this hold already, at {hold.released_at:%Y-%m-%d %H:%M} UTC.",
            state=execution.state,
        )
    if is_over(execution) and not holds_others(hold):
        raise Conflict(
            f"{states.STATE_SENTENCE[execution.state]} The hold means nothing any more.", state=execution.state
        )


def clean_review(review_by: datetime.datetime) -> datetime.datetime:
    """Check a review date.

    Raises:
        Invalid: it has no zone, or has passed.
    """
    moment = clean_moment(review_by, "review_by")
    if moment <= timezone.now():
        problem = "The review date has passed already. Give one in the future."
        raise Invalid(problem, errors={"review_by": [problem]})
    return moment


def lock_hold(hold_id: uuid.UUID | str) -> tuple[Hold, Execution]:
    """Load a hold under its execution's row lock.

    Raises:
        NotFound: there is no such hold.
    """
    found = Hold.objects.filter(pk=parse_id(hold_id, "hold")).values_list("execution_id", flat=True).first()
    if found is None:
        raise NotFound(f"There is no hold with the id {hold_id}.")
    execution = lock(found)
    return Hold.objects.get(pk=hold_id), execution


def make_hold(
    execution: Execution,
    actor: Actor,
    kind: str,
    *,
    reason: str,
    reason_code: str = "",
    ticket: str = "",
    review_by: datetime.datetime | None = None,
    blocks_cancel: bool = False,
    dual_control: bool = False,
    before_step: str | None = None,
    scope: str = THIS,
) -> Hold:
    """Insert a hold with its event; the caller holds the execution's lock and has asked the rules.

    With the scope ``tree`` it is spread to the run's unfinished descendants as well.

    Returns:
        The hold; ``execution`` is re-read, so its state is the new one.
    """
    hold = Hold(
        execution=execution,
        kind=kind,
        reason=clean_reason(reason),
        reason_code=clean_short(reason_code, "reason_code", 60),
        ticket=clean_short(ticket, "ticket", 500),
        review_by=None if review_by is None else clean_review(review_by),
        blocks_cancel=blocks_cancel,
        dual_control=dual_control,
        before_step=before_step,
        scope=scope,
        placed_by=actor.id,
        placed_by_user=actor.user_id,
        responsible=actor.person,
        placed_by_name=actor.name,
        placed_via=actor.via,
    )
    hold.save(force_insert=True)
    append(execution.pk, "hold.placed", actor, reason=hold.reason, data=told_of(hold, execution))
    if scope == TREE:
        hold_tree(hold, actor)
    execution.refresh_from_db()
    return hold


def note_resumed(
    execution: Execution,
    actor: Actor,
    *,
    trigger: str,
    data: dict[str, Any],
    additional_context: dict[str, Any],
    note: str,
) -> None:
    """Keep how a run was resumed, for ``ctx.resumed``; it stays until the run is resumed again."""
    execution.resumed = {
        "trigger": trigger,
        "data": data,
        "additional_context": additional_context,
        "by": actor.name,
        "note": note,
    }
    Execution.objects.filter(pk=execution.pk).update(resumed=execution.resumed, version=F("version") + 1)


def release_holds(execution: Execution, holds: Iterable[Hold], actor: Actor, reason: str) -> list[Hold]:
    """Release holds with one event each, and what was spread from them to descendants.

    The caller holds the execution's lock and has asked the rules.
    """
    released = list(holds)
    for hold in released:
        if is_past_holding(execution):
            # A finished run changes no more, and is past being held; its descendants are not.
            release_spread(hold, actor, reason)
            continue
        Hold.objects.filter(pk=hold.pk, released_at__isnull=True).update(
            released_by=actor.id,
            released_by_name=actor.name,
            released_via=actor.via,
            released_at=Now(),
            release_reason=reason,
        )
        append(execution.pk, "hold.released", actor, reason=reason, data={"hold": str(hold.pk), "kind": hold.kind})
        release_spread(hold, actor, reason)
    return released
