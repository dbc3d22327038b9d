"""Tools on the engine: odd arguments, names that clash, code that changes its mind; and what the history keeps."""

import asyncio
import datetime
import functools
from decimal import Decimal

import pytest

from executions import Workflow, commands
from executions.authoring import registry
from executions.errors import Invalid
from tests.domain import story
from tests.domain.refusal import refused
from tests.effects import effects_of
from tests.workflows_for_tests import note_effect

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def flow(monkeypatch):
    monkeypatch.setattr(registry, "_workflows", dict(registry._workflows))
    return Workflow("tools")


def run(cast, payload=None):
    return story.work(story.launch(cast, "tools", payload or {}))


def decide(cast, execution, **data):
    question = execution.suspensions.get(closed_at=None)
    commands.answer(cast.actor("reviewer"), question.pk, data=data, context_digest=question.context_digest)
    return story.work(execution)


@pytest.mark.parametrize("approval", ["always", "never"])
@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({1, 2}, "not JSON"),
        (object(), "not JSON"),
        (float("nan"), "not JSON"),
        ("a\x00", "cannot be stored"),
        ("x" * 300_000, "300,002 bytes"),
    ],
    ids=["set", "object", "nan", "nul", "large"],
)
def test_arguments_that_cannot_be_stored_are_told_before_anything_happens(cast, flow, approval, value, says):
    @flow.step
    def act(ctx, payload):
        ctx.tool(lambda thing: note_effect(ctx.execution_id, "ran"), approval=approval, thing=value)

    failed = run(cast)
    assert failed.state == "failed"
    assert "argument 'thing' of the tool" in failed.error["message"]
    assert says in failed.error["message"]
    assert (effects_of(failed.pk), failed.suspensions.count()) == ([], 0)


@pytest.mark.parametrize("approval", ["always", "never"])
def test_a_tool_is_called_with_what_was_shown_whether_or_not_anybody_was_asked(cast, flow, approval):
    seen = []

    @flow.step
    def act(ctx, payload):
        def pay(amount, on):
            seen.append((amount, on))

        ctx.tool(pay, approval=approval, amount=Decimal("1.50"), on=datetime.date(2026, 1, 2))

    asked = run(cast)
    if approval == "always":
        assert asked.suspensions.get().context["arguments"] == {"amount": "1.50", "on": "2026-01-02"}
        asked = decide(cast, asked, decision="approve")
    assert (asked.state, seen) == ("succeeded", [("1.50", "2026-01-02")])


def test_arguments_may_be_called_like_options(cast, flow):
    @flow.step
    def act(ctx, payload):
        def odd(approval, key, ask, transactional, arguments, function, self, ctx):
            return [approval, key, ask, transactional, arguments, function, self, ctx]

        names = ("approval", "key", "ask", "transactional", "arguments")
        return {"got": ctx.tool(odd, arguments={name: name for name in names}, function=1, self=2, ctx=3).value}

    got = decide(cast, run(cast), decision="approve").payload["got"]
    assert got == ["approval", "key", "ask", "transactional", "arguments", 1, 2, 3]


def test_partials_and_callable_objects_have_names_people_can_read(cast, flow):
    def send(to, text):
        return f"{text} to {to}"

    class Printer:
        def __call__(self, text):
            return text

    @flow.step
    def act(ctx, payload):
        first = ctx.tool(functools.partial(send, "ann"), approval="never", text="hi").value
        return {"said": [first, ctx.tool(Printer(), approval="never", text="ho").value]}

    done = run(cast)
    assert done.payload["said"] == ["hi to ann", "ho"]
    assert [story.data_of(e)["tool"] for e in story.events(done) if e.kind == "tool.executed"] == ["send", "Printer"]


def test_an_async_tool_and_an_async_rule_work_in_steps_of_both_kinds(cast, flow):
    async def double(number):
        await asyncio.sleep(0)
        return number * 2

    async def large(number):
        return number > 10

    @flow.step
    def plain(ctx, payload):
        return {"plain": ctx.tool(double, approval=large, number=4).value}

    @flow.step
    async def awaited(ctx, payload):
        return {"awaited": (await ctx.tool(double, approval=large, number=40)).value}

    asked = run(cast)
    assert asked.payload == {"plain": 8}
    assert decide(cast, asked, decision="approve").payload == {"plain": 8, "awaited": 80}


