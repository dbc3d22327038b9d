"""pause and resume: what they do, when they are refused, and what the history says."""

import pytest

from executions import commands
from executions.errors import Conflict, Invalid, NotAllowed, TooLarge
from tests.domain import story
from tests.domain.refusal import refused
from tests.effects import effects_of

pytestmark = pytest.mark.usefixtures("db")

BAD_REASONS = ["", "   ", "\n\t", "\u200b", "\u00a0\u2028", "nul \x00", "\ud800", "x" * 10_000, None, 7, ["x"]]


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


@pytest.fixture
def reviewer(cast):
    return cast.actor("reviewer")


@pytest.fixture
def run(cast):
    return story.launch(cast)


def test_h1_a_queued_run_pauses_at_once_and_nothing_claims_it(operator, run):
    commands.pause(operator, run.pk, reason="look first")
    assert story.fresh(run).state == "paused"
    assert story.claim(run) is None


def test_h2_a_running_step_is_told_and_finishes_and_no_further_step_starts(operator, run):
    lease = story.claim(run)
    commands.pause(operator, run.pk, reason="totals differ")
    assert story.fresh(run).state == "pausing"
    told = story.heartbeat(run, lease.epoch)
    assert (told.open_holds, told.reason, told.placed_by_name) == (1, "totals differ", "operator")
    assert story.boundary(run, lease.epoch, 0, ["step_1", "step_2"]) == "paused"
    assert story.boundary(run, lease.epoch, 1, ["step_2"]) is None
    assert story.claim(run) is None
    now = story.fresh(run)
    assert (now.steps_done, now.ahead, now.lease_until, now.owner) == (1, ["step_1", "step_2"], None, None)


def test_h3_h4_resume_goes_on_from_the_boundary_with_everything_kept(operator, cast):
    run = story.launch(cast, "counting", {"items": 3})
    lease = story.claim(run)
    for item in range(2):
        assert story.record(run, lease.epoch, f"once:{item}", 1)
        assert story.record(run, lease.epoch, f"each::{item}")
    commands.pause(operator, run.pk, reason="wait")
    assert story.give_back(run, lease.epoch) == "paused"
    held = story.fresh(run)
    assert (held.payload["items"], held.ahead, held.steps_done) == (3, ["count", "report"], 0)
    commands.resume(operator, run.pk)
    assert story.work(run).state == "succeeded"
    assert effects_of(run.pk) == ["item 2", "reported"]


def test_h7_who_when_why_are_in_the_history(operator, run):
    hold = commands.pause(operator, run.pk, reason="why", reason_code="data-error", ticket="T-1")
    commands.resume(operator, run.pk, note="put right")
    commands.cancel(operator, run.pk, reason="no longer needed")
    told = [(e.kind, e.actor_name, e.actor_id, e.via, e.reason) for e in story.events(run)[1:]]
    who = ("operator", operator.id, "console")
    assert told == [
        ("hold.placed", *who, "why"),
        ("hold.released", *who, "put right"),
        ("execution.resumed", *who, "put right"),
        ("execution.cancel_requested", *who, "no longer needed"),
        ("execution.cancelled", *who, "no longer needed"),
    ]
    placed = story.data_of(story.events(run)[1])
    assert (placed["hold"], placed["reason_code"], placed["ticket"]) == (str(hold.pk), "data-error", "T-1")


@pytest.mark.parametrize("reason", BAD_REASONS, ids=lambda value: repr(value)[:12])
def test_h8_a_bad_reason_is_refused_by_every_command_that_asks_why(cast, run, reason):
    actor = cast.actor("admin")
    failed = story.work(story.launch(cast, "failing"))
    paused = story.launch(cast)
    hold = commands.pause(actor, paused.pk, reason="x")
    files = story.launch(cast, "filing", files=[("a.txt", b"a")])
    commands.pause(actor, files.pk, reason="x")
    for target, act, field in (
        (run, lambda: commands.pause(actor, run.pk, reason=reason), "reason"),
        (run, lambda: commands.place(actor, run.pk, reason=reason), "reason"),
        (run, lambda: commands.cancel(actor, run.pk, reason=reason), "reason"),
        (failed, lambda: commands.retry(actor, failed.pk, reason=reason), "reason"),
        (paused, lambda: commands.amend_payload(actor, paused.pk, changes={"a": 1}, reason=reason), "reason"),
        (files, lambda: commands.replace_file(actor, files.pk, "a.txt", b"b", reason=reason), "reason"),
        (paused, lambda: commands.annotate(actor, hold.pk, text=reason), "text"),
        (paused, lambda: commands.release(actor, hold.pk, reason=reason), "reason"),
    ):
        with refused(Invalid, target, field=field):
            act()


