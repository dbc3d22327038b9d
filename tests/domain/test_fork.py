"""fork: another run that begins at a boundary of this one."""

import pytest

from executions import commands
from executions.errors import Conflict, Invalid, NotAllowed
from executions.queries.boundaries import boundaries
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
    return story.work(story.launch(cast, "journey", {"load": "tea"}, labels={"team": "trade"}))


def seq_of(run, kind, number=0):
    return [event.seq for event in story.events(run) if event.kind == kind][number]


def test_f12_a_run_is_forked_from_any_of_its_boundaries(operator, run):
    for boundary in boundaries(run):
        before = story.snapshot(run)
        fork = commands.fork(operator, run.pk, from_seq=boundary.seq, reason="what if")
        assert (fork.forked_from_id, fork.forked_at) == (run.pk, boundary.seq)
        assert fork.ahead == ["north", "east", "border", "arrive"][boundary.position :]
        legs = ["north", "east"][: boundary.position]
        assert fork.payload == {"load": "tea", **dict.fromkeys(legs, "tea"), **({"last": legs[-1]} if legs else {})}
        assert (fork.labels, fork.state, fork.steps_done) == ({"team": "trade"}, "queued", 0)
        after = story.snapshot(run)
        assert (after.row, after.holds, after.suspensions) == (before.row, before.holds, before.suspensions)
        assert story.kinds(run)[-1] == "execution.forked"
        assert story.data_of(story.events(run)[-1]) == {
            "to": str(fork.pk),
            "from_seq": boundary.seq,
            "step": fork.ahead[0],
        }


def test_a_fork_does_by_itself_what_lies_ahead_of_it(operator, cast, run):
    fork = commands.fork(operator, run.pk, from_seq=seq_of(run, "step.finished", 0), reason="x", title="Another way")
    fork = story.work(fork)
    assert (fork.title, fork.state) == ("Another way", "suspended")
    assert effects_of(fork.pk) == ["east with tea", "entered east", "queued at the border"]
    assert story.fresh(run).state == "suspended"
    launched = story.data_of(story.events(fork)[0])
    assert (launched["forked_from"], launched["forked_at"]) == (str(run.pk), fork.forked_at)


def test_as_it_stands_now_where_no_line_is_named(operator, cast, run):
    commands.amend_payload(cast.actor("reviewer"), run.pk, changes={"load": "silk"}, reason="x")
    assert commands.fork(operator, run.pk, reason="x").payload["load"] == "silk"
    before = commands.fork(operator, run.pk, from_seq=seq_of(run, "step.finished", 1), reason="x")
    assert before.payload["load"] == "tea"


def test_a_fork_of_a_fork_begins_from_the_forks_own_history(operator, run):
    first = story.work(commands.fork(operator, run.pk, from_seq=seq_of(run, "step.finished", 0), reason="x"))
    second = commands.fork(operator, first.pk, from_seq=seq_of(first, "step.finished", 0), reason="x")
    assert (second.ahead, second.payload["east"]) == (["border", "arrive"], "tea")


def test_files_are_as_of_then(operator, cast):
    run = story.launch(cast, "filing", files=[("a.txt", b"one"), ("b.txt", b"bee")])
    commands.pause(operator, run.pk, reason="x")
    commands.replace_file(cast.actor("reviewer"), run.pk, "a.txt", b"two", reason="wrong one")
    old = commands.fork(operator, run.pk, from_seq=1, reason="x")
    new = commands.fork(operator, run.pk, reason="x")
    for fork, content in ((old, b"one"), (new, b"two")):
        files = {file.name: (bytes(file.content), file.version) for file in fork.files.all()}
        assert files == {"a.txt": (content, 1), "b.txt": (b"bee", 1)}
        assert [file["name"] for file in story.data_of(story.events(fork)[0])["files"]] == ["a.txt", "b.txt"]
    assert story.work(old).state == "succeeded"
    assert effects_of(old.pk) == ["read a.txt v1", "read b.txt v1"]


@pytest.mark.parametrize("workflow", ["noop", "failing"])
def test_a_finished_run_can_be_forked_too(operator, cast, workflow):
    run = story.work(story.launch(cast, workflow))
    fork = commands.fork(operator, run.pk, from_seq=1, reason="x")
    assert fork.state == "queued"
    commands.cancel(operator, fork.pk, reason="x")
    assert commands.fork(operator, fork.pk, reason="x").ahead == fork.ahead


def test_refusals_change_nothing(operator, cast, run):
    with refused(Invalid, run, field="from_seq", match="is no boundary.*latest"):
        commands.fork(operator, run.pk, from_seq=seq_of(run, "suspension.opened"), reason="x")
    for nonsense in (0, -1, 999, 10**30):
        with refused(Invalid, run, field="from_seq"):
            commands.fork(operator, run.pk, from_seq=nonsense, reason="x")
    with refused(Invalid, run, field="reason"):
        commands.fork(operator, run.pk, reason=" ")
    with refused(NotAllowed, run, match="executions:control"):
        commands.fork(cast.actor("reviewer"), run.pk, reason="x")
    ended = story.work(story.launch(cast))
    with refused(Invalid, ended, field="from_seq", match="No step lies ahead"):
        commands.fork(operator, ended.pk, reason="x")
    assert not run.forks.exists()


def test_a_workflow_that_is_gone_cannot_be_launched_by_a_fork(operator, run, monkeypatch):
    monkeypatch.setattr("executions.authoring.registry.find", lambda name: None)
    with refused(Conflict, run, match="not known here"):
        commands.fork(operator, run.pk, reason="x")
