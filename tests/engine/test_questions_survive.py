"""A worker killed after every commit for a run that asks: the same end as without."""

from executions import commands
from tests.effects import effects_of
from tests.engine.watching import QUICK, finished_steps, fresh, kill, kinds, launch, wait_until

ANSWERS = {
    "person": ("reviewer", {"name": "Ann"}),
    "lead": ("reviewer", {"decision": "approve"}),
    "money": ("admin", {"decision": "approve"}),
}


def progress(run):
    """Count what a worker has committed for a run, its leases left out."""
    return sum(not kind.startswith("lease.") for kind in kinds(run)) + len(effects_of(run.pk))


def test_s5_killed_after_every_commit_nothing_is_asked_or_done_twice(cast, workers):
    run = launch(cast, "stages")
    kills = 0
    while fresh(run).outcome is None:
        seen = progress(run)
        (worker,) = workers(1, **QUICK)
        wait_until(lambda seen=seen: progress(run) > seen or fresh(run).state == "suspended", "something is committed")
        kill(worker)
        kills += 1
        asked = run.suspensions.filter(closed_at__isnull=True).first()
        if asked is not None:
            who, given = ANSWERS[asked.key]
            commands.answer(cast.actor(who), asked.pk, data=given, context_digest=asked.context_digest)
        assert kills < 15, kinds(run)
    assert kills >= 4
    assert fresh(run).payload["hired"] is True
    assert effects_of(run.pk) == ["before the first", "between", "after the last"]
    assert (kinds(run).count("suspension.opened"), kinds(run).count("suspension.answered")) == (3, 3)
    assert finished_steps(run) == ["collect"]
