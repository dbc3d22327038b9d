"""Commands on freezes: stop every run that a selector matches, and let them go again, at once or little by little."""

import datetime
import uuid
from typing import Any

from django.db import transaction
from django.db.models.functions import Coalesce, Greatest, Least, Now

from executions import states
from executions.access import lacking
from executions.actors import Actor
from executions.commands.base import command, parse_id, require_scope
from executions.commands.hold import clean_review
from executions.commands.launch import clean_labels
from executions.engine.grace import await_older_statements
from executions.engine.post import announce_freeze
from executions.errors import Conflict, Invalid, NotAllowed, NotFound, Unconfirmed
from executions.models import SYSTEM_LEDGER, Freeze
from executions.provenance import append
from executions.text import clean_reason, clean_short

PLACE_SCOPE = "holds:freeze"
"""Needed for every freeze; one of the kind ``compliance`` also asks for what a compliance hold asks for."""
LIFT_SCOPE = {states.OPERATOR: "holds:freeze", states.COMPLIANCE: "holds:release"}
FREEZE_KINDS = tuple(LIFT_SCOPE)
FASTEST = 10_000.0
"""Runs per second; whoever wants more lifts it at once."""
SLOWEST = 0.01


@command("freeze")
def freeze(
    actor: Actor,
    *,
    reason: str,
    workflow: str | None = None,
    labels: dict[str, str] | None = None,
    everything: bool = False,
    kind: str = states.OPERATOR,
    reason_code: str = "",
    ticket: str = "",
    dual_control: bool = False,
    review_by: datetime.datetime | None = None,
) -> Freeze:
    """Stop every run of a workflow, with some labels, or all: those that exist and those launched later.

    Once this returns, no run that it matches is taken by a worker and none begins another step; a step that is running
    goes on to its next check or its end. However many runs match, it takes as long as for one.

    Args:
        actor: who freezes; needs ``holds:freeze``, for the kind ``compliance`` also ``holds:place``.
        reason: why; not blank.
        workflow: only runs of this workflow; a name that this installation does not know yet is taken as well.
        labels: only runs that carry all of these.
        everything: must be said where neither of both is given.
        kind: ``operator`` or ``compliance``; the latter is lifted by those who may release compliance holds.
        reason_code: a word for statistics.
        ticket: link or number of the case elsewhere.
        dual_control: somebody else must lift it.
        review_by: when somebody must look at it again (aware, in the future).

    Returns:
        The freeze.

    Raises:
        NotAllowed, Invalid: as their names say.
        Unconfirmed: it is placed, but what had begun before has not ended after ten seconds.
    """
    require_scope(actor, PLACE_SCOPE)
    if kind == states.COMPLIANCE:
        require_scope(actor, states.PLACE_SCOPE[kind])
    workflow, labels = clean_selector(workflow, labels, everything)
    placed = Freeze.objects.create(
        kind=_clean_kind(kind),
        workflow=workflow,
        labels=labels,
        reason=clean_reason(reason),
        reason_code=clean_short(reason_code, "reason_code", 60),
        ticket=clean_short(ticket, "ticket", 500),
        dual_control=bool(dual_control),
        review_by=None if review_by is None else clean_review(review_by),
        placed_by=actor.id,
        placed_by_name=actor.name,
        placed_by_user=actor.user_id,
        placed_via=actor.via,
    )
    append(
        SYSTEM_LEDGER,
        "freeze.placed",
        actor,
        reason=placed.reason,
        data={
            "freeze": str(placed.pk),
            "kind": kind,
            "workflow": workflow,
            "labels": labels,
            "reason_code": placed.reason_code,
            "ticket": placed.ticket,
            "dual_control": placed.dual_control,
            "review_by": review_by,
        },
    )
    placed.refresh_from_db()
    announce_freeze(placed)
    transaction.on_commit(_confirm)
    return placed


def _confirm() -> None:
    older = await_older_statements()
    if older:
        raise Unconfirmed(
            f"The freeze is placed, and whatever begins from now on is stopped. But {older} statements begun before "
            "it have not ended yet, and each may still start a step. Look at what keeps the database busy; the freeze "
            "itself needs nothing more."
        )


