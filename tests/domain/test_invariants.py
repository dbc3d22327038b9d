"""The invariants that the other files do not break already: each is attacked here by name."""

import threading

import pytest
from django.db import connection

from executions import commands
from executions.models import Event, Execution, Worker
from executions.states import Facts, state_of
from tests.domain import story
from tests.effects import effects_of


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


def test_invariant_1_nothing_a_worker_can_say_starts_a_step_after_a_pause(db, cast, operator):
    run = story.launch(cast)
    lease = story.claim(run)
    commands.pause(operator, run.pk, reason="stop")
    story.boundary(run, lease.epoch, 0, ["step_1", "step_2"])
    before = story.snapshot(run)
    assert story.claim(run) is None
    assert story.claim(run, story.OTHER_WORKER) is None
    assert story.boundary(run, lease.epoch, 1, ["step_2"]) is None
    assert story.heartbeat(run, lease.epoch) is None
    assert story.give_back(run, lease.epoch) is None
    assert story.finish(run, lease.epoch) is None
    assert story.record(run, lease.epoch, "once:x", position=1) is False
    assert str(run.pk) not in story.expire()
    story.work(run)  # a message that comes late
    assert story.snapshot(run) == before


def test_invariant_1_a_pause_outlives_the_worker_that_was_on_the_run(db, cast, operator):
    run = story.launch(cast)
    story.claim(run, lease=-1)
    commands.pause(operator, run.pk, reason="stop")
    assert str(run.pk) in story.expire()
    assert story.fresh(run).state == "paused"
    assert story.claim(run) is None


def test_invariant_2_s7_a_finished_step_never_runs_again(db, cast, operator):
    run = story.launch(cast, "counting", {"items": 2})
    commands.pause(operator, run.pk, reason="between", before_step="report")
    assert story.work(run).state == "paused"
    commands.resume(operator, run.pk)
    for _ in range(3):
        story.work(run)
    assert effects_of(run.pk) == ["item 0", "item 1", "reported"]
    assert [story.data_of(e)["step"] for e in story.events(run) if e.kind == "step.finished"] == ["count", "report"]


def test_invariant_2_a_boundary_told_twice_is_taken_once(db, cast):
    run = story.launch(cast)
    lease = story.claim(run)
    assert story.boundary(run, lease.epoch, 0, ["step_1", "step_2"], changes={"n": 1}) == "processing"
    assert story.boundary(run, lease.epoch, 0, ["step_1", "step_2"], changes={"n": 2}) is None
    assert (story.fresh(run).steps_done, story.fresh(run).payload) == (1, {"n": 1})


def test_invariant_2_an_interrupted_step_re_enters_with_its_sub_results(db, cast):
    run = story.launch(cast, "counting", {"items": 3})
    lease = story.claim(run, lease=-1)
    assert story.record(run, lease.epoch, "once:0", 1)
    story.expire()
    assert story.work(run).state == "succeeded"
    assert effects_of(run.pk) == ["item 1", "item 2", "reported"]


def test_invariant_2_retries_keep_the_sub_results_and_count(db, cast):
    run = story.work(story.launch(cast, "retrying", {"failures": 2}))
    for attempt in (1, 2):
        assert (run.state, run.attempt) == ("queued", attempt)
        assert run.not_before is not None
        story.execute("UPDATE executions_execution SET not_before = clock_timestamp() WHERE id = %s", [run.pk])
        run = story.work(run)
    assert run.state == "succeeded"
    assert effects_of(run.pk) == ["before trouble"]
    assert story.kinds(run).count("step.failed") == 2


def test_invariant_3_a_thawed_workers_writes_are_all_refused(db, cast):
    run = story.launch(cast)
    frozen = story.claim(run, lease=-1)
    story.expire()
    lease = story.claim(run, story.OTHER_WORKER)
    assert lease.epoch == frozen.epoch + 2  # the expiry moved it on, and so did the claim
    before = story.snapshot(run)
    assert story.boundary(run, frozen.epoch, 0, [], changes={"zombie": True}) is None
    assert story.give_back(run, frozen.epoch) is None
    assert story.heartbeat(run, frozen.epoch) is None
    assert story.record(run, frozen.epoch, "once:x") is False
    assert story.snapshot(run) == before
    assert story.boundary(run, lease.epoch, 0, ["step_1", "step_2"], worker=story.OTHER_WORKER) == "processing"


