"""skip: the next step is passed without running, with a result that a person states."""

import pytest

from executions import commands, queries
from executions.errors import Conflict, Invalid, NotAllowed, Stale, TooLarge
from tests.domain import story
from tests.domain.refusal import refused
from tests.effects import effects_of

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


@pytest.fixture
def run(cast):
    """A run that waits at the border."""
    return story.work(story.launch(cast, "journey", {"load": "tea"}))


def test_the_result_is_merged_and_the_run_goes_on(cast, run):
    skipped = commands.skip(cast.actor("admin"), run.pk, result={"stamp": "waived"}, reason="nobody at the desk")
    assert (skipped.state, skipped.steps_done, skipped.ahead) == ("queued", 3, ["arrive"])
    assert skipped.payload["stamp"] == "waived"
    assert run.suspensions.get().outcome == "withdrawn"
    run = story.work(run)
    assert (run.state, run.payload["arrived"]) == ("succeeded", "waived")
    line = next(event for event in story.events(run) if event.kind == "step.skipped")
    assert (line.reason, story.data_of(line)) == (
        "nobody at the desk",
        {"step": "border", "position": 2, "result": {"stamp": "waived"}},
    )
    assert [step.status for step in queries.steps_of(run)] == ["finished", "finished", "skipped", "finished"]


def test_stating_a_result_is_for_those_who_may_amend(operator, run):
    with refused(NotAllowed, run, match="executions:amend"):
        commands.skip(operator, run.pk, result={"stamp": "waived"}, reason="nobody at the desk")


def test_a_paused_run_stays_paused(operator, run):
    commands.pause(operator, run.pk, reason="look")
    assert commands.skip(operator, run.pk, reason="x").state == "paused"


def test_the_step_that_failed_is_skipped(operator, cast):
    run = story.work(story.launch(cast, "failing"))
    skipped = commands.skip(cast.actor("admin"), run.pk, result={"fine": "enough"}, reason="done by hand")
    assert (skipped.state, skipped.error, skipped.attempt, skipped.finished_at) == ("queued", None, 0, None)
    run = story.work(run)
    assert (run.state, run.payload["fine"]) == ("succeeded", "enough")
    assert effects_of(run.pk) == ["before trouble"]


def test_after_the_last_step_the_end_waits_for_the_holds(operator, cast):
    run = story.work(story.launch(cast, "failing"))
    commands.retry(operator, run.pk, reason="x")
    commands.pause(operator, run.pk, reason="look")
    assert commands.skip(operator, run.pk, reason="x").state == "paused"
    assert story.work(run).state == "paused"
    with refused(Conflict, run, match="No step lies ahead"):
        commands.skip(operator, run.pk, reason="x")
    commands.resume(operator, run.pk)
    assert story.work(run).state == "succeeded"


def test_only_the_step_that_was_seen_is_skipped(operator, run):
    with refused(Stale, run, match="border is"):
        commands.skip(operator, run.pk, step="east", reason="x")
    assert commands.skip(operator, run.pk, step="border", reason="x").next_step == "arrive"


def test_refusals_change_nothing(operator, cast, run):
    with refused(NotAllowed, run, match="executions:control"):
        commands.skip(cast.actor("reviewer"), run.pk, reason="x")
    with refused(Invalid, run, field="reason"):
        commands.skip(operator, run.pk, reason=" ")
    with refused(Invalid, run, field="result"):
        commands.skip(cast.actor("admin"), run.pk, reason="x", result=["no", "object"])
    with refused(TooLarge, run):
        commands.skip(cast.actor("admin"), run.pk, reason="x", result={"field": "x" * 2_000_000})
    queued = story.launch(cast, "journey")
    with refused(Conflict, queued, match="Pause the run first"):
        commands.skip(operator, queued.pk, reason="x")
    ended = story.work(story.launch(cast))
    with refused(Conflict, ended, match="succeeded"):
        commands.skip(operator, ended.pk, reason="x")
