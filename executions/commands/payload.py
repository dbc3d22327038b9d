"""Commands that correct a run's data while it rests: its payload, its files."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, Max

from executions.actors import Actor
from executions.authoring import registry
from executions.commands.base import about, command, lock, require, require_scope
from executions.commands.files import check_one, file_name, is_usable, store_files
from executions.digests import refresh_contexts
from executions.engine.post import announce
from executions.errors import Conflict, Invalid, NotFound, Stale, TooLarge
from executions.models import Execution, RunFile
from executions.provenance import append, to_json
from executions.text import clean_object, clean_reason


@command("amend")
def amend_payload(
    actor: Actor,
    execution_id: uuid.UUID | str,
    *,
    changes: dict[str, Any],
    reason: str,
    version: int | None = None,
) -> Execution:
    """Change top-level fields of the payload while the run is paused, suspended or failed.

    Args:
        actor: who corrects; needs ``executions:amend``.
        execution_id: which run.
        changes: field → new value, merged at the root.
        reason: why; not blank.
        version: the execution's version the actor saw; refused when it has changed since.

    Returns:
        The execution as it is now.

    Raises:
        NotFound, NotAllowed, Conflict, Stale, Invalid, TooLarge: as their names say.
    """
    execution = lock(execution_id)
    with about(execution):
        reason, changes = _accepted(execution, actor, changes, reason, version)
        before = {name: execution.payload.get(name) for name in changes if name in execution.payload}
        apply_changes(execution, changes)
        append(execution.pk, "payload.amended", actor, reason=reason, data={"before": before, "changes": changes})
    execution.refresh_from_db()
    announce(execution)
    return execution


@command("preview amend")
def preview_amend(
    actor: Actor,
    execution_id: uuid.UUID | str,
    *,
    changes: dict[str, Any],
    reason: str,
    version: int | None = None,
) -> tuple[Execution, dict[str, Any]]:
    """Tell what ``amend_payload`` would leave, by the same rules; nothing is written but a refusal.

    Args:
        actor: who asks; needs ``executions:amend``, and ``executions:read`` to see it.
        execution_id, changes, reason, version: as there.

    Returns:
        The execution as it is, and the payload as it would be.

    Raises:
        NotFound, NotAllowed, Conflict, Stale, Invalid, TooLarge: as their names say.
    """
    execution = lock(execution_id)
    with about(execution):
        require_scope(actor, "executions:read")
        _, changes = _accepted(execution, actor, changes, reason, version)
        require_room(execution, changes)
    return execution, {**execution.payload, **changes}


def _accepted(
    execution: Execution, actor: Actor, changes: dict[str, Any], reason: str, version: int | None
) -> tuple[str, dict[str, Any]]:
    """Return reason and changes of an amendment that may be made, as they would be stored."""
    require(execution, actor, "amend")
    require_at_rest(execution)
    require_version(execution, version)
    reason = clean_reason(reason)
    changes = clean_object(changes, "changes")
    if not changes:
        raise Invalid("Name at least one field to change.", errors={"changes": ["Nothing to change."]})
    return reason, changes


@command("replace file")
def replace_file(
    actor: Actor, execution_id: uuid.UUID | str, name: str, content: bytes, *, reason: str, version: int | None = None
) -> RunFile:
    """Replace a file of the run by a new version; the old one is kept.

    Args:
        actor: who corrects; needs ``executions:amend``.
        execution_id: which run.
        name: the file's name in the run.
        content: its new bytes.
        reason: why; not blank.
        version: the file version the actor saw; refused when it has been replaced since.

    Returns:
        The new version.

    Raises:
        NotFound, NotAllowed, Conflict, Stale, Invalid, TooLarge: as their names say.
    """
    execution = lock(execution_id)
    with about(execution):
        require(execution, actor, "amend")
        require_at_rest(execution)
        stored = put_version(execution, actor, name, content, reason=clean_reason(reason), version=version)
    execution.refresh_from_db()
    announce(execution)
    return stored


def put_version(
    execution: Execution, actor: Actor, name: str, content: bytes, *, reason: str, version: int | None = None
) -> RunFile:
    """Store a new version of a file with its event; the caller holds the lock and has asked the rules."""
    wanted = file_name(name)
    current = execution.files.filter(name=wanted).aggregate(last=Max("version"))["last"] if is_usable(wanted) else None
    if current is None:
        names = ", ".join(execution.files.values_list("name", flat=True).distinct().order_by("name")[:20])
        raise NotFound(f"The run has no file called {str(name)[:200]!r}. It has: {names or 'none'}.")
    name = wanted
    if version is not None and version != current:
        raise Stale(f"{name} is at version {current} by now; you saw version {version}. Look at it again.")
    definition = registry.find(execution.workflow)
    upload = check_one(definition.files if definition else None, name, content)
    before = execution.files.values("sha256").get(name=name, version=current)["sha256"]
    (stored,) = store_files(execution, [upload], actor, version=current + 1, reason=reason)
    Execution.objects.filter(pk=execution.pk).update(version=F("version") + 1)
    append(
        execution.pk,
        "file.replaced",
        actor,
        reason=reason,
        data={**upload.described(), "version": current + 1, "before": before},
    )
    refresh_contexts(execution)
    return stored


def apply_changes(execution: Execution, changes: dict[str, Any]) -> None:
    """Merge changes at the root of the payload; the caller holds the lock and writes the event.

    Raises:
        TooLarge: the payload would be over its limit.
    """
    require_room(execution, changes)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE executions_execution SET payload = payload || %s::jsonb, version = version + 1 WHERE id = %s",
            [to_json(changes), execution.pk],
        )
    execution.payload = {**execution.payload, **changes}
    refresh_contexts(execution)


def require_room(execution: Execution, changes: Mapping[str, Any]) -> None:
    """Go on only if the payload has room for changes.

    Raises:
        TooLarge: it would be over its limit.
    """
    limit = settings.HOLDPOINT["MAX_PAYLOAD_BYTES"]
    size = len(to_json({**execution.payload, **changes}).encode())
    if size > limit:
        raise TooLarge(f"The payload would be {size:,} bytes; at most {limit:,} are accepted.")


def require_at_rest(execution: Execution) -> None:
    """Go on only if no worker is on the run.

    Raises:
        Conflict: one is.
    """
    if execution.lease_until is not None:
        raise Conflict(f"{execution.next_step} is still running. Wait until the run is paused.", state=execution.state)


def require_version(execution: Execution, version: int | None) -> None:
    """Go on only if the actor saw the execution as it is.

    Raises:
        Stale: it has changed since.
    """
    if version is not None and version != execution.version:
        raise Stale(
            f"The run has changed since you looked (version {execution.version}, you saw {version}). Look again.",
            state=execution.state,
        )
