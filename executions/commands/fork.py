"""Forking: another run that begins where this one once was."""

import uuid
from typing import Any

from django.db import connection

from executions.actors import Actor
from executions.authoring import registry
from executions.commands.base import about, command, lock, require, require_scope
from executions.commands.launch import facts_of
from executions.commands.tree import require_none_held_below
from executions.engine.post import announce, dispatch
from executions.errors import Conflict, Invalid
from executions.models import Execution
from executions.provenance import append
from executions.queries.boundaries import Moment, state_at
from executions.text import clean_reason, clean_short

# The bytes are copied inside the database; they may be many.
COPY_FILES = """
INSERT INTO executions_runfile
    (execution_id, name, version, sha256, size, content, uploaded_by, uploaded_by_name, uploaded_at, reason)
SELECT %(to)s, name, 1, sha256, size, content, uploaded_by, uploaded_by_name, uploaded_at, reason
FROM executions_runfile
JOIN unnest(%(names)s::text[], %(versions)s::int[]) AS wanted (of_name, of_version)
  ON name = of_name AND version = of_version
WHERE execution_id = %(of)s
RETURNING name, size, sha256
"""


@command("fork")
def fork(
    actor: Actor, execution_id: uuid.UUID | str, *, reason: str, from_seq: int | None = None, title: str = ""
) -> Execution:
    """Launch another run that begins at a boundary of this one: same payload, route and files as of then.

    It does by itself what lies ahead of there: records, answers and holds are not taken along, and this run stays as
    it is, finished or not. It is judged by its workflow's rules as any new run. So that nobody forks round a hold, only
    who may release every open hold on this run and its children may fork it, also after it was cancelled.

    Args:
        actor: who forks; needs ``executions:control`` and ``executions:launch``.
        execution_id: which run.
        reason: what for; not blank.
        from_seq: number of the line of its history to begin after, a boundary; as it stands now where left out.
        title: what people call the new run; this one's with "(fork)" where blank.

    Returns:
        The new execution.

    Raises:
        NotFound, NotAllowed, Conflict, Invalid: as their names say.
    """
    origin = lock(execution_id)
    with about(origin):
        require_scope(actor, "executions:launch")
        require(origin, actor, "fork")
        require_none_held_below(origin, actor)
        reason = clean_reason(reason)
        title = clean_short(title, "title") or f"{origin.title[:190]} (fork)"
        then = state_at(origin, from_seq)
        if not then.ahead:
            problem = "No step lies ahead there, so the new run would have nothing to do. Choose an earlier boundary."
            raise Invalid(problem, errors={"from_seq": [problem]})
        forked = _make(origin, actor, then, title, reason)
        told = {"to": str(forked.pk), "from_seq": then.seq, "step": then.ahead[0]}
        append(origin.pk, "execution.forked", actor, reason=reason, data=told)
    announce(origin)
    announce(forked)
    dispatch(forked)
    return forked


def _make(origin: Execution, actor: Actor, then: Moment, title: str, reason: str) -> Execution:
    definition = registry.find(origin.workflow)
    if definition is None:
        raise Conflict(f"The workflow {origin.workflow} is not known here, so it cannot be launched.")
    forked = Execution.objects.create(
        workflow=origin.workflow,
        title=title,
        payload=then.payload,
        labels=origin.labels,
        launched_by=actor.id,
        launched_by_name=actor.name,
        launched_by_user=actor.user_id,
        priority=origin.priority,
        ahead=then.ahead,
        forked_from=origin,
        forked_at=then.seq,
        **facts_of(definition),
    )
    append(
        forked.pk,
        "execution.launched",
        actor,
        reason=reason,
        data={
            "workflow": forked.workflow,
            "title": title,
            "payload": then.payload,
            "labels": forked.labels,
            "ahead": then.ahead,
            "files": _copy_files(origin, forked, then.files),
            "not_before": None,
            "priority": forked.priority,
            "forked_from": str(origin.pk),
            "forked_at": then.seq,
        },
    )
    return forked


def _copy_files(origin: Execution, forked: Execution, files: dict[str, int]) -> list[dict[str, Any]]:
    """Copy files into a new run, each in the version that was in use; return what the history says of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            COPY_FILES,
            {"to": forked.pk, "of": origin.pk, "names": list(files), "versions": list(files.values())},
        )
        copied = {name: {"name": name, "size": size, "sha256": sha256} for name, size, sha256 in cursor.fetchall()}
    return [copied[name] for name in files]
