"""A command against a worker's statement, and worker against worker: the row decides, and either order is right."""

# ruff: noqa: B023  (every race ends within its round, so no closure outlives its loop variables)

import pytest

from executions import commands
from executions.errors import Conflict
from tests.concurrency.races import FEWER, ROUNDS, bury, contenders
from tests.domain import story

pytestmark = pytest.mark.usefixtures("live_db")


@pytest.fixture
def admin(cast):
    return cast.actor("admin")


def _at_the_last_step(cast):
    run = story.launch(cast)
    lease = story.claim(run)
    story.boundary(run, lease.epoch, 0, ["step_1", "step_2"])
    story.boundary(run, lease.epoch, 1, ["step_2"])
    return run, lease


def test_invariant_1_a_pause_against_the_last_boundary_holds_the_run_or_is_refused(cast, admin):
    held = 0
    with contenders() as race:
        for _ in range(ROUNDS):
            run, lease = _at_the_last_step(cast)
            pause, boundary = race(
                lambda: commands.pause(admin, run.pk, reason="x"), lambda: story.boundary(run, lease.epoch, 2, [])
            )
            if isinstance(pause, Exception):
                assert type(pause) is Conflict
                expected = "succeeded"
            else:
                held += 1
                expected = "paused"
            assert (boundary, story.fresh(run).state) == (expected, expected)
            bury(run, admin)
    assert 0 < held < ROUNDS


def test_invariant_1_a_pause_against_a_boundary_in_the_middle_never_lets_the_next_step_start_after_it(cast, admin):
    stopped_here = 0
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast)
            lease = story.claim(run)
            pause, boundary = race(
                lambda: commands.pause(admin, run.pk, reason="x"),
                lambda: story.boundary(run, lease.epoch, 0, ["step_1", "step_2"]),
            )
            assert not isinstance(pause, Exception)
            if boundary == "paused":
                stopped_here += 1
                assert story.boundary(run, lease.epoch, 1, ["step_2"]) is None
                assert story.claim(run) is None
            else:  # the next step had begun when the pause came; it is the last one that does
                assert (boundary, story.fresh(run).state) == ("processing", "pausing")
                assert story.boundary(run, lease.epoch, 1, ["step_2"]) == "paused"
            bury(run, admin)
    assert 0 < stopped_here < FEWER


def test_s8_a_cancel_against_completion_wins_wholly_or_is_refused(cast, admin):
    cancelled = 0
    with contenders() as race:
        for _ in range(ROUNDS):
            run, lease = _at_the_last_step(cast)
            cancel, boundary = race(
                lambda: commands.cancel(admin, run.pk, reason="x"),
                lambda: story.boundary(run, lease.epoch, 2, [], changes={"done": True}),
            )
            now = story.fresh(run)
            if isinstance(cancel, Exception):
                assert type(cancel) is Conflict
                assert (boundary, now.state, now.payload) == ("succeeded", "succeeded", {"done": True})
            else:
                cancelled += 1
                assert (boundary, now.state, now.payload) == (None, "cancelling", {})
            bury(run, admin)
    assert 0 < cancelled < ROUNDS


def test_invariant_3_of_two_claims_one_wins(cast, admin):
    wins = [0, 0]
    workers = [story.WORKER, story.OTHER_WORKER]
    with contenders() as race:
        for _ in range(ROUNDS):
            run = story.launch(cast)
            claims = race(*(lambda worker=worker: story.claim(run, worker) for worker in workers))
            won = [claim is not None for claim in claims]
            assert sum(won) == 1
            wins[won.index(True)] += 1
            now = story.fresh(run)
            assert (now.epoch, now.owner) == (1, workers[won.index(True)].name)
            assert story.kinds(run).count("lease.acquired") == 1
            bury(run, admin)
    assert min(wins) > 0, wins


def test_invariant_1_a_pause_against_a_claim(cast, admin):
    claimed_first = 0
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast)
            pause, claim = race(lambda: commands.pause(admin, run.pk, reason="x"), lambda: story.claim(run))
            assert not isinstance(pause, Exception)
            claimed_first += claim is not None
            assert story.fresh(run).state == ("paused" if claim is None else "pausing")
            order = [kind for kind in story.kinds(run) if kind in ("lease.acquired", "hold.placed")]
            assert order == (["hold.placed"] if claim is None else ["lease.acquired", "hold.placed"])
            bury(run, admin)
    assert 0 < claimed_first < FEWER


def test_h3_a_release_against_a_boundary_is_never_lost(cast, admin):
    went_on = 0
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast)
            lease = story.claim(run)
            hold = commands.pause(admin, run.pk, reason="x")
            release, boundary = race(
                lambda: commands.release(admin, hold.pk, reason="go"),
                lambda: story.boundary(run, lease.epoch, 0, ["step_1", "step_2"]),
            )
            assert not isinstance(release, Exception)
            went_on += boundary == "processing"
            assert (boundary, story.fresh(run).state) in (("processing", "processing"), ("paused", "queued"))
            bury(run, admin)
    assert 0 < went_on < FEWER


def test_invariant_3_a_sweeper_against_the_boundary_of_a_late_worker(cast, admin):
    in_time = 0
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast)
            lease = story.claim(run, lease=-1)
            expired, boundary = race(story.expire, lambda: story.boundary(run, lease.epoch, 0, ["step_1", "step_2"]))
            now = story.fresh(run)
            if boundary is None:
                assert str(run.pk) in expired
                assert (now.state, now.steps_done, now.epoch, now.interrupted) == ("queued", 0, lease.epoch + 1, 1)
            else:
                in_time += 1
                assert str(run.pk) not in expired
                assert (now.state, now.steps_done, now.epoch) == ("processing", 1, lease.epoch)
            bury(run, admin)
    assert 0 < in_time < FEWER


def test_invariant_3_a_zombies_record_against_the_next_claim(cast, admin):
    """A record is taken before its lease is given away, or not at all."""
    taken = 0
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast)
            lease = story.claim(run, lease=-1)

            def take_over() -> None:
                story.expire()
                story.claim(run, story.OTHER_WORKER)

            recorded, _none = race(lambda: story.record(run, lease.epoch, "once:x", "zombie"), take_over)
            taken += recorded
            epoch = story.fresh(run).epoch
            if epoch > lease.epoch:
                assert not story.record(run, lease.epoch, "once:late", "zombie")
                assert story.record(run, epoch, "once:x", "new") is not recorded
            bury(run, admin)
    assert 0 < taken < FEWER


def test_invariant_3_two_sweepers_expire_a_lease_once(cast, admin):
    with contenders() as race:
        for _ in range(FEWER):
            run = story.launch(cast)
            story.claim(run, lease=-1)
            first, second = race(story.expire, story.expire)
            assert [*first, *second].count(str(run.pk)) <= 1
            story.expire()
            assert story.fresh(run).epoch == 2
            assert story.kinds(run).count("lease.expired") == 1
            bury(run, admin)
