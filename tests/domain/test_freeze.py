"""A freeze: stops what a selector matches, now and later, and lets it go again."""

import datetime

import pytest

from executions import commands, queries
from executions.commands.freeze import freeze_verdict, lift_verdict
from executions.engine import lifting
from executions.engine.database import rows
from executions.errors import Conflict, Invalid, NotAllowed, NotFound
from executions.models import SYSTEM_LEDGER, Freeze
from tests.domain import story

RED = {"team": "red"}


@pytest.fixture
def freeze(cast):
    def place(role: str = "operator", **selector):
        return commands.freeze(cast.actor(role), reason="Prices are wrong", **selector)

    return place


def system_kinds() -> list[str]:
    return [kind for kind in story.kinds(str(SYSTEM_LEDGER)) if kind.startswith("freeze.")]


@pytest.mark.parametrize(
    ("selector", "stopped"),
    [
        ({"workflow": "noop"}, [True, True, False]),
        ({"labels": RED}, [True, False, True]),
        ({"workflow": "noop", "labels": RED}, [True, False, False]),
        ({"everything": True}, [True, True, True]),
        ({"workflow": "nobody knows"}, [False, False, False]),
        ({"labels": {"team": "red", "more": "x"}}, [False, False, False]),
    ],
    ids=["workflow", "label", "both", "everything", "unknown", "not all labels"],
)
def test_a_freeze_keeps_what_it_matches_in_the_queue_and_nothing_else(db, cast, freeze, selector, stopped):
    before = [
        story.launch(cast, labels=RED | {"a": "b"}),
        story.launch(cast),
        story.launch(cast, "slow", {"seconds": 0}, labels=RED),
    ]
    placed = freeze(**selector)
    after = [story.launch(cast, labels=RED), story.launch(cast), story.launch(cast, "slow", {"seconds": 0}, labels=RED)]
    for runs in (before, after):
        assert [placed.stops(run) for run in map(story.fresh, runs)] == stopped
        assert [story.claim(run) is None for run in runs] == stopped


def test_it_rewrites_no_run(db, cast, freeze):
    run = story.launch(cast)
    before = story.snapshot(run)
    freeze(workflow="noop")
    assert story.snapshot(run) == before
    assert system_kinds()[-1] == "freeze.placed"


def test_a_running_run_yields_at_its_next_boundary_and_its_history_says_why(db, cast, freeze):
    run = story.launch(cast, labels=RED)
    lease = story.claim(run)
    placed = freeze(labels=RED)
    assert story.boundary(run, lease.epoch, 0, ["step_1", "step_2"]) == "queued"
    event = story.events(run)[-1]
    assert (event.kind, story.data_of(event)) == ("freeze.applied", {"freeze": str(placed.pk), "step": "step_1"})
    assert story.claim(run) is None


def test_a_frozen_run_does_not_finish_either(db, cast, freeze):
    run = story.launch(cast)
    lease = story.claim(run)
    placed = freeze(workflow="noop")
    assert story.boundary(run, lease.epoch, 0, []) == "queued"
    assert story.kinds(run)[-1] == "freeze.applied"
    commands.lift(cast.actor("operator"), placed.pk, reason="Prices are right")
    assert story.work(run).state == "succeeded"


def test_a_run_claimed_at_its_end_is_stopped_by_a_freeze_placed_then(db, cast, freeze):
    run = story.launch(cast)
    lease = story.claim(run)
    commands.pause(cast.actor("operator"), run.pk, reason="x")
    assert story.boundary(run, lease.epoch, 0, []) == "paused"
    commands.resume(cast.actor("operator"), run.pk)
    lease = story.claim(run)
    freeze(everything=True)
    assert story.finish(run, lease.epoch) == "queued"
    assert story.kinds(run)[-1] == "freeze.applied"


def test_left_in_mid_step_its_history_says_so(db, cast, freeze):
    run = story.launch(cast)
    lease = story.claim(run)
    placed = freeze(workflow="noop")
    assert story.give_back(run, lease.epoch, "freeze") == "queued"
    event = story.events(run)[-1]
    told = {"freeze": str(placed.pk), "step": "step_0", "mid_step": True}
    assert (event.kind, story.data_of(event)) == ("freeze.applied", told)


