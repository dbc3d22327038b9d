"""What acts on a tree: a run and all that its children and theirs launched.

Rows are locked in the order of ids, in which a parent comes before its children. A child is only born under its
parent's lock, so once every unfinished run found is locked and another look finds no more, the tree stands still.
Everything else is done in a constant number of statements, however many runs there are.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from executions import states
from executions.actors import Actor
from executions.engine.post import tell_all
from executions.errors import Conflict, Invalid
from executions.ids import new_id
from executions.models import Execution, Hold
from executions.provenance import append_each

THIS = "this"
TREE = "tree"
HEAVY = ("payload", "error", "resumed", "progress")
"""What is not needed of a thousand runs at once."""
COPIED = (
    "kind",
    "reason",
    "reason_code",
    "ticket",
    "review_by",
    "blocks_cancel",
    "dual_control",
    "responsible",
    "placed_by",
    "placed_by_name",
    "placed_by_user",
    "placed_via",
)

# Failed ones too: they may be retried.
UNFINISHED_BELOW = """
WITH RECURSIVE tree AS (
    SELECT id, outcome FROM executions_execution WHERE parent_id = %s
    UNION ALL
    SELECT child.id, child.outcome FROM tree JOIN executions_execution AS child ON child.parent_id = tree.id
)
SELECT id FROM tree WHERE outcome IS NULL OR outcome = 'failed'
"""


def clean_scope(scope: str) -> str:
    """Check whether a command is meant for one run or for its tree.

    Raises:
        Invalid: neither.
    """
    if scope not in (THIS, TREE):
        problem = f"Choose {THIS} (only this run) or {TREE} (its children and theirs too), not {str(scope)[:40]!r}."
        raise Invalid(problem, errors={"scope": [problem]})
    return scope


def lock_descendants(execution: Execution) -> list[Execution]:
    """Lock every descendant of a run that may still go on and is not being cancelled; failed ones may be retried.

    Args:
        execution: the run at the top; the caller holds its lock.

    Returns:
        Them, as they are under their locks, in the order of their ids, without what is heavy.
    """
    return _lock_until_no_more(lambda: unfinished_below(execution))


def require_none_held_below(execution: Execution, actor: Actor) -> None:
    """Go on only if this actor may release every hold below a run: what launches its children anew evades them.

    Raises:
        Conflict: a hold on a descendant is not this actor's to release; says whose it is.
    """
    refusal = held_below(execution, open_holds_below(unfinished_below(execution)), actor)
    if refusal is not None:
        raise refusal


def held_below(execution: Execution, holds: Sequence[Hold], actor: Actor) -> Conflict | None:
    """Return why the children of a run cannot be launched anew by this actor; None where nothing is in the way.

    Args:
        execution: the run at the top.
        holds: the open ones below it.
        actor: who wants to.
    """
    blocking = [hold for hold in holds if not hold.facts.releasable_by(actor.scopes, actor.user_id)]
    if not blocking:
        return None
    first = f"“{blocking[0].execution.title}” ({blocking[0].execution_id}): {blocking[0].facts.whose()}"
    more = f" And {len(blocking) - 1} more." if len(blocking) > 1 else ""
    return Conflict(
        f"Below this run, {first}{more} Its children would be launched anew, without that hold.",
        state=execution.state,
        holds=[str(hold.pk) for hold in blocking],
    )


def open_holds_below(runs: Iterable[uuid.UUID]) -> list[Hold]:
    """Return the open holds on some runs, with each its run, oldest first, without what is heavy."""
    holds = Hold.objects.filter(execution__in=list(runs), released_at__isnull=True).select_related("execution")
    heavy = [f"execution__{name}" for name in HEAVY]
    return list(holds.defer(*heavy).order_by("placed_at", "id"))


def unfinished_below(execution: Execution) -> set[uuid.UUID]:
    """Return the ids of all descendants of a run that may still go on; failed ones may be retried."""
    with connection.cursor() as cursor:
        cursor.execute(UNFINISHED_BELOW, [execution.pk])
        return {key for (key,) in cursor.fetchall()}


def spread_hold(origin: Hold, runs: Sequence[Execution], actor: Actor) -> None:
    """Hold runs as their ancestor is held; the caller holds their locks and tells of it.

    Args:
        origin: the hold with scope ``tree``, where it was placed.
        runs: which runs.
        actor: who places it on them; whose hold it is says ``origin``.
    """
    holds = [_copy(origin, run) for run in runs]
    Hold.objects.bulk_create(holds)
    told = [(run.pk, told_of(hold, run)) for hold, run in zip(holds, runs, strict=True)]
    append_each("hold.placed", actor, told, reason=origin.reason)


def hold_tree(origin: Hold, actor: Actor) -> None:
    """Spread a hold with scope ``tree`` just placed on a run, which the caller has locked, to its descendants."""
    below = lock_descendants(origin.execution)
    if below:
        spread_hold(origin, below, actor)
        tell_all([run.pk for run in below])


def hold_as_parent(parent: Execution, children: Iterable[Execution], actor: Actor) -> None:
    """Hold children at birth as their parent is: by every open hold on it whose scope is the tree.

    Args:
        parent: under its lock.
        children: just stored; their count of holds is kept up here as the database keeps it in the row.
        actor: the worker that launches them.
    """
    if not parent.open_holds:
        return
    children = list(children)
    holds = parent.holds.filter(released_at__isnull=True, scope=TREE).select_related("spread_from")
    for hold in holds.order_by("placed_at", "id"):
        spread_hold(hold.spread_from or hold, children, actor)
        for child in children:
            child.open_holds += 1


def release_spread(origin: Hold, actor: Actor, reason: str) -> int:
    """Release what was spread from a hold; the caller holds the lock of the origin's run.

    Returns:
        How many runs it was lifted from.
    """
    if origin.scope != TREE or origin.spread_from_id is not None:
        return 0
    spread = Hold.objects.filter(spread_from=origin, released_at__isnull=True)
    runs = {run.pk for run in _lock_until_no_more(lambda: set(spread.values_list("execution_id", flat=True)))}
    holds = list(spread.filter(execution__in=runs))
    Hold.objects.filter(pk__in=[hold.pk for hold in holds], released_at__isnull=True).update(
        released_by=actor.id,
        released_by_name=actor.name,
        released_via=actor.via,
        released_at=Now(),
        release_reason=reason,
    )
    told = [
        (hold.execution_id, {"hold": str(hold.pk), "kind": hold.kind, "spread_from": str(origin.pk)}) for hold in holds
    ]
    append_each("hold.released", actor, told, reason=reason)
    tell_all(runs)
    return len(holds)


def holds_others(hold: Hold) -> bool:
    """Tell whether a hold still holds descendants of the run that it was placed on."""
    return hold.scope == TREE and hold.spread.filter(released_at__isnull=True).exists()


def is_over(execution: Execution) -> bool:
    """Tell whether a run has finished or is being cancelled, so that holding it means nothing any more."""
    return execution.outcome is not None or execution.cancel_requested_at is not None


def is_past_holding(execution: Execution) -> bool:
    """Tell whether a run's own holds mean nothing for ever. A failed run may be taken up again, and is held then."""
    return execution.outcome in states.TERMINAL or execution.cancel_requested_at is not None


