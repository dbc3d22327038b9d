"""A run's family: its parent, its children, and what of its whole tree is still at work."""

import datetime
import json
import uuid
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from executions import states
from executions.models import Execution

# Leased runs are as many as there are workers, so naming each of them is cheap.
TREE = """
WITH RECURSIVE tree AS (
    SELECT id, state, title, ahead, owner FROM executions_execution WHERE parent_id = %s
    UNION ALL
    SELECT child.id, child.state, child.title, child.ahead, child.owner
    FROM tree JOIN executions_execution AS child ON child.parent_id = tree.id
)
SELECT state, count(*), json_agg(
    json_build_object('id', id, 'title', title, 'state', state, 'step', ahead[1], 'worker', owner) ORDER BY id
) FILTER (WHERE owner IS NOT NULL)::text
FROM tree GROUP BY state
"""

URGENCY = (
    states.FAILED,
    states.PAUSED,
    states.SUSPENDED,
    states.PAUSING,
    states.CANCELLING,
    states.PROCESSING,
    states.QUEUED,
    states.CANCELLED,
    states.SUCCEEDED,
)
"""What a person looks for first comes first."""


@dataclass(frozen=True, slots=True)
class Draining:
    """A run of a tree that a worker is on.

    Args:
        id: the run.
        title: what people call it.
        state: ``processing``, ``pausing`` or ``cancelling``.
        step: name of the step it is in; None in its clean-up after the last one.
        worker: the worker's name.
    """

    id: uuid.UUID
    title: str
    state: str
    step: str | None
    worker: str


@dataclass(frozen=True, slots=True)
class Tree:
    """What is below a run, and whether anything of it, or the run itself, is at work.

    Args:
        counts: state → number of descendants, for the states that occur.
        draining: the runs of the tree that a worker is on, the run itself first.
    """

    counts: dict[str, int] = field(default_factory=dict)
    draining: tuple[Draining, ...] = ()

    @property
    def total(self) -> int:
        """Number of descendants."""
        return sum(self.counts.values())

    @property
    def unfinished(self) -> int:
        """Number of descendants that have not finished."""
        return sum(number for state, number in self.counts.items() if state not in states.FINISHED)

    @property
    def quiescent(self) -> bool:
        """No worker is on any run of the tree."""
        return not self.draining


def tree_of(execution: Execution) -> Tree:
    """Count what is below a run, at any depth, and name what is still at work; one query.

    Args:
        execution: the run at the top, as just read.
    """
    with connection.cursor() as cursor:
        cursor.execute(TREE, [execution.pk])
        found = {state: (number, json.loads(leased or "[]")) for state, number, leased in cursor.fetchall()}
    below = [Draining(**{**leased, "id": uuid.UUID(leased["id"])}) for _, each in found.values() for leased in each]
    draining = sorted(below, key=lambda run: run.id)
    if execution.owner is not None:
        top = Draining(execution.pk, execution.title, execution.state, execution.next_step, execution.owner)
        draining.insert(0, top)
    ordered = {state: found[state][0] for state in states.STATES if state in found}
    return Tree(ordered, tuple(draining))


def parent_of(execution: Execution) -> Execution | None:
    """Return a run's parent, without what is heavy; None for a run that nobody's step launched."""
    if execution.parent_id is None:
        return None
    return Execution.objects.defer("payload", "error", "resumed", "progress").get(pk=execution.parent_id)


MOST_KIN = 60
"""So many runs beside a run are drawn at most."""


@dataclass(frozen=True, slots=True)
class Kin:
    """A run beside another: its child, or forked from it.

    Args:
        id: of the run.
        name: what its parent calls it, or what people call a fork.
        state: where it stands.
        since, until: from launch to end; ``until`` is None while it goes on.
        parent: whose child it is; None for a fork.
    """

    id: uuid.UUID
    name: str
    state: str
    since: datetime.datetime
    until: datetime.datetime | None
    parent: uuid.UUID | None

    @property
    def is_fork(self) -> bool:
        """It was forked, not launched by a step."""
        return self.parent is None


def kin_of(execution: Execution) -> tuple[list[Kin], bool]:
    """Return a run's children and forks in the order of their launch, and whether there are more; one query."""
    columns = ("id", "title", "workflow", "parent_key", "state", "created_at", "finished_at", "parent_id")
    beside = Execution.objects.filter(Q(parent=execution.pk) | Q(forked_from=execution.pk))
    found = list(beside.order_by("created_at", "parent_key", "id").values_list(*columns)[: MOST_KIN + 1])
    kin = [
        Kin(key, named or title or workflow, state, since, until, parent if parent == execution.pk else None)
        for key, title, workflow, named, state, since, until, parent in found[:MOST_KIN]
    ]
    return kin, len(found) > MOST_KIN


def children_of(execution: Execution, limit: int = 20) -> list[Execution]:
    """Return a run's children as rows of a list, those that need somebody first, then in the order of their launch.

    Args:
        execution: the parent.
        limit: most of them.
    """
    from executions.queries.runs import as_rows

    whens = [When(state=state, then=Value(order)) for order, state in enumerate(URGENCY)]
    children: QuerySet[Execution] = execution.children.order_by(Case(*whens, output_field=IntegerField()), "pk")
    return as_rows(children[:limit])
