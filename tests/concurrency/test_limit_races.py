"""More time against the rule that time is up; two workers' spending cannot meet, since only one has the lease."""

# ruff: noqa: B023  (every race ends within its round, so no closure outlives its loop variables)

import pytest

from executions import commands
from executions.engine import sla
from tests.concurrency.races import ROUNDS, bury, contenders
from tests.domain import story

pytestmark = pytest.mark.usefixtures("live_db")


def test_of_an_extension_and_a_breach_either_may_come_first_and_the_history_says_which(cast):
    admin, wins = cast.actor("admin"), [0, 0]
    with contenders() as race:
        for _ in range(ROUNDS):
            run = story.launch(cast, "hurried", {"seconds": 0})
            story.let_pass(run, 31)
            race(
                lambda: commands.extend(admin, run.pk, seconds=1000, reason="more"),
                lambda: sla.breach_unless_extended(str(run.pk)),
            )
            now, kinds = story.fresh(run), story.kinds(run)
            breached = "sla.breached" in kinds
            wins[breached] += 1
            assert (now.sla_breached_at, now.state) == (None, "paused" if breached else "queued")
            assert kinds[1:] == (["sla.breached", "hold.placed"] if breached else []) + ["sla.extended"]
            assert 900 < (now.sla_left if breached else 1000) <= 1000
            bury(run, admin)
    assert min(wins) > 0, wins


def test_two_sweepers_find_a_breach_once(cast):
    admin = cast.actor("admin")
    with contenders() as race:
        for _ in range(ROUNDS):
            run = story.launch(cast, "hurried", {"seconds": 0})
            story.let_pass(run, 31)
            race(*[lambda: sla.breach_unless_extended(str(run.pk))] * 2)
            kinds = story.kinds(run)
            assert (kinds.count("sla.breached"), kinds.count("hold.placed")) == (1, 1)
            bury(run, admin)
