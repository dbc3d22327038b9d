"""Bulk jobs against single commands, against a stop, and several clerks at one job: nothing twice, nothing half."""

import uuid

import pytest
from django.db import connection, transaction

from executions import commands
from executions.engine import bulk
from executions.models import BulkJob, Event, Hold
from executions.queries.selection import Selection
from tests.concurrency.races import bury, contenders
from tests.domain import story

ROUNDS = 12
RUNS = 6


@pytest.fixture
def people(live_db, cast):
    return cast.actor("operator"), cast.actor("admin")


def begin(operator, made) -> BulkJob:
    chosen = Selection(ids=tuple(run.pk for run in made))
    return commands.begin_bulk(operator, "pause", selection=chosen, reason="all of them")


def work_to_the_end(job: BulkJob) -> None:
    """Be one clerk of several, until the job has ended."""
    while BulkJob.objects.get(pk=job.pk).is_open:
        bulk.work()


def add_up(job: BulkJob) -> BulkJob:
    """Check that the job's numbers are those of its rows, and its rows those of the runs."""
    job.refresh_from_db()
    outcomes = list(job.items.values_list("outcome", flat=True))
    assert (job.done, job.refused, job.left) == tuple(outcomes.count(each) for each in ("done", "refused", None))
    placed = {item.execution_id: item.hold for item in job.items.filter(outcome="done")}
    assert set(placed.values()) == set(
        Hold.objects.filter(execution__in=job.items.values("execution_id"), reason="all of them").values_list(
            "pk", flat=True
        )
    )
    told = Event.objects.filter(ledger=uuid.UUID(int=0), kind="bulk.finished", data__contains=str(job.pk))
    assert told.count() == (job.state == "finished")
    return job


def test_several_clerks_at_one_job_give_each_run_the_command_once(people, cast):
    operator, admin = people
    with contenders(3) as race:
        for _ in range(ROUNDS):
            made = [story.launch(cast, "noop") for _ in range(RUNS)]
            job = begin(operator, made)
            race(*[lambda job=job: work_to_the_end(job)] * 3)
            assert add_up(job).done == RUNS
            assert [story.fresh(run).open_holds for run in made] == [1] * RUNS
    for run in made:
        bury(run, admin)


def test_a_bulk_pause_and_single_commands_meet_in_one_order(people, cast):
    operator, admin = people
    won = set()
    with contenders(2) as race:
        for _ in range(ROUNDS):
            made = [story.launch(cast, "noop") for _ in range(2)]
            job = begin(operator, made)
            race(
                lambda job=job: work_to_the_end(job),
                lambda made=made: commands.cancel(operator, made[0].pk, reason="single"),
            )
            job = add_up(job)
            outcome = job.items.get(execution=made[0]).outcome
            won.add(outcome)
            assert outcome == ("refused" if "command.denied" in story.kinds(made[0]) else "done")
            assert story.fresh(made[0]).cancel_requested_at is not None
            assert story.fresh(made[1]).state == "paused"
    assert won <= {"done", "refused"}
    bury(made[1], admin)


def test_nothing_happens_to_any_run_after_a_stop_was_answered(people, cast):
    operator, admin = people
    with contenders(2) as race:
        for _ in range(ROUNDS):
            made = [story.launch(cast, "noop") for _ in range(RUNS)]
            job = begin(operator, made)

            def stop(job=job, made=made):
                commands.stop_bulk(operator, job.pk)
                return [story.fresh(run).version for run in made]

            _, then = race(lambda job=job: work_to_the_end(job), stop)
            job = add_up(job)
            if job.state == "stopped":
                assert [story.fresh(run).version for run in made] == then
    for run in made:
        bury(run, admin)


def test_a_run_that_somebody_keeps_is_passed_over_and_done_later(people, cast, monkeypatch):
    monkeypatch.setattr(bulk, "SLICE_SECONDS", 60)  # both that are free fit into one turn
    operator, admin = people
    made = [story.launch(cast, "noop") for _ in range(3)]
    job = begin(operator, made)
    with contenders(1) as race:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM executions_execution WHERE id = %s FOR UPDATE", [made[0].pk])
            race(bulk.work)
            assert list(job.items.order_by("position").values_list("outcome", flat=True)) == [None, "done", "done"]
        race(lambda: work_to_the_end(job))
    assert add_up(job).done == 3
    for run in made:
        bury(run, admin)