@command("lift")
def lift(actor: Actor, freeze_id: uuid.UUID | str, *, reason: str, rate: float | None = None) -> Freeze:
    """Lift a freeze: at once, or little by little, so that what has piled up does not go off all together.

    With a rate, runs that were queued when the lifting began are let go that many per second, oldest first; running
    ones and those that come to the queue later are free. A freeze that is being lifted takes another rate, or is
    lifted at once, by the same command.

    Args:
        actor: who lifts; needs ``holds:freeze``, for the kind ``compliance`` ``holds:release``. Under dual control
            another person than the one who placed it.
        freeze_id: which freeze.
        reason: why they may go on; not blank.
        rate: runs per second, from 0.01 to 10,000; all at once where None.

    Returns:
        The freeze as it is now.

    Raises:
        NotFound, NotAllowed, Conflict, Invalid: as their names say.
    """
    try:
        found = Freeze.objects.select_for_update().get(pk=parse_id(freeze_id, "freeze"))
    except Freeze.DoesNotExist:
        raise NotFound(f"There is no freeze with the id {freeze_id}.") from None
    verdict = lift_verdict(found, actor)
    if not verdict.allowed:
        raise (NotAllowed if verdict.code == "permission" else Conflict)(verdict.why)
    reason = clean_reason(reason)
    facts: dict[str, Any] = {"lift_rate": clean_rate(rate), "lifting_since": Coalesce("lifting_since", Now())}
    if rate is None:
        facts["lifted_at"] = Now()
    else:
        # At a higher rate nobody waits for the leave that the lower one had put far off.
        within = datetime.timedelta(seconds=1 / rate)
        facts["next_leave_at"] = Greatest(Now(), Least(Coalesce("next_leave_at", Now()), Now() + within))
    Freeze.objects.filter(pk=found.pk).update(
        released_by=actor.id,
        released_by_name=actor.name,
        released_via=actor.via,
        release_reason=reason,
        **facts,
    )
    told: dict[str, Any] = {"freeze": str(found.pk)}
    if rate is None:
        append(SYSTEM_LEDGER, "freeze.lifted", actor, reason=reason, data={**told, "admitted": found.admitted})
    else:
        append(SYSTEM_LEDGER, "freeze.lifting", actor, reason=reason, data={**told, "rate": facts["lift_rate"]})
    found.refresh_from_db()
    return found


def lift_verdict(freeze: Freeze, actor: Actor) -> states.Verdict:
    """Judge whether this actor may lift this freeze now, for the pages that offer it; ``lift`` asks the same."""
    if not actor.can(LIFT_SCOPE[freeze.kind]):
        why = lacking(LIFT_SCOPE[freeze.kind])
        return states.Verdict("lift", False, "permission", why)
    if freeze.dual_control and actor.user_id in (None, freeze.placed_by_user):
        why = f"It was placed under dual control: somebody other than {freeze.placed_by_name} must lift it."
        return states.Verdict("lift", False, "permission", why)
    if freeze.lifted_at is not None:
        why = f"{freeze.released_by_name} lifted this freeze already; it ended {freeze.lifted_at:%Y-%m-%d %H:%M} UTC."
        return states.Verdict("lift", False, "state", why)
    return states.Verdict("lift", True)


def freeze_verdict(actor: Actor, kind: str = states.OPERATOR) -> states.Verdict:
    """Judge whether this actor may place a freeze of a kind; ``freeze`` asks for the same."""
    for scope in (PLACE_SCOPE, *([states.PLACE_SCOPE[kind]] if kind == states.COMPLIANCE else [])):
        if not actor.can(scope):
            return states.Verdict("freeze", False, "permission", lacking(scope))
    return states.Verdict("freeze", True)


def clean_selector(
    workflow: str | None, labels: dict[str, str] | None, everything: bool
) -> tuple[str | None, dict[str, str]]:
    """Check which runs are meant.

    Returns:
        The workflow's name or None, and the labels.

    Raises:
        Invalid: nothing was chosen and not everything was said, or both were.
    """
    name = clean_short(workflow or "", "workflow") or None
    wanted = clean_labels(labels or {})
    if everything and (name or wanted):
        problem = "Choose either everything, or a workflow and labels."
        raise Invalid(problem, errors={"everything": [problem]})
    if not everything and not name and not wanted:
        problem = "Choose a workflow or labels; to freeze every run, say so."
        raise Invalid(problem, errors={"workflow": [problem]})
    return name, wanted


def _clean_kind(kind: str) -> str:
    if kind not in FREEZE_KINDS:
        problem = f"A freeze is of the kind {' or '.join(FREEZE_KINDS)}."
        raise Invalid(problem, errors={"kind": [problem]})
    return kind


def clean_rate(rate: float | None) -> float | None:
    """Check a number of runs per second; None stands for as fast as can be.

    Raises:
        Invalid: no number, or one out of range.
    """
    if rate is None:
        return None
    number = isinstance(rate, int | float) and not isinstance(rate, bool)
    if not number or not SLOWEST <= rate <= FASTEST:
        problem = f"Runs per second: a number from {SLOWEST} to {FASTEST:,.0f}; leave it out to do it at once."
        raise Invalid(problem, errors={"rate": [problem]})
    return float(rate)