def test_invariant_4_an_expired_lease_is_told_and_the_run_goes_on(db, cast):
    run = story.launch(cast)
    story.claim(run, lease=-1)
    story.expire()
    now = story.fresh(run)
    assert (now.state, now.interrupted, now.owner) == ("queued", 1, None)
    event = story.events(run)[-1]
    assert (event.kind, event.actor_id) == ("lease.expired", "policy:lease")
    assert story.data_of(event) == {"worker": "w1", "step": "step_0", "times": 1}
    assert story.work(run).state == "succeeded"


def test_invariant_4_every_queued_run_is_found_without_any_message(db, cast, operator):
    from executions.engine import statements
    from executions.engine.database import rows

    queued = story.launch(cast)
    paused = story.launch(cast)
    commands.pause(operator, paused.pk, reason="x")
    cancelling = story.launch(cast, "obedient")
    commands.cancel(operator, cancelling.pk, reason="x")
    story.execute("UPDATE executions_execution SET state_since = now() - interval '1 minute' WHERE outcome IS NULL")
    found = {row.id for row in rows(statements.UNCLAIMED, {"limit": 10_000})}
    assert {queued.pk, cancelling.pk} <= found
    assert paused.pk not in found


def test_invariant_6_every_event_names_an_actor_and_a_door(db, cast, operator):
    reviewer = cast.actor("reviewer", via="api")
    run = story.launch(cast, "asking")
    commands.pause(operator, run.pk, reason="x")
    commands.resume(operator, run.pk)
    run = story.work(run)
    question = run.suspensions.get()
    commands.answer(reviewer, question.pk, data={"decision": "no"}, context_digest=question.context_digest)
    story.work(run)
    for event in story.events(run):
        assert all((event.actor_id, event.actor_name, event.actor_role, event.via)), event.kind
        assert event.via in ("console", "api", "engine")
    asks_why = {"hold.placed", "hold.released", "execution.cancel_requested", "payload.amended", "file.replaced"}
    assert all(e.reason for e in story.events(run) if e.kind in asks_why - {"hold.released"})


def test_invariant_7_p4_a_paused_or_suspended_run_costs_nothing_but_its_rows(live_db, cast, operator):
    from executions.engine.post import office
    from executions.engine.sweeper import messages_waiting

    threads = threading.active_count()
    paused, suspended = story.launch(cast), story.work(story.launch(cast, "asking"))
    commands.pause(operator, paused.pk, reason="for a year")
    assert office.drain()
    from celery import current_app

    with current_app.connection_for_write() as broker:
        broker.default_channel.queue_purge("runs")
    commands.pause(operator, suspended.pk, reason="for a year")
    assert office.drain()
    assert messages_waiting() == 0  # neither a message
    assert threading.active_count() <= threads + 1  # nor a thread: the post office alone may have been started
    for run in (paused, suspended):
        now = story.fresh(run)
        assert (now.lease_until, now.owner, now.not_before) == (None, None, None)  # nor a lease, nor a timer
        assert not Worker.objects.filter(execution=run.pk).exists()
        commands.cancel(operator, run.pk, reason="test is over")


def test_p2_a_row_tells_by_itself_where_a_run_stands(db, cast, operator):
    run = story.work(story.launch(cast, "asking", {"order": 7}))
    row = Execution.objects.filter(pk=run.pk).values().get()
    assert (row["payload"], row["ahead"], row["steps_done"], row["state"]) == ({"order": 7}, ["ask"], 0, "suspended")
    assert run.suspensions.get().context == {"payload": {"order": 7}}


# Transitions and events, one to one: who has nothing but the history knows every state the run was in.