@pytest.mark.parametrize("note", ["nul \x00", "\ud800", "x" * 10_000, 7])
def test_a_bad_note_is_refused_on_resume(operator, run, note):
    commands.pause(operator, run.pk, reason="x")
    with refused(Invalid, run, field="note"):
        commands.resume(operator, run.pk, note=note)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"reason_code": "x" * 201}, "reason_code"),
        ({"reason_code": "\x00"}, "reason_code"),
        ({"ticket": "x" * 501}, "ticket"),
        ({"ticket": "a\nb"}, "ticket"),
        ({"before_step": "nowhere"}, "before_step"),
        ({"before_step": "\x00"}, "before_step"),
        ({"before_step": 7}, "before_step"),
        ({"before_step": ["step_1"]}, "before_step"),
    ],
)
def test_bad_extras_of_a_pause_are_refused(operator, run, more, field):
    with refused(Invalid, run, field=field):
        commands.pause(operator, run.pk, reason="x", **more)


def test_pause_during_pausing_adds_a_second_hold_and_both_must_go(operator, reviewer, run):
    lease = story.claim(run)
    first = commands.pause(operator, run.pk, reason="one")
    second = commands.pause(reviewer, run.pk, reason="two")
    assert (story.fresh(run).state, story.fresh(run).open_holds) == ("pausing", 2)
    commands.release(operator, first.pk, reason="mine is done")
    assert story.boundary(run, lease.epoch, 0, ["step_1", "step_2"]) == "paused"
    commands.release(reviewer, second.pk, reason="mine too")
    assert story.fresh(run).state == "queued"


def test_resume_during_pausing_withdraws_the_pause(operator, run):
    lease = story.claim(run)
    commands.pause(operator, run.pk, reason="oh")
    assert commands.resume(operator, run.pk).state == "processing"
    assert story.boundary(run, lease.epoch, 0, ["step_1", "step_2"]) == "processing"


def test_p8_a_second_resume_is_refused(operator, run):
    commands.pause(operator, run.pk, reason="x")
    commands.resume(operator, run.pk)
    with refused(Conflict, run, match="Only a paused or pausing run"):
        commands.resume(operator, run.pk)


def test_resume_with_a_compliance_hold_changes_nothing_and_says_whose_it_is(operator, reviewer, run):
    commands.pause(operator, run.pk, reason="mine")
    theirs = commands.place(reviewer, run.pk, reason="totals differ in three invoices")
    with refused(Conflict, run, match=r"reviewer \(compliance\) since .*: totals differ in three invoices") as caught:
        commands.resume(operator, run.pk, data={}, note="go on")
    assert caught.value.holds == (str(theirs.pk),)
    assert "pause" in caught.value.allowed
    assert "resume" not in caught.value.allowed
    assert commands.resume(reviewer, run.pk).state == "queued"


def test_what_is_handed_along_on_resume_reaches_the_step(cast, run):
    admin = cast.actor("admin")
    commands.pause(admin, run.pk, reason="x")
    commands.resume(admin, run.pk, data={"a": 1}, additional_context={"hint": "b"}, trigger="webhook", note="n")
    now = story.fresh(run)
    assert now.payload == {"a": 1}
    assert now.resumed == {
        "trigger": "webhook", "data": {"a": 1}, "additional_context": {"hint": "b"}, "by": "admin", "note": "n",
    }  # fmt: skip
    assert story.claim(run).resumed is not None


def test_h6_data_on_resume_needs_amend(operator, run):
    commands.pause(operator, run.pk, reason="x")
    with refused(NotAllowed, run, match="executions:amend"):
        commands.resume(operator, run.pk, data={"a": 1})


def test_data_on_resume_waits_for_the_step_to_finish(cast, run):
    story.claim(run)
    commands.pause(cast.actor("admin"), run.pk, reason="x")
    with refused(Conflict, run, match="not finished"):
        commands.resume(cast.actor("admin"), run.pk, data={"a": 1})


