"""Commands whose scope is a tree: a run and all that its children and theirs launched.

Rows are locked in the order of ids, in which a parent comes before its children. A child is only born under its
parent's lock, so once every unfinished run found is locked and another look finds no more, the tree stands still.
"""

import uuid
from collections.abc import Iterable, Sequence

from django.db import connection

from executions.actors import Actor
from executions.ids import new_id
from executions.models import Execution, Hold
from executions.provenance import append_each

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

UNFINISHED_BELOW = """
WITH RECURSIVE tree AS (
    SELECT id, outcome FROM executions_execution WHERE parent_id = %s
    UNION ALL
    SELECT child.id, child.outcome FROM tree JOIN executions_execution AS child ON child.parent_id = tree.id
)
SELECT id FROM tree WHERE outcome IS NULL
"""


def lock_descendants(execution: Execution) -> list[Execution]:
    """Lock every unfinished descendant of a run; the caller holds the run's own lock.

    Args:
        execution: the run at the top.

    Returns:
        The descendants as they are under their locks, in the order of their ids.
    """
    locked: dict[uuid.UUID, Execution] = {}
    while found := _unfinished_below(execution) - set(locked):
        for run in Execution.objects.select_for_update().filter(pk__in=found).order_by("pk"):
            locked[run.pk] = run
    return [locked[key] for key in sorted(locked) if locked[key].outcome is None]


def _unfinished_below(execution: Execution) -> set[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(UNFINISHED_BELOW, [execution.pk])
        return {key for (key,) in cursor.fetchall()}


def spread_hold(origin: Hold, runs: Sequence[Execution], actor: Actor) -> None:
    """Hold runs as their ancestor is held; the caller holds their locks.

    Args:
        origin: the hold with scope ``tree``, on the ancestor it was placed on.
        runs: which runs.
        actor: who placed it.
    """
    holds = [_copy(origin, run) for run in runs]
    Hold.objects.bulk_create(holds)
    told = {hold.execution_id: _told(hold, run) for hold, run in zip(holds, runs, strict=True)}
    append_each("hold.placed", actor, told, reason=origin.reason)


def hold_as_parent(parent: Execution, children: Iterable[Execution], actor: Actor) -> None:
    """Hold children at birth as their parent is: by every open hold on it whose scope is the tree.

    Args:
        parent: under its lock.
        children: just stored; their count of holds is kept up here as the database keeps it in the row.
        actor: the worker that launches them; the holds stay those of whoever holds the parent.
    """
    if not parent.open_holds:
        return
    children = list(children)
    holds = parent.holds.filter(released_at__isnull=True, scope="tree").select_related("spread_from")
    for hold in holds.order_by("placed_at", "id"):
        spread_hold(hold.spread_from or hold, children, actor)
        for child in children:
            child.open_holds += 1


def _copy(origin: Hold, run: Execution) -> Hold:
    copied = {name: getattr(origin, name) for name in COPIED}
    return Hold(id=new_id(), execution=run, scope="tree", spread_from=origin, **copied)


def _told(hold: Hold, run: Execution) -> dict[str, object]:
    return {
        "hold": str(hold.pk),
        "kind": hold.kind,
        "reason_code": hold.reason_code,
        "ticket": hold.ticket,
        "before_step": None,
        "review_by": hold.review_by,
        "blocks_cancel": hold.blocks_cancel,
        "step": run.next_step,
        "spread_from": str(hold.spread_from_id),
    }
