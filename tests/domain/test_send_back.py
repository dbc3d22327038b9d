"""retry from an earlier step: payload, route and records as they were there; what people corrected stays."""

import pytest

from executions import commands
from executions.errors import Conflict, Invalid, NotAllowed, Stale
from executions.queries.boundaries import boundaries, replay, state_at
from tests.domain import story
from tests.domain.refusal import refused
from tests.effects import effects_of

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


@pytest.fixture
def run(cast):
    """A run that waits at the border: two legs are done, a question is open."""
    return story.work(story.launch(cast, "journey", {"load": "tea"}))


def stamp(cast, run, value="yes"):
    asked = run.suspensions.get(closed_at__isnull=True)
    commands.answer(cast.actor("reviewer"), asked.pk, data={"stamp": value}, context_digest=asked.context_digest)
    return story.work(run)


def amend(cast, run, **changes):
    return commands.amend_payload(cast.actor("reviewer"), run.pk, changes=changes, reason="a correction")


def test_the_payload_is_as_it_was_there_with_what_people_corrected_since(operator, cast, run):
    amend(cast, run, load="silk", last="corrected")
    sent = commands.retry(operator, run.pk, from_step="east", reason="the load was wrong")
    assert (sent.state, sent.steps_done, sent.ahead) == ("queued", 1, ["east", "border", "arrive"])
    # what `north` did stays, what `east` did is dropped, the corrections stay
    assert sent.payload == {"load": "silk", "north": "tea", "last": "corrected"}
    assert sent.open_suspensions == 0
    assert run.suspensions.get().outcome == "withdrawn"


def test_what_was_recorded_is_not_done_again_and_the_question_is_asked_anew(operator, cast, run):
    amend(cast, run, load="silk")
    commands.retry(operator, run.pk, from_step="north", reason="x")
    run = story.work(run)
    assert run.state == "suspended"
    assert run.payload == {"load": "silk", "north": "silk", "east": "silk", "last": "east"}
    done = effects_of(run.pk)
    assert done.count("north with tea") == done.count("east with tea") == done.count("queued at the border") == 1
    assert [done.count(f"entered {leg}") for leg in ("north", "east")] == [2, 2]
    assert not any("silk" in what for what in done)
    assert stamp(cast, run).payload["arrived"] == "yes"


def test_answers_are_kept_unless_all_is_to_be_done_again(operator, cast):
    run = stamp(cast, story.work(story.launch(cast, "journey", {"load": "contraband"})))
    assert (run.state, run.error["message"]) == ("failed", "seized")
    amend(cast, run, load="silk")
    commands.retry(operator, run.pk, from_step="border", reason="the load is fine now")
    assert story.work(run).payload["arrived"] == "yes"  # not asked a second time
    assert run.suspensions.count() == 1


def test_again_does_and_asks_all_anew_from_there_on_and_only_from_there_on(operator, cast):
    run = stamp(cast, story.work(story.launch(cast, "journey", {"load": "contraband"})))
    amend(cast, run, load="silk")
    commands.retry(operator, run.pk, from_step="east", again=True, reason="travel again")
    run = story.work(run)
    assert (run.state, run.pass_no, run.passes) == ("suspended", 1, [1])
    done = effects_of(run.pk)
    assert [done.count(f"{leg} with silk") for leg in ("north", "east")] == [0, 1]
    assert done.count("queued at the border") == 2
    assert stamp(cast, run, "second").payload["arrived"] == "second"
    assert [asked.outcome for asked in run.suspensions.order_by("pass_no")] == ["answered", "answered"]


def test_a_later_retry_from_further_back_still_finds_what_was_recorded_before_the_pass_began(operator, cast, run):
    commands.retry(operator, run.pk, from_step="border", again=True, reason="ask anew")
    story.work(run)
    commands.retry(operator, run.pk, from_step="north", reason="from the beginning")
    story.work(run)
    done = effects_of(run.pk)
    assert done.count("north with tea") == done.count("east with tea") == 1
    assert done.count("queued at the border") == 2


def test_a_failed_run_can_do_its_failed_step_again_with_all_that_it_recorded(operator, cast):
    run = story.work(story.launch(cast, "failing"))
    commands.retry(operator, run.pk, again=True, reason="all of it")
    story.work(run)
    assert effects_of(run.pk) == ["before trouble", "before trouble"]


