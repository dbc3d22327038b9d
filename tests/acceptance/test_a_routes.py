"""Pause and resume in routes: every promise seen from outside, against real workers that relieve each other."""

import pytest

from tests.acceptance.outside import ends, waits
from tests.effects import effects_of
from tests.engine.watching import finished_steps, fresh, kinds, wait_for, wait_until

DRAFTED = {"by": "writer", "size": {"words": 3}}


def test_a1_a_static_route_stops_at_its_pause_with_everything_stored(operator, reviewer, shift):
    run = waits(operator.launch("static-shallow", {"topic": "rain"}))
    assert (effects_of(run.pk), finished_steps(run)) == (["drafted"], ["draft"])
    seen = operator.look(run)
    assert (seen["state"], seen["next_step"], seen["payload"]["draft"]) == ("suspended", "review", "All about rain")
    assert (seen["suspensions"][0]["title"], seen["suspensions"][0]["step"]) == ("Review", "review")
    assert "Waits for an answer" in reviewer.page(run)
    assert 'name="answer-verdict"' in reviewer.page(run)

    shift.change()
    assert effects_of(run.pk) == ["drafted"]
    reviewer.answer(run, {"verdict": "good"})
    assert ends(run).payload["published"] == "All about rain"
    assert effects_of(run.pk) == ["drafted", "published"]


@pytest.mark.parametrize(("confidence", "steps"), [(95, ["draft", "publish"]), (60, ["draft", "review", "publish"])])
def test_a2_code_rewrites_its_route_and_pauses_only_when_it_put_the_pause_there(
    confidence, steps, operator, reviewer, shift
):
    run = operator.launch("dynamic", {"topic": "rain", "confidence": confidence})
    if "review" in steps:
        waits(run)
        assert operator.look(run, "/checkpoint")["ahead"] == ["review", "publish"]
        shift.change()
        reviewer.answer(run, {"verdict": "good"})
    ends(run)
    assert finished_steps(run) == steps
    assert kinds(run).count("suspension.opened") == (len(steps) == 3)


@pytest.mark.parametrize(
    ("merge", "meta"),
    [
        ("shallow", {"size": {"pages": 1}, "ok": True}),
        ("deep", {"by": "writer", "size": {"words": 3, "pages": 1}, "ok": True}),
        ("none", DRAFTED),
    ],
)
def test_a3_a9_an_answer_is_merged_as_the_author_chose_with_defaults_and_declared_fields_only(
    merge, meta, operator, reviewer, shift
):
    run = waits(operator.launch(f"static-{merge}", {"topic": "rain"}))
    before = fresh(run)
    unknown = reviewer.answer(run, {"verdict": "good", "verdikt": "good", "published": "mine"}, status=422)
    assert unknown["errors"].keys() == {"verdikt", "published"}
    assert unknown["detail"] == "Unknown field 'published', 'verdikt'. Known: verdict, stars, meta."
    missing = reviewer.answer(run, {"stars": 9}, status=422)
    assert missing["errors"].keys() == {"verdict", "stars"}
    assert (fresh(run).payload, fresh(run).version) == (before.payload, before.version)

    shift.change()
    reviewer.answer(run, {"verdict": "good", "meta": {"size": {"pages": 1}, "ok": True}})
    payload = ends(run).payload
    assert payload["meta"] == meta
    assert payload.get("stars") == (None if merge == "none" else 3)
    assert payload.get("verdict") == (None if merge == "none" else "good")
    assert payload["topic"] == "rain"


def test_a9_required_fields_and_defaults_of_the_launch_are_enforced(operator, worker):
    refused = operator.api.post("/v1/async-executions", {"workflow": "static-shallow", "payload": {"confidence": 200}})
    assert refused.status_code == 422
    assert refused.json()["errors"].keys() == {"topic", "confidence"}
    run = waits(operator.launch("static-shallow", {"topic": "rain"}))
    assert (run.payload["confidence"], run.payload["language"]) == (50, "en")


