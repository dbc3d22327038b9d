"""Workflows run in memory, as their authors test them."""

# ruff: noqa: PERF401  (loops stand for what authors write)

import hashlib
from datetime import timedelta

import pytest
from django import forms

from executions import DeadlinePassed, FileRules, Workflow, run_inline
from executions.authoring import registry


@pytest.fixture
def fresh_registry(monkeypatch):
    """Workflows of a test stay in the test."""
    monkeypatch.setattr(registry, "_workflows", {})
    monkeypatch.setattr(registry, "_doubles", [])


@pytest.fixture
def flow(fresh_registry):
    return Workflow("flow")


def test_steps_run_in_the_order_they_are_written_and_their_changes_are_merged(flow):
    @flow.step
    def first(ctx, payload):
        payload["scratch"] = "only a copy"
        return {"a": 1}

    @flow.step
    def second(ctx, payload):
        return {"b": payload["a"] + 1, "scratch": "scratch" in payload}

    result = run_inline(flow, {"x": 0})
    assert (result.state, result.steps) == ("succeeded", ["first", "second"])
    assert result.payload == {"x": 0, "a": 1, "b": 2, "scratch": False}


def test_a_step_is_a_plain_function_that_can_be_called_as_it_is(flow):
    @flow.step(retries=2, on_error="hold", title="Doubles")
    def double(ctx, payload):
        return {"n": payload["n"] * 2}

    assert double(None, {"n": 4}) == {"n": 8}
    step = flow.steps["double"]
    assert (step.retries, step.on_error, step.title, step.function) == (2, "hold", "Doubles", double)


def test_backoff_doubles_and_ends_at_an_hour(flow):
    @flow.step(retries=99, backoff=10)
    def work(ctx, payload):
        return None

    assert [flow.steps["work"].delay(failures) for failures in (1, 2, 3, 20, 99)] == [10, 20, 40, 3600, 3600]


def test_once_calls_a_function_once_per_key_and_hands_back_json(flow):
    calls = []

    @flow.step
    def work(ctx, payload):
        def act(what):
            calls.append(what)
            return (what, 1)

        return {"got": [ctx.once("a", act, "x"), ctx.once("a", act, "y"), ctx.once("b", act, "z", transactional=True)]}

    assert run_inline(flow).payload["got"] == [["x", 1], ["x", 1], ["z", 1]]
    assert calls == ["x", "z"]


def test_once_remembers_none_as_a_result(flow):
    calls = []

    @flow.step
    def work(ctx, payload):
        for _ in range(2):
            ctx.once("a", calls.append, 1)

    run_inline(flow)
    assert calls == [1]


def test_once_refuses_what_is_not_json_and_names_step_and_key(flow):
    @flow.step
    def work(ctx, payload):
        ctx.once("key", lambda: {1, 2})

    result = run_inline(flow)
    assert result.state == "failed"
    assert "work" in str(result.error)
    assert "'once:key'" in str(result.error)


def test_each_walks_a_batch_by_key(flow):
    seen = []

    @flow.step
    def work(ctx, payload):
        for item in ctx.each([{"id": 1}, {"id": 2}], key=lambda item: str(item["id"])):
            seen.append(item["id"])

    assert run_inline(flow).state == "succeeded"
    assert seen == [1, 2]


class YesForm(forms.Form):
    yes = forms.BooleanField()


def test_a_form_inside_a_function_is_refused_because_no_page_could_find_it(flow):
    class Hidden(forms.Form):
        yes = forms.BooleanField()

    @flow.step
    def ask(ctx, payload):
        ctx.suspend("k", title="Go on?", form=Hidden)

    result = run_inline(flow)
    assert result.state == "failed"
    assert "top level of a module" in str(result.error)


def test_suspend_shows_the_question_and_returns_the_answer(flow):
    @flow.step
    def ask(ctx, payload):
        answer = ctx.suspend("k", title="Go on?", prompt="Look", form=YesForm, context={"n": 1}, urgency="high")
        return {"yes": answer["yes"], "by": answer.by}

    waiting = run_inline(flow)
    assert (waiting.state, waiting.open_question, waiting.steps) == ("suspended", "k", [])
    question = waiting.asked["k"]
    assert (question.title, question.prompt, question.context, question.urgency) == ("Go on?", "Look", {"n": 1}, "high")
    assert question.form == f"{__name__}:YesForm"
    assert run_inline(flow, answers={"k": {"yes": True}}).payload == {"yes": True, "by": "inline"}


