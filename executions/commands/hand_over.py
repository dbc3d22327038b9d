"""Handing a hold over: another person looks after it from now on."""

import uuid

from django.contrib.auth import get_user_model

from executions import states
from executions.access import lacking, scopes_of
from executions.actors import Actor
from executions.commands.base import about, command
from executions.commands.hold import lock_hold, require_open
from executions.engine.post import announce
from executions.errors import Conflict, Invalid, NotAllowed
from executions.models import Execution, Hold
from executions.provenance import append
from executions.text import clean_reason, clean_short


@command("hand over")
def hand_over(actor: Actor, hold_id: uuid.UUID | str, *, to: str, reason: str) -> Hold:
    """Make another person responsible for a hold. Who may release it stays as it is.

    Args:
        actor: who hands over: whoever could release it, or is responsible now and may place such a hold.
        hold_id: which hold.
        to: user name of the new responsible person, who must be one that may release holds of this kind.
        reason: why; not blank.

    Returns:
        The hold as it is now.

    Raises:
        NotFound, NotAllowed, Conflict, Invalid: as their names say.
    """
    hold, execution = lock_hold(hold_id)
    with about(execution):
        require_can_hand_over(execution, hold, actor)
        reason = clean_reason(reason)
        person = _clean_person(hold, to)
        before, hold.responsible = hold.responsible, person
        Hold.objects.filter(pk=hold.pk).update(responsible=person)
        Hold.objects.filter(spread_from=hold, released_at__isnull=True).update(responsible=person)
        told = {"hold": str(hold.pk), "from": before, "to": person}
        append(execution.pk, "hold.handed_over", actor, reason=reason, data=told)
    announce(execution)
    return hold


def hand_over_verdict(execution: Execution, hold: Hold, actor: Actor) -> states.Verdict:
    """Judge whether this actor may hand this hold over now; ``hand_over`` asks the same."""
    try:
        require_can_hand_over(execution, hold, actor)
    except NotAllowed as refusal:
        return states.Verdict("hand over", False, "permission", refusal.detail, (str(hold.pk),))
    except Conflict as refusal:
        return states.Verdict("hand over", False, "state", refusal.detail, (str(hold.pk),))
    return states.Verdict("hand over", True)


def require_can_hand_over(execution: Execution, hold: Hold, actor: Actor) -> None:
    """Go on only if this actor can hand this hold over now.

    Raises:
        NotAllowed: the actor neither is responsible for it nor could release it.
        Conflict: it was released already, or the run has ended, or it was spread from a run above.
    """
    # A token of the responsible person may hand over only if it may do something about holds of this kind at all.
    release = states.RELEASE_SCOPE[hold.kind]
    place = states.PLACE_SCOPE.get(hold.kind, release)
    may_place = actor.can(place)
    if not may_place and not actor.can(release):
        # Whoever has nothing to do with holds of this kind is not told whose it is and why it was placed.
        raise NotAllowed(lacking(*dict.fromkeys((release, place))), holds=[str(hold.pk)])
    is_responsible = may_place and bool(actor.person) and actor.person == hold.responsible
    if not is_responsible and not hold.facts.releasable_by(actor.scopes, actor.user_id):
        whose = f"It is {hold.responsible}’s to hand over. " if hold.responsible else ""
        raise NotAllowed(f"{whose}{hold.facts.whose()}", holds=[str(hold.pk)])
    require_open(execution, hold)
    if hold.spread_from_id is not None:
        raise Conflict("This hold came from a run above. Hand over the hold there.", state=execution.state)


def _clean_person(hold: Hold, to: str) -> str:
    name = clean_short(to, "to", 150)
    user = get_user_model().objects.filter(username=name, is_active=True).first()
    scope = states.RELEASE_SCOPE[hold.kind]
    if user is None or scope not in scopes_of(user):
        problem = f"There is no active user called {name!r} who may release a hold of this kind ({scope})."
    elif name == hold.responsible:
        problem = f"{name} looks after this hold already."
    else:
        return name
    raise Invalid(problem, errors={"to": [problem]})
