"""The styles of pausing, in memory: routes, pauses, gates, ask and on_resume, tools, async steps."""

import pytest

from executions import DeadlinePassed, Next, Workflow, run_inline
from executions.authoring import registry
from executions.authoring.inline import EXPIRED
from executions.authoring.perform import HandlerFailed, HandlerMissing, RouteError, StepRefused
from tests.support.loops import away_from_loops


@pytest.fixture
def flow(monkeypatch):
    monkeypatch.setattr(registry, "_workflows", {})
    monkeypatch.setattr(registry, "_doubles", [])
    return Workflow("flow")


def steps(flow, *names):
    """Add steps that write down that they ran."""
    for name in names:

        def work(ctx, payload, name=name):
            return {"ran": [*payload.get("ran", []), name]}

        flow.step(name=name)(work)


def test_a_static_route_stops_at_its_pause_and_merges_the_answer_at_the_root(flow):
    flow.route("draft", Workflow.pause("review", merge="shallow", format="json"), "publish")
    steps(flow, "publish", "draft")
    waiting = run_inline(flow, {"meta": {"a": 1}})
    assert (waiting.state, waiting.steps, waiting.open_question) == ("suspended", ["draft"], "pause")
    done = run_inline(flow, {"meta": {"a": 1}}, answers={"review": {"meta": {"b": 2}}})
    assert (done.state, done.payload["ran"], done.payload["meta"]) == ("succeeded", ["draft", "publish"], {"b": 2})


def test_a_deep_merge_keeps_what_the_answer_does_not_name(flow):
    flow.route(Workflow.pause("review", merge="deep", format="json"))
    done = run_inline(flow, {"meta": {"a": 1, "x": {"y": 1}}}, answers={"review": {"meta": {"b": 2, "x": {"z": 3}}}})
    assert done.payload == {"meta": {"a": 1, "b": 2, "x": {"y": 1, "z": 3}}}


def test_a_pause_that_merges_nothing_only_lets_the_run_go_on(flow):
    flow.route(Workflow.pause("review", merge="none", format="json"))
    assert run_inline(flow, {"a": 1}, answers={"review": {"a": 2}}).payload == {"a": 1}


def test_several_pauses_in_one_route_each_need_an_answer(flow):
    flow.route(Workflow.pause("one"), "work", Workflow.pause("two"))
    steps(flow, "work")
    assert run_inline(flow, answers={"one": {}}).open_question == "pause"
    assert run_inline(flow, answers={"one": {}}).steps == ["one", "work"]
    assert run_inline(flow, answers={"one": {}, "two": {}}).state == "succeeded"


def test_next_jumps_ahead_on_the_route(flow):
    steps(flow, "b", "c")

    @flow.step
    def a(ctx, payload):
        return Next("c", changes={"jumped": True})

    flow.route("a", "b", "c")
    done = run_inline(flow)
    assert (done.steps, done.payload) == (["a", "c"], {"jumped": True, "ran": ["c"]})


@pytest.mark.parametrize(("confidence", "state"), [(95, "succeeded"), (60, "suspended")])
def test_a_step_pauses_only_when_it_put_the_pause_into_the_route(flow, confidence, state):
    flow.route("draft", "publish", also=[Workflow.pause("review")])

    @flow.step
    def draft(ctx, payload):
        return None if payload["confidence"] >= 90 else Next("review")

    steps(flow, "publish")
    assert run_inline(flow, {"confidence": confidence}).state == state
    assert run_inline(flow, {"confidence": 60}, answers={"review": {}}).steps == ["draft", "review", "publish"]


def test_assigning_the_route_changes_where_the_run_goes(flow):
    @flow.step
    def a(ctx, payload):
        assert ctx.route == ["b", "c"]
        ctx.route = ["c"]

    steps(flow, "b", "c")
    assert run_inline(flow).steps == ["a", "c"]


def test_next_without_names_ends_the_run(flow):
    @flow.step
    def a(ctx, payload):
        return Next()

    steps(flow, "b")
    assert (run_inline(flow).state, run_inline(flow).steps) == ("succeeded", ["a"])


