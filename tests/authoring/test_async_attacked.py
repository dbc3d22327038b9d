"""Coroutines as steps on the engine: errors, cancellation, threads, the database, pauses in mid-walk, clean-up."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from executions import Workflow, commands
from executions.authoring import registry
from executions.engine import leases
from tests.domain import story
from tests.effects import effects_of
from tests.workflows_for_tests import note_effect

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def flow(monkeypatch):
    monkeypatch.setattr(registry, "_workflows", dict(registry._workflows))
    return Workflow("coroutines")


def run(cast, workflow="coroutines", payload=None):
    return story.work(story.launch(cast, workflow, payload or {}))


@pytest.mark.parametrize(
    ("kind", "error"),
    [("raise", "ValueError"), ("cancelled", "CancelledError"), ("cancelled within", "CancelledError")],
)
def test_a_coroutine_that_raises_or_is_cancelled_fails_its_step_as_any_other(cast, kind, error):
    failed = run(cast, "asynchronous", {"kind": kind})
    assert (failed.state, failed.error["type"]) == ("failed", error)


def test_the_database_used_plainly_is_refused_in_djangos_words(cast, monkeypatch):
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE")
    failed = run(cast, "asynchronous", {"kind": "plain orm"})
    assert failed.error["type"] == "SynchronousOnlyOperation"
    assert "You cannot call this from an async context" in failed.error["message"]


def test_the_database_used_by_its_async_methods_is_the_steps_own_connection(cast, flow):
    @flow.step
    async def look(ctx, payload):
        here = await sync_to_async(lambda: (id(connection.connection), threading.get_ident()))()
        return {"same": list(here) == payload["here"]}

    assert run(cast, payload={"here": [id(connection.connection), threading.get_ident()]}).payload["same"] is True


def test_records_made_at_the_same_time_are_all_kept(cast, flow):
    async def twice(number):
        await asyncio.sleep(0)
        return number * 2

    @flow.step
    async def many(ctx, payload):
        results = await asyncio.gather(*(ctx.once(str(number), twice, number) for number in range(20)))
        return {"sum": sum(results)}

    assert run(cast).payload == {"sum": 380}


def test_h2_a_pause_ends_an_async_walk_between_two_items_and_it_goes_on_after_the_last_finished(cast, flow):
    @flow.step
    async def walk(ctx, payload):
        async for item in ctx.each(range(4)):
            await ctx.once(f"{item}", note_effect, ctx.execution_id, f"item {item}")
            if item == 1 and not ctx.resumed:
                await sync_to_async(commands.pause)(cast.actor("operator"), ctx.execution_id, reason="look")
                leases.find(ctx.execution_id).hear(10_000, cancelling=False, holds=1, reason="look", by="operator")
                assert ctx.lifecycle.check_paused().reason == "look"

    paused = run(cast)
    assert (paused.state, effects_of(paused.pk)) == ("paused", ["item 0", "item 1"])
    commands.resume(cast.actor("operator"), paused.pk)
    assert story.work(paused).state == "succeeded"
    assert effects_of(paused.pk) == ["item 0", "item 1", "item 2", "item 3"]


def test_a_pause_passes_an_authors_except_exception_and_runs_his_finally(cast, flow):
    @flow.step
    async def careful(ctx, payload):
        leases.find(ctx.execution_id).hear(10_000, cancelling=False, holds=1, reason="look", by="operator")
        try:
            ctx.lifecycle.checkpoint()
        except Exception:
            return {"swallowed": True}
        finally:
            await sync_to_async(note_effect)(ctx.execution_id, "closed")

    given_back = run(cast)
    assert (given_back.payload, effects_of(given_back.pk)) == ({}, ["closed"])
    assert story.kinds(given_back)[-1] == "execution.yielded"


def test_a_question_among_several_awaited_at_once_suspends_the_run(cast, flow):
    @flow.step
    async def both(ctx, payload):
        said, number = await asyncio.gather(ctx.suspend("well", title="Well?", format="text"), ctx.once("n", lambda: 7))
        return {"said": said.value, "number": number}

    asked = run(cast)
    assert asked.state == "suspended"
    question = asked.suspensions.get()
    commands.answer(cast.actor("reviewer"), question.pk, data={"answer": "yes"}, context_digest=question.context_digest)
    assert story.work(asked).payload == {"said": "yes", "number": 7}


def test_an_async_clean_up_hook_cleans_up_once(cast):
    launched = story.launch(cast, "asynchronous")
    commands.cancel(cast.actor("operator"), launched.pk, reason="x")
    assert story.work(launched).state == "cancelled"
    assert effects_of(launched.pk) == ["tidied"]


def test_an_async_handler_that_raises_holds_the_run_with_the_answer_kept(cast, flow):
    @flow.step
    async def ask(ctx, payload):
        return ctx.ask("Well?", format="text")

    @ask.on_resume
    async def take(ctx, payload, answer):
        if not payload.get("mended"):
            raise ValueError("cannot take that")
        return {"said": answer.value}

    asked = run(cast)
    question = asked.suspensions.get()
    commands.answer(cast.actor("reviewer"), question.pk, data={"answer": "yes"}, context_digest=question.context_digest)
    held = story.work(asked)
    assert (held.state, held.holds.get().reason_code) == ("paused", "handler-failed")
    commands.amend_payload(cast.actor("reviewer"), held.pk, changes={"mended": True}, reason="mended")
    commands.resume(cast.actor("operator"), held.pk)
    assert story.work(held).payload["said"] == "yes"


def test_what_is_unknown_of_ctx_is_an_attribute_error(cast, flow):
    @flow.step
    async def odd(ctx, payload):
        await ctx.nonsense()

    assert run(cast).error["type"] == "AttributeError"


def test_assigning_the_route_works_in_a_coroutine(cast, flow):
    @flow.step
    async def a(ctx, payload):
        ctx.route = ["c"]

    flow.step(name="b")(lambda ctx, payload: {"b": True})
    flow.step(name="c")(lambda ctx, payload: {"c": True})
    assert run(cast).payload == {"c": True}
