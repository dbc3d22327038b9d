"""The same `ctx` on the engine's backing: what is recorded, refused, and left behind."""

# ruff: noqa: PT012  (the refusal comes at commit or after a few statements)

import pytest
from django.db import connection

from executions import Workflow, commands
from executions.authoring import registry
from executions.authoring.context import Context
from executions.authoring.flow import LeaseLost, Signal, Yielded
from executions.authoring.policies import Policies
from executions.engine.backing import EngineBacking
from executions.engine.leases import Lease
from tests.domain import story
from tests.effects import effects_of
from tests.workflows_for_tests import note_effect

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def flow(monkeypatch):
    monkeypatch.setattr(registry, "_workflows", dict(registry._workflows))
    return Workflow("in-a-worker")


@pytest.fixture
def ctx(cast):
    """A context as a worker has it in the first step of a claimed run; its lease can be reached as `ctx.lease`."""
    run = story.launch(cast, "filing", files=[("a.txt", b"one")])
    lease = Lease(str(run.pk))
    lease.epoch = story.claim(run).epoch
    context = Context(EngineBacking(lease, "read", 0, 0, 0, story.WORKER))
    context.lease, context.run = lease, run
    return context


def _again(ctx: Context) -> Context:
    """Return the context of a later attempt."""
    return Context(EngineBacking(ctx.lease, "read", 0, 0, 1, story.WORKER))


def test_s7_once_is_remembered_by_the_next_attempt(ctx):
    assert ctx.once("a", note_effect, ctx.execution_id, "done") == 1
    assert _again(ctx).once("a", note_effect, ctx.execution_id, "done again") == 1
    assert effects_of(ctx.execution_id) == ["done"]


def test_once_in_one_transaction_takes_the_functions_writes_back_when_it_raises(ctx):
    def act():
        note_effect(ctx.execution_id, "half")
        raise ValueError

    with pytest.raises(ValueError):
        ctx.once("a", act, transactional=True)
    assert effects_of(ctx.execution_id) == []
    assert ctx.once("a", note_effect, ctx.execution_id, "whole", transactional=True) == 1
    assert effects_of(ctx.execution_id) == ["whole"]


def test_invariant_3_once_in_one_transaction_takes_a_zombies_writes_back(ctx):
    story.execute("UPDATE executions_execution SET epoch = epoch + 1 WHERE id = %s", [ctx.run.pk])
    with pytest.raises(LeaseLost):
        ctx.once("a", note_effect, ctx.execution_id, "zombie", transactional=True)
    assert effects_of(ctx.execution_id) == []
    with pytest.raises(LeaseLost):
        ctx.once("b", lambda: 1)
    with pytest.raises(LeaseLost):
        ctx.log("zombie")
    assert "step.logged" not in story.kinds(ctx.run)


def test_each_goes_on_after_the_last_finished_item(ctx):
    seen = []
    for item in ctx.each("abc"):
        seen.append(item)
        if item == "b":
            break  # as if the worker died in the midst of b
    assert list(_again(ctx).each("abc")) == ["b", "c"]
    assert seen == ["a", "b"]


def test_h2_each_yields_between_two_items_when_somebody_pauses(ctx):
    seen = []

    def walk():
        for item in ctx.each("abc"):
            seen.append(item)
            ctx.lease.hear(99, cancelling=False, holds=1, reason="totals differ", by="Rita")

    with pytest.raises(Yielded) as caught:
        walk()
    assert seen == ["a"]
    assert caught.value.signal == Signal("pause", "totals differ", "Rita")
    assert ctx.lifecycle.check_paused().reason == "totals differ"


def test_a_yield_passes_an_authors_except_exception(ctx):
    ctx.lease.hear(99, cancelling=True, holds=0)
    with pytest.raises(Yielded):
        try:
            ctx.lifecycle.checkpoint()
        except Exception:
            pytest.fail("a bare `except Exception` in a step must not swallow a pause")


def test_records_of_one_step_are_not_those_of_another(ctx):
    ctx.once("a", lambda: "first")
    other = Context(EngineBacking(ctx.lease, "other", 1, 0, 0, story.WORKER))
    assert other.once("a", lambda: "second") == "second"


@pytest.mark.parametrize("value", [None, "", "text", "null", 0, 1.5, True, [], {}, {"a": ["ü€", None]}, "\u2028"])
def test_what_was_recorded_comes_back_as_it_was(ctx, value):
    assert ctx.once("a", lambda: value) == value
    assert _again(ctx).once("a", lambda: "never") == value


def test_file_gives_the_newest_version(ctx, cast):
    assert (ctx.file("a.txt").version, ctx.file("a.txt").content) == (1, b"one")
    story.give_back(ctx.run, ctx.lease.epoch)
    commands.pause(cast.actor("admin"), ctx.run.pk, reason="x")
    commands.replace_file(cast.actor("admin"), ctx.run.pk, "a.txt", b"two", reason="x")
    assert (ctx.file("a.txt").version, ctx.file("a.txt").open().read()) == (2, b"two")
    with pytest.raises(FileNotFoundError):
        ctx.file("b.txt")


def test_log_is_a_line_of_the_history(ctx):
    ctx.log("read 3 lines", lines=3)
    event = story.events(ctx.run)[-1]
    assert (event.kind, event.actor_id) == ("step.logged", "worker:w1")
    assert story.data_of(event) == {"text": "read 3 lines", "step": "read", "data": {"lines": 3}}


