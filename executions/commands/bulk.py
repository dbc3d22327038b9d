"""One command on many runs: begin a bulk job, stop it. A worker's clerk carries it out (``engine/bulk.py``)."""

import functools
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from executions import states
from executions.access import lacking
from executions.actors import Actor
from executions.commands.base import command, parse_id
from executions.commands.freeze import clean_rate
from executions.commands.in_bulk import ACTS, Act, Arguments, clean_arguments, find_act, holds_meant
from executions.engine.post import office
from executions.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from executions.ids import new_id
from executions.models import SYSTEM_LEDGER, BulkItem, BulkJob, Execution
from executions.provenance import append
from executions.provenance.jsontext import to_json
from executions.queries.selection import Selection, selected
from executions.text import clean_reason

# The list stands from here on, in the order in which the runs were launched: a parent comes before its children, as
# everywhere where several runs are locked. `excluded` holds why a state excludes the command, by state.
CHOOSE = """
INSERT INTO executions_bulkitem (job_id, execution_id, position, outcome, code, detail, done_at)
SELECT %s, run.id, row_number() OVER (ORDER BY run.id),
       CASE WHEN excluded.why IS NOT NULL THEN 'refused' END, CASE WHEN excluded.why IS NOT NULL THEN %s ELSE '' END,
       coalesce(excluded.why, ''), CASE WHEN excluded.why IS NOT NULL THEN now() END
FROM ({chosen}) AS run LEFT JOIN jsonb_each_text(%s::jsonb) AS excluded (state, why) USING (state)
"""
ONE_BY_ONE = "SELECT pg_advisory_xact_lock(hashtext('holdpoint:bulk'), hashtext(%s))"


@command("bulk")
def begin_bulk(
    actor: Actor,
    command: str,
    *,
    selection: Selection,
    reason: str = "",
    rate: float | None = None,
    arguments: Mapping[str, Any] | None = None,
    expected: int | None = None,
    key: uuid.UUID | None = None,
) -> BulkJob:
    """Give one command to many runs. The list of them stands from now on; workers carry it out in the background.

    Each run gets the single command, as this actor, who must still be allowed to give it then. A filter takes runs
    whose state allows the command; of runs named by id, others are on the list as refused.

    Args:
        actor: who asks; needs what the command asks for.
        command: one of ``in_bulk.ACTS``.
        selection: which runs.
        reason: why; not blank, but for ``resume``.
        rate: runs per second at most; as fast as can be where None.
        arguments: of the command, besides the run and the reason.
        expected: how many the actor was told of; refused when by now it would be many more.
        key: id of the job, made up beforehand, so that a form sent twice begins one job.

    Returns:
        The job.

    Raises:
        NotAllowed, Conflict, Stale, Invalid: as their names say.
    """
    act = find_act(command)
    require_act(actor, act)
    reason = clean_reason(reason, required=act.why)
    rate = clean_rate(rate)
    cleaned = clean_arguments(act, arguments)
    runs = within_reach(act, cleaned, selection)
    begun = _begin_one(actor, key)
    if begun is not None:
        return begun
    job = BulkJob.objects.create(
        id=key or new_id(),
        command=act.name,
        arguments=cleaned,
        reason=reason,
        selector=selection.as_json(),
        rate=rate,
        requested_by=actor.id,
        requested_by_name=actor.name,
        requested_by_role=actor.role,
        requested_by_user=actor.user_id,
        requested_via=actor.via,
        scopes=sorted(actor.scopes),
    )
    _choose(job, act, runs, expected)
    job.refresh_from_db()
    append(
        SYSTEM_LEDGER,
        "bulk.started",
        actor,
        reason=reason,
        data={
            "job": str(job.pk),
            "command": act.name,
            "arguments": cleaned,
            "selector": job.selector,
            "rate": rate,
            "runs": job.total,
            "refused": job.refused,
        },
    )
    transaction.on_commit(functools.partial(office.signal, {"work": "bulk"}))
    return job


