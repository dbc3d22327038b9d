"""Steps that return, assign and ask odd things, on the engine: each ends in an error that says what to do."""

import json

import pytest

from executions import Next, Workflow, commands
from executions.authoring import registry
from executions.authoring.perform import MOST_AHEAD
from executions.errors import Invalid, TooLarge
from tests.domain import story
from tests.domain.refusal import refused
from tests.effects import effects_of
from tests.workflows_for_tests import note_effect

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def flow(monkeypatch):
    monkeypatch.setattr(registry, "_workflows", dict(registry._workflows))
    return Workflow("attacked")


def run(cast, payload=None):
    return story.work(story.launch(cast, "attacked", payload or {}))


def answer(cast, execution, data, who="reviewer", **more):
    question = execution.suspensions.get(closed_at=None)
    commands.answer(cast.actor(who), question.pk, data=data, **{"context_digest": question.context_digest, **more})
    return story.work(execution)


@pytest.mark.parametrize(
    ("names", "shown"),
    [((7,), "7"), ((None,), "None"), ((["a"],), "['a']"), (("a", ""), "''"), (("a\x00",), "'a\\x00'"), (("A",), "'A'")],
    ids=repr,
)
def test_next_with_names_that_are_none_fails_the_step_and_quotes_them(cast, flow, names, shown):
    @flow.step
    def a(ctx, payload):
        return Next(*names)

    failed = run(cast)
    assert (failed.state, failed.error["type"]) == ("failed", "RouteError")
    assert f"goes on to {shown}, which is no step of attacked. Known: a." in failed.error["message"]


@pytest.mark.parametrize("garbage", ["publish", None, 7, {"a": 1}, {"a"}, [7], [["a"]], ["nowhere"]], ids=repr)
def test_garbage_assigned_to_the_route_fails_the_step(cast, flow, garbage):
    @flow.step
    def a(ctx, payload):
        ctx.route = garbage

    failed = run(cast)
    assert (failed.state, failed.error["type"]) == ("failed", "RouteError")
    assert "The step a" in failed.error["message"]


def test_a_route_error_is_not_tried_again_by_itself(cast, flow):
    @flow.step(retries=5)
    def a(ctx, payload):
        return Next("nowhere")

    assert run(cast).attempt == 1


def test_a_route_that_grows_with_each_loop_is_stopped_before_it_is_stored(cast, flow):
    flow.route("other")

    @flow.step
    def other(ctx, payload):
        return Next(*["loop"] * MOST_AHEAD)

    @flow.step
    def loop(ctx, payload):
        return Next("loop", "loop")

    failed = run(cast)
    assert failed.error["type"] == "RouteError"
    assert f"puts {MOST_AHEAD + 1:,} steps ahead" in failed.error["message"]


def test_ten_thousand_loops_leave_the_route_as_short_as_it_was(cast, flow, settings):
    settings.HOLDPOINT = {**settings.HOLDPOINT, "TIME_SLICE_SECONDS": 600}

    @flow.step
    def loop(ctx, payload):
        turns = payload.get("turns", 0) + 1
        return Next("loop", changes={"turns": turns}) if turns < 10_000 else {"turns": turns}

    ended = run(cast)
    assert (ended.state, ended.payload, ended.steps_done) == ("succeeded", {"turns": 10_000}, 10_000)


def test_a_handler_may_say_where_to_go(cast, flow):
    @flow.step
    def a(ctx, payload):
        return ctx.ask("Well?")

    @a.on_resume
    def resumed(ctx, payload, answer):
        return Next("c", changes={"seen": answer["x"]})

    @flow.step
    def b(ctx, payload):
        return {"b": True}

    @flow.step
    def c(ctx, payload):
        return {"c": True}

    assert answer(cast, run(cast), {"x": 1}).payload == {"seen": 1, "c": True}


@pytest.mark.parametrize("returned", [[1], "text", 7, Next("a", changes=[1])], ids=repr)
def test_odd_changes_after_a_gate_with_edits_are_told_as_without(cast, flow, returned):
    @flow.step(approval=True)
    def a(ctx, payload):
        return returned

    failed = answer(cast, run(cast), {"decision": "approve", "changes": {"x": 1}})
    assert failed.state == "failed"
    assert "Step a returned" in failed.error["message"]


def test_a_clean_up_hook_that_returns_a_question_is_told_that_it_cannot_ask(cast, flow):
    @flow.step
    def a(ctx, payload):
        return None

    @flow.on_cancel
    def tidy(ctx, payload):
        return ctx.ask("Really?")

    launched = story.launch(cast, "attacked")
    commands.cancel(cast.actor("operator"), launched.pk, reason="x")
    story.work(launched)
    (failed,) = [event for event in story.events(launched) if event.kind == "clean_up.failed"]
    assert "cannot ask questions" in story.data_of(failed)["message"]


def test_hostile_keys_in_a_deep_merge_are_fields_like_any_other(cast, flow):
    flow.route(Workflow.pause("more", merge="deep", format="json"))
    odd = {"__proto__": {"x": 1}, "constructor": 1, "": {"": 2}, "a.b": 1, "$set": {"a": 1}, "ü\u2028": None}
    before = {"": {"kept": 1}, "a": {"b": [1]}, "__proto__": 7}
    after = answer(cast, run(cast, before), {**odd, "a": {"b": {"c": 1}}}).payload
    assert after == {**odd, "": {"kept": 1, "": 2}, "a": {"b": {"c": 1}}}


def test_a_merge_as_deep_as_can_be_stored_works_and_a_deeper_answer_is_refused(cast, flow):
    flow.route(Workflow.pause("more", merge="deep", format="json"))

    def nest(levels):
        value = {"end": levels}
        for _ in range(levels):
            value = {"d": value}
        return value

    suspended = run(cast, nest(90))
    with refused(Invalid, suspended, match="levels deep"):
        answer(cast, suspended, nest(2000))
    assert json.dumps(answer(cast, suspended, nest(95)).payload).count('"d"') == 95