def test_a_step_that_loops_to_itself_asks_in_each_turn(flow):
    @flow.step
    def turn(ctx, payload):
        said = ctx.suspend("say", title="What next?", format="text")
        turns = [*payload.get("turns", []), said.value]
        return {"turns": turns} if said.value == "done" else Next("turn", changes={"turns": turns})

    answers = {"say": [{"answer": "one"}, {"answer": "two"}, {"answer": "done"}]}
    done = run_inline(flow, answers=answers)
    assert (done.state, done.payload["turns"]) == ("succeeded", ["one", "two", "done"])
    assert run_inline(flow, answers={"say": [{"answer": "one"}]}).state == "suspended"


def test_a_loop_without_an_end_is_told_as_one(flow):
    @flow.step
    def again(ctx, payload):
        return Next("again")

    assert isinstance(run_inline(flow).error, RecursionError)


def test_a_next_step_that_does_not_exist_is_named(flow):
    @flow.step
    def a(ctx, payload):
        return Next("nowhere")

    error = run_inline(flow).error
    assert isinstance(error, RouteError)
    assert "'nowhere'" in str(error)
    assert "Known: a" in str(error)


def test_p1_a_step_that_asks_pauses_and_its_handler_takes_the_answer(flow):
    @flow.step
    def approve(ctx, payload):
        if payload["amount"] > 500:
            return ctx.ask(f"Approve {payload['amount']}?", context={"amount": payload["amount"]})
        return {"approved": True}

    @approve.on_resume
    def approved(ctx, payload, answer):
        return {"approved": answer["yes"], "by": answer.by}

    assert run_inline(flow, {"amount": 5}).payload["approved"] is True
    waiting = run_inline(flow, {"amount": 700})
    assert (waiting.state, waiting.asked["ask:1"].title) == ("suspended", "Approve 700?")
    done = run_inline(flow, {"amount": 700}, answers={"approve": {"yes": False}})
    assert done.payload == {"amount": 700, "approved": False, "by": "inline"}
    assert approve(None, {"amount": 5}) == {"approved": True}


def test_p6_a_handler_may_ask_again(flow):
    @flow.step
    def first(ctx, payload):
        return ctx.ask("One?", format="text")

    @first.on_resume
    def more(ctx, payload, answer):
        return ctx.ask("Two?", format="text") if answer.value == "again" else {"said": answer.value}

    answers = {"first": [{"answer": "again"}, {"answer": "enough"}]}
    assert run_inline(flow, answers=answers).payload == {"said": "enough"}
    assert run_inline(flow, answers={"first": [{"answer": "again"}]}).open_question == "ask:2"


def test_p7_a_step_that_asks_without_a_handler_is_told_so(flow):
    @flow.step
    def alone(ctx, payload):
        return ctx.ask("Anybody?")

    error = run_inline(flow, answers={"alone": {}}).error
    assert isinstance(error, HandlerMissing)
    assert "@alone.on_resume" in str(error)


def test_a_handler_that_raises_and_a_deadline_that_passes_end_the_step(flow):
    @flow.step
    def ask(ctx, payload):
        return ctx.ask("Well?")

    @ask.on_resume
    def take(ctx, payload, answer):
        raise ValueError("cannot take that")

    failed = run_inline(flow, answers={"ask": {}}).error
    assert isinstance(failed, HandlerFailed)
    assert isinstance(failed.__cause__, ValueError)
    assert isinstance(run_inline(flow, answers={"ask": EXPIRED}).error, DeadlinePassed)


def test_a_gate_shows_the_step_and_lets_it_run_with_changed_input(flow):
    @flow.step(approval=True)
    def pay(ctx, payload):
        return {"paid": payload["amount"]}

    waiting = run_inline(flow, {"amount": 700})
    assert (waiting.state, waiting.asked["gate"].title) == ("suspended", "May “pay” run?")
    assert run_inline(flow, {"amount": 700}, answers={"pay": {"decision": "approve"}}).payload["paid"] == 700
    changed = run_inline(flow, {"amount": 700}, answers={"pay": {"decision": "approve", "changes": {"amount": 70}}})
    assert changed.payload == {"amount": 70, "paid": 70}


def test_a_refused_gate_fails_the_run_or_skips_the_step(flow):
    @flow.step(approval="executions.approve_payment", on_refuse="skip")
    def bonus(ctx, payload):
        return {"bonus": True}

    @flow.step(approval=True)
    def pay(ctx, payload):
        return {"paid": True}

    no = {"decision": "reject", "reason": "not this month"}
    result = run_inline(flow, {}, answers={"bonus": no, "pay": no})
    assert (result.state, result.steps, result.payload) == ("failed", ["bonus"], {})
    assert isinstance(result.error, StepRefused)
    assert "not this month" in str(result.error)
    assert result.log == ["inline refused the step bonus: not this month"]