@pytest.mark.parametrize("data", [[1], "x", {"a": "\x00"}, {"a": {1}}])
def test_bad_data_on_resume_is_refused(cast, run, data):
    commands.pause(cast.actor("admin"), run.pk, reason="x")
    with refused(Invalid, run, field="data"):
        commands.resume(cast.actor("admin"), run.pk, data=data)
    with refused(Invalid, run, field="additional_context"):
        commands.resume(cast.actor("admin"), run.pk, additional_context=data)


def test_data_on_resume_that_would_make_the_payload_too_large_is_refused(cast, settings):
    limit = settings.HOLDPOINT["MAX_PAYLOAD_BYTES"]
    run = story.launch(cast, "noop", {"a": "x" * (limit // 2)})
    commands.pause(cast.actor("admin"), run.pk, reason="x")
    with refused(TooLarge, run):
        commands.resume(cast.actor("admin"), run.pk, data={"b": "x" * (limit // 2)})


def test_a_pause_while_a_run_is_held_at_its_end_keeps_it_from_ending(operator, run):
    lease = story.claim(run)
    for position, ahead in enumerate((["step_1", "step_2"], ["step_2"])):
        story.boundary(run, lease.epoch, position, ahead)
    commands.pause(operator, run.pk, reason="not yet")
    assert story.boundary(run, lease.epoch, 2, []) == "paused"
    commands.resume(operator, run.pk)
    assert story.work(run).state == "succeeded"


# Breakpoints: "before step X" rather than at the next boundary.


def test_a_breakpoint_lets_the_run_go_on_until_its_step_is_next(operator, run):
    commands.pause(operator, run.pk, reason="look at two", before_step="step_2")
    assert story.fresh(run).state == "queued"
    lease = story.claim(run)
    assert story.boundary(run, lease.epoch, 0, ["step_1", "step_2"]) == "processing"
    assert story.boundary(run, lease.epoch, 1, ["step_2"]) == "paused"
    assert story.claim(run) is None
    commands.resume(operator, run.pk)
    assert story.work(run).state == "succeeded"


def test_a_breakpoint_on_the_next_step_of_a_queued_run_pauses_at_once(operator, run):
    commands.pause(operator, run.pk, reason="x", before_step="step_0")
    assert story.fresh(run).state == "paused"
    assert story.claim(run) is None


def test_a_breakpoint_counts_for_the_time_in_the_state_only_where_it_changes_the_state(operator, run):
    story.execute("UPDATE executions_execution SET state_since = now() - interval '1 minute' WHERE id = %s", [run.pk])
    queued_since = story.fresh(run).state_since
    later = commands.pause(operator, run.pk, reason="x", before_step="step_2")
    commands.release(operator, later.pk, reason="not needed")
    assert story.fresh(run).state_since == queued_since

    first = commands.pause(operator, run.pk, reason="x", before_step="step_0")
    paused_since = story.fresh(run).state_since
    assert paused_since > queued_since
    story.execute("UPDATE executions_execution SET state_since = now() - interval '1 second' WHERE id = %s", [run.pk])
    commands.pause(operator, run.pk, reason="y", before_step="step_0")
    commands.release(operator, first.pk, reason="one of two")
    assert story.fresh(run).state_since < paused_since
    commands.resume(operator, run.pk)
    assert (story.fresh(run).state, story.fresh(run).state_since) == ("queued", paused_since)


def test_a_breakpoint_on_the_running_step_comes_too_late(operator, run):
    story.claim(run)
    with refused(Conflict, run, match="running already"):
        commands.pause(operator, run.pk, reason="x", before_step="step_0")


def test_a_breakpoint_that_is_not_reached_can_be_released(operator, run):
    hold = commands.pause(operator, run.pk, reason="x", before_step="step_2")
    with refused(Conflict, run):
        commands.resume(operator, run.pk)
    commands.release(operator, hold.pk, reason="not needed")
    assert story.work(run).state == "succeeded"


def test_resume_at_a_breakpoint_leaves_later_breakpoints_in_place(operator, run):
    commands.pause(operator, run.pk, reason="x", before_step="step_1")
    commands.pause(operator, run.pk, reason="x", before_step="step_2")
    assert (story.work(run).state, story.fresh(run).ahead[0]) == ("paused", "step_1")
    commands.resume(operator, run.pk)
    assert (story.work(run).state, story.fresh(run).ahead[0]) == ("paused", "step_2")
    commands.resume(operator, run.pk)
    assert story.work(run).state == "succeeded"