@command("stop bulk")
def stop_bulk(actor: Actor, job_id: uuid.UUID | str, *, reason: str = "") -> BulkJob:
    """Stop a bulk job: once this returns, it is carried out on no further run. What was done stays done.

    Args:
        actor: who stops it; needs what its command asks for, whoever gave it.
        job_id: which job.
        reason: why, if there is something to say.

    Returns:
        The job.

    Raises:
        NotFound, NotAllowed, Conflict, Invalid: as their names say.
    """
    key = parse_id(job_id, "bulk job")
    job = BulkJob.objects.select_for_update().filter(pk=key).first()
    if job is None:
        raise NotFound(f"There is no bulk job with the id {key}.")
    verdict = stop_verdict(job, actor)
    if not verdict.allowed:
        raise (NotAllowed if verdict.code == "permission" else Conflict)(verdict.why)
    reason = clean_reason(reason, required=False)
    BulkJob.objects.filter(pk=key).update(stopped_by=actor.id, stopped_by_name=actor.name, finished_at=Now())
    told = {"job": str(key), "done": job.done, "refused": job.refused, "left": job.left}
    append(SYSTEM_LEDGER, "bulk.stopped", actor, reason=reason, data=told)
    transaction.on_commit(functools.partial(office.changed, str(key), job.total + 1))
    job.refresh_from_db()
    return job


def stop_verdict(job: BulkJob, actor: Actor) -> states.Verdict:
    """Judge whether this actor may stop a job now; ``stop_bulk`` asks the same."""
    act = ACTS[job.command]
    if not any(actor.can(scope) for scope in act.scopes):
        why = lacking(*act.scopes)
        return states.Verdict("stop", False, "permission", why)
    if job.finished_at is not None:
        ended = f"{job.stopped_by_name} stopped this job already" if job.stopped_by else "This job has ended already"
        return states.Verdict("stop", False, "state", f"{ended}, at {job.finished_at:%Y-%m-%d %H:%M} UTC.")
    return states.Verdict("stop", True)


def require_act(actor: Actor, act: Act) -> None:
    """Go on only if the actor may give a command at all.

    Raises:
        NotAllowed: he has none of its scopes.
    """
    if not any(actor.can(scope) for scope in act.scopes):
        raise NotAllowed(lacking(*act.scopes))


def within_reach(act: Act, arguments: Arguments, selection: Selection) -> QuerySet[Execution]:
    """Return the runs that a job would be made of.

    Raises:
        Invalid: the selection is no good.
    """
    runs = selected(selection)
    if selection.is_list:
        return runs
    if act.name == "release":
        runs = runs.filter(Exists(holds_meant(arguments).filter(execution=OuterRef("pk"))))
    return runs.filter(state__in=act.states)


def require_number(act: Act, number: int) -> None:
    """Go on only if a job may have so many runs.

    Raises:
        Invalid: more than ``MAX_BULK_RUNS``.
    """
    most = settings.HOLDPOINT["MAX_BULK_RUNS"]
    if number > most:
        problem = f"More than {most:,} runs: too many for one job. Narrow the filter."
        raise Invalid(problem, errors={"filter": [problem]})


def _begin_one(actor: Actor, key: uuid.UUID | None) -> BulkJob | None:
    """Let one job after the other of a person begin; return the one that this very request began before.

    Raises:
        Conflict: too many of his are under way.
        Invalid: somebody else's job has this key.
    """
    with connection.cursor() as cursor:
        cursor.execute(ONE_BY_ONE, [str(actor.user_id or actor.id)])
    begun = BulkJob.objects.filter(pk=key).first() if key else None
    if begun is not None:
        if begun.requested_by != actor.id:
            problem = "Another job has this key. Begin anew."
            raise Invalid(problem, errors={"key": [problem]})
        return begun
    under_way = BulkJob.objects.filter(finished_at__isnull=True, requested_by_user=actor.user_id).count()
    most = settings.HOLDPOINT["MAX_BULK_JOBS"]
    if under_way >= most:
        raise Conflict(f"{under_way} bulk jobs of yours are under way; at most {most} may be. Wait, or stop one.")
    return None


def _choose(job: BulkJob, act: Act, runs: QuerySet[Execution], expected: int | None) -> None:
    most = settings.HOLDPOINT["MAX_BULK_RUNS"]
    sql, parameters = runs.order_by().values("id", "state")[: most + 1].query.sql_with_params()
    excluded = {state: act.excludes(state) for state in states.STATES if state not in act.states}
    with connection.cursor() as cursor:
        statement = CHOOSE.replace("{chosen}", sql)
        cursor.execute(statement, [job.pk, Conflict.code, *parameters, to_json(excluded)])
        number = cursor.rowcount
    require_number(act, number)
    refused = BulkItem.objects.filter(job=job, outcome="refused").count()
    if number == refused:
        raise Conflict(f"None of these runs can be given the command {act.name} now. Nothing was begun.")
    if expected is not None and number - refused > expected + max(10, expected // 10):
        raise Stale(f"{number - refused:,} runs by now, not {expected:,} as you were told. Look again.")
    BulkJob.objects.filter(pk=job.pk).update(total=number, refused=refused)