def test_a_step_told_of_a_freeze_that_does_not_exist_yields_and_goes_on(db, cast):
    run = story.launch(cast)
    lease = story.claim(run)
    assert story.give_back(run, lease.epoch, "freeze") == "queued"
    assert story.kinds(run)[-1] == "execution.yielded"
    assert story.work(run).state == "succeeded"


def test_the_heartbeat_brings_who_and_why(db, cast, freeze):
    run = story.launch(cast)
    lease = story.claim(run)
    assert story.heartbeat(run, lease.epoch).frozen_by is None
    freeze(workflow="noop")
    beat = story.heartbeat(run, lease.epoch)
    assert (beat.frozen_by, beat.freeze_reason) == ("operator", "Prices are wrong")


def test_a_held_run_that_is_frozen_as_well_is_paused(db, cast, freeze):
    run = story.launch(cast)
    lease = story.claim(run)
    freeze(workflow="noop")
    commands.pause(cast.actor("operator"), run.pk, reason="x")
    assert story.boundary(run, lease.epoch, 0, ["step_1"]) == "paused"
    assert story.kinds(run)[-1] == "execution.paused"
    commands.resume(cast.actor("operator"), run.pk)
    assert story.claim(run) is None


def test_s8_cancel_goes_through_a_freeze(db, cast, freeze):
    run = story.launch(cast, "obedient", {"seconds": 0})
    freeze(everything=True)
    commands.cancel(cast.actor("operator"), run.pk, reason="x")
    assert story.work(run).state == "cancelled"


def test_two_freezes_are_lifted_one_by_one(db, cast, freeze):
    run = story.launch(cast, labels=RED)
    first, second = freeze(workflow="noop"), freeze(labels=RED)
    commands.lift(cast.actor("operator"), first.pk, reason="x")
    assert story.claim(run) is None
    commands.lift(cast.actor("operator"), second.pk, reason="x")
    assert story.claim(run) is not None


@pytest.mark.parametrize(
    ("selector", "field"),
    [
        ({}, "workflow"),
        ({"everything": True, "workflow": "noop"}, "everything"),
        ({"workflow": "  "}, "workflow"),
        ({"labels": {"a": 1}}, "labels"),
        ({"workflow": "noop", "kind": "policy"}, "kind"),
        ({"workflow": "noop\x00"}, "workflow"),
    ],
)
def test_a_selector_that_says_too_little_or_nonsense_is_refused(db, freeze, selector, field):
    with pytest.raises(Invalid) as refused:
        freeze(**selector)
    assert list(refused.value.errors) == [field]
    assert Freeze.objects.count() == 0


def test_a_reason_is_required(db, cast, freeze):
    with pytest.raises(Invalid):
        commands.freeze(cast.actor("operator"), workflow="noop", reason=" ")
    with pytest.raises(Invalid):
        commands.lift(cast.actor("operator"), freeze(workflow="noop").pk, reason="")


@pytest.mark.parametrize(
    ("role", "kind", "allowed"),
    [
        ("operator", "operator", True),
        ("operator", "compliance", False),
        ("reviewer", "compliance", True),
        ("auditor", "operator", False),
        ("outsider", "operator", False),
    ],
)
def test_h6_who_may_place_one(db, cast, role, kind, allowed):
    actor = cast.actor(role)
    assert freeze_verdict(actor, kind).allowed is allowed
    if allowed:
        assert commands.freeze(actor, workflow="noop", reason="x", kind=kind).kind == kind
    else:
        with pytest.raises(NotAllowed):
            commands.freeze(actor, workflow="noop", reason="x", kind=kind)
        assert story.kinds(str(SYSTEM_LEDGER))[-1] == "command.denied"


@pytest.mark.parametrize(
    ("role", "kind", "allowed"),
    [
        ("operator", "operator", True),
        ("operator", "compliance", False),
        ("reviewer", "compliance", True),
        ("auditor", "operator", False),
    ],
)
def test_h6_who_may_lift_one(db, cast, role, kind, allowed):
    placed = commands.freeze(cast.actor("admin"), workflow="noop", reason="x", kind=kind)
    actor = cast.actor(role)
    assert lift_verdict(placed, actor).allowed is allowed
    if allowed:
        assert commands.lift(actor, placed.pk, reason="x").lifted_at is not None
    else:
        with pytest.raises(NotAllowed):
            commands.lift(actor, placed.pk, reason="x")


