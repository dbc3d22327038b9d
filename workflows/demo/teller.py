"""Tells one run's story in the past: who did what, and how long it took them."""

import datetime
import random
from collections.abc import Callable, Mapping
from typing import Any

from executions import commands
from executions.actors import Actor
from executions.models import Execution, Hold, Suspension
from executions.past import Pace, Past, carry_on, time_passed
from workflows.demo.replies import reply
from workflows.demo.team import Team

OPENS, CLOSES = 7, 18
"""Hours (UTC) between which people mostly work."""
SATURDAY = 5
OVERTIME = 0.15
"""How often somebody acts out of hours all the same."""
MARGIN = datetime.timedelta(minutes=12)
"""What a worker may still need after the last thing that people did, at most."""


class StillToCome(Exception):
    """The rest of a story lies ahead of the present: the run stays as it is."""


class Teller:
    """One story's narrator.

    Args:
        past: the time it is there.
        team: who acts.
        rng: decides; the same one tells the same story.
        ends: the present.
    """

    def __init__(self, past: Past, team: Team, rng: random.Random, ends: datetime.datetime) -> None:
        self.past, self.team, self.rng = past, team, rng
        self.ends = ends - MARGIN
        self.pace = Pace(self._seconds)
        self.medians: dict[str, float] = {}
        self.run: Execution

    def chance(self, probability: float) -> bool:
        """Return True with a probability."""
        return self.rng.random() < probability

    def launch(
        self,
        actor: Actor,
        workflow: str,
        payload: dict[str, Any],
        *,
        title: str,
        labels: dict[str, str],
        files: Mapping[str, bytes] | None = None,
        priority: int = 5,
        **medians: float,
    ) -> Execution:
        """Launch the run of this story.

        Args:
            actor, workflow, payload, title, labels, files, priority: as for ``commands.launch``.
            medians: seconds that steps take, by name.
        """
        self.medians = medians
        self.run = commands.launch(
            actor, workflow, payload, title=title, labels=labels, files=(files or {}).items(), priority=priority
        )
        return self.run

    def work(
        self,
        *,
        failures: dict[str, list[Exception]] | None = None,
        during: dict[str, Callable[[], object]] | None = None,
        run: Execution | None = None,
    ) -> Execution:
        """Let workers carry a run on, this story's own unless another is named; return it as it is then."""
        self.pace.failures, self.pace.during = failures or {}, during or {}
        found = carry_on(self.past, (run or self.run).pk, self.pace)
        self.past.forward(0.05)
        if run is None:
            self.run = found
        return found

    def think(self, minutes: float) -> None:
        """Let people take their time: around so many minutes, and mostly within their working hours.

        Raises:
            StillToCome: that would be ahead of the present.
        """
        then = self.past.moment + datetime.timedelta(minutes=minutes * self.rng.lognormvariate(0, 0.7))
        if not self.chance(OVERTIME):
            then = in_hours(then, self.rng)
        self.until(then)

    def until(self, then: datetime.datetime) -> None:
        """Let time pass until a moment, with all that falls due on the way.

        Raises:
            StillToCome: it is ahead of the present.
        """
        while due := self._next_due(min(then, self.ends)):
            self.past.forward_to(due + datetime.timedelta(milliseconds=40))
            time_passed()
            self.work()
        if then > self.ends:
            raise StillToCome
        self.past.forward_to(then)

    def question(self, key: str | None = None) -> Suspension | None:
        """Return the run's oldest open question, or the one with a key; None where nothing is asked."""
        asked = Suspension.objects.filter(execution=self.run, closed_at__isnull=True)
        return (asked if key is None else asked.filter(key=key)).order_by("opened_at").first()

    def answer(self, actor: Actor | None = None, *, question: Suspension | None = None) -> None:
        """Have a reviewer answer a question, if it is open still; a manager, once it has been escalated.

        Args:
            actor: who answers; any reviewer where None.
            question: which question; the oldest open one where None.
        """
        asked = question or self.question()
        if asked is None:
            return
        asked.refresh_from_db()
        if not asked.is_open:
            return
        data, files = reply(asked, self.rng)
        actor = actor or self.team.reviewer(self.rng)
        if asked.escalated_at is not None:
            actor = self.rng.choice(self.team.managers)
        commands.answer(actor, asked.pk, data=data, context_digest=asked.context_digest, files=files)

    def release(self, actor: Actor, reason: str) -> None:
        """Have somebody release what holds the run."""
        for hold in Hold.objects.filter(execution=self.run, released_at__isnull=True):
            commands.release(actor, hold.pk, reason=reason)

    def review_on(self, days: float) -> datetime.datetime:
        """Return a review date, so many days from the time it is there."""
        return self.past.moment + datetime.timedelta(days=days)

    def _next_due(self, goal: datetime.datetime) -> datetime.datetime | None:
        """Return when the next thing falls due in this run, up to a moment."""
        span = (self.past.moment, goal)
        asked = Suspension.objects.filter(execution=self.run, closed_at__isnull=True)
        held = self.run.holds.filter(released_at__isnull=True)
        dues = [
            *asked.filter(deadline__range=span).values_list("deadline", flat=True),
            *asked.filter(remind_at__range=span).values_list("remind_at", flat=True),
            *self.run.conditions.filter(closed_at__isnull=True, due_at__range=span).values_list("due_at", flat=True),
            *held.filter(overdue_at__isnull=True, review_by__range=span).values_list("review_by", flat=True),
        ]
        return min(dues, default=None)

    def _seconds(self, step: str) -> float:
        median = self.medians.get(step, 0.4 if step == "claim" else 3.0)
        return min(median * self.rng.lognormvariate(0, 0.5), 90.0)


def in_hours(moment: datetime.datetime, rng: random.Random) -> datetime.datetime:
    """Return a moment moved to the next working morning where nobody works at it."""
    while moment.weekday() >= SATURDAY or not OPENS <= moment.hour < CLOSES:
        later = moment.hour >= CLOSES or moment.weekday() >= SATURDAY
        day = moment + datetime.timedelta(days=1) if later else moment
        moment = day.replace(hour=OPENS, minute=rng.randrange(20, 60), second=rng.randrange(60))
        if moment.weekday() >= SATURDAY:
            moment += datetime.timedelta(days=7 - moment.weekday())
    return moment
