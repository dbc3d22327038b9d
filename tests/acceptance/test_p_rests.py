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
    with valkey.client() as client:
        for key in client.keys("holdpoint:*"):
            assert client.type(key) == b"set", f"{key} holds work"  # kombu's table of bindings
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (state LIKE 'idle in transaction%%' OR wait_event_type = 'Lock')"
        )
        assert cursor.fetchone() == (0,)
    worker.stop()
    for run, state in ((paused, "paused"), (suspended, "suspended")):
        assert fresh(run).state == state
    workers(1, **QUICK)
    commands.cancel(operator, paused.pk, reason="rested")
    wait_for(paused, "cancelled")


def test_p5_the_history_of_a_run_over_pauses_and_workers_is_one(cast, operator, workers):
    (first,) = workers(1, **QUICK)
    run = launch(cast, "slow", {"seconds": 0.4})
    wait_for_effect(run, "start first")
    commands.pause(operator, run.pk, reason="one")
    wait_for(run, "paused")
    first.stop()
    workers(1, **QUICK)
    commands.resume(operator, run.pk)
    wait_for_effect(run, "start second")
    commands.pause(operator, run.pk, reason="two")
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
    run = launch(cast, "many-steps", {"seconds": 0.02})
    for number in (8, 20):
        wait_for_effect(run, f"part_{number}")
        commands.pause(operator, run.pk, reason="pause")
        wait_for(run, "paused")
        for _ in range(3):
            run_task.apply_async(args=[str(run.pk)])
        commands.resume(operator, run.pk)
    wait_for_effect(run, "part_30")
    commands.pause(operator, run.pk, reason="pause")
    wait_for(run, "paused")
    worker.kill9()
    workers(2, **QUICK)
    commands.resume(operator, run.pk)
    wait_for(run, "succeeded")
    assert effects_of(run.pk) == [f"part_{number}" for number in range(60)]
    assert json.loads(events(run, "step.finished")[-1].data)["position"] == 59