def test_a4_s5_f11_several_pauses_each_checkpoint_and_each_need_their_own_answer(operator, reviewer, shift):
    run = waits(operator.launch("several-pauses"))
    assert (reviewer.question(run)["step"], reviewer.question(run)["format"]) == ("facts", "form")
    first = reviewer.question(run)
    reviewer.answer(run, {})
    waits_at(run, "law")
    assert effects_of(run.pk) == ["drafted", "checked"]
    assert (reviewer.question(run)["urgency"], reviewer.question(run)["choices"][0]) == ("high", ["de", "German law"])
    assert "French law" in reviewer.page(run)
    late = reviewer.api.post(
        f"/v1/suspensions/{first['id']}/answer", {"data": {}, "context_digest": first["context_digest"]}
    )
    assert late.status_code == 409

    shift.change()
    reviewer.answer(run, {"answer": "it"}, status=422)
    reviewer.answer(run, {"answer": "de"})
    waits_at(run, "style")
    assert reviewer.look(run, "/checkpoint")["at"] == {
        "step": "style",
        "position": 4,
        "attempt": 0,
        "progress": None,
        "error": None,
    }
    shift.change()
    reviewer.answer(run, {"answer": True})
    ended = ends(run)
    assert (ended.payload["answer"], ended.steps_done) == (True, 6)
    assert effects_of(run.pk) == ["drafted", "checked", "published"]
    asked = [event["data"]["step"] for event in operator.history(run) if event["kind"] == "suspension.opened"]
    assert asked == ["facts", "law", "style"]


def waits_at(run, step):
    """Wait until a run waits at the pause of that name."""
    wait_until(lambda: (now := fresh(run)).state == "suspended" and now.next_step == step, f"asks for {step}")


@pytest.mark.parametrize("at_rest", ["suspended", "paused"])
def test_a7_cancel_of_a_run_at_rest_is_final_and_nothing_resumes_it(at_rest, operator, reviewer, shift):
    run = waits(operator.launch("refund", {"amount": 700}))
    asked = reviewer.question(run)
    if at_rest == "paused":
        operator.send(run, "pause", {"reason": "look first"})
    shift.change()
    operator.send(run, "cancel", {"reason": "not wanted"})
    wait_for(run, "cancelled")
    shift.change()
    refused = operator.send(run, "resume", {}, status=409)
    assert (refused["state"], refused["allowed"]) == ("cancelled", ["fork"])
    late = reviewer.api.post(
        f"/v1/suspensions/{asked['id']}/answer", {"data": {"answer": True}, "context_digest": asked["context_digest"]}
    )
    assert late.status_code == 409
    by_key = reviewer.api.post(f"/v1/async-executions/{run.pk}/answers/ask:1", {"data": {"answer": True}})
    assert by_key.status_code == 409
    assert fresh(run).state == "cancelled"
    assert effects_of(run.pk) == ["looked", "given up"]


def test_a8_a_route_that_loops_to_itself_is_a_conversation_with_a_pause_in_each_turn(operator, reviewer, shift):
    run = operator.launch("talk")
    for number, said in enumerate(["hello", "more", "stop"], start=1):
        waits_at_turn(run, number)
        assert reviewer.question(run)["title"] == f"Turn {number}: what next?"
        if number == 2:
            shift.change()
        reviewer.answer(run, {"answer": said})
    ended = ends(run)
    assert (ended.payload["turns"], ended.steps_done) == (["hello", "more", "stop"], 3)
    assert effects_of(run.pk) == ["heard hello", "heard more", "heard stop"]
    assert finished_steps(run) == ["turn", "turn", "turn"]


def waits_at_turn(run, number):
    """Wait until a conversation has come to this turn."""
    wait_until(
        lambda: (now := fresh(run)).state == "suspended" and now.steps_done == number - 1, f"waits in turn {number}"
    )
