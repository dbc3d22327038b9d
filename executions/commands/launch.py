"""Launching executions."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from executions.actors import Actor
from executions.authoring import registry
from executions.authoring.workflow import Workflow
from executions.commands.base import command, require_scope
from executions.commands.files import Upload, check_files, store_files
from executions.commands.label_rule import check_label_values
from executions.engine.post import announce, dispatch
from executions.errors import Invalid
from executions.forms import clean_input
from executions.models import Execution
from executions.provenance import append
from executions.text import clean_moment, clean_object, clean_short


@command("launch")
def launch(
    actor: Actor,
    workflow: str,
    payload: dict[str, Any] | None = None,
    *,
    title: str = "",
    labels: dict[str, str] | None = None,
    priority: int = 5,
    not_before: datetime.datetime | None = None,
    files: Iterable[tuple[str, bytes]] = (),
) -> Execution:
    """Start a run.

    Args:
        actor: who launches; needs ``executions:launch``.
        workflow: the workflow's name.
        payload: its input; checked by the workflow's form where it has one.
        title: what people call this run; the workflow's title where blank.
        labels: short texts by name.
        priority: 0 to 9; 9 goes first.
        not_before: start no earlier than this time (aware).
        files: names and bytes of the run's files, listed in ``payload["files"]``.

    Returns:
        The new execution.

    Raises:
        NotAllowed: without the scope.
        Invalid: unknown workflow, input or files it does not accept, or a label that its rule does not accept.
        TooLarge: the payload or a file is over its limit.
    """
    require_scope(actor, "executions:launch")
    not_before = None if not_before is None else clean_moment(not_before, "not_before")
    definition = definition_of(workflow)
    uploads = check_files(definition.files, files)
    execution = new_execution(
        definition, payload, uploads, title=title, labels=labels, priority=priority, not_before=not_before
    )
    check_label_values(execution.labels)
    execution.launched_by = actor.id
    execution.launched_by_name = actor.name
    execution.launched_by_user = actor.user_id
    execution.save(force_insert=True)
    store_files(execution, uploads, actor)
    append(execution.pk, "execution.launched", actor, data=launch_data(execution, uploads))
    announce(execution)
    if not_before is None:
        dispatch(execution)
    return execution


def definition_of(workflow: str) -> Workflow:
    """Find a workflow by its name.

    Raises:
        Invalid: there is none; lists those there are.
    """
    definition = registry.find(workflow)
    if definition is None:
        known = ", ".join(sorted(registry.all_names())) or "none"
        problem = f"There is no workflow called {str(workflow)[:80]!r}. Known: {known}."
        raise Invalid(problem, errors={"workflow": [problem]})
    return definition


def new_execution(
    definition: Workflow,
    payload: dict[str, Any] | None,
    uploads: Sequence[Upload] = (),
    *,
    title: str = "",
    labels: dict[str, str] | None = None,
    priority: int = 5,
    not_before: datetime.datetime | None = None,
) -> Execution:
    """Make a run of a workflow from what was sent, checked and not saved; whose it is, the caller fills in.

    Raises:
        Invalid: input that the workflow does not accept, or a label or priority that nothing accepts.
        TooLarge: the payload is over its limit.
    """
    cleaned = clean_input(definition.input, clean_object({} if payload is None else payload, "payload"))
    if definition.files is not None:
        cleaned["files"] = [upload.name for upload in uploads]
    return Execution(
        workflow=definition.name,
        title=clean_short(title, "title") or definition.title,
        payload=cleaned,
        labels=clean_labels(labels or {}),
        priority=_clean_priority(priority),
        not_before=not_before,
        ahead=list(definition.route_names),
        **facts_of(definition),
    )


def launch_data(execution: Execution, uploads: Sequence[Upload] = ()) -> dict[str, Any]:
    """Return what `execution.launched` tells of a run."""
    return {
        "workflow": execution.workflow,
        "title": execution.title,
        "payload": execution.payload,
        "labels": execution.labels,
        "ahead": execution.ahead,
        "files": [upload.described() for upload in uploads],
        "not_before": execution.not_before,
        "priority": execution.priority,
    }


def facts_of(definition: Workflow) -> dict[str, Any]:
    """Return what a new run takes from its workflow's rules: its clock, its budgets, the route's fingerprint."""
    rules = definition.policies
    return {
        "fingerprint": definition.fingerprint,
        "sla_left": rules.sla_seconds,
        "budgets": dict(rules.budgets) or None,
    }


def clean_labels(labels: dict[str, str]) -> dict[str, str]:
    """Check labels: at most 30 short texts by name.

    Raises:
        Invalid: too many, too long, or no texts.
    """
    cleaned = clean_object(labels, "labels")
    for name, value in cleaned.items():
        if not isinstance(value, str) or len(value) > 100 or len(name) > 60 or not name.strip():
            problem = f"{name[:60]!r}: labels are short texts (name up to 60 characters, value up to 100)."
            raise Invalid(problem, errors={"labels": [problem]})
    if len(cleaned) > 30:
        raise Invalid("At most 30 labels.", errors={"labels": ["At most 30 labels."]})
    return cleaned


def _clean_priority(priority: int) -> int:
    if isinstance(priority, bool) or not isinstance(priority, int) or not 0 <= priority <= 9:
        problem = "Priority is a whole number from 0 to 9; 9 goes first."
        raise Invalid(problem, errors={"priority": [problem]})
    return priority