def test_dual_control_asks_for_another_person_whatever_the_door(db, cast):
    placed = commands.freeze(cast.actor("reviewer"), workflow="noop", reason="x", kind="compliance", dual_control=True)
    for via in ("console", "api"):
        with pytest.raises(NotAllowed, match="somebody other than reviewer"):
            commands.lift(cast.actor("reviewer", via=via), placed.pk, reason="x")
    assert commands.lift(cast.actor("reviewer2"), placed.pk, reason="x").released_by_name == "reviewer2"


def test_invariant_8_it_is_lifted_once(db, cast, freeze):
    placed = freeze(workflow="noop")
    commands.lift(cast.actor("operator"), placed.pk, reason="x")
    with pytest.raises(Conflict, match="operator lifted this freeze already"):
        commands.lift(cast.actor("operator"), placed.pk, reason="x")
    with pytest.raises(NotFound):
        commands.lift(cast.actor("operator"), "no id", reason="x")


@pytest.mark.parametrize("rate", [0, -1, 1e9, float("nan"), float("inf"), True, "fast"])
def test_a_rate_that_is_none_is_refused(db, cast, freeze, rate):
    placed = freeze(workflow="noop")
    with pytest.raises(Invalid) as refused:
        commands.lift(cast.actor("operator"), placed.pk, reason="x", rate=rate)
    assert list(refused.value.errors) == ["rate"]


def lifting_at(cast, placed, rate: float):
    """Begin lifting after what was launched in this test's transaction, whose clock stands still."""
    story.execute("UPDATE executions_execution SET state_since = now() - interval '1 minute'")
    return commands.lift(cast.actor("operator"), placed.pk, reason="slowly", rate=rate)


def leave(run) -> bool:
    wanted = {"id": run.pk, "owner": "w1", "actor": "worker:w1", "lease": 60, "through": "{}"}
    return bool(lifting.claim_with_leave(wanted))


def test_while_it_is_lifted_each_run_that_it_kept_needs_a_leave(db, cast, freeze):
    runs = [story.launch(cast) for _ in range(6)]
    placed = lifting_at(cast, freeze(workflow="noop"), 0.1)
    assert all(story.claim(run) is None for run in runs)
    assert [leave(run) for run in runs] == [True] + [False] * 5
    placed.refresh_from_db()
    assert (placed.admitted, placed.lifted_at) == (1, None)


def test_leaves_that_nobody_took_are_forfeited(db, cast, freeze):
    story.launch(cast)
    placed = lifting_at(cast, freeze(workflow="noop"), 100)
    story.execute("UPDATE executions_freeze SET next_leave_at = now() - interval '1 hour' WHERE id = %s", [placed.pk])
    assert rows(lifting.gates.LIFTING, {})[0].leaves in (25, 26)  # a quarter of a second, not an hour


def test_while_it_is_lifted_running_ones_and_those_that_come_later_are_free(db, cast, freeze):
    running = story.launch(cast)
    lease = story.claim(running)
    placed = freeze(workflow="noop")
    lifting_at(cast, placed, 0.1)
    later = story.launch(cast)
    story.execute("UPDATE executions_execution SET state_since = now() + interval '1 s' WHERE id = %s", [later.pk])
    assert story.boundary(running, lease.epoch, 0, ["step_1"]) == "processing"
    assert story.claim(later) is not None


def test_a_leave_of_one_freeze_is_none_of_another(db, cast, freeze):
    run = story.launch(cast, labels=RED)
    first, second = freeze(workflow="noop"), freeze(labels=RED)
    lifting_at(cast, first, 10)
    assert not leave(run)
    commands.lift(cast.actor("operator"), second.pk, reason="x", rate=10)
    assert leave(run)
    assert list(Freeze.objects.values_list("admitted", flat=True)) == [1, 1]


