"""Bulk jobs in real workers: beside whatever they process, at a rate, and after a worker was killed."""

import uuid
from datetime import timedelta

from django.utils import timezone

from executions import commands
from executions.models import BulkJob, Event, Execution
from executions.queries.chosen import RunFilter
from executions.queries.selection import Selection
from tests.engine.watching import QUICK, fresh, kill, kinds, launch, wait_for_effect, wait_until


def launch_many(cast, count: int, workflow: str = "noop", **more) -> tuple[list[Execution], Selection]:
    """Launch runs whose time has not come, so that only the job touches them, under a label of their own."""
    label = uuid.uuid4().hex[:12]
    later = timezone.now() + timedelta(days=1)
    made = [launch(cast, workflow, labels={"batch": label}, not_before=later, **more) for _ in range(count)]
    return made, Selection(wanted=RunFilter(label=f"batch:{label}"))


def ended(job: BulkJob) -> BulkJob:
    def look() -> BulkJob | None:
        job.refresh_from_db()
        return None if job.is_open else job

    found: BulkJob = wait_until(look, "the job has ended")
    return found


def test_a_bulk_pause_never_waits_behind_steps_and_reaches_those_being_worked_on(cast, workers):
    workers(1, **QUICK)
    busy = launch(cast, "obedient", {"seconds": 600})
    wait_for_effect(busy, "began")
    made, _ = launch_many(cast, 40)
    with_busy = Selection(ids=(busy.pk, *(run.pk for run in made)))

    job = ended(commands.begin_bulk(cast.actor("operator"), "pause", selection=with_busy, reason="Everything stops"))

    assert (job.done, job.refused) == (41, 0)
    wait_until(lambda: fresh(busy).state == "paused", "the run that was being worked on is paused")
    assert {fresh(run).state for run in made} == {"paused"}


def test_after_kill_9_another_worker_goes_on_and_no_run_is_given_it_twice(cast, workers):
    (doomed,) = workers(1, **QUICK)
    made, chosen = launch_many(cast, 60)
    job = commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x", rate=10)
    wait_until(lambda: job.items.filter(outcome="done").count() >= 5, "some are done")
    kill(doomed)
    assert BulkJob.objects.get(pk=job.pk).is_open
    BulkJob.objects.filter(pk=job.pk).update(rate=None)
    workers(2, **QUICK)
    job = ended(job)
    assert (job.done, job.refused) == (60, 0)
    for run in made:
        assert kinds(run).count("hold.placed") == 1
        assert fresh(run).open_holds == 1
    told = Event.objects.filter(ledger=uuid.UUID(int=0), kind="bulk.finished", data__contains=str(job.pk))
    assert told.count() == 1
