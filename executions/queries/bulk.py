"""Bulk jobs: what one would do, before it is begun; those there are, and what became of each run."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import connection

from executions.actors import Actor
from executions.commands.base import parse_id
from executions.commands.bulk import require_act, within_reach
from executions.commands.in_bulk import Act, Arguments, clean_arguments, find_act, holds_meant, reaches_below
from executions.errors import Invalid, NotFound
from executions.models import BulkItem, BulkJob, Execution, Hold
from executions.models.bulk import OUTCOMES
from executions.queries.page import Page
from executions.queries.search import COUNT_CAP, Count, count_by_state
from executions.queries.selection import Selection
from executions.states import CANCELLING, PAUSING, STATES, Facts, Verdict, allowed_commands

FACTS = (
    "outcome",
    "cancel_requested_at",
    "lease_until",
    "open_holds",
    "ahead",
    "breakpoints",
    "open_suspensions",
    "state",
    "title",
    "workflow",
)
EXAMPLES = 3
"""Runs named in each group of those that are left out."""
STOPPING = ("pause", "place", "cancel")
"""Commands that a run being worked on obeys at its next check or boundary."""
LEFT = "left"
"""Asks for the runs that a job has not come to."""

# Distinct, for a chosen run may lie below another chosen one; those are counted already.
BELOW = """
WITH RECURSIVE tree AS (
    SELECT id, outcome FROM executions_execution WHERE parent_id = ANY (%s::uuid[])
    UNION
    SELECT child.id, child.outcome FROM tree JOIN executions_execution AS child ON child.parent_id = tree.id
)
SELECT count(*) FROM (
    SELECT FROM tree WHERE outcome IS NULL AND id <> ALL (%s::uuid[]) LIMIT %s
) AS unfinished
"""


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that cannot be given a command, all for the same reason.

    Args:
        code: as in ``Verdict``.
        why: a sentence.
        number: how many.
        examples: the first of them, empty where they were only counted.
    """

    code: str
    why: str
    number: Count
    examples: tuple[Execution, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """What a bulk command would do now.

    Args:
        act: the command.
        matched: runs that were chosen.
        eligible: those on which it would be carried out.
        by_state: the eligible ones by their state.
        groups: the others, the most frequent reason first.
        below: unfinished runs below the eligible ones, which it would reach as well.
        too_many: more than one job may have.
    """

    act: Act
    matched: Count
    eligible: int
    by_state: dict[str, int]
    groups: list[Group]
    below: Count
    too_many: bool = False

    @property
    def left_out(self) -> Count:
        """Runs on which it would not be carried out."""
        return Count(sum(group.number.number for group in self.groups), any(g.number.capped for g in self.groups))


def preview_bulk(
    actor: Actor, command: str, selection: Selection, arguments: Mapping[str, Any] | None = None
) -> BulkPreview:
    """Tell what a bulk command would do now, run by run as the single command would judge it.

    Args:
        actor: who asks.
        command: one of ``in_bulk.ACTS``.
        selection: which runs.
        arguments: of the command.

    Raises:
        NotAllowed, Invalid: as ``begin_bulk`` would.
    """
    act = find_act(command)
    require_act(actor, act)
    cleaned = clean_arguments(act, arguments)
    most = settings.HOLDPOINT["MAX_BULK_RUNS"]
    runs = within_reach(act, cleaned, selection)
    chosen = list(runs.order_by().only(*FACTS)[: most + 1])
    too_many = len(chosen) > most
    judge = _ReleaseJudge(chosen, actor, cleaned) if act.name == "release" else _Judge(chosen, actor, act)
    eligible: list[Execution] = []
    out: dict[tuple[str, str], list[Execution]] = {}
    for run in sorted(chosen[:most], key=lambda run: run.pk):
        verdict = judge.verdict(run)
        if verdict.allowed:
            eligible.append(run)
        else:
            out.setdefault((verdict.code, verdict.why), []).append(run)
    groups = [Group(*told, Count(len(kept)), tuple(kept[:EXAMPLES])) for told, kept in out.items()]
    groups += _excluded(act, selection)
    groups.sort(key=lambda group: -group.number.number)
    return BulkPreview(
        act=act,
        matched=Count(
            len(chosen[:most]) + sum(group.number.number for group in groups if not group.examples),
            too_many or any(group.number.capped for group in groups),
        ),
        eligible=len(eligible),
        by_state=dict(Counter(run.state for run in eligible).most_common()),
        groups=groups,
        below=_below(eligible) if reaches_below(act, cleaned) else Count(0),
        too_many=too_many,
    )


class _Judge:
    """Judges many runs as ``base.verdicts`` judges one, with one query for the holds of all."""

    def __init__(self, runs: Iterable[Execution], actor: Actor, act: Act) -> None:
        self.actor = actor
        self.act = act
        held = [run.pk for run in runs if run.open_holds or run.breakpoints]
        self.holds: dict[uuid.UUID, list[Hold]] = {}
        for hold in Hold.objects.filter(execution__in=held, released_at__isnull=True).order_by("placed_at", "id"):
            self.holds.setdefault(hold.execution_id, []).append(hold)
        self.known: dict[tuple[Facts, tuple[Any, ...]], Verdict] = {}

    def verdict(self, run: Execution) -> Verdict:
        why = self.act.excludes(run.state)
        if why:
            return Verdict(self.act.name, False, "state", why)
        reached = None if run.lease_until else run.next_step
        holds = [hold.facts for hold in self.holds.get(run.pk, []) if hold.before_step in (None, reached)]
        # Thousands of runs are in few situations; the holds' ids make no difference to the judgement.
        key = (run.facts, tuple(replace(hold, id="") for hold in holds))
        if key not in self.known:
            judged = allowed_commands(run.facts, self.actor.scopes, holds, self.actor.user_id)
            self.known[key] = judged[self.act.name]
        return self.known[key]


class _ReleaseJudge:
    """Judges a release: all that is meant on a run must be this actor's to release."""

    def __init__(self, runs: Iterable[Execution], actor: Actor, arguments: Arguments) -> None:
        self.actor = actor
        self.holds: dict[uuid.UUID, list[Hold]] = {}
        for hold in holds_meant(arguments).filter(execution__in=[run.pk for run in runs]):
            self.holds.setdefault(hold.execution_id, []).append(hold)

    def verdict(self, run: Execution) -> Verdict:
        meant = self.holds.get(run.pk, [])
        if not meant:
            return Verdict("release", False, "state", "No such hold is open on it.")
        for hold in meant:
            if not hold.facts.releasable_by(self.actor.scopes, self.actor.user_id):
                return Verdict("release", False, "held", hold.facts.whose())
        return Verdict("release", True)


def _excluded(act: Act, selection: Selection) -> list[Group]:
    """Count what a filter selects and its state excludes: a job has no rows of these."""
    if selection.wanted is None:
        return []
    wanted = selection.wanted
    counts = count_by_state(wanted)
    out = [state for state in STATES if state not in act.states and (not wanted.states or state in wanted.states)]
    return [Group("state", act.excludes(state), counts[state]) for state in out if counts[state].number]


def _below(runs: list[Execution]) -> Count:
    keys = [run.pk for run in runs]
    with connection.cursor() as cursor:
        cursor.execute(BELOW, [keys, keys, COUNT_CAP + 1])
        (number,) = cursor.fetchone()
    return Count(min(number, COUNT_CAP), number > COUNT_CAP)


def draining(job: BulkJob) -> int:
    """Count the runs that a job has told to stop and a worker is still on: their current step finishes first."""
    told = job.items.filter(outcome="done", execution__state__in=(PAUSING, CANCELLING))
    return told.count() if job.command in STOPPING else 0


def find_job(job_id: uuid.UUID | str) -> BulkJob:
    """Return one job.

    Raises:
        NotFound: there is no such job.
    """
    found = BulkJob.objects.filter(pk=parse_id(job_id, "bulk job")).first()
    if found is None:
        raise NotFound(f"There is no bulk job with the id {job_id}.")
    return found


def list_jobs(*, open_only: bool = False, cursor: str | None = None, limit: int = 50) -> Page[BulkJob]:
    """Return one page of jobs, newest first.

    Args:
        open_only: only those under way.
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out.
    """
    # By time and not by id: a page may have made the id up long before the job was begun.
    found = BulkJob.objects.order_by("-requested_at", "-pk")
    if open_only:
        found = found.filter(finished_at__isnull=True)
    if cursor:
        last = BulkJob.objects.filter(pk=_read_cursor(cursor)).values_list("requested_at", "pk").first()
        if last is None:
            raise _damaged()
        found = found.extra(where=["(requested_at, id) < (%s, %s)"], params=list(last))
    page = list(found[: limit + 1])
    more, page = len(page) > limit, page[:limit]
    return Page(page, f"before:{page[-1].pk}" if more else None)


def items_of(job: BulkJob, *, outcome: str = "", cursor: str | None = None, limit: int = 50) -> Page[BulkItem]:
    """Return one page of a job's runs with what became of each, in the order of the job.

    Args:
        job: which.
        outcome: ``done``, ``refused``, ``left`` (not come to); all where empty.
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: an unknown outcome, or a cursor that no page gave out.
    """
    if outcome not in ("", LEFT, *OUTCOMES):
        problem = f"Choose one of {', '.join((*OUTCOMES, LEFT))}."
        raise Invalid(problem, errors={"outcome": [problem]})
    found = job.items.select_related("execution").order_by("position")
    found = found.defer("execution__payload", "execution__error", "execution__resumed", "execution__progress")
    if outcome:
        found = found.filter(outcome__isnull=True) if outcome == LEFT else found.filter(outcome=outcome)
    if cursor:
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
            raise _damaged()
        found = found.filter(position__gt=int(cursor))
    page = list(found[: limit + 1])
    more, page = len(page) > limit, page[:limit]
    return Page(page, str(page[-1].position) if more else None)


def _read_cursor(cursor: str) -> uuid.UUID:
    try:
        return uuid.UUID(cursor.removeprefix("before:"))
    except ValueError as error:
        raise _damaged() from error


def _damaged() -> Invalid:
    problem = "No page gave this cursor out. Start again from the first page."
    return Invalid(problem, errors={"cursor": [problem]})
