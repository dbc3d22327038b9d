"""What waits for one person over all runs: questions to answer and holds to release, in one order; and what is done."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.db.models.functions import Now

from executions import states
from executions.actors import Actor
from executions.commands.answering import Answerer, person_behind
from executions.engine.notices import FOR_PEOPLE
from executions.errors import Invalid
from executions.models import Hold, HoldNote, Suspension, Vote
from executions.queries.inbox import RANKS, put_to
from executions.queries.page import Page, read_moment
from executions.queries.search import Count

QUESTION, HOLD = "question", "hold"
KINDS = (QUESTION, HOLD)
OTHERS = 3
"""Rank of the holds that somebody else looks after: one may release them, but nobody expects it."""
RANK_NAMES = {0: "high", 1: "normal", 2: "low", OTHERS: "others"}
COUNT_CAP = 999
"""An inbox is counted exactly up to here."""
HEAVY = tuple(f"execution__{name}" for name in ("payload", "error", "resumed", "progress"))

type Person = Callable[[], Answerer]
type Work = Suspension | Hold
"""Something to do; a page puts its ``rank`` on it, or its ``moment`` where it is done."""


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """Which of it.

    Args:
        kind: one of ``KINDS``; both where empty.
        workflow: only of runs of this workflow.
        urgency: one of the values of ``RANK_NAMES``; all where empty.
    """

    kind: str = ""
    workflow: str = ""
    urgency: str = ""

    def narrows(self) -> bool:
        """Tell whether anything is filtered."""
        return bool(self.kind or self.workflow or self.urgency)


def questions_for(actor: Actor, person: Person | None = None) -> QuerySet[Suspension]:
    """Return the open questions that an actor may answer now, each with its rank.

    Args:
        actor: who asks.
        person: looks up the person behind it, where several lists share that.
    """
    if not actor.can(states.COMMAND_SCOPE["answer"]):
        return Suspension.objects.none().annotate(rank=Value(0))
    whens = [When(urgency=urgency, then=Value(rank)) for urgency, rank in RANKS.items()]
    return put_to((person or person_behind(actor))()).annotate(rank=Case(*whens, output_field=IntegerField()))


def holds_for(actor: Actor) -> QuerySet[Hold]:
    """Return the holds in force that an actor may release now, each with its rank.

    The rule of ``commands.hold.release_verdict`` once more, for the database; a test compares the two. What was spread
    from a run above is released there. A breakpoint counts once its step is next. An overdue hold is urgent; one that
    nobody looks after, or that its placer may not release, needs somebody; one's own can wait for its review date.
    """
    kinds = [kind for kind, scope in states.RELEASE_SCOPE.items() if actor.can(scope)]
    another = Q(dual_control=False) | Q(placed_by_user__isnull=True)
    if actor.user_id is not None:
        another |= ~Q(placed_by_user=actor.user_id)
    reached = Q(before_step__isnull=True) | Q(before_step=F("execution__ahead__0"), execution__lease_until__isnull=True)
    rank = Case(
        When(review_by__lte=Now(), then=Value(0)),
        When(Q(responsible="") | Q(dual_control=True), then=Value(1)),
        When(responsible=actor.person, then=Value(2)),
        default=Value(OTHERS),
        output_field=IntegerField(),
    )
    return Hold.objects.filter(
        another,
        reached,
        kind__in=kinds,
        released_at__isnull=True,
        spread_from__isnull=True,
        execution__outcome__isnull=True,
        execution__cancel_requested_at__isnull=True,
    ).annotate(rank=rank)


def expected_of(actor: Actor) -> Q:
    """Return which holds somebody is expected to look at, as indexes find them: all but those of rank ``OTHERS``."""
    return Q(review_by__lte=Now()) | Q(responsible__in=("", actor.person)) | Q(dual_control=True)


def list_work(
    actor: Actor, wanted: WorkFilter, *, person: Person | None = None, cursor: str | None = None, limit: int = 50
) -> Page[Work]:
    """Return one page of what waits for somebody, most urgent first, then oldest; each with run, rank and votes.

    Args:
        actor: who asks.
        wanted: which of it.
        person: looks up the person behind it, where several lists share that.
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out.
    """
    after = Q()
    if cursor:
        rank, key = _read_cursor(cursor)
        after = Q(rank__gt=rank) | Q(rank=rank, pk__gt=key)
    # Ids first, and each rank by itself: of thousands of rows only a page's worth is read and sorted.
    parts = [
        rows.filter(after).order_by(*by).values_list("rank", "pk")[: limit + 1]
        for rows, by in _by_rank(actor, wanted, person)
    ]
    ranks = sorted(parts[0].union(*parts[1:], all=True)) if parts else []
    more, shown = len(ranks) > limit, {key: rank for rank, key in ranks[:limit]}
    found = [work for work in work_by_id([(kind, key) for kind in KINDS for key in shown]) if work.pk in shown]
    for work in found:
        work.rank = shown[work.pk]  # type: ignore[union-attr]
    found.sort(key=lambda work: (shown[work.pk], work.pk))
    return Page(found, f"work:{ranks[limit - 1][0]}:{ranks[limit - 1][1]}" if more else None)


def count_mine(actor: Actor, person: Person | None = None) -> Count:
    """Count what waits for somebody, without what others look after: one query each for questions and holds."""
    kinds = (questions_for(actor, person), holds_for(actor).filter(expected_of(actor)))
    return _capped(sum(rows.order_by()[: COUNT_CAP + 1].count() for rows in kinds))


def find_work(kind: str, key: uuid.UUID) -> Work | None:
    """Return a question or a hold, open or not, with its run and what belongs to it; None where there is none."""
    if kind == QUESTION:
        asked = Suspension.objects.select_related("execution").filter(pk=key, kind__in=FOR_PEOPLE)
        return asked.prefetch_related("votes", "notifications", "conditions").first()
    notes = Prefetch("notes", HoldNote.objects.order_by("at", "id"), to_attr="note_list")
    return Hold.objects.select_related("execution").prefetch_related(notes, "conditions").filter(pk=key).first()


def work_by_id(keys: Iterable[tuple[str, uuid.UUID]]) -> list[Work]:
    """Return questions and holds, open or not, each with its run and votes: two queries and one for the votes."""
    wanted = list(keys)
    asked = Suspension.objects.filter(pk__in=[key for kind, key in wanted if kind == QUESTION])
    held = Hold.objects.filter(pk__in=[key for kind, key in wanted if kind == HOLD])
    return [*_with_run(asked).prefetch_related("votes"), *_with_run(held)]


def list_done(
    actor: Actor, wanted: WorkFilter, *, by_me: bool = False, cursor: str | None = None, limit: int = 50
) -> Page[Work]:
    """Return one page of questions that were answered or have expired, and of holds that were released, newest first.

    Args:
        actor: who asks.
        wanted: which of it; a rank says nothing of what is done.
        by_me: only what this person answered, approved as one of several, or released.
        cursor: from an earlier page.
        limit: rows on the page.

    Raises:
        Invalid: a cursor that no page gave out.
    """
    asked = Suspension.objects.filter(kind__in=FOR_PEOPLE).prefetch_related("votes")
    answered = asked.filter(closed_at__isnull=False, outcome__in=("answered", "expired"))
    answered = answered.annotate(moment=F("closed_at"))
    released = Hold.objects.filter(released_at__isnull=False, spread_from__isnull=True)
    released = released.annotate(moment=F("released_at"))
    voted = Suspension.objects.none()
    if by_me:
        answered, released = answered.filter(answered_by=actor.id), released.filter(released_by=actor.id)
        own = Vote.objects.filter(user=actor.user_id or 0)
        voted = asked.filter(pk__in=own.values("suspension")).exclude(answered_by=actor.id, closed_at__isnull=False)
        voted = voted.annotate(moment=own.filter(suspension=OuterRef("pk")).order_by("-at").values("at")[:1])
    sources: list[QuerySet[Any]] = []
    if wanted.kind != HOLD:
        sources += [answered, voted] if by_me else [answered]
    if wanted.kind != QUESTION:
        sources.append(released)
    before = Q()
    if cursor:
        moment, key = _read_moment(cursor)
        before = Q(moment__lt=moment) | Q(moment=moment, pk__lt=key)
    found: list[Any] = []
    for rows in sources:
        rows = rows.filter(execution__workflow=wanted.workflow) if wanted.workflow else rows
        found += _with_run(rows.filter(before)).order_by("-moment", "-pk")[: limit + 1]
    found.sort(key=lambda work: (work.moment, work.pk), reverse=True)
    more, found = len(found) > limit, found[:limit]
    return Page(found, f"done:{found[-1].moment.isoformat()}/{found[-1].pk}" if more else None)


def _by_rank(actor: Actor, wanted: WorkFilter, person: Person | None) -> list[tuple[QuerySet[Any], tuple[str, ...]]]:
    """Return what is open in parts that follow one another by rank, each with the order that an index answers."""
    parts: list[tuple[QuerySet[Any], tuple[str, ...]]] = []
    chosen = [rank for rank, name in RANK_NAMES.items() if not wanted.urgency or name == wanted.urgency]
    if wanted.kind != HOLD:
        asked = questions_for(actor, person)
        of_rank = {rank: urgency for urgency, rank in RANKS.items()}
        parts += [(asked.filter(urgency=of_rank[rank]), ("pk",)) for rank in chosen if rank in of_rank]
    if wanted.kind != QUESTION:
        held: QuerySet[Any] = holds_for(actor)
        mine = expected_of(actor)
        if any(rank < OTHERS for rank in chosen):
            parts.append((held.filter(mine, rank__in=chosen), ("rank", "pk")))
        if OTHERS in chosen:
            parts.append((held.exclude(mine), ("pk",)))
    if wanted.workflow:
        parts = [(rows.filter(execution__workflow=wanted.workflow), by) for rows, by in parts]
    return parts


def _with_run(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.select_related("execution").defer(*HEAVY)


def _capped(number: int) -> Count:
    return Count(min(number, COUNT_CAP), number > COUNT_CAP)


def _read_cursor(cursor: str) -> tuple[int, uuid.UUID]:
    try:
        name, rank, key = cursor.split(":")
        if name != "work" or not rank.isdigit() or int(rank) not in RANK_NAMES:
            raise ValueError(cursor)
        return int(rank), uuid.UUID(key)
    except ValueError as error:
        raise _no_cursor() from error


def _read_moment(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        moment, _, key = cursor.removeprefix("done:").partition("/")
        return read_moment(moment), uuid.UUID(key)
    except ValueError as error:
        raise _no_cursor() from error


def _no_cursor() -> Invalid:
    problem = "No page gave this cursor out. Start again from the first page."
    return Invalid(problem, errors={"cursor": [problem]})