@pytest.mark.parametrize("style", ["gate", "pause"])
def test_an_answer_that_would_overfill_the_payload_is_refused_to_who_gives_it(cast, flow, style, settings):
    settings.HOLDPOINT = {**settings.HOLDPOINT, "MAX_PAYLOAD_BYTES": 1000}
    if style == "pause":
        flow.route(Workflow.pause("a", format="json"))
    else:
        flow.step(name="a", approval=True)(lambda ctx, payload: None)
    suspended = run(cast, {"old": "x" * 600})
    large = {"new": "y" * 600}
    with refused(TooLarge, suspended, match="at most 1,000"):
        answer(cast, suspended, large if style == "pause" else {"decision": "approve", "changes": large})
    small = {"old": "", **large}
    done = answer(cast, suspended, small if style == "pause" else {"decision": "approve", "changes": small})
    assert (done.state, done.payload) == ("succeeded", small)


def failing_once(flow, **options):
    @flow.step(approval=True, **options)
    def pay(ctx, payload):
        note_effect(ctx.execution_id, f"paid {payload['amount']}")
        if len(effects_of(ctx.execution_id)) == 1:
            raise RuntimeError("stumbled")
        return {"paid": payload["amount"]}


def test_a_gate_that_was_opened_is_not_closed_again_by_a_retry(cast, flow):
    failing_once(flow)
    failed = answer(cast, run(cast, {"amount": 9}), {"decision": "approve", "changes": {"amount": 7}})
    assert failed.state == "failed"
    commands.retry(cast.actor("admin"), failed.pk, reason="the network is back")
    again = story.work(failed)
    assert (again.state, again.payload) == ("succeeded", {"amount": 7, "paid": 7})
    assert again.suspensions.count() == 1


def test_a_gate_is_asked_again_when_its_step_is_sent_back_to_be_done_all_again(cast, flow):
    failing_once(flow)
    failed = answer(cast, run(cast, {"amount": 9}), {"decision": "approve"})
    commands.retry(cast.actor("admin"), failed.pk, reason="look again", again=True)
    asked = story.work(failed)
    assert (asked.state, asked.suspensions.get(closed_at=None).key) == ("suspended", "gate")
    assert answer(cast, asked, {"decision": "approve"}).payload == {"amount": 9, "paid": 9}


def test_a_gate_is_asked_again_when_its_input_has_changed_since(cast, flow):
    failing_once(flow)
    failed = answer(cast, run(cast, {"amount": 9}), {"decision": "approve"})
    commands.amend_payload(cast.actor("reviewer"), failed.pk, changes={"amount": 9000}, reason="a nought more")
    commands.retry(cast.actor("admin"), failed.pk, reason="again")
    asked = story.work(failed)
    assert (asked.state, effects_of(asked.pk)) == ("suspended", ["paid 9"])
    assert asked.suspensions.get(closed_at=None).key == "gate:2"
    assert answer(cast, asked, {"decision": "approve"}).payload == {"amount": 9000, "paid": 9000}


def test_a_refused_gate_is_asked_again_when_its_input_was_put_right(cast, flow):
    failing_once(flow)
    failed = answer(cast, run(cast, {"amount": 9}), {"decision": "reject", "reason": "too little"})
    assert (failed.state, failed.error["type"]) == ("failed", "StepRefused")
    commands.retry(cast.actor("admin"), failed.pk, reason="as it is")
    assert story.work(failed).error["type"] == "StepRefused"
    commands.amend_payload(cast.actor("reviewer"), failed.pk, changes={"amount": 90}, reason="put right")
    commands.retry(cast.actor("admin"), failed.pk, reason="put right")
    asked = story.work(failed)
    assert asked.state == "suspended"
    assert answer(cast, asked, {"decision": "approve"}).state == "failed"  # it stumbles once
    commands.retry(cast.actor("admin"), failed.pk, reason="again")
    assert story.work(failed).payload["paid"] == 90


def test_a_gate_approved_with_edits_then_amended_before_the_run_goes_on_is_asked_again(cast, flow):
    failing_once(flow)
    suspended = run(cast, {"amount": 9})
    commands.pause(cast.actor("operator"), suspended.pk, reason="wait")
    question = suspended.suspensions.get()
    commands.answer(
        cast.actor("reviewer"),
        question.pk,
        data={"decision": "approve", "changes": {"amount": 8}},
        context_digest=question.context_digest,
    )
    commands.amend_payload(cast.actor("reviewer2"), suspended.pk, changes={"to": "me"}, reason="slipped in")
    commands.resume(cast.actor("operator"), suspended.pk)
    asked = story.work(suspended)
    assert (asked.state, effects_of(asked.pk)) == ("suspended", [])


def test_a_gated_file_that_is_replaced_asks_again(cast, monkeypatch):
    from executions import FileRules

    monkeypatch.setattr(registry, "_workflows", dict(registry._workflows))
    flow = Workflow("attacked", files=FileRules(least=1))

    @flow.step(approval=True)
    def read(ctx, payload):
        return {"read": ctx.file("a.txt").content.decode()}

    suspended = story.work(story.launch(cast, "attacked", files=[("a.txt", b"one")]))
    seen = suspended.suspensions.get().context_digest
    commands.replace_file(cast.actor("reviewer"), suspended.pk, "a.txt", b"two", reason="corrected")
    assert suspended.suspensions.get().context_digest != seen
    assert answer(cast, suspended, {"decision": "approve"}).payload["read"] == "two"
