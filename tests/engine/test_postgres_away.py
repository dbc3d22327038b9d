"""PostgreSQL restarted or connections cut: acknowledged commands survive, workers reconnect by themselves."""

import time

import pytest
from django.db import close_old_connections, connections

from executions import commands
from tests.effects import effects_of
from tests.engine.watching import SHORT, finished_steps, fresh, kinds, launch, wait_for, wait_for_effect
from tests.pace import LONG, go_on

ITEMS = [f"item {number}" for number in range(10)]


@pytest.fixture
def restart(postgres):
    def break_it() -> None:
        connections.close_all()
        postgres.restart()
        close_old_connections()

    return break_it


@pytest.fixture
def cut(postgres):
    def break_it() -> None:
        connections.close_all()
        assert postgres.cut_connections() >= 1

    return break_it


@pytest.fixture
def crash(postgres):
    def break_it() -> None:
        connections.close_all()
        postgres.kill9()
        postgres.start()

    return break_it


@pytest.mark.parametrize("trouble", ["restart", "cut", "crash"])
def test_in_mid_step(trouble, request, cast, workers):
    (worker,) = workers(1, **SHORT)
    run = launch(cast, "counting", {"items": 10, "seconds": LONG})
    go_on(run, *ITEMS[:3])
    waiting = launch(cast, "noop")
    wait_for_effect(run, "item 3")
    request.getfixturevalue(trouble)()
    go_on(run)
    wait_for(run, "succeeded")
    wait_for(waiting, "succeeded")
    assert effects_of(run.pk) == [*ITEMS, "reported"]
    assert finished_steps(run) == ["count", "report"]
    assert worker.alive()


@pytest.mark.parametrize("trouble", ["restart", "cut"])
def test_between_steps_and_while_idle(trouble, request, cast, workers):
    (worker,) = workers(1, **SHORT)
    wait_for(launch(cast, "noop"), "succeeded")
    request.getfixturevalue(trouble)()
    run = launch(cast, "many-steps", {"seconds": 0.01})
    wait_for_effect(run, "part_10")
    request.getfixturevalue(trouble)()
    wait_for(run, "succeeded")
    assert finished_steps(run) == [f"part_{number}" for number in range(60)]
    assert worker.alive()


def test_an_acknowledged_pause_survives_a_crash_of_the_database(crash, cast, workers):
    workers(1, **SHORT)
    run = launch(cast, "slow", {"seconds": LONG})
    wait_for_effect(run, "start first")
    commands.pause(cast.actor("operator"), run.pk, reason="before the crash")
    crash()
    go_on(run)
    wait_for(run, "paused")
    assert "start second" not in effects_of(run.pk)
    assert [hold.reason for hold in fresh(run).holds.all()] == ["before the crash"]
    commands.resume(cast.actor("operator"), run.pk)
    wait_for(run, "succeeded")
    assert kinds(run).count("execution.succeeded") == 1


def test_many_cuts_in_a_row(cast, workers, postgres):
    """Connections are cut at random moments of a run; each boundary and each record still counts once."""
    workers(1, **SHORT)
    run = launch(cast, "counting", {"items": 60, "seconds": 0.02})
    wait_for_effect(run, "item 1")
    for _ in range(6):
        connections.close_all()
        postgres.cut_connections()
        seen = len(effects_of(run.pk))
        while fresh(run).outcome is None and len(effects_of(run.pk)) < seen + 3:
            time.sleep(0.01)
    wait_for(run, "succeeded")
    assert effects_of(run.pk) == [*[f"item {number}" for number in range(60)], "reported"]


def test_a_cut_inside_the_steps_own_transaction_is_no_failure_of_the_step(cast, workers):
    """Leaving the transaction connects anew, so the connection at hand works again when the error arrives."""
    workers(1, **SHORT)
    run = launch(cast, "cuts-its-connection")
    wait_for(run, "succeeded")
    assert effects_of(run.pk) == ["cut", "cut"]
    assert "step.failed" not in kinds(run)
