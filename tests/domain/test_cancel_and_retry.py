"""cancel and retry, and who may give which command at all."""

import datetime

import pytest

from executions import commands
from executions.authoring import registry
from executions.engine import settle
from executions.engine.leases import Lease
from executions.errors import Conflict, NotAllowed
from tests.domain import story
from tests.domain.refusal import refused
from tests.effects import effects_of

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


@pytest.fixture
def reviewer(cast):
    return cast.actor("reviewer")


@pytest.fixture
def run(cast):
    return story.launch(cast)


@pytest.mark.parametrize("workflow", ["noop", "obedient"])
def test_h5_cancel_beats_pause_and_a_later_resume_is_refused(operator, cast, workflow):
    run = story.launch(cast, workflow)
    commands.pause(operator, run.pk, reason="x")
    commands.cancel(operator, run.pk, reason="no more")
    run = story.work(run)
    assert (run.state, run.outcome) == ("cancelled", "cancelled")
    assert effects_of(run.pk) == (["tidied"] if workflow == "obedient" else [])
    for act in (
        commands.resume,
        lambda a, k: commands.pause(a, k, reason="x"),
        lambda a, k: commands.cancel(a, k, reason="x"),
    ):
        with refused(Conflict, run, match="was cancelled"):
            act(operator, run.pk)


def test_h5_the_outcome_of_the_running_step_is_discarded(operator, run):
    lease = story.claim(run)
    commands.cancel(operator, run.pk, reason="no more")
    assert story.fresh(run).state == "cancelling"
    assert story.boundary(run, lease.epoch, 0, ["step_1", "step_2"], changes={"a": 1}) is None
    assert story.fresh(run).payload == {}
    assert story.heartbeat(run, lease.epoch).cancelling is True
    assert story.give_back(run, lease.epoch) == "cancelling"
    assert story.work(run).state == "cancelled"


def test_invariant_8_clean_up_runs_once_however_often_a_worker_is_sent(operator, cast):
    run = story.launch(cast, "obedient")
    commands.cancel(operator, run.pk, reason="no more")
    for _ in range(3):
        story.work(run)
    assert effects_of(run.pk) == ["tidied"]
    assert story.kinds(run).count("execution.cancelled") == 1


def test_a_cancelled_run_does_not_wait_for_the_time_of_its_retry_to_be_cleaned_up(operator, cast):
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    run = story.launch(cast, "obedient", not_before=later)
    commands.cancel(operator, run.pk, reason="no more")
    assert story.work(run).state == "cancelled"


def test_clean_up_has_its_own_tries_whatever_the_step_used_up(operator, cast, monkeypatch):
    def broken(ctx, payload):
        raise RuntimeError("cannot tidy")

    run = story.launch(cast, "retrying", {"failures": 100})
    story.execute("UPDATE executions_execution SET attempt = 3 WHERE id = %s", [run.pk])
    monkeypatch.setattr(registry.find("retrying"), "clean_up", broken)
    commands.cancel(operator, run.pk, reason="no more")
    run = story.work(run)
    assert run.state == "cancelling"  # it is tried again, later
    assert run.not_before is not None


def test_cancel_withdraws_open_questions(operator, cast):
    run = story.work(story.launch(cast, "asking"))
    commands.cancel(operator, run.pk, reason="no more")
    question = run.suspensions.get()
    assert (question.outcome, story.fresh(run).open_suspensions) == ("withdrawn", 0)
    assert "suspension.withdrawn" in story.kinds(run)
    with refused(Conflict, run, match="withdrawn"):
        commands.answer(
            cast.actor("reviewer"), question.pk, data={"decision": "yes"}, context_digest=question.context_digest
        )


def test_a_hold_that_blocks_cancel_forbids_it_to_those_who_may_not_release_it(operator, cast, run):
    hold = commands.place(cast.actor("reviewer"), run.pk, reason="evidence", blocks_cancel=True)
    with refused(Conflict, run, match="evidence") as caught:
        commands.cancel(operator, run.pk, reason="no more")
    assert caught.value.holds == (str(hold.pk),)
    assert commands.cancel(cast.actor("admin"), run.pk, reason="I may").state == "cancelled"


def test_h6_a_reviewer_may_not_cancel(reviewer, run):
    with refused(NotAllowed, run, match="executions:cancel"):
        commands.cancel(reviewer, run.pk, reason="x")


@pytest.mark.parametrize("role", ["auditor", "outsider"])
def test_h6_without_scopes_pause_resume_and_cancel_are_refused_and_recorded(cast, run, role):
    actor = cast.actor(role)
    commands.pause(cast.actor("operator"), run.pk, reason="x")
    for act in (
        lambda: commands.pause(actor, run.pk, reason="x"),
        lambda: commands.resume(actor, run.pk),
        lambda: commands.cancel(actor, run.pk, reason="x"),
        lambda: commands.place(actor, run.pk, reason="x"),
        lambda: commands.retry(actor, run.pk, reason="x"),
        lambda: commands.amend_payload(actor, run.pk, changes={"a": 1}, reason="x"),
        lambda: commands.replace_file(actor, run.pk, "a", b"a", reason="x"),
    ):
        with refused(NotAllowed, run, match="scope"):
            act()


# Retry takes a failed run up where it failed.


def test_s7_retry_keeps_what_was_recorded(operator, cast):
    run = story.work(story.launch(cast, "failing"))
    assert (run.state, run.error["message"], run.error["step"]) == ("failed", "as told", "trouble")
    commands.retry(operator, run.pk, reason="the service is back")
    now = story.fresh(run)
    assert (now.state, now.attempt, now.finished_at) == ("queued", 0, None)
    story.work(run)
    assert effects_of(run.pk) == ["before trouble"]  # not done a second time
    assert story.fresh(run).state == "failed"


def test_a_run_that_failed_while_held_stays_held_when_it_is_retried(operator, cast):
    run = story.launch(cast, "failing")
    lease = story.claim(run)
    commands.pause(operator, run.pk, reason="wait")
    held = Lease(str(run.pk))
    held.epoch = lease.epoch
    settle.step_failed(held, story.WORKER, registry.find("failing").steps["trouble"], 0, ValueError("x"))
    assert story.fresh(run).state == "failed"
    assert commands.retry(operator, run.pk, reason="again").state == "paused"


@pytest.mark.parametrize("workflow", ["noop", "asking"])
def test_only_a_failed_run_is_retried(operator, cast, workflow):
    run = story.work(story.launch(cast, workflow))
    with refused(Conflict, run, match="failed|succeeded"):
        commands.retry(operator, run.pk, reason="x")