def test_an_answer_with_a_file_replaces_the_runs_file(fresh_registry):
    flow = Workflow("flow", files=FileRules())

    @flow.step
    def read(ctx, payload):
        before = ctx.file("a.txt")
        answer = ctx.suspend("fix", title="Fix", replaces={"file": "a.txt"})
        after = ctx.file("a.txt")
        return {
            "before": before.version,
            "after": after.version,
            "text": after.open().read().decode(),
            "told": answer["file"],
        }

    result = run_inline(flow, files={"a.txt": b"bad"}, answers={"fix": {"file": b"good"}})
    assert result.payload["files"] == ["a.txt"]
    digest = hashlib.sha256(b"good").hexdigest()
    # The step is entered again from its top, so what it reads first is the new version, as in a worker.
    assert (result.payload["before"], result.payload["text"]) == (2, "good")
    assert result.payload["told"] == {"name": "a.txt", "version": 2, "sha256": digest}


def test_log_progress_file_and_lifecycle_are_there_in_memory_too(flow):
    @flow.step
    def work(ctx, payload):
        ctx.log("began", item=1)
        ctx.progress(1, 2, "half")
        ctx.lifecycle.checkpoint()
        with pytest.raises(FileNotFoundError, match=r"no file called 'b\.txt'"):
            ctx.file("b.txt")
        return {"paused": ctx.lifecycle.check_paused(), "attempt": ctx.attempt, "step": ctx.step}

    result = run_inline(flow)
    assert result.log == ["began"]
    assert result.payload == {"paused": None, "attempt": 0, "step": "work"}