class Replay:
    """Derives facts from events alone."""

    def __init__(self) -> None:
        self.outcome: str | None = None
        self.cancel = self.leased = False
        self.holds: dict[str, str | None] = {}
        self.questions: set[str] = set()
        self.ahead: list[str] = []

    def take(self, event: Event) -> str:
        told = story.data_of(event)
        match event.kind:
            case "execution.launched":
                self.ahead = told["ahead"]
            case "lease.acquired":
                self.leased = True
            case "step.finished":
                self.ahead = self.ahead[1:]
            case "execution.paused" | "execution.yielded" | "lease.expired" | "step.failed" | "clean_up.failed":
                self.leased = False
            case "execution.succeeded" | "execution.failed" | "execution.cancelled":
                self.leased, self.outcome = False, event.kind.removeprefix("execution.")
            case "execution.retried":
                self.outcome = None
            case "execution.cancel_requested":
                self.cancel = True
            case "hold.placed":
                self.holds[told["hold"]] = told["before_step"]
            case "hold.released":
                del self.holds[told["hold"]]
            case "suspension.opened":
                self.leased = False
                self.questions.add(told["suspension"])
            case "suspension.answered" | "suspension.withdrawn":
                self.questions.remove(told["suspension"])
        held = sum(before is None for before in self.holds.values())
        point = bool(self.ahead) and self.ahead[0] in self.holds.values()
        return state_of(Facts(self.outcome, self.cancel, self.leased, held, point, len(self.questions)))


WATCH = """
CREATE TEMP TABLE seen (n bigserial, id uuid, seq bigint, state text);
CREATE FUNCTION pg_temp.watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' OR OLD.state IS DISTINCT FROM NEW.state THEN
        INSERT INTO seen (id, state) VALUES (NEW.id, NEW.state);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER zz_watch AFTER INSERT OR UPDATE ON executions_execution
    FOR EACH ROW EXECUTE FUNCTION pg_temp.watch();
"""


def _states_by_row(run: Execution) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM seen WHERE id = %s ORDER BY n", [run.pk])
        return [state for (state,) in cursor.fetchall()]


def _states_by_history(run: Execution) -> list[str]:
    replay, told = Replay(), []
    for event in story.events(run):
        state = replay.take(event)
        if not told or told[-1] != state:
            told.append(state)
    return told


def test_invariant_6_p5_the_history_alone_gives_every_state_a_run_was_in(db, cast, operator):
    story.execute(WATCH)
    admin = cast.actor("admin")

    whole = story.launch(cast)  # the whole story: claimed, paused, resumed, lost, taken over, breakpoint, end
    lease = story.claim(whole, lease=-1)
    commands.pause(operator, whole.pk, reason="x")
    commands.pause(operator, whole.pk, reason="y")
    commands.resume(operator, whole.pk)
    story.expire()
    lease = story.claim(whole)
    commands.pause(operator, whole.pk, reason="point", before_step="step_1")
    story.boundary(whole, lease.epoch, 0, ["step_1", "step_2"])
    commands.place(admin, whole.pk, reason="case")
    commands.resume(admin, whole.pk)
    story.work(whole)

    asking = story.work(story.launch(cast, "asking"))
    question = asking.suspensions.get()
    commands.pause(operator, asking.pk, reason="x")
    commands.answer(admin, question.pk, data={"decision": "no"}, context_digest=question.context_digest)
    commands.resume(operator, asking.pk)
    story.work(asking)

    failing = story.work(story.launch(cast, "failing"))
    commands.retry(operator, failing.pk, reason="again")
    story.work(failing)

    holding = story.work(story.launch(cast, "holding"))
    assert holding.state == "paused"
    commands.cancel(operator, holding.pk, reason="enough")

    tidied = story.launch(cast, "obedient")
    story.claim(tidied)
    commands.cancel(operator, tidied.pk, reason="enough")
    story.give_back(tidied, 1)
    story.work(tidied)

    for run in (whole, asking, failing, holding, tidied):
        by_row = _states_by_row(run)
        # Within one transaction a row may pass through states that nobody can see; the history tells the rest.
        assert _states_by_history(run)[-1] == story.fresh(run).state == by_row[-1]
        told = iter(_states_by_history(run))
        shared = [state for state in by_row if state in _states_by_history(run)]
        assert shared[0] == next(told) == "queued"
        assert set(_states_by_history(run)) == set(by_row), (by_row, _states_by_history(run))
        assert story.bad_line(run.pk) is None
    assert _states_by_history(whole) == [
        *("queued", "processing", "pausing", "processing"),  # claimed, paused twice, resumed
        *("queued", "processing", "paused"),  # lost, taken over, stopped at the breakpoint
        *("queued", "processing", "succeeded"),
    ]
    assert _states_by_history(asking) == [
        "queued", "processing", "suspended", "paused", "queued", "processing", "succeeded",
    ]  # fmt: skip
