"""Pausable stages, seen from outside: what rests costs nothing, one history, one winner, nothing done twice."""

import datetime
import itertools
import json
import threading

import pytest
from django.db import connection, connections

from executions import commands
from executions.engine.sweeper import messages_waiting
from executions.errors import Conflict, Refused
from tests.effects import effects_of
from tests.engine.watching import (
    QUICK,
    data,
    events,
    execute,
    fresh,
    kinds,
    launch,
    settle,
    story,
    wait_for,
    wait_for_effect,
    wait_until,
)
from tests.pace import LONG, go_on


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


@pytest.fixture
def reviewer(cast):
    return cast.actor("reviewer")


def test_p4_a_resting_run_costs_no_message_no_lease_no_process(cast, operator, workers, valkey):
    valkey.flush()
    (worker,) = workers(1, **QUICK)
    paused = launch(cast, "obedient", {"seconds": 60})
    wait_for_effect(paused, "began")
    commands.pause(operator, paused.pk, reason="rest")
    wait_for(paused, "paused")
    suspended = launch(cast, "asking")
    wait_for(suspended, "suspended")
    settle(cast)
    for run in (paused, suspended):
        row = fresh(run)
        assert (row.owner, row.lease_until, row.not_before) == (None, None, None), story(run)
    wait_until(lambda: messages_waiting() == 0, "no message")
    wait_until(lambda: not keys_that_hold_work(valkey), "no key holds work")
    wait_until(lambda: not sessions_in_the_midst(), "no session keeps a transaction or waits for a lock")
    worker.stop()
    for run, state in ((paused, "paused"), (suspended, "suspended")):
        assert fresh(run).state == state
    workers(1, **QUICK)
    commands.cancel(operator, paused.pk, reason="rested")
    wait_for(paused, "cancelled")


def keys_that_hold_work(valkey):
    """Return what the broker keeps besides kombu's table of bindings; a message is there until it is acknowledged."""
    with valkey.client() as client:
        return [key for key in client.keys("holdpoint:*") if client.type(key) not in (b"set", b"none")]


def sessions_in_the_midst():
    """Count the sessions in a transaction at rest or behind a lock; a sweep is so for a moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (state LIKE 'idle in transaction%%' OR wait_event_type = 'Lock')"
        )
        return cursor.fetchone()[0]


def test_p5_the_history_of_a_run_over_pauses_and_workers_is_one(cast, operator, workers):
    (first,) = workers(1, **QUICK)
    run = launch(cast, "slow", {"seconds": LONG})
    wait_for_effect(run, "start first")
    commands.pause(operator, run.pk, reason="one")
    go_on(run, "first")
    wait_for(run, "paused")
    first.stop()
    workers(1, **QUICK)
    commands.resume(operator, run.pk)
    wait_for_effect(run, "start second")
    commands.pause(operator, run.pk, reason="two")
    go_on(run)
    wait_for(run, "paused")
    commands.resume(operator, run.pk)
    wait_for(run, "succeeded")
    history = events(run)
    assert [event.seq for event in history] == list(range(1, len(history) + 1))
    assert all(bytes(later.prev) == bytes(earlier.digest) for earlier, later in itertools.pairwise(history))
    assert [data(event)["position"] for event in history if event.kind == "step.finished"] == [0, 1, 2]
    assert kinds(run).count("execution.launched") == 1
    assert kinds(run)[-1] == "execution.succeeded"


def race(*acts) -> list[object]:
    """Let people act at the same moment, each on a connection of his own; return what each got, refusals included."""
    barrier, got = threading.Barrier(len(acts)), [None] * len(acts)

    def act(number: int) -> None:
        try:
            barrier.wait()
            got[number] = acts[number]()
        except Refused as refusal:
            got[number] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_p8_of_two_resumes_at_once_one_wins(cast, operator, reviewer, worker):
    for _ in range(10):
        tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
        run = launch(cast, "slow", {"seconds": 0}, not_before=tomorrow)
        commands.pause(operator, run.pk, reason="hold on")
        execute("UPDATE executions_execution SET not_before = NULL WHERE id = %s", [run.pk])
        got = race(lambda run=run: commands.resume(operator, run.pk), lambda run=run: commands.resume(reviewer, run.pk))
        assert sum(isinstance(answer, Conflict) for answer in got) == 1
        assert all(answer is not None for answer in got)
        wait_for(run, "succeeded")
        assert kinds(run).count("execution.resumed") == 1
        assert kinds(run).count("hold.released") == 1
        assert effects_of(run.pk).count("start third") == 1


def test_p8_of_two_answers_at_once_one_wins_and_the_code_sees_it_once(cast, reviewer, worker):
    other = cast.actor("reviewer2")
    for _ in range(5):
        run = launch(cast, "asking")
        (question,) = wait_for(run, "suspended").suspensions.all()
        got = race(
            *(
                lambda who=who, say=say, question=question: commands.answer(
                    who, question.pk, data={"decision": say}, context_digest=question.context_digest
                )
                for who, say in ((reviewer, "yes"), (other, "no"))
            )
        )
        assert sum(isinstance(answer, Conflict) for answer in got) == 1
        done = wait_for(run, "succeeded")
        question.refresh_from_db()
        assert done.payload["decision"] == question.answer["decision"]
        assert effects_of(run.pk) == [
            "before asking",
            f"answered {question.answer['decision']} by {question.answered_by_name}",
        ]


def test_s7_a_finished_step_is_never_executed_again(cast, operator, workers):
    """Pause, kill, retry and repeated messages after each other: every step's effect is there once."""
    from executions.engine.tasks import run as run_task

    (worker,) = workers(1, **QUICK)
    run = launch(cast, "many-steps", {"seconds": LONG})

    def pause_in(number):
        go_on(run, *[f"part_{earlier}" for earlier in range(number)])
        wait_for_effect(run, f"part_{number}")
        commands.pause(operator, run.pk, reason="pause")
        go_on(run, f"part_{number}")
        wait_for(run, "paused")

    for number in (8, 20):
        pause_in(number)
        for _ in range(3):
            run_task.apply_async(args=[str(run.pk)])
        commands.resume(operator, run.pk)
    pause_in(30)
    worker.kill9()
    go_on(run)
    workers(2, **QUICK)
    commands.resume(operator, run.pk)
    wait_for(run, "succeeded")
    assert effects_of(run.pk) == [f"part_{number}" for number in range(60)]
    assert json.loads(events(run, "step.finished")[-1].data)["position"] == 59
