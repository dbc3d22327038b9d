"""One serialisable history per run: forked from any boundary, sent back, skipped in; against real workers."""

import json

import pytest

from executions import commands
from executions.queries.boundaries import boundaries, state_at
from executions.queries.checkpoint import checkpoint_of
from tests.acceptance.test_h_lifecycle import settle
from tests.effects import effects_of
from tests.engine.watching import QUICK, data, events, fresh, kinds, launch, wait_for, wait_until


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


def stamp(cast, run, value):
    asked = wait_until(lambda: run.suspensions.filter(closed_at__isnull=True).first(), "asked at the border")
    commands.answer(cast.actor("reviewer"), asked.pk, data={"stamp": value}, context_digest=asked.context_digest)


def test_f12_the_history_is_the_run_and_every_boundary_can_be_forked(cast, operator, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "journey", {"load": "tea"})
    wait_for(run, "suspended")
    worker.kill9()  # nothing of it is needed: the rows and the history are all there is
    api = cast.client("operator")
    told = api.get(f"/v1/async-executions/{run.pk}/events").json()["items"]
    assert [line["kind"] for line in told] == kinds(run)
    assert json.loads(json.dumps(told)) == told
    then = state_at(run)
    assert (then.payload, then.ahead) == (fresh(run).payload, fresh(run).ahead)

    forks = {}
    for boundary in boundaries(run):
        body = {"from_seq": boundary.seq, "reason": "what if"}
        answer = api.post(f"/v1/async-executions/{run.pk}/fork", body, content_type="application/json")
        assert answer.status_code == 201
        forks[boundary.position] = fresh(answer.json()["id"])
    assert sorted(forks) == [0, 1, 2]
    workers(1, **QUICK)
    for position, fork in forks.items():
        stamp(cast, fork, f"fork {position}")
        done = wait_for(fork, "succeeded")
        assert done.payload["arrived"] == f"fork {position}"
        did = effects_of(fork.pk)
        assert [f"{leg} with tea" in did for leg in ("north", "east")] == [position < 1, position < 2]
        assert data(events(fork)[0])["forked_from"] == str(run.pk)
    assert fresh(run).state == "suspended"
    stamp(cast, run, "original")
    assert wait_for(run, "succeeded").payload["arrived"] == "original"


def test_f12_a_run_that_is_sent_back_does_nothing_twice_unless_told_to(cast, operator, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "journey", {"load": "contraband"})
    wait_for(run, "suspended")
    stamp(cast, run, "yes")
    assert wait_for(run, "failed").error["message"] == "seized"
    worker.kill9()
    commands.amend_payload(cast.actor("reviewer"), run.pk, changes={"load": "silk"}, reason="it was silk")
    commands.retry(operator, run.pk, from_step="north", reason="travel with the right papers")
    workers(1, **QUICK)
    done = wait_for(run, "succeeded")
    assert (done.payload["north"], done.payload["east"], done.payload["arrived"]) == ("silk", "silk", "yes")
    did = effects_of(run.pk)
    assert [did.count(f"{leg} with contraband") for leg in ("north", "east")] == [1, 1]
    assert not any("with silk" in what for what in did)
    assert run.suspensions.count() == 1


def test_f12_what_is_to_be_done_again_is_done_and_asked_again(cast, operator, worker):
    run = launch(cast, "journey", {"load": "tea"})
    wait_for(run, "suspended")
    commands.retry(operator, run.pk, from_step="east", again=True, reason="all of it")
    wait_until(lambda: run.suspensions.count() == 2, "asked again")
    wait_for(run, "suspended")
    did = effects_of(run.pk)
    assert (did.count("north with tea"), did.count("east with tea"), did.count("queued at the border")) == (1, 2, 2)
    stamp(cast, run, "second")
    assert wait_for(run, "succeeded").payload["arrived"] == "second"


def test_p7_malformed_input_and_unknown_steps_leave_the_checkpoint_untouched(cast, operator, worker):
    run = launch(cast, "journey", {"load": "tea"})
    wait_for(run, "suspended")
    before = checkpoint_of(fresh(run))
    api = cast.client("operator")
    for command, body, status in (
        ("retry", {"from_step": "nowhere", "reason": "x"}, 422),
        ("retry", {"from_step": 7, "reason": "x"}, 422),
        ("retry", {"reason": "x"}, 409),
        ("skip", {"step": "north", "reason": "x"}, 412),
        ("skip", {"result": "no object", "reason": "x"}, 422),
        ("fork", {"from_seq": 10**12, "reason": "x"}, 422),
    ):
        answer = api.post(f"/v1/async-executions/{run.pk}/{command}", body, content_type="application/json")
        assert answer.status_code == status, (command, body, answer.content)
        assert answer.json()["detail"]
        assert checkpoint_of(fresh(run)) == before


def test_a_skipped_last_step_ends_the_run(cast, operator, worker):
    run = launch(cast, "failing")
    wait_for(run, "failed")
    commands.skip(cast.actor("admin"), run.pk, result={"fine": "by hand"}, reason="done by hand")
    assert wait_for(run, "succeeded").payload["fine"] == "by hand"


def test_a7_a_paused_run_that_is_cancelled_is_terminal_and_a_later_resume_is_refused(cast, operator, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "journey", {"load": "tea"})
    wait_for(run, "suspended")
    commands.pause(operator, run.pk, reason="look first")
    worker.restart()
    commands.cancel(operator, run.pk, reason="no longer needed")
    wait_for(run, "cancelled")
    before, api = fresh(run), cast.client("operator")
    for command in ("resume", "retry", "skip"):
        body = {} if command == "resume" else {"reason": "x"}
        answer = api.post(f"/v1/async-executions/{run.pk}/{command}", body, content_type="application/json")
        assert (answer.status_code, answer.json()["state"]) == (409, "cancelled")
    settle(cast)
    now = fresh(run)
    assert (now.state, now.version, now.payload) == ("cancelled", before.version, before.payload)
    assert "arrived" not in effects_of(run.pk)
