"""A6: nothing ends a wait for people by itself; a job that does is there, and does nothing unless told."""

import io

import pytest
from django.core.management import CommandError, call_command

from executions import commands
from tests.domain import story

pytestmark = pytest.mark.usefixtures("db")
DAY = 24 * 3600


def stale(*options: str) -> str:
    out = io.StringIO()
    call_command("stale_pauses", *options, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.fixture
def waiting(cast):
    """A run paused and one that asks, both for forty days, and one paused just now."""
    paused = story.launch(cast)
    commands.pause(cast.actor("operator"), paused.pk, reason="think")
    asking = story.work(story.launch(cast, "asking"))
    for run in (paused, asking):
        story.let_pass(run, 40 * DAY)
    fresh = story.launch(cast)
    commands.pause(cast.actor("operator"), fresh.pk, reason="think")
    return paused, asking, fresh


def test_a6_the_job_lists_and_touches_nothing(waiting):
    before = [story.snapshot(run) for run in waiting]
    text = stale("--older-than", "30d")
    assert [str(run.pk) in text for run in waiting] == [True, True, False]
    assert [story.snapshot(run) for run in waiting] == before
    assert stale("--older-than", "8w") == ""
    assert str(waiting[1].pk) not in stale("--older-than", "30d", "--workflow", "noop")


def test_a6_the_job_cancels_when_told_with_its_reason(waiting):
    text = stale("--older-than", "4w", "--cancel", "--reason", "nobody came")
    assert text.count(": cancelled") == 2
    assert [story.fresh(run).state for run in waiting] == ["cancelled", "cancelled", "paused"]
    asked = next(event for event in story.events(waiting[0]) if event.kind == "execution.cancel_requested")
    assert (asked.actor_id, asked.via, asked.reason) == ("policy:stale-pauses", "cli", "nobody came")


def test_a_hold_that_forbids_cancelling_forbids_it_to_the_job(cast, waiting):
    commands.place(cast.actor("reviewer"), waiting[0].pk, reason="audit", blocks_cancel=True)
    assert "not cancelled. Held by" in stale("--older-than", "30d", "--cancel", "--reason", "nobody came")
    assert [story.fresh(run).state for run in waiting] == ["paused", "cancelled", "paused"]


@pytest.mark.parametrize(
    "options", [["--older-than", "soon"], ["--older-than", "30"], ["--older-than", "30d", "--cancel"], []]
)
def test_what_the_job_cannot_take_is_refused(options):
    with pytest.raises(CommandError):
        stale(*options)
