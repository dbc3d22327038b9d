"""Two weeks of past runs, newest first, so that the first page fills first."""

import datetime
import logging
import operator
import random
import time
from contextlib import suppress

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from executions.models import Execution
from executions.past import AlreadyVerified, Past, begin
from workflows.demo.stories import STORIES, Story
from workflows.demo.stories.standing import STANDING
from workflows.demo.team import DEMO_ADDRESS, Team
from workflows.demo.teller import CLOSES, MARGIN, OPENS, SATURDAY, StillToCome, Teller

logger = logging.getLogger("holdpoint.demo")

DAYS = 14
ON_A_WORKDAY, ON_A_FREE_DAY = 19, 5
IN_THE_LAST_HOURS, LAST_HOURS = 26, 9
"""Stories that begin on a day, and those that begin shortly before the present whatever the day."""


def plan(now: datetime.datetime, rng: random.Random) -> list[tuple[datetime.datetime, Story]]:
    """Return when which story begins, the latest first.

    Args:
        now: the present (aware, UTC).
        rng: draws them.
    """
    lately = (LAST_HOURS * rng.random() ** 1.5 for _ in range(IN_THE_LAST_HOURS))
    moments = [now - MARGIN - datetime.timedelta(hours=hours) for hours in lately]
    for back in range(DAYS):
        day = (now - datetime.timedelta(days=back)).replace(hour=0, minute=0, second=0)
        for _ in range(ON_A_FREE_DAY if day.weekday() >= SATURDAY else ON_A_WORKDAY):
            hour = rng.triangular(OPENS - 1, CLOSES + 1, rng.choice((10, 15)))
            moments.append(day + datetime.timedelta(hours=hour))
    begun = [moment for moment in moments if moment < now - MARGIN]
    drawn = zip(begun, rng.choices(list(STORIES), list(STORIES.values()), k=len(begun)), strict=True)
    standing = ((now - datetime.timedelta(hours=hours), story) for story, hours in STANDING.items())
    return sorted((*drawn, *standing), key=operator.itemgetter(0), reverse=True)


def write_past(team: Team, *, rng: random.Random, limit: int | None = None, rest: float = 0.0) -> int:
    """Write the demo's past, unless it has one.

    Args:
        team: who acts in it.
        rng: decides what happens.
        limit: write no more than so many stories.
        rest: how long to leave the database alone after each story, in parts of what the story took.

    Returns:
        How many stories were told.
    """
    now = datetime.datetime.now(datetime.UTC)
    planned = plan(now, rng)[:limit]
    if _others().exists() or not begin(planned[-1][0], now):
        return 0
    told = 0
    with Past() as past:
        for moment, story in planned:
            started = time.perf_counter()
            teller = Teller(past, team, rng, now)
            try:
                # What lies ahead of the present is left to the present: the run waits for whoever looks at the demo.
                with past.at(moment), suppress(StillToCome):
                    story(teller)
                told += 1
            except AlreadyVerified:
                logger.info("The record was verified before the demo's past was written; the rest is left out")
                break
            except Exception:
                logger.exception("A story of the demo (%s) could not be told and is left out", story.__name__)
            time.sleep(rest * (time.perf_counter() - started))
    return told


def _others() -> QuerySet[Execution]:
    """Return runs that somebody other than the demo's people launched: such an installation has a past of its own."""
    ours = get_user_model().objects.filter(email__endswith=DEMO_ADDRESS).values_list("pk", flat=True)
    return Execution.objects.exclude(launched_by_user__in=list(ours))
