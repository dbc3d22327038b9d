"""One command on many runs: which are chosen, what becomes of each, on whose authority, and what the record says."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, transaction
from django.utils import timezone

from executions import commands
from executions.engine import bulk
from executions.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from executions.models import SYSTEM_LEDGER, BulkItem, BulkJob, Execution, Hold
from executions.queries.chosen import RunFilter
from executions.queries.selection import Selection
from tests.domain import story

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs(cast):
    """Make runs under one label that no other test uses, and the filter that selects them."""

    def make(count: int, workflow: str = "noop", **more):
        label = uuid.uuid4().hex[:12]
        made = [story.launch(cast, workflow, labels={"batch": label}, **more) for _ in range(count)]
        return made, Selection(wanted=RunFilter(label=f"batch:{label}"))

    return make


def carry_out(job: BulkJob) -> BulkJob:
    """Be the clerk until the job has ended."""
    for _ in range(1000):
        bulk.work()
        job.refresh_from_db()
        if not job.is_open:
            return job
    raise AssertionError("the job does not end")


def outcomes(job: BulkJob) -> list[tuple[str | None, str]]:
    return list(job.items.order_by("position").values_list("outcome", "code"))


def states_of(made: list[Execution]) -> list[str]:
    return [story.fresh(run).state for run in made]


def system_lines(job: BulkJob) -> list[tuple[str, str, dict]]:
    told = [(event.kind, event.actor_name, story.data_of(event)) for event in story.events(str(SYSTEM_LEDGER))]
    return [line for line in told if line[2].get("job") == str(job.pk)]


def test_a_bulk_pause_pauses_every_run_and_each_history_names_the_job(cast, runs):
    made, chosen = runs(5)
    operator = cast.actor("operator")

    job = commands.begin_bulk(operator, "pause", selection=chosen, reason="The bank is down", rate=None)

    assert (job.total, job.done, job.state) == (5, 0, "running")
    assert states_of(made) == ["queued"] * 5, "a worker does it, not the request"
    job = carry_out(job)
    assert (job.done, job.refused, job.left, job.state) == (5, 0, 0, "finished")
    assert states_of(made) == ["paused"] * 5
    for item in job.items.all():
        line = story.events(item.execution_id)[-1]
        assert (line.kind, line.actor_id, line.via, line.reason) == (
            "hold.placed",
            operator.id,
            "console",
            "The bank is down",
        )
        assert story.data_of(line)["bulk"] == str(job.pk)
        assert Hold.objects.get(pk=item.hold).execution_id == item.execution_id
        assert story.bad_line(item.execution_id) is None
    assert [(kind, who) for kind, who, _ in system_lines(job)] == [
        ("bulk.started", "operator"),
        ("bulk.finished", "bulk"),
    ]
    assert system_lines(job)[0][2]["runs"] == 5
    assert system_lines(job)[1][2]["done"] == 5


def test_the_list_stands_from_the_beginning_on(cast, runs):
    made, chosen = runs(2)
    job = commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x")
    late = story.launch(cast, "noop", labels=made[0].labels)

    carry_out(job)

    assert story.fresh(late).state == "queued"
    assert list(job.items.order_by("position").values_list("execution_id", flat=True)) == [run.pk for run in made]


def test_a_filter_leaves_alone_what_its_state_excludes_a_list_answers_for_every_id(cast, runs):
    made, chosen = runs(3)
    commands.cancel(cast.actor("operator"), made[0].pk, reason="x")
    before = story.snapshot(made[0])

    by_filter = carry_out(commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x"))
    by_ids = commands.begin_bulk(
        cast.actor("operator"), "pause", selection=Selection(ids=tuple(run.pk for run in made)), reason="x"
    )

    assert by_filter.total == 2
    assert (by_ids.total, by_ids.refused) == (3, 1)
    assert outcomes(carry_out(by_ids)) == [("refused", "conflict"), ("done", ""), ("done", "")]
    told = by_ids.items.get(execution=made[0])
    assert told.detail == "The run was cancelled. Only a run that has not finished can be paused."
    assert story.snapshot(made[0]) == before
    assert "command.denied" not in story.kinds(made[0]), "nobody tried"


def test_what_happens_meanwhile_is_a_refusal_on_the_row_and_in_the_history(cast, runs):
    made, chosen = runs(2)
    job = commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x")
    commands.cancel(cast.actor("operator"), made[1].pk, reason="first")

    carry_out(job)

    assert outcomes(job) == [("done", ""), ("refused", "conflict")]
    denied = story.events(made[1])[-1]
    assert denied.kind == "command.denied"
    assert story.data_of(denied)["bulk"] == str(job.pk)


def test_resume_releases_what_the_actor_may_release_and_says_whose_the_others_are(cast, runs):
    made, chosen = runs(3)
    carry_out(commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x"))
    commands.place(cast.actor("reviewer"), made[1].pk, reason="Suspicious")

    job = carry_out(commands.begin_bulk(cast.actor("operator"), "resume", selection=chosen))

    assert states_of(made) == ["queued", "paused", "queued"]
    assert outcomes(job) == [("done", ""), ("refused", "conflict"), ("done", "")]
    assert "Held by reviewer (compliance)" in job.items.get(execution=made[1]).detail


def test_a_release_lifts_what_that_job_placed_and_nothing_else(cast, runs):
    made, chosen = runs(3)
    commands.pause(cast.actor("reviewer"), made[0].pk, reason="mine")
    paused = carry_out(commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="incident"))
    commands.resume(cast.actor("operator"), made[2].pk)

    released = commands.begin_bulk(
        cast.actor("operator"),
        "release",
        selection=Selection(job=paused.pk),
        arguments={"of_job": str(paused.pk)},
        reason="over",
    )

    assert released.total == 2, "one has no such hold any more"
    carry_out(released)
    assert states_of(made) == ["paused", "queued", "queued"]
    (left,) = Hold.objects.filter(execution=made[0], released_at__isnull=True)
    assert left.reason == "mine"


def test_a_release_lifts_what_a_person_placed(cast, runs):
    made, chosen = runs(2)
    for run in made:
        commands.pause(cast.actor("operator"), run.pk, reason="x")
    commands.place(cast.actor("reviewer"), made[0].pk, reason="y")

    job = carry_out(
        commands.begin_bulk(
            cast.actor("reviewer"), "release", selection=chosen, arguments={"placed_by": "operator"}, reason="z"
        )
    )

    assert (job.done, states_of(made)) == (2, ["paused", "queued"])


@pytest.mark.parametrize(
    ("command", "who", "arguments", "after"),
    [
        ("cancel", "operator", {}, "cancelled"),
        ("place", "reviewer", {"dual_control": True, "blocks_cancel": True, "ticket": "OPS-7"}, "paused"),
    ],
)
def test_other_commands_go_the_same_way(cast, runs, command, who, arguments, after):
    made, chosen = runs(2)
    given = dict(arguments)
    if command == "place":
        given["review_by"] = timezone.now() + timedelta(days=1)
    job = carry_out(commands.begin_bulk(cast.actor(who), command, selection=chosen, reason="x", arguments=given))
    assert (job.done, states_of(made)) == (2, [after] * 2)
    for placed in Hold.objects.filter(execution__in=made):
        assert {name: getattr(placed, name) for name in arguments} == arguments
        assert placed.review_by is not None


def test_labels_are_set_and_removed_in_bulk(cast, runs):
    made, chosen = runs(2)
    commands.label(cast.actor("operator"), made[0].pk, set={"bank": "north"}, reason="x")
    job = commands.begin_bulk(
        cast.actor("operator"), "label", selection=chosen, arguments={"set": {"bank": "north"}}, reason="x"
    )
    assert outcomes(carry_out(job)) == [("refused", "invalid"), ("done", "")]
    assert [story.fresh(run).labels.get("bank") for run in made] == ["north", "north"]


def test_retry_takes_failed_runs_alone(cast, runs):
    made, chosen = runs(2, "failing", payload={"failures": 1, "message": "x"})
    story.work(made[0])
    assert states_of(made) == ["failed", "queued"]
    job = carry_out(commands.begin_bulk(cast.actor("operator"), "retry", selection=chosen, reason="put right"))
    assert (job.total, job.done) == (1, 1)
    assert story.fresh(made[0]).state == "queued"


def test_who_loses_the_right_meanwhile_is_refused_run_by_run(cast, runs):
    made, chosen = runs(2)
    job = commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x")
    cast.operator.groups.clear()

    carry_out(job)

    assert outcomes(job) == [("refused", "not-allowed")] * 2
    assert states_of(made) == ["queued"] * 2
    assert story.kinds(made[0])[-1] == "command.denied"


@pytest.mark.parametrize("how", ["shut", "revoked", "expired"])
def test_who_is_shut_out_meanwhile_does_nothing_more(cast, runs, how):
    from executions.actors import SYSTEM, Actor
    from executions.models import ApiToken

    made, chosen = runs(1)
    token, _ = commands.create_token(SYSTEM, cast.operator, name="t")
    job = commands.begin_bulk(Actor.of_token(token), "pause", selection=chosen, reason="x")
    if how == "shut":
        cast.operator.is_active = False
        cast.operator.save()
    elif how == "revoked":
        commands.revoke_token(SYSTEM, token)
    else:
        ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    carry_out(job)

    assert outcomes(job) == [("refused", "not-allowed")]
    assert states_of(made) == ["queued"]


def test_a_right_won_meanwhile_does_not_count(cast, runs):
    made, chosen = runs(1)
    commands.pause(cast.actor("operator"), made[0].pk, reason="x")
    commands.place(cast.actor("reviewer"), made[0].pk, reason="y")
    job = commands.begin_bulk(cast.actor("operator"), "resume", selection=chosen)
    cast.operator.groups.add(Group.objects.get(name="reviewer"))
    assert outcomes(carry_out(job)) == [("refused", "conflict")]


def test_a_rate_is_kept_by_the_row(cast, runs):
    _, chosen = runs(3)
    job = commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x", rate=0.5)
    for _ in range(5):
        bulk.work()
    job.refresh_from_db()
    assert job.done == 1
    wait = bulk.due_in()
    assert wait is not None
    assert 1 < wait < 2
    BulkJob.objects.filter(pk=job.pk).update(next_at=timezone.now() - timedelta(hours=1))
    for _ in range(5):
        bulk.work()
    job.refresh_from_db()
    assert job.done == 2, "an hour of lull is not caught up with"


def test_a_slow_job_keeps_no_other_waiting(cast, runs):
    _, slow = runs(3)
    made, urgent = runs(2)
    commands.begin_bulk(cast.actor("operator"), "pause", selection=slow, reason="x", rate=0.01)
    job = commands.begin_bulk(cast.actor("operator"), "pause", selection=urgent, reason="x")
    for _ in range(3):
        bulk.work()
    job.refresh_from_db()
    assert job.state == "finished"
    assert states_of(made) == ["paused"] * 2


def test_a_stopped_job_touches_nothing_more(cast, runs):
    made, chosen = runs(3)
    job = commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x", rate=0.01)
    bulk.work()

    stopped = commands.stop_bulk(cast.actor("reviewer"), job.pk, reason="enough")

    assert (stopped.state, stopped.done, stopped.left, stopped.stopped_by_name) == ("stopped", 1, 2, "reviewer")
    assert bulk.work() is False
    assert states_of(made) == ["paused", "queued", "queued"]
    kind, who, told = system_lines(job)[-1]
    assert (kind, who, told["left"]) == ("bulk.stopped", "reviewer", 2)
    with pytest.raises(Conflict, match="reviewer stopped this job already"):
        commands.stop_bulk(cast.actor("operator"), job.pk)


def test_a_run_at_hand_when_the_job_is_stopped_is_left_as_it_was(cast, runs, monkeypatch):
    made, chosen = runs(2)
    job = commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x")
    give = bulk._give

    def stopped_meanwhile(*arguments):
        told = give(*arguments)
        commands.stop_bulk(cast.actor("reviewer"), job.pk)
        return told

    monkeypatch.setattr(bulk, "_give", stopped_meanwhile)
    with transaction.atomic():
        before = story.kinds(made[0])
        with pytest.raises(bulk.Stopped):
            bulk._next(job, bulk.on_behalf_of(job), [])
        assert story.kinds(made[0]) == before
    assert states_of(made) == ["queued"] * 2


def test_a_command_that_breaks_is_told_on_its_row_and_the_others_go_on(cast, runs, monkeypatch):
    from executions.commands import execution as single

    made, chosen = runs(3)
    job = commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x")
    pause = single.pause

    def broken(actor, run, **more):
        if run == made[1].pk:
            raise ZeroDivisionError
        return pause(actor, run, **more)

    monkeypatch.setattr(single, "pause", broken)
    assert outcomes(carry_out(job)) == [("done", ""), ("refused", "broken"), ("done", "")]


def test_what_cannot_be_begun_is_refused_in_words_and_recorded(cast, runs, settings):
    made, chosen = runs(3)
    operator = cast.actor("operator")
    ids = Selection(ids=tuple(run.pk for run in made))

    def refused(error, match, command="pause", selection=chosen, who=operator, **more):
        with pytest.raises(error, match=match):
            commands.begin_bulk(who, command, selection=selection, **{"reason": "x", **more})

    refused(Invalid, "Choose one of pause, resume", command="launch")
    refused(NotAllowed, "needs the scope executions:pause", who=cast.actor("auditor"))
    refused(Invalid, "Say why", reason="  ")
    refused(Invalid, "Runs per second", rate=0)
    refused(Invalid, "takes no dual_control", arguments={"dual_control": True})
    refused(Invalid, "Say whose holds", command="release")
    refused(Invalid, "Give labels to set", command="label", arguments={"set": {}})
    refused(Invalid, "Choose runs", selection=Selection())
    refused(Invalid, "no run with the id", selection=Selection(ids=(*ids.ids, uuid.uuid4())))
    refused(Conflict, "None of these runs", command="resume")
    refused(Stale, "3 runs by now, not -20", expected=-20)
    settings.HOLDPOINT = {**settings.HOLDPOINT, "MAX_BULK_RUNS": 2}
    refused(Invalid, "More than 2 runs")
    refused(Invalid, "More than 2 runs", selection=ids)
    settings.HOLDPOINT = {**settings.HOLDPOINT, "MAX_BULK_RUNS": 200, "MAX_BULK_JOBS": 1}
    commands.begin_bulk(operator, "pause", selection=chosen, reason="x")
    refused(Conflict, "at most 1 may be")
    assert BulkJob.objects.count() == 1
    assert BulkItem.objects.count() == 3
    assert story.kinds(str(SYSTEM_LEDGER)).count("command.denied") == 14
    with pytest.raises(NotFound):
        commands.stop_bulk(operator, uuid.uuid4())


def test_a_form_sent_twice_begins_one_job(cast, runs):
    _, chosen = runs(2)
    key = uuid.uuid4()
    first = commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x", key=key)
    again = commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x", key=key)
    assert first == again
    assert BulkJob.objects.count() == 1
    with pytest.raises(Invalid, match="Another job has this key"):
        commands.begin_bulk(cast.actor("reviewer"), "pause", selection=chosen, reason="x", key=key)


def test_a_job_that_has_ended_cannot_be_changed_in_the_database(cast, runs):
    _, chosen = runs(1)
    job = carry_out(commands.begin_bulk(cast.actor("operator"), "pause", selection=chosen, reason="x"))
    with pytest.raises(DatabaseError, match="has ended"), transaction.atomic():
        BulkJob.objects.filter(pk=job.pk).update(done=0)
    with pytest.raises(DatabaseError), transaction.atomic():
        BulkJob.objects.filter(pk=job.pk).delete()
