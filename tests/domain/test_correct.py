"""amend, replace a file, place, annotate, release."""

import datetime

import pytest

from executions import commands
from executions.errors import Conflict, Invalid, NotAllowed, NotFound, Stale, TooLarge
from executions.models import HoldNote
from tests.domain import story
from tests.domain.refusal import refused
from tests.effects import effects_of

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def reviewer(cast):
    return cast.actor("reviewer")


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


@pytest.fixture
def paused(cast, operator):
    run = story.launch(cast, "noop", {"a": 1, "b": 2})
    commands.pause(operator, run.pk, reason="look")
    return story.fresh(run)


@pytest.fixture
def filed(cast, operator):
    run = story.launch(cast, "filing", files=[("a.txt", b"one"), ("b.txt", b"two")])
    commands.pause(operator, run.pk, reason="look")
    return story.fresh(run)


def test_amend_keeps_before_and_after(reviewer, paused):
    run = commands.amend_payload(
        reviewer, paused.pk, changes={"b": 3, "c": None}, reason="typo", version=paused.version
    )
    assert run.payload == {"a": 1, "b": 3, "c": None}
    assert run.version > paused.version
    event = story.events(run)[-1]
    assert (event.kind, event.reason) == ("payload.amended", "typo")
    assert story.data_of(event) == {"before": {"b": 2}, "changes": {"b": 3, "c": None}}


def test_amend_of_what_has_changed_meanwhile_is_stale(reviewer, paused):
    commands.amend_payload(reviewer, paused.pk, changes={"b": 3}, reason="first", version=paused.version)
    with refused(Stale, paused, match="changed since you looked"):
        commands.amend_payload(reviewer, paused.pk, changes={"b": 4}, reason="second", version=paused.version)


@pytest.mark.parametrize("changes", [{}, [1], None, "x", {"a": "\x00"}, {"a": float("nan")}])
def test_changes_that_cannot_be_stored_are_refused(reviewer, paused, changes):
    with refused(Invalid, paused, field="changes"):
        commands.amend_payload(reviewer, paused.pk, changes=changes, reason="x")


def test_an_amend_that_makes_the_payload_too_large_is_refused(cast, reviewer, settings):
    limit = settings.HOLDPOINT["MAX_PAYLOAD_BYTES"]
    run = story.launch(cast, "noop", {"a": "x" * (limit - 200)})
    commands.pause(reviewer, run.pk, reason="x")
    with refused(TooLarge, run):
        commands.amend_payload(reviewer, run.pk, changes={"b": "x" * 400}, reason="x")
    assert commands.amend_payload(reviewer, run.pk, changes={"a": ""}, reason="smaller").payload == {"a": ""}


def test_amend_waits_until_no_worker_is_on_the_run(cast, reviewer):
    run = story.launch(cast)
    with refused(Conflict, run, match="Pause the run first"):
        commands.amend_payload(reviewer, run.pk, changes={"a": 1}, reason="x")
    story.claim(run)
    commands.pause(reviewer, run.pk, reason="x")
    with refused(Conflict, run):
        commands.amend_payload(reviewer, run.pk, changes={"a": 1}, reason="x")


def test_a_failed_run_is_amended_and_retried(cast):
    admin = cast.actor("admin")
    run = story.work(story.launch(cast, "failing"))
    commands.amend_payload(admin, run.pk, changes={"failures": 0}, reason="the cause is gone")
    commands.retry(admin, run.pk, reason="now")
    assert story.work(run).state == "succeeded"
    assert story.fresh(run).payload["fine"] is True


def test_h6_an_operator_may_not_amend(operator, paused):
    with refused(NotAllowed, paused, match="executions:amend"):
        commands.amend_payload(operator, paused.pk, changes={"a": 1}, reason="x")


# Files


def test_h11_a_replaced_file_is_a_new_version_and_the_run_reads_it(cast, reviewer, operator):
    run = story.launch(cast, "filing", files=[("a.txt", b"one"), ("b.txt", b"two")])
    lease = story.claim(run)
    digest = run.files.get(name="a.txt").sha256
    story.record(run, lease.epoch, f"each::a.txt@{digest}")
    hold = commands.pause(reviewer, run.pk, reason="b is wrong")
    story.give_back(run, lease.epoch)
    stored = commands.replace_file(reviewer, run.pk, "b.txt", b"two, put right", reason="wrong total", version=1)
    commands.annotate(reviewer, hold.pk, text="replaced b")
    commands.resume(reviewer, run.pk)
    assert stored.version == 2
    assert bytes(run.files.get(name="b.txt", version=1).content) == b"two"
    assert story.work(run).state == "succeeded"
    assert effects_of(run.pk) == ["read b.txt v2"]  # a.txt is not ingested again
    replaced = next(event for event in story.events(run) if event.kind == "file.replaced")
    told = story.data_of(replaced)
    assert (told["version"], told["sha256"], told["before"]) == (
        2,
        stored.sha256,
        run.files.get(name="b.txt", version=1).sha256,
    )


