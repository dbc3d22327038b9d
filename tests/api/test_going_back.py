"""retry from a step, skip, fork and hand-over through the API."""

import pytest

from executions import commands
from executions.models import Execution
from tests.api.conftest import events_of, facts_of, problem
from tests.domain import story
from tests.effects import effects_table  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(launch, effects_table):  # noqa: F811
    """A run that waits at the border: two legs are done."""
    return story.work(launch("journey", {"load": "tea"}))


@pytest.fixture
def operator(program):
    return program("operator")


def test_retry_from_a_step(operator, run, path):
    answer = operator.post(path(run, "retry"), {"from_step": "east", "again": True, "reason": "travel again"})
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["next_step"]) == ("queued", "east")
    (line,) = events_of(run, "execution.retried")
    assert (line.reason, line.via, story.data_of(line)["again"]) == ("travel again", "api", True)


def test_retry_at_a_position_of_the_version_that_was_seen(cast, operator, run, path):
    seen = operator.get(path(run))["ETag"]
    commands.pause(cast.actor("operator"), run.pk, reason="x")
    body = {"position": 0, "reason": "from the start"}
    before = facts_of(run)
    told = problem(operator.post(path(run, "retry"), body, headers={"If-Match": seen}), 412)
    assert "changed since" in told["detail"]
    assert facts_of(run) == before
    answer = operator.post(path(run, "retry"), body, headers={"If-Match": operator.get(path(run))["ETag"]})
    assert (answer.json()["state"], answer.json()["next_step"]) == ("paused", "north")


def test_p7_an_unknown_step_is_a_specific_error_and_the_checkpoint_is_untouched(operator, run, path):
    before = operator.get(path(run, "checkpoint")).content
    told = problem(operator.post(path(run, "retry"), {"from_step": "nowhere", "reason": "x"}), 422)
    assert "north (position 0), east (position 1), border (position 2)" in told["errors"]["from_step"][0]
    assert problem(operator.post(path(run, "retry"), {"position": "two", "reason": "x"}), 422)["errors"]["position"]
    assert problem(operator.post(path(run, "skip"), {"result": [1], "reason": "x"}), 422)["errors"]["result"]
    assert problem(operator.post(path(run, "skip"), {"step": "east", "reason": "x"}), 412)
    assert problem(operator.post(path(run, "fork"), {"from_seq": 2, "reason": "x"}), 422)["errors"]["from_seq"]
    assert problem(operator.post(path(run, "fork"), {"reason": ""}), 422)["errors"]["reason"]
    assert operator.get(path(run, "checkpoint")).content == before


def test_a_paused_run_is_not_retried_without_a_step(operator, run, path):
    told = problem(operator.post(path(run, "retry"), {"reason": "x"}), 409)
    assert "name the step to go back to" in told["detail"]
    assert told["state"] == "suspended"


def test_skip(program, operator, run, path):
    stated = {"result": {"stamp": "waived"}, "step": "border", "reason": "closed"}
    assert "executions:amend" in problem(operator.post(path(run, "skip"), stated), 403)["detail"]
    answer = program("admin").post(path(run, "skip"), stated)
    assert (answer.status_code, answer.json()["next_step"]) == (200, "arrive")
    shown = operator.get(path(run)).json()
    assert [step["status"] for step in shown["steps"]] == ["finished", "finished", "skipped", "next"]
    (_, _, skipped, *_) = operator.get(path(run, "checkpoint")).json()["ran"]
    assert (skipped["step"], skipped["skipped"], skipped["changes"]) == ("border", True, {"stamp": "waived"})


def test_f12_fork(operator, run, path):
    lines = operator.get(path(run, "events")).json()["items"]
    first = next(line["seq"] for line in lines if line["kind"] == "step.finished")
    answer = operator.post(path(run, "fork"), {"from_seq": first, "reason": "what if", "title": "Another way"})
    assert answer.status_code == 201
    made = answer.json()
    assert answer["Location"].endswith(made["id"])
    assert operator.get(answer["Location"]).json()["id"] == made["id"]
    assert (made["forked_from"], made["forked_at"], made["title"]) == (str(run.pk), first, "Another way")
    assert (made["next_step"], made["payload"]["north"]) == ("east", "tea")
    assert Execution.objects.get(pk=run.pk).state == "suspended"


def test_a_fork_is_launched_once_under_one_idempotency_key(operator, run, path):
    headers = {"Idempotency-Key": "fork-1"}
    answers = [operator.post(path(run, "fork"), {"reason": "x"}, headers=headers) for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert run.forks.count() == 1


def test_dual_control_hand_over_and_the_filters_of_the_list(program, run):
    reviewer, second = program("reviewer"), program("reviewer2")
    hold = reviewer.post("/v1/holds", {"execution": str(run.pk), "reason": "large sum", "dual_control": True}).json()
    assert (hold["dual_control"], hold["responsible"], hold["overdue"]) == (True, "reviewer", False)
    release = f"/v1/holds/{hold['id']}/release"
    assert "other than" in problem(reviewer.post(release, {"reason": "sure"}), 403)["detail"]
    assert "other than" in problem(program("reviewer").post(release, {"reason": "sure"}), 403)["detail"]
    over = f"/v1/holds/{hold['id']}/hand-over"
    assert problem(reviewer.post(over, {"to": "operator", "reason": "x"}), 422)["errors"]["to"]
    assert reviewer.post(over, {"to": "reviewer2", "reason": "on leave"}).json()["responsible"] == "reviewer2"

    def listed(query):
        return [item["id"] for item in reviewer.get(f"/v1/holds?{query}").json()["items"]]

    assert listed("responsible=reviewer2&kind=compliance") == [hold["id"]]
    assert listed("responsible=reviewer") == listed("kind=operator") == listed("overdue=true") == []
    assert problem(reviewer.get("/v1/holds?kind=odd"), 422)["errors"]["kind"]
    assert second.post(release, {"reason": "checked"}).json()["released_by"]["name"].startswith("reviewer2")
    assert listed("") == []
