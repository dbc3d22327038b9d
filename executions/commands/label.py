"""Labels on a run: set and removed, under the rules that admins have made for them."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import F

from executions.actors import Actor
from executions.commands.base import about, command, lock, require
from executions.commands.freeze import lift_verdict
from executions.commands.label_rule import check_label_values
from executions.commands.launch import clean_labels
from executions.commands.payload import require_version
from executions.engine.post import tell
from executions.engine.sla import seconds_given_back
from executions.errors import Conflict, Invalid
from executions.models import Execution, Freeze
from executions.provenance import append
from executions.text import clean_reason, clean_short


@command("label")
def label(
    actor: Actor,
    execution_id: uuid.UUID | str,
    *,
    reason: str,
    set: dict[str, str] | None = None,
    remove: Iterable[str] = (),
    version: int | None = None,
) -> Execution:
    """Set and remove labels of a run that can still change; in whatever state, a worker on it or not.

    A freeze stops runs by their labels, so labels are no way round one: what would take the run out from under an open
    freeze is refused to those who may not lift it.

    Args:
        actor: who labels; needs ``executions:label``.
        execution_id: which run.
        reason: why; not blank.
        set: labels by name, new or changed; a label with a rule takes the values of its rule.
        remove: names of labels to take away; those it does not carry are passed over.
        version: the execution's version the actor saw; refused when it has changed since.

    Returns:
        The execution as it is now.

    Raises:
        NotFound, NotAllowed, Conflict, Stale, Invalid: as their names say.
    """
    execution = lock(execution_id)
    with about(execution):
        require(execution, actor, "label")
        require_version(execution, version)
        reason = clean_reason(reason)
        before = execution.labels
        after = _after(before, clean_labels(set or {}), [clean_short(name, "remove", 60) for name in remove])
        left = _freezes_left(execution, after)
        _require_may_leave(execution, actor, left)
        changed = {name: value for name, value in after.items() if before.get(name) != value}
        removed = [name for name in before if name not in after]
        _store(execution, after)
        told: dict[str, Any] = {
            "set": changed,
            "removed": removed,
            "before": {name: before[name] for name in (*changed, *removed) if name in before},
        }
        if left:
            told["left_freezes"] = [str(freeze.pk) for freeze in left]
        append(execution.pk, "execution.labelled", actor, reason=reason, data=told)
    return tell(execution)


def _after(before: dict[str, str], wanted: dict[str, str], remove: list[str]) -> dict[str, str]:
    """Return the labels as they would be.

    Raises:
        Invalid: a name is set and removed, a value is none of its rule's, nothing changes, or they would be too many.
    """
    both = [name for name in remove if name in wanted]
    if both:
        problem = f"{both[0]} is both set and removed. Choose one."
        raise Invalid(problem, errors={"remove": [problem]})
    changed = {name: value for name, value in wanted.items() if before.get(name) != value}
    check_label_values(changed)
    after = {name: value for name, value in {**before, **changed}.items() if name not in remove}
    if after == before:
        problem = "Nothing changes: the run carries these labels already."
        raise Invalid(problem, errors={"labels": [problem]})
    return clean_labels(after)


def _freezes_left(execution: Execution, after: dict[str, str]) -> list[Freeze]:
    """Return the open freezes that cover the run now and would not with other labels, oldest first."""
    found = Freeze.objects.filter(lifted_at__isnull=True).exclude(labels={}).order_by("placed_at")
    return [
        freeze
        for freeze in found
        if freeze.covers(execution.workflow, execution.labels) and not freeze.covers(execution.workflow, after)
    ]


def _require_may_leave(execution: Execution, actor: Actor, freezes: list[Freeze]) -> None:
    """Go on only if the actor may lift every freeze that the run would leave.

    Raises:
        Conflict: one is not his to lift; says whose it is.
    """
    kept = [freeze for freeze in freezes if not lift_verdict(freeze, actor).allowed]
    if not kept:
        return
    more = f" And {len(kept) - 1} more." if len(kept) > 1 else ""
    raise Conflict(
        f"This would take the run out from under a freeze ({kept[0].selector()}). {kept[0].whose()}{more} "
        "Whoever may lift it may change these labels.",
        state=execution.state,
    )


def _store(execution: Execution, after: dict[str, str]) -> None:
    # A queued run gets back the time that a freeze kept it there, told by the labels it carries when it leaves the
    # queue: what the old ones would have given is given now.
    given = seconds_given_back(execution)
    execution.labels = after
    given -= seconds_given_back(execution)
    facts: dict[str, Any] = {"sla_left": F("sla_left") + given} if given else {}
    Execution.objects.filter(pk=execution.pk).update(labels=after, version=F("version") + 1, **facts)