def test_a_leave_for_a_run_that_another_worker_took_goes_back(db, cast, freeze, monkeypatch):
    run = story.launch(cast)
    placed = lifting_at(cast, freeze(workflow="noop"), 0.1)
    monkeypatch.setattr(lifting.statements, "CLAIM", lifting.statements.CLAIM + " WHERE false")
    assert not leave(run)
    placed.refresh_from_db()
    assert placed.admitted == 0
    assert rows(lifting.gates.LIFTING, {})[0].leaves == 1


def test_when_nothing_is_left_that_it_kept_it_has_ended_by_itself(db, cast, freeze):
    run = story.launch(cast)
    other = story.launch(cast, "slow", {"seconds": 0})
    placed = lifting_at(cast, freeze(workflow="noop"), 1)
    assert lifting.let_go()
    assert Freeze.objects.get(pk=placed.pk).is_open
    assert leave(run)
    lifting.let_go()
    placed.refresh_from_db()
    assert (placed.is_open, placed.released_by_name, placed.release_reason) == (False, "operator", "slowly")
    event = story.events(str(SYSTEM_LEDGER))[-1]
    assert (event.kind, event.actor_id, story.data_of(event)["admitted"]) == ("freeze.lifted", "policy:freezes", 1)
    assert not lifting.let_go()
    assert story.claim(other) is not None


def test_a_freeze_that_is_being_lifted_takes_another_rate_or_ends_at_once(db, cast, freeze):
    run = story.launch(cast)
    placed = freeze(workflow="noop")
    began = lifting_at(cast, placed, 1).lifting_since
    faster = commands.lift(cast.actor("operator"), placed.pk, reason="faster", rate=100)
    assert (faster.lift_rate, faster.lifting_since) == (100, began)
    commands.lift(cast.actor("operator"), placed.pk, reason="now")
    assert system_kinds()[-3:] == ["freeze.lifting", "freeze.lifting", "freeze.lifted"]
    assert story.claim(run) is not None


def test_a_higher_rate_does_not_wait_for_the_leave_of_the_lower_one(db, cast, freeze):
    runs = [story.launch(cast) for _ in range(3)]
    placed = lifting_at(cast, freeze(workflow="noop"), 0.01)
    assert [leave(run) for run in runs[:2]] == [True, False]
    commands.lift(cast.actor("operator"), placed.pk, reason="faster", rate=100)
    assert leave(runs[1])
    commands.lift(cast.actor("operator"), placed.pk, reason="slower", rate=0.01)
    assert [leave(run) for run in runs[2:]] == [True]


def test_frozen_time_counts_once_however_many_freezes_overlap(db):
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

    def minute(number: float) -> datetime.datetime:
        return start + datetime.timedelta(minutes=number)

    def frozen(since: float, until: float | None, **selector) -> None:
        ended = (
            {} if until is None else {"lifted_at": minute(until), "lifting_since": minute(until), "released_by": "x"}
        )
        Freeze.objects.create(
            kind="operator",
            reason="x",
            placed_by="x",
            placed_by_name="x",
            placed_via="api",
            placed_at=minute(since),
            **ended,
            **selector,
        )

    frozen(1, 3, workflow="noop")
    frozen(2, 5, labels=RED)
    frozen(8, None)
    frozen(0, 60, workflow="other")
    frozen(0, 60, labels={"team": "blue"})
    for labels, since, until, minutes in (
        (RED, 0, 10, 6),  # 1 to 5, and from 8 on
        ({}, 0, 10, 4),
        (RED, 2.5, 4, 1.5),
        (RED, 5, 8, 0),
        (RED, 9, 12, 3),
    ):
        assert queries.frozen_seconds("noop", labels, minute(since), minute(until)) == minutes * 60


def test_a_preview_counts_what_stands_where(db, cast):
    queued, running, held = (story.launch(cast, labels=RED) for _ in range(3))
    story.claim(running)
    commands.pause(cast.actor("operator"), held.pk, reason="x")
    story.launch(cast)
    found = queries.preview(None, RED)
    assert (found.running.number, found.queued.number, found.waiting.number) == (1, 1, 1)
    assert queries.preview("noop", {}).queued == queries.Count(2)
    assert not queries.preview("nobody", {}).known
    assert story.fresh(queued).state == "queued"