def test_the_step_it_rests_in_can_be_begun_anew(operator, cast, run):
    commands.retry(operator, run.pk, from_step="border", reason="the question was unclear")
    run = story.work(run)
    assert [asked.outcome for asked in run.suspensions.order_by("opened_at")] == ["withdrawn", None]
    assert stamp(cast, run).state == "succeeded"


def test_holds_stay(operator, cast, run):
    commands.pause(operator, run.pk, reason="look at it")
    sent = commands.retry(operator, run.pk, from_step="north", reason="x")
    assert (sent.state, sent.open_holds) == ("paused", 1)
    assert commands.resume(operator, run.pk).state == "queued"


def test_the_history_says_what_going_back_changed(operator, cast, run):
    amend(cast, run, load="silk")
    commands.retry(operator, run.pk, from_step="east", reason="because")
    line = next(event for event in story.events(run) if event.kind == "execution.retried")
    assert (line.reason, line.actor_name) == ("because", "operator")
    assert story.data_of(line) == {
        "step": "east",
        "position": 1,
        "again": False,
        "from_position": 2,
        "before": {"east": "tea", "last": "east"},
        "after": {"last": "north"},
    }
    assert story.bad_line(run.pk) is None


def test_the_replayed_history_is_the_row_after_every_kind_of_line(operator, cast, run):
    def agrees():
        then, now = state_at(run), story.fresh(run)
        assert (then.payload, then.ahead, then.position) == (now.payload, now.ahead, now.steps_done)

    agrees()
    amend(cast, run, load="silk", extra=1)
    agrees()
    commands.pause(cast.actor("admin"), run.pk, reason="x")
    commands.resume(cast.actor("admin"), run.pk, data={"extra": 2, "more": [1]})
    agrees()
    commands.retry(operator, run.pk, from_step="east", reason="x")
    agrees()
    story.work(run)
    agrees()
    commands.skip(cast.actor("admin"), run.pk, result={"stamp": "waived", "load": "air"}, reason="x")
    agrees()
    story.work(run)
    assert story.fresh(run).state == "succeeded"
    agrees()


def test_boundaries_that_were_gone_back_behind_are_undone(operator, run):
    commands.retry(operator, run.pk, from_step="north", position=0, reason="x")
    story.work(run)
    found = [(boundary.kind, boundary.position, boundary.undone) for boundary in boundaries(run)]
    assert found == [
        ("step.finished", 2, False),
        ("step.finished", 1, False),
        ("execution.retried", 0, False),
        ("step.finished", 2, True),
        ("step.finished", 1, True),
        ("execution.launched", 0, False),
    ]
    assert replay(run).ran == {0: "north", 1: "east"}


def test_a_step_that_did_not_run_is_no_place_to_go_back_to(operator, run):
    for wanted in ({"from_step": "arrive"}, {"from_step": "nowhere"}, {"from_step": "north", "position": 1}):
        with refused(Invalid, run, field="from_step", match="north.*position 0.*border"):
            commands.retry(operator, run.pk, reason="x", **wanted)
    with refused(Invalid, run, field="position", match="position 7"):
        commands.retry(operator, run.pk, reason="x", position=7)
    with refused(Invalid, run, field="reason"):
        commands.retry(operator, run.pk, reason=" ", from_step="north")


def test_only_a_run_at_rest_is_sent_back(operator, cast, run):
    fresh = story.launch(cast, "journey")
    for state, other in (("queued", fresh), ("succeeded", story.work(story.launch(cast)))):
        with refused(Conflict, other, match=state):
            commands.retry(operator, other.pk, from_step="north", reason="x")
    story.claim(fresh)
    with refused(Conflict, fresh, match="processing"):
        commands.retry(operator, fresh.pk, from_step="north", reason="x")


def test_what_was_seen_must_be_what_is_there(operator, run):
    with refused(Stale, run, match="changed since"):
        commands.retry(operator, run.pk, from_step="north", version=run.version - 1, reason="x")
    assert commands.retry(operator, run.pk, from_step="north", version=run.version, reason="x").steps_done == 0


def test_it_needs_a_scope(cast, run):
    with refused(NotAllowed, run, match="executions:control"):
        commands.retry(cast.actor("reviewer"), run.pk, from_step="north", reason="x")
