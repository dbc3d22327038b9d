"""Children in a worker: launching them, waiting for them, and letting the parent go on once they have finished.

Locks are taken in the order of ids, a parent's before its child's. Whoever finishes a child holds the child's row, so
the look at the parent comes after that commit, in a transaction of its own; what is lost in between the sweeper finds.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from executions.actors import Actor
from executions.authoring.children import Child
from executions.authoring.flow import Question, Suspended
from executions.commands.suspension import close_answered
from executions.engine.database import rows
from executions.models import Execution, Suspension
from executions.states import CANCELLED, FAILED

POLICY = Actor.policy("children")

# Of several children with one key, as a step done anew makes them, only the newest is waited for. The index of
# unfinished children makes this one look, however many have finished.
UNFINISHED = """
SELECT FROM executions_execution AS child
WHERE child.parent_id = asked.execution_id AND child.outcome IS NULL
  AND (asked.awaits IS NULL OR asked.awaits ? child.parent_key)
  AND NOT EXISTS (SELECT FROM executions_execution AS newer
                  WHERE newer.parent_id = child.parent_id AND newer.parent_key = child.parent_key
                    AND newer.id > child.id)
"""

READY_JOINS = f"""
SELECT id FROM executions_suspension AS asked
WHERE execution_id = %(parent)s AND kind = 'children' AND closed_at IS NULL AND NOT EXISTS ({UNFINISHED})
"""  # noqa: S608

PARENTS_READY = f"""
SELECT DISTINCT execution_id FROM executions_suspension AS asked
WHERE kind = 'children' AND closed_at IS NULL AND NOT EXISTS ({UNFINISHED}) LIMIT 500
"""  # noqa: S608

NEWEST = """
SELECT DISTINCT ON (parent_key) parent_key AS key, id, outcome FROM executions_execution
WHERE parent_id = %(parent)s AND (%(keys)s::text[] IS NULL OR parent_key = ANY (%(keys)s::text[]))
ORDER BY parent_key, id DESC
"""


def answer_joins(parent_id: uuid.UUID | str) -> None:
    """Close what a run waits for if its children have finished; looks first and locks only then.

    Args:
        parent_id: the run that may be waiting.
    """
    if rows(READY_JOINS, {"parent": str(parent_id)}):
        _answer_joins(parent_id)


@transaction.atomic
def _answer_joins(parent_id: uuid.UUID | str) -> None:
    parent = Execution.objects.select_for_update().get(pk=parent_id)
    for join in rows(READY_JOINS, {"parent": str(parent_id)}):
        question = Suspension.objects.get(pk=join.id)
        close_answered(question, parent, POLICY, _summary(newest_children(parent.pk, question.awaits)), "")


def sweep_joins() -> None:
    """Find parents whose last child ended just before its worker did."""
    for row in rows(PARENTS_READY, {}):
        _answer_joins(row.execution_id)


def newest_children(parent_id: uuid.UUID | str, keys: Iterable[str] | None) -> list[Any]:
    """Return key, id and outcome of a run's children, the newest of each key.

    Args:
        parent_id: the run.
        keys: only these; all where None.
    """
    return rows(NEWEST, {"parent": str(parent_id), "keys": None if keys is None else list(keys)})


def _summary(children: Iterable[Any]) -> dict[str, Any]:
    """Say how children ended; those that succeeded are counted, the others named: usually they are few."""
    ended: dict[str, Any] = {"succeeded": 0, FAILED: [], CANCELLED: []}
    for child in children:
        if child.outcome in (FAILED, CANCELLED):
            ended[child.outcome].append(child.key)
        else:
            ended["succeeded"] += 1
    return ended


def wait_for_children(
    execution_id: str, answer: Mapping[str, Any] | None, label: str, keys: tuple[str, ...] | None
) -> dict[str, Any]:
    """Return which children have finished, and how, for the record of a join.

    Args:
        execution_id: the parent.
        answer: how the wait ended, where there was one.
        label: its name in the step.
        keys: of the children waited for; all where None.

    Returns:
        ``ids`` (key → id) and ``ended`` (key → state of those that did not succeed).

    Raises:
        Suspended: some have not finished.
        LookupError: there is no such child.
    """
    found = newest_children(execution_id, keys)
    missing = sorted(set(keys or ()) - {child.key for child in found})
    if missing:
        raise LookupError(f"This run has launched no child with the key {missing[0]!r}.")
    if not found and Execution.objects.filter(forks=uuid.UUID(execution_id), children__isnull=False).exists():
        raise LookupError(
            "This run was forked after its children had been launched, and has launched none itself. "
            "Fork from a boundary before that."
        )
    ended = {child.key: child.outcome for child in found if child.outcome in (FAILED, CANCELLED)}
    if answer is not None:
        # As it was when the wait ended: a failed child may have been retried since.
        ended = {key: state for state in (FAILED, CANCELLED) for key in answer.get(state, ())}
    else:
        waiting = [child.key for child in found if child.outcome is None]
        if waiting:
            raise Suspended(_question(label, waiting, keys))
    return {"ids": {child.key: str(child.id) for child in found}, "ended": ended}


def _question(label: str, waiting: list[str], keys: tuple[str, ...] | None) -> Question:
    title = f"{waiting[0]!r} to finish" if len(waiting) == 1 else f"{len(waiting):,} children to finish"
    return Question(key=label, title=title, kind="children", awaits=keys)


def finished_children(joined: dict[str, Any]) -> dict[str, Child]:
    """Load the children of a recorded join.

    Args:
        joined: as ``wait_for_children`` returned it.
    """
    runs = Execution.objects.filter(pk__in=joined["ids"].values()).values_list("id", "payload", "error")
    found = {str(child_id): (payload, error) for child_id, payload, error in runs}
    children = {}
    for key, child_id in joined["ids"].items():
        payload, error = found[child_id]
        state = joined["ended"].get(key) or "succeeded"
        message = str((error or {}).get("message", "")) if state == FAILED else None
        children[key] = Child(key, child_id, state, payload, message)
    return children
