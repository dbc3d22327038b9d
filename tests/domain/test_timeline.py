"""The life of a run, folded from its history alone."""

import datetime
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from executions import commands, queries
from executions.models import Event
from executions.queries import run_history, timeline
from executions.queries.timeline import timeline_of
from tests.domain import story
from tests.effects import effects_table  # noqa: F401

pytestmark = pytest.mark.usefixtures("db", "effects_table")


def life_of(run):
    run = story.fresh(run)
    return timeline_of(run, queries.freezes_over(run))


def states(run) -> list[str]:
    return [band.state for band in life_of(run).bands]


def held_in_the_middle(cast):
    """A run that was paused in its first step, noted, refused to an auditor, resumed, and carried on to its end."""
    run = story.launch(cast, "noop")
    claimed = story.claim(run)
    hold = commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")
    story.give_back(run, claimed.epoch)
    commands.annotate(cast.actor("operator"), hold.pk, text="Asked the supplier")
    with pytest.raises(commands.base.Refused):
        commands.cancel(cast.actor("auditor"), run.pk, reason="All wrong")
    commands.resume(cast.actor("operator"), run.pk, note="Corrected")
    return story.work(run)


def test_a_life_goes_from_state_to_state_without_a_gap(cast):
    life = life_of(held_in_the_middle(cast))

    assert [band.state for band in life.bands][:4] == ["queued", "processing", "pausing", "paused"]
    assert life.ended
    assert life.bands[0].since == life.since
    assert life.bands[-1].until == life.until
    for band, following in zip(life.bands, life.bands[1:], strict=False):
        assert band.until == following.since
    assert (life.bands[3].by, life.bands[3].why) == ("reviewer", "Totals differ")


def test_a_hold_is_told_with_who_placed_it_and_who_let_the_run_go_on(cast):
    (span,) = life_of(held_in_the_middle(cast)).holds

    assert (span.by, span.why, span.kind) == ("reviewer", "Totals differ", "operator")
    assert (span.outcome, span.ended_by, span.ended_why) == ("released", "operator", "Corrected")
    assert span.seq < span.end_seq


def test_acts_are_those_of_people_with_the_refused_ones(cast):
    acts = [(act.actor, act.kind) for act in life_of(held_in_the_middle(cast)).acts]

    assert acts == [
        ("operator", "execution.launched"),
        ("reviewer", "hold.placed"),
        ("operator", "hold.noted"),
        ("auditor", "command.denied"),
        ("operator", "hold.released"),
        ("operator", "execution.resumed"),
    ]


def test_work_on_a_step_is_told_with_how_it_ended(cast):
    stretches = life_of(held_in_the_middle(cast)).stretches

    assert [(each.step, each.ended) for each in stretches] == [
        ("step_0", "left"),
        ("step_0", "finished"),
        ("step_1", "finished"),
        ("step_2", "finished"),
    ]
    assert all(each.until is not None and each.until >= each.since for each in stretches)


def test_a_run_that_asks_waits_under_its_question(cast):
    run = story.work(story.launch(cast, "asking", {}))
    question = run.suspensions.get()
    life = life_of(run)

    assert (life.bands[-1].state, life.bands[-1].why, life.bands[-1].open) == ("suspended", question.title, True)
    assert life.questions[0].until is None
    assert not life.ended

    said = {"data": {"decision": "yes"}, "context_digest": question.context_digest}
    commands.answer(cast.actor("reviewer"), question.pk, **said)
    (answered,) = life_of(run).questions
    assert (answered.outcome, answered.ended_by) == ("answered", "reviewer")


def test_a_breakpoint_holds_only_once_the_run_stands_before_its_step(cast):
    run = story.launch(cast, "noop")
    commands.pause(cast.actor("reviewer"), run.pk, reason="Look first", before_step="step_1")
    assert states(run) == ["queued"]

    run = story.work(run)

    life = life_of(run)
    assert [band.state for band in life.bands] == ["queued", "processing", "paused"]
    assert (life.holds[0].step, life.bands[-1].by) == ("step_1", "reviewer")
    assert [each.step for each in life.stretches] == ["step_0"]


def test_what_a_freeze_kept_in_the_queue_is_frozen(cast):
    run = story.launch(cast, "noop")
    commands.freeze(cast.actor("reviewer"), workflow="noop", reason="Stock-taking")

    life = life_of(run)

    assert [band.state for band in life.bands] == ["queued", "frozen"]
    assert (life.bands[-1].by, life.bands[-1].why) == ("reviewer", "Stock-taking")


def test_what_was_done_before_a_run_was_sent_back_counts_no_more(cast):
    run = story.launch(cast, "noop")
    commands.pause(cast.actor("reviewer"), run.pk, reason="Look first", before_step="step_2")
    run = story.work(run)
    commands.retry(cast.actor("operator"), run.pk, reason="Once more", from_step="step_1")

    stretches = life_of(run).stretches

    assert [(each.step, each.undone) for each in stretches] == [("step_0", False), ("step_1", True)]


def test_a_failure_and_its_retry_are_part_of_the_life(cast):
    run = story.work(story.launch(cast, "failing", {}))
    assert states(run)[-1] == "processing", "a life ends with what came before its end"
    commands.retry(cast.actor("operator"), run.pk, reason="Put right")

    assert states(run)[-2:] == ["failed", "queued"]
    assert life_of(run).stretches[0].ended == "failed"


def test_a_long_history_is_read_from_its_newest_lines_and_what_was_open_before_is_known(cast, monkeypatch):
    run = story.launch(cast, "noop")
    hold = commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")
    for number in range(8):
        commands.annotate(cast.actor("reviewer"), hold.pk, text=f"note {number}")
    monkeypatch.setattr(timeline, "CAP", 5)

    with CaptureQueriesContext(connection) as asked:
        life = timeline_of(story.fresh(run))

    assert len(asked) == 4, "the run, its lines, the holds and questions open before them"
    assert life.left_out
    assert [(band.state, band.by) for band in life.bands] == [("paused", "reviewer")]
    assert (life.holds[0].seq, life.holds[0].by) == (0, "reviewer")


def test_a_life_costs_one_query(cast):
    run = held_in_the_middle(cast)

    with CaptureQueriesContext(connection) as asked:
        life = timeline_of(run)

    assert len(asked) == 1
    assert life.until - life.since < datetime.timedelta(minutes=5)


@pytest.mark.parametrize("version", [150000, 160000], ids=["PostgreSQL 15", "newer"])
def test_a_line_that_was_forged_spoils_no_life(cast, version, monkeypatch):
    """Its data may be no JSON; PostgreSQL 15 has no way of asking."""
    monkeypatch.setattr(timeline, "server_version", lambda: version)
    run = held_in_the_middle(cast)
    whole = states(run)
    assert [span.why for span in life_of(run).holds] == ["Totals differ"]
    Event.objects.create(
        ledger=run.pk, kind="hold.noted", actor_id="user:0", actor_name="x", actor_role="", via="console", reason="",
        data="{no JSON",
    )  # fmt: skip
    assert states(run) == whole


@pytest.mark.parametrize("version", [150000, 160000], ids=["PostgreSQL 15", "newer"])
def test_long_lines_of_a_history_are_told_without_what_is_long(cast, version, monkeypatch):
    monkeypatch.setattr(run_history, "server_version", lambda: version)
    run = story.launch(cast, "noop", {"text": "x" * 30_000})

    (line,) = run_history.newest(run.pk)

    assert json.loads(line.told)["ahead"] == run.ahead
    assert "payload" not in json.loads(line.told)