def test_progress_is_kept_for_the_heart_and_can_be_stored_whatever_its_note_says(ctx):
    from executions.engine import life

    ctx.progress(3, 10, "nul \x00 and half a pair \ud800" + "x" * 300)
    life.beat(ctx.lease)
    shown = story.fresh(ctx.run).progress
    assert (shown["done"], shown["total"]) == (3, 10)
    assert len(shown["note"]) <= 200


def test_an_idempotency_key_is_the_same_in_every_attempt_and_differs_between_runs(ctx, cast):
    assert ctx.idempotency_key("a") == _again(ctx).idempotency_key("a")
    other = Lease(str(story.launch(cast).pk))
    assert Context(EngineBacking(other, "read", 0, 0, 0, story.WORKER)).idempotency_key("a") != ctx.idempotency_key("a")


@pytest.mark.parametrize(
    "question",
    [
        {"title": "x", "urgency": "yesterday"},
        {"title": "x", "context": {"a": {1, 2}}},
        {"title": "nul \x00"},
        {"title": "x", "context": {"a": "\x00"}},
        {"title": "x", "prompt": "\ud800"},
        {"title": None},
    ],
    ids=repr,
)
def test_a_question_that_cannot_be_stored_fails_its_step_and_says_why(cast, flow, question):
    @flow.step
    def ask(ctx, payload):
        ctx.suspend("k", **question)

    run = story.work(story.launch(cast, "in-a-worker"))
    assert run.state == "failed"
    assert run.error["step"] == "ask"
    assert run.open_suspensions == 0


@pytest.mark.parametrize("kind", ["list", "set", "large", "nan", "nul"])
def test_what_a_step_returns_and_cannot_be_stored_fails_it_with_the_name_of_step_and_field(cast, kind):
    run = story.work(story.launch(cast, "unruly", {"kind": kind}))
    assert run.state == "failed"
    assert "odd" in run.error["message"]
    assert kind == "list" or "field" in run.error["message"]
    assert run.payload == {"kind": kind}


def test_an_error_that_cannot_describe_itself_is_a_failure_like_any_other(cast, flow):
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    @flow.step
    def bad(ctx, payload):
        raise Odd

    run = story.work(story.launch(cast, "in-a-worker"))
    assert (run.state, run.error["type"]) == ("failed", "Odd")


def test_f4_what_was_handed_along_on_resume_is_seen_by_the_step(cast, flow):
    seen = []

    @flow.step
    def look(ctx, payload):
        seen.append(ctx.resumed)

    run = story.launch(cast, "in-a-worker")
    admin = cast.actor("admin")
    commands.pause(admin, run.pk, reason="x")
    commands.resume(admin, run.pk, data={"a": 1}, additional_context={"b": 2}, note="go")
    assert story.work(run).state == "succeeded"
    (resumed,) = seen
    assert (resumed.trigger, resumed.data, resumed.additional_context, resumed.by, resumed.note) == (
        "manual", {"a": 1}, {"b": 2}, "admin", "go",
    )  # fmt: skip


def test_on_error_hold_keeps_the_run_for_a_person_and_resume_tries_again(cast):
    run = story.work(story.launch(cast, "holding", {"message": "the service is away"}))
    hold = run.holds.get()
    assert (run.state, hold.kind, hold.reason_code, hold.placed_by) == (
        "paused",
        "policy",
        "step-failed",
        "policy:errors",
    )
    assert "the service is away" in hold.reason
    commands.amend_payload(cast.actor("admin"), run.pk, changes={"failures": 0}, reason="fixed")
    commands.resume(cast.actor("operator"), run.pk, note="it is back")
    assert story.work(run).state == "succeeded"


def test_a_workflow_or_step_that_this_worker_does_not_know_holds_the_run_and_loses_nothing(cast, flow):
    @flow.step
    def first(ctx, payload):
        return {"done": True}

    @flow.step
    def second(ctx, payload):
        return None

    flow.policies = Policies(on_change="go-on")
    run = story.launch(cast, "in-a-worker")
    del flow.steps["second"]
    run = story.work(run)
    assert (run.state, run.steps_done, run.payload) == ("paused", 1, {"done": True})
    assert run.holds.get().reason_code == "step-unknown"
    del registry._workflows["in-a-worker"]
    commands.resume(cast.actor("operator"), run.pk)
    assert story.work(run).holds.get(released_at=None).reason_code == "workflow-unknown"
    registry.register(flow)
    flow.step(second)
    commands.resume(cast.actor("operator"), run.pk)
    assert story.work(run).state == "succeeded"


def test_a_clean_up_hook_that_raises_is_tried_again_and_the_run_is_cancelled_in_the_end(cast, flow):
    tries = []

    @flow.step
    def work(ctx, payload):
        return None

    @flow.on_cancel
    def tidy(ctx, payload):
        tries.append(1)
        raise RuntimeError("cannot tidy")

    run = story.launch(cast, "in-a-worker")
    commands.cancel(cast.actor("operator"), run.pk, reason="x")
    for _ in range(10):
        story.execute("UPDATE executions_execution SET not_before = NULL WHERE id = %s AND outcome IS NULL", [run.pk])
        run = story.work(run)
    assert (run.state, len(tries)) == ("cancelled", 4)
    assert story.data_of(story.events(run)[-1]) == {"clean_up": True, "clean_up_failed": True}


def test_check_paused_asks_nobody(ctx):
    with connection.execute_wrapper(lambda *_: pytest.fail("check_paused must not query")):
        assert ctx.lifecycle.check_paused() is None