def test_f8_code_that_selects_another_call_when_it_runs_again_gets_the_one_that_was_allowed(cast, flow):
    amounts = iter([5, 5000, 50_000])

    def pay(amount):
        return amount

    @flow.step
    def act(ctx, payload):
        done = ctx.tool(pay, amount=next(amounts))
        return {"paid": done.value, "with": done.arguments}

    assert decide(cast, run(cast), decision="approve").payload == {"paid": 5, "with": {"amount": 5}}


def test_a_key_that_now_stands_for_another_tool_is_an_error(cast, flow):
    def first(amount):
        return amount

    def second(amount):
        return amount

    tools = iter([first, second])

    @flow.step
    def act(ctx, payload):
        ctx.tool(next(tools), key="k", amount=1)

    failed = decide(cast, run(cast), decision="approve")
    assert failed.state == "failed"
    assert "stands for a call of the tool first in this step, and is now used for second" in failed.error["message"]


def test_a_rule_that_changes_its_mind_does_not_get_around_a_refusal(cast, flow):
    wanted = iter([True, False])

    def pay(amount):
        note_effect(amount, "paid")

    @flow.step
    def act(ctx, payload):
        done = ctx.tool(pay, approval=lambda amount: next(wanted), amount=ctx.execution_id)
        return {"refused": done.refused}

    done = decide(cast, run(cast), decision="reject", reason="no")
    assert (done.payload["refused"], effects_of(done.pk)) == (True, [])


@pytest.mark.parametrize("arguments", [{}, {"amount": 1, "more": 2}, [], "[]", "7", '"x"'], ids=repr)
def test_edited_arguments_name_exactly_what_the_tool_takes(cast, flow, arguments):
    @flow.step
    def act(ctx, payload):
        return {"paid": ctx.tool(lambda amount: amount, amount=1).value}

    asked = run(cast)
    with refused(Invalid, asked, field="arguments"):
        decide(cast, asked, decision="approve", arguments=arguments)
    assert decide(cast, asked, decision="approve", arguments={"amount": 2}).payload["paid"] == 2


def test_context_that_an_author_adds_does_not_hide_the_arguments(cast, flow):
    @flow.step
    def act(ctx, payload):
        ctx.tool(lambda amount: amount, ask={"context": {"why": "due", "arguments": "hidden"}}, amount=1)

    shown = run(cast).suspensions.get().context
    assert (shown["why"], shown["arguments"]) == ("due", {"amount": 1})


def test_the_history_tells_what_was_selected_decided_and_executed(cast, flow):
    def pay(amount, to):
        return {"receipt": 1}

    @flow.step
    def act(ctx, payload):
        ctx.tool(pay, amount=40, to="ann")
        ctx.tool(pay, amount=1, to="bob", approval="never")

    done = decide(cast, run(cast), decision="approve", arguments={"amount": 4, "to": "ann"})
    told = {event.kind: story.data_of(event) for event in story.events(done)}
    assert told["suspension.opened"]["context"]["arguments"] == {"amount": 40, "to": "ann"}
    assert told["suspension.answered"]["answer"]["arguments"] == {"amount": 4, "to": "ann"}
    executed = [story.data_of(event) for event in story.events(done) if event.kind == "tool.executed"]
    assert executed == [
        {
            "step": "act",
            "tool": "pay",
            "key": "pay:1",
            "arguments": {"amount": 4, "to": "ann"},
            "allowed_by": "reviewer",
        },
        {"step": "act", "tool": "pay", "key": "pay:2", "arguments": {"amount": 1, "to": "bob"}, "allowed_by": None},
    ]
    assert story.bad_line(done.pk) is None


def test_a_transactional_tool_that_raises_leaves_neither_effect_nor_line(cast, flow):
    def pay(run):
        note_effect(run, "half")
        raise ValueError("no")

    @flow.step
    def act(ctx, payload):
        ctx.tool(pay, approval="never", transactional=True, run=ctx.execution_id)

    failed = run(cast)
    assert (failed.state, effects_of(failed.pk)) == ("failed", [])
    assert "tool.executed" not in story.kinds(failed)