def test_an_idempotency_key_is_stable_and_belongs_to_one_key_of_one_step(flow):
    keys = {}

    def take(ctx, payload):
        keys[ctx.step] = [ctx.idempotency_key("a"), ctx.idempotency_key("a"), ctx.idempotency_key("b")]

    flow.step(name="one")(take)
    flow.step(name="two")(take)
    run_inline(flow)
    again, keys["again"] = keys["one"], None
    assert again[0] == again[1] != again[2]
    assert again[0] != keys["two"][0]
    assert len(again[0]) == 64


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([1], "returned list"),
        ("x", "returned str"),
        ({"a": {1}}, "field 'a'"),
        ({"a": float("nan")}, "field 'a'"),
        ({"a": "x\x00"}, "NUL|u0000"),
        ({1: "a"}, "field 1"),
        ({"a": "x" * 300_000}, "at most"),
        ({"a": "\ud800"}, "field 'a'"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_step_and_field(flow, value, said):
    import re

    flow.step(name="odd")(lambda ctx, payload: value)
    result = run_inline(flow)
    assert result.state == "failed"
    assert "odd" in str(result.error)
    assert re.search(said, str(result.error)), result.error


def test_a_step_that_raises_ends_the_run_and_shows_the_error(flow):
    @flow.step
    def bad(ctx, payload):
        raise LookupError("not there")

    result = run_inline(flow)
    assert (result.state, str(result.error)) == ("failed", "not there")


def test_a_key_that_comes_up_twice_is_an_error_instead_of_an_item_left_out(fresh_registry):
    twice = Workflow("each-twice")

    @twice.step
    def walk(ctx, payload):
        return {"seen": list(ctx.each(["a", "b", "a"]))}

    result = run_inline(twice)
    assert result.state == "failed"
    assert "'a' twice" in str(result.error)


def test_two_walks_of_one_step_are_told_apart_by_name(fresh_registry):
    both = Workflow("each-named")

    @both.step
    def walk(ctx, payload):
        return {"first": list(ctx.each("ab")), "second": list(ctx.each("ab", name="again"))}

    assert run_inline(both).payload == {"first": ["a", "b"], "second": ["a", "b"]}


def test_an_approval_ends_as_approved_rejected_or_expired(flow):
    @flow.step
    def pay(ctx, payload):
        approval = ctx.approval("pay", title="Pay?")
        return {"paid": bool(approval), "status": approval.status, "why": approval.reason}

    ends = {
        "approved": {"decision": "approve"},
        "rejected": {"decision": "reject", "reason": "too much"},
        "expired": "expired",
    }
    told = {status: run_inline(flow, answers={"pay": answer}).payload for status, answer in ends.items()}
    assert told["approved"] == {"paid": True, "status": "approved", "why": ""}
    assert told["rejected"] == {"paid": False, "status": "rejected", "why": "too much"}
    assert told["expired"] == {"paid": False, "status": "expired", "why": ""}
    assert run_inline(flow).state == "suspended"


def test_a_question_nobody_answered_in_time_raises_in_the_step(flow):
    @flow.step
    def ask(ctx, payload):
        try:
            ctx.suspend("k", title="Go on?", form=YesForm, deadline=timedelta(days=1))
        except DeadlinePassed as passed:
            return {"told": str(passed)}

    assert run_inline(flow, answers={"k": "expired"}).payload == {"told": "Nobody answered 'Go on?' in time."}


def test_a_sleep_takes_no_time_in_memory_and_events_are_answers(flow):
    @flow.step
    def wait(ctx, payload):
        ctx.sleep("a year", timedelta(days=365))
        first = ctx.wait_for("order.shipped", key="first", match={"order": 1})
        return {"shipped": first["order"], "late": ctx.wait_for("order.lost", default={}, deadline=timedelta(1))}

    result = run_inline(flow, answers={"order.shipped": {"order": 1}, "order.lost": {"order": 2}})
    assert (result.state, result.payload) == ("succeeded", {"shipped": 1, "late": {"order": 2}})
    assert run_inline(flow).open_question == "first"
    assert isinstance(run_inline(flow, answers={"first": "expired"}).error, DeadlinePassed)


@pytest.mark.parametrize(
    ("wait", "says"),
    [
        (lambda ctx: ctx.wait_for("two words"), "Name the event"),
        (lambda ctx: ctx.wait_for("x", match={"a": {1}}), "match must be a dict of JSON"),
        (lambda ctx: ctx.wait_for("x", default={}), "give the deadline"),
        (lambda ctx: ctx.wait_for("x", deadline=5), "deadline must be a timedelta"),
        (lambda ctx: ctx.sleep("x", 5), "duration must be a timedelta"),
        (lambda ctx: ctx.sleep("x", timedelta(days=-1)), "duration must be a timedelta"),
    ],
)
def test_a_wait_that_makes_no_sense_is_refused_at_once(wait, says, flow):
    flow.step(name="wait")(lambda ctx, payload: wait(ctx))
    error = run_inline(flow).error
    assert isinstance(error, ValueError)
    assert says in str(error)


def test_f6_rules_that_hold_a_run_hold_it_in_memory_too(monkeypatch):
    from tests import workflows_with_rules as ruled

    monkeypatch.setattr(ruled, "note_effect", lambda execution_id, what: 1)
    spent = run_inline(ruled.spending, {"amounts": [4000, 6000, 400]})
    assert (spent.state, spent.spent) == ("paused", {"tokens": 10_400})
    assert spent.held == "Spent 10,400 of 10,000 tokens. Resuming lets it spend up to 20,000."
    faulty = run_inline(ruled.faulty, {"items": ["bad 1", "bad 2", "bad 3", "good"]})
    assert (faulty.state, len(faulty.errors)) == ("paused", 3)
    assert faulty.held == "3 errors, and its workflow allows 2. Resuming allows it 2 more."
    closed = run_inline(ruled.dependent)
    assert (closed.state, closed.held) == ("paused", "The bank's gateway is closed until Monday.")
    assert run_inline(ruled.careless, {"budget": "fuel"}).error.args == (
        "careless has no budget called 'fuel'. It has: tokens.",
    )
    within = run_inline(ruled.careless, {"amount": 60})
    assert (within.state, within.payload["left"]) == ("succeeded", 40)
