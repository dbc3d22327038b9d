"""A worker launches children of the run it is on: each exists once, with the record that says so."""

from typing import Any

from django.conf import settings
from django.db import transaction

from executions.actors import Actor
from executions.authoring.flow import LeaseLost, Signal, Yielded
from executions.authoring.workflow import Workflow
from executions.commands.launch import definition_of, launch_data, new_execution
from executions.commands.tree import hold_as_parent
from executions.engine.leases import Lease
from executions.engine.post import office
from executions.errors import Conflict, Invalid, Refused
from executions.ids import new_id
from executions.models import Execution, Record
from executions.provenance import append, append_each
from executions.text import clean_short, unstorable

MOST_GENERATIONS = 8
"""Deepest a child may stand below the run that a person launched: workflows that launch each other end here."""


def launch_children(
    lease: Lease, actor: Actor, place: dict[str, Any], workflow: str, payloads: dict[str, Any], **more: Any
) -> dict[str, str]:
    """Launch children and record that they were, in one transaction under the parent's lock.

    Args:
        lease: this worker's lease on the parent.
        actor: this worker.
        place: ``step``, ``position`` and ``pass_no`` of the step that launches.
        workflow: the children's workflow.
        payloads: key → input; none of these keys was launched in this step before.
        more: ``title``, ``labels`` and ``priority``, as authors give them.

    Returns:
        Key → id.

    Raises:
        LeaseLost: another worker may be on the parent.
        Yielded: the parent is being cancelled, and a child would outlive it.
        Invalid, TooLarge: what the workflow does not accept; names the child and the field.
        Conflict: too many children or generations.
    """
    definition = definition_of(workflow)
    with transaction.atomic():
        parent = Execution.objects.select_for_update().get(pk=lease.execution_id)
        if parent.epoch != lease.epoch or parent.lease_until is None or parent.outcome is not None:
            raise LeaseLost
        if parent.cancel_requested_at is not None:
            raise Yielded(Signal("cancel", "The run is being cancelled."))
        _require_room(parent, len(payloads))
        children = [_new_child(parent, definition, key, payload, **more) for key, payload in payloads.items()]
        _store(parent, actor, place, children)
    for child in children:
        office.changed(str(child.pk), child.version)
        if child.open_holds == 0:
            office.run(str(child.pk), child.priority)
    return {str(child.parent_key): str(child.pk) for child in children}


def _store(parent: Execution, actor: Actor, place: dict[str, Any], children: list[Execution]) -> None:
    Execution.objects.bulk_create(children)
    Record.objects.bulk_create(
        Record(
            execution_id=parent.pk,
            position=place["position"],
            pass_no=place["pass_no"],
            step=place["step"],
            key=f"launch:{child.parent_key}",
            value=str(child.pk),
        )
        for child in children
    )
    append_each("execution.launched", actor, [(child.pk, _told(parent, child)) for child in children])
    append(
        parent.pk,
        "children.launched",
        actor,
        data={
            "step": place["step"],
            "workflow": children[0].workflow,
            "children": {child.parent_key: str(child.pk) for child in children},
        },
    )
    hold_as_parent(parent, children, actor)


def _told(parent: Execution, child: Execution) -> dict[str, Any]:
    return {**launch_data(child), "parent": str(parent.pk), "parent_key": child.parent_key}


def _require_room(parent: Execution, more: int) -> None:
    if parent.depth >= MOST_GENERATIONS:
        raise Conflict(
            f"A child of this run would be generation {parent.depth + 1}; at most {MOST_GENERATIONS} are launched. "
            "Do its workflows launch each other without end?"
        )
    most = settings.HOLDPOINT["MAX_CHILDREN"]
    now = parent.children.count()
    if now + more > most:
        raise Conflict(
            f"The run has {now:,} children and would have {now + more:,}; at most {most:,} are launched "
            "(HOLDPOINT_MAX_CHILDREN). Let children launch children, or do several items in each."
        )


def _new_child(
    parent: Execution,
    definition: Workflow,
    key: str,
    payload: dict[str, Any] | None,
    *,
    title: str,
    labels: dict[str, str] | None,
    priority: int | None,
) -> Execution:
    try:
        problem = unstorable(key)
        if problem:
            raise Invalid(problem)
        if definition.files is not None and definition.files.least > 0:
            raise Invalid(f"{definition.title} needs files, and a child is launched without any.")
        child = new_execution(
            definition,
            payload,
            title=clean_short(title, "title") or f"{definition.title}: {key}"[:200],
            labels=labels,
            priority=parent.priority if priority is None else priority,
        )
    except Refused as refusal:
        raise type(refusal)(f"Child {key[:80]!r}: {refusal.detail}", errors=refusal.errors) from refusal
    child.pk = new_id(after=parent.pk)
    child.parent = parent
    child.parent_key = key
    child.depth = parent.depth + 1
    child.launched_by = parent.launched_by
    child.launched_by_name = parent.launched_by_name
    child.launched_by_user = parent.launched_by_user
    return child