def test_a_file_replaced_meanwhile_is_stale(reviewer, filed):
    commands.replace_file(reviewer, filed.pk, "a.txt", b"x", reason="x", version=1)
    with refused(Stale, filed, match="version 2"):
        commands.replace_file(reviewer, filed.pk, "a.txt", b"y", reason="x", version=1)


@pytest.mark.parametrize(
    "name", ["c.txt", "", "../a.txt", "nul\x00", "\ud800", "x" * 10_000, None, 7], ids=lambda n: repr(n)[:15]
)
def test_only_a_file_of_the_run_can_be_replaced(reviewer, filed, name):
    with refused(NotFound, filed, match=r"It has: a\.txt, b\.txt"):
        commands.replace_file(reviewer, filed.pk, name, b"x", reason="x")


def test_bad_new_content_is_refused(reviewer, filed, settings):
    with refused(Invalid, filed, field="files"):
        commands.replace_file(reviewer, filed.pk, "a.txt", b"", reason="x")
    with refused(TooLarge, filed, field="files"):
        commands.replace_file(
            reviewer, filed.pk, "a.txt", b"x" * (settings.HOLDPOINT["MAX_FILE_BYTES"] + 1), reason="x"
        )


def test_a_file_is_not_replaced_under_a_running_step(cast, reviewer):
    run = story.launch(cast, "filing", files=[("a.txt", b"one")])
    story.claim(run)
    commands.pause(reviewer, run.pk, reason="x")
    with refused(Conflict, run):
        commands.replace_file(reviewer, run.pk, "a.txt", b"x", reason="x")


# Compliance holds and notes


def test_a_compliance_hold_is_placed_annotated_and_released_by_a_reviewer(cast, reviewer):
    run = story.launch(cast)
    when = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    hold = commands.place(reviewer, run.pk, reason="evidence", review_by=when, ticket="C-9")
    note = commands.annotate(reviewer, hold.pk, text="  seen by legal ")
    assert (note.text, note.author_name, hold.kind, hold.review_by) == ("seen by legal", "reviewer", "compliance", when)
    released = commands.release(reviewer, hold.pk, reason="cleared")
    assert (released.released_by_name, released.release_reason, story.fresh(run).state) == (
        "reviewer",
        "cleared",
        "queued",
    )
    commands.annotate(reviewer, hold.pk, text="a note after the release")
    assert HoldNote.objects.filter(hold=hold).count() == 2
    assert story.kinds(run)[1:] == ["hold.placed", "hold.noted", "hold.released", "hold.noted"]


def test_invariant_8_one_release_per_hold(reviewer, operator, paused):
    hold = paused.holds.get()
    commands.release(operator, hold.pk, reason="first")
    with refused(Conflict, paused, match="operator released this hold already"):
        commands.release(reviewer, hold.pk, reason="second")
    assert story.kinds(paused).count("hold.released") == 1


def test_h6_holds_need_their_scopes(cast, reviewer, operator):
    run = story.launch(cast)
    with refused(NotAllowed, run, match="holds:place"):
        commands.place(operator, run.pk, reason="x")
    hold = commands.place(reviewer, run.pk, reason="x")
    with refused(NotAllowed, run, match="holds:release"):
        commands.release(operator, hold.pk, reason="x")
    with refused(NotAllowed, run):
        commands.annotate(cast.actor("auditor"), hold.pk, text="x")


def test_a_review_date_needs_a_time_zone(cast, reviewer):
    run = story.launch(cast)
    for when in (datetime.datetime(2030, 1, 1), "soon"):  # noqa: DTZ001  (naive on purpose)
        with refused(Invalid, run, field="review_by"):
            commands.place(reviewer, run.pk, reason="x", review_by=when)


def test_a_hold_of_a_finished_run_is_not_released(operator, paused):
    hold = paused.holds.get()
    commands.cancel(operator, paused.pk, reason="no more")
    with refused(Conflict, paused, match="was cancelled"):
        commands.release(operator, hold.pk, reason="x")