def refund(amount, to="nobody"):
    """Send money back.

    More words that nobody is shown.
    """
    return {"refunded": amount, "to": to}


def test_f8_a_tool_is_seen_with_its_arguments_before_it_runs(flow):
    @flow.step
    def act(ctx, payload):
        done = ctx.tool(refund, amount=payload["amount"], to="ann")
        return {"did": done.value, "refused": done.refused, "feedback": done.feedback, "ok": bool(done)}

    waiting = run_inline(flow, {"amount": 40})
    asked = waiting.asked["tool:refund:1"]
    assert asked.context == {
        "tool": "refund",
        "description": "Send money back.",
        "arguments": {"amount": 40, "to": "ann"},
    }
    allowed = run_inline(flow, {"amount": 40}, answers={"refund": {"decision": "approve"}})
    assert allowed.payload["did"] == {"refunded": 40, "to": "ann"}
    edited = {"decision": "approve", "arguments": {"amount": 4, "to": "bob"}}
    assert run_inline(flow, {"amount": 40}, answers={"refund": edited}).payload["did"] == {"refunded": 4, "to": "bob"}
    no = {"decision": "reject", "reason": "ask her first"}
    refused = run_inline(flow, {"amount": 40}, answers={"refund": no}).payload
    assert (refused["did"], refused["refused"], refused["feedback"], refused["ok"]) == (
        None,
        True,
        "ask her first",
        False,
    )
    late = run_inline(flow, {"amount": 40}, answers={"refund": EXPIRED}).payload
    assert (late["refused"], late["feedback"]) == (True, "Nobody decided in time.")


def test_a_tool_asks_always_never_or_when_a_function_says_so(flow):
    @flow.step
    def act(ctx, payload):
        small = ctx.tool(refund, approval=lambda amount: amount > 100, amount=5)
        large = ctx.tool(refund, approval=lambda amount: amount > 100, amount=500)
        free = ctx.tool(refund, approval="never", amount=1)
        return {"small": small.value, "large": large.value, "free": free.value}

    assert run_inline(flow).open_question == "tool:refund:2"
    assert run_inline(flow, answers={"refund": {"decision": "approve"}}).payload["large"]["refunded"] == 500


def test_a_tool_called_wrongly_is_told_before_anybody_is_asked(flow):
    @flow.step
    def act(ctx, payload):
        ctx.tool(refund, approval=payload["approval"], **payload["arguments"])

    wrong = run_inline(flow, {"approval": "always", "arguments": {"sum": 4}})
    assert "refund cannot be called like this" in str(wrong.error)
    sometimes = run_inline(flow, {"approval": "sometimes", "arguments": {"amount": 4}})
    assert "'always', 'never'" in str(sometimes.error)


def test_an_async_step_awaits_its_context(flow):
    async def fetch(number):
        return number * 2

    @flow.step
    async def work(ctx, payload):
        first = await ctx.once("a", fetch, 4)
        plain = await ctx.once("b", lambda: 5)
        seen = [item async for item in ctx.each(["x", "y"])]
        answer = await ctx.suspend("k", title="Well?", format="text")
        await ctx.log("done")
        return {"first": first, "plain": plain, "seen": seen, "said": answer.value, "route": ctx.route}

    result = away_from_loops(run_inline, flow, answers={"k": {"answer": "yes"}})
    assert result.error is None
    # `each` gives every item once: the ones finished before the question are not given again.
    assert result.payload == {"first": 8, "plain": 5, "seen": [], "said": "yes", "route": []}
    assert away_from_loops(run_inline, flow).state == "suspended"


def test_an_async_handler_and_a_transactional_async_function(flow):
    @flow.step
    async def ask(ctx, payload):
        return ctx.ask("Well?", format="text")

    @ask.on_resume
    async def take(ctx, payload, answer):
        async def effect():
            return 1

        with pytest.raises(TypeError, match="without async"):
            await ctx.once("t", effect, transactional=True)
        return {"said": answer.value}

    done = away_from_loops(run_inline, flow, answers={"ask": {"answer": "hm"}})
    assert done.payload == {"said": "hm"}
