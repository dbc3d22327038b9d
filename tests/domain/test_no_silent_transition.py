"""Invariant 6, at commit: a transaction that changes a state without an event of its own is undone."""

# ruff: noqa: PT012  (the refusal comes at commit or after a few statements)

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from executions import commands
from executions.models import Execution
from executions.provenance import append
from tests.domain import story

pytestmark = pytest.mark.usefixtures("live_db")

SILENT = "UPDATE executions_execution SET lease_until = now() + interval '1 minute', owner = 'w' WHERE id = %s"


@pytest.fixture
def run(cast):
    run = story.launch(cast)
    yield run
    if story.fresh(run).lease_until:
        story.give_back(run, story.fresh(run).epoch)
    if not story.fresh(run).outcome:
        commands.cancel(cast.actor("operator"), run.pk, reason="test is over")


def test_invariant_6_a_silent_transition_does_not_commit(run):
    with pytest.raises(DatabaseError, match="without an event"):
        story.execute(SILENT, [run.pk])
    assert story.fresh(run).state == "queued"


def test_invariant_6_a_silent_launch_does_not_commit(cast):
    with pytest.raises(DatabaseError, match="without an event"):
        Execution.objects.create(workflow="noop", launched_by="x", launched_by_name="x")


def test_invariant_6_an_event_of_another_transaction_is_no_excuse(cast, run):
    """Somebody else's event lands on the run while a silent writer's transaction is open."""

    def somebody_else() -> None:
        try:
            append(run.pk, "step.logged", story.WORKER)
        finally:
            connection.close()

    with pytest.raises(DatabaseError, match="without an event"), transaction.atomic():
        story.execute("SELECT 1")
        other = threading.Thread(target=somebody_else)
        other.start()
        other.join()
        story.execute(SILENT, [run.pk])
    assert story.fresh(run).state == "queued"


def test_invariant_6_an_event_in_a_savepoint_counts_and_a_rolled_back_one_does_not(run):
    with transaction.atomic():
        story.execute(SILENT, [run.pk])
        with transaction.atomic():
            append(run.pk, "lease.acquired", story.WORKER)
    assert story.fresh(run).state == "processing"
    with pytest.raises(DatabaseError, match="without an event"), transaction.atomic():
        story.execute("UPDATE executions_execution SET lease_until = NULL, owner = NULL WHERE id = %s", [run.pk])
        with pytest.raises(KeyError), transaction.atomic():
            append(run.pk, "execution.yielded", story.WORKER)
            raise KeyError
    assert story.fresh(run).state == "processing"


def test_invariant_6_changes_that_move_no_state_need_no_event(run):
    Execution.objects.filter(pk=run.pk).update(priority=9)
    assert story.fresh(run).priority == 9