def told_of(hold: Hold, run: Execution) -> dict[str, Any]:
    """Return what `hold.placed` tells of a hold."""
    told = {
        "hold": str(hold.pk),
        "kind": hold.kind,
        "reason_code": hold.reason_code,
        "ticket": hold.ticket,
        "before_step": hold.before_step,
        "review_by": hold.review_by,
        "blocks_cancel": hold.blocks_cancel,
        "dual_control": hold.dual_control,
        "scope": hold.scope,
        "step": run.next_step,
    }
    return told if hold.spread_from_id is None else {**told, "spread_from": str(hold.spread_from_id)}


def _lock_until_no_more(find: Callable[[], set[uuid.UUID]]) -> list[Execution]:
    locked: dict[uuid.UUID, Execution] = {}
    while found := find() - set(locked):
        rows = Execution.objects.select_for_update().defer(*HEAVY).filter(pk__in=found)
        locked.update((run.pk, run) for run in rows.order_by("pk"))
    runs = (locked[key] for key in sorted(locked))
    # A failed run may be retried, and would find its hold still there.
    return [run for run in runs if run.outcome in (None, states.FAILED) and run.cancel_requested_at is None]


def _copy(origin: Hold, run: Execution) -> Hold:
    copied = {name: getattr(origin, name) for name in COPIED}
    return Hold(id=new_id(), execution=run, scope=TREE, spread_from=origin, **copied)
