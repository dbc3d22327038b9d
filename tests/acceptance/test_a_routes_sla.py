"""A5, A6, A10, and of A11 the extension: time that a run may take, and people's time, which is free."""

import json
import time

import pytest

from executions import commands
from tests.domain import story
from tests.effects import effects_of
from tests.engine.watching import QUICK, fresh, kinds, launch, wait_for, wait_for_sweep, wait_until

pytestmark = pytest.mark.usefixtures("live_db")
TWO_HOURS = 7200


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


def answer(cast, run) -> None:
    question = run.suspensions.get(closed_at__isnull=True)
    digest = question.context_digest
    commands.answer(cast.actor("reviewer"), question.pk, data={"decision": "yes"}, context_digest=digest)


def sla_of(cast, run) -> dict:
    """Return the SLA as a program sees it."""
    response = cast.client("operator").get(f"/v1/async-executions/{run.pk}")
    found: dict = json.loads(response.content)["sla"]
    return found


def test_a5_ten_seconds_of_work_and_two_hours_of_thought_leave_twenty_of_thirty(cast, workers):
    (worker,) = workers(1, **QUICK)
    began = time.monotonic()
    run = launch(cast, "promised")
    run = wait_for(run, "suspended")
    took = time.monotonic() - began
    assert 20 - took <= run.sla_left <= 20
    story.let_pass(run, TWO_HOURS)
    worker.kill9()
    time.sleep(0.5)  # what stands does not move by itself either
    now = sla_of(cast, run)
    assert (now["running"], now["left_seconds"]) == (False, round(run.sla_left, 3))
    assert "clock stopped while people think" in cast.client("operator").get(f"/executions/{run.pk}").content.decode()

    workers(1, **QUICK)
    began = time.monotonic()
    answer(cast, run)
    wait_until(lambda: fresh(run).steps_done == 3, "five more seconds of work")
    now = wait_for(run, "suspended")
    took = time.monotonic() - began
    assert run.sla_left - 5 - took <= now.sla_left <= run.sla_left - 5
    assert "sla.breached" not in kinds(run)
    answer(cast, now)
    assert wait_for(run, "succeeded").sla_breached_at is None


def test_a6_a_year_of_thought_ends_nothing(cast, operator, workers):
    asked, paused = launch(cast, "hurried-asking"), launch(cast, "noop")
    commands.pause(operator, paused.pk, reason="think")
    (worker,) = workers(1, **QUICK)
    wait_for(asked, "suspended")
    for run in (asked, paused):
        story.let_pass(run, 366 * 24 * 3600)
    worker.kill9()
    (worker,) = workers(1, **QUICK)
    wait_for_sweep(worker)
    assert (fresh(asked).state, fresh(paused).state) == ("suspended", "paused")
    commands.resume(operator, paused.pk)
    answer(cast, asked)
    wait_for(paused, "succeeded")
    wait_for(asked, "succeeded")


@pytest.mark.parametrize(
    ("workflow", "state", "did"),
    [("hurried", "paused", []), ("hurried-fails", "failed", []), ("hurried-escalates", "succeeded", ["work", "after"])],
)
def test_a10_with_its_sla_spent_a_step_is_not_called_and_what_its_author_chose_happens(
    workflow, state, did, cast, workers
):
    run = launch(cast, workflow, {"seconds": 0} if workflow == "hurried" else {})
    story.let_pass(run, 31)
    workers(1, **QUICK)
    now = wait_for(run, state)
    assert (effects_of(run.pk), kinds(run).count("sla.breached")) == (did, 1)
    assert now.priority == (9 if workflow == "hurried-escalates" else 5)


def test_a10_the_worker_asks_between_two_steps(cast, operator, worker):
    run = wait_for(launch(cast, "hurried-briefly"), "paused")
    assert (effects_of(run.pk), run.ahead, run.holds.get().reason_code) == (["slow"], ["after"], "sla-breached")


def test_a11_an_operator_extends_the_sla_with_a_reason_and_the_run_goes_on(cast, operator, workers):
    run = launch(cast, "hurried", {"seconds": 0})
    story.let_pass(run, 31)
    (worker,) = workers(1, **QUICK)
    wait_for(run, "paused")
    worker.kill9()
    commands.extend(operator, run.pk, seconds=60, reason="the customer agreed to wait")
    commands.resume(operator, run.pk)
    workers(1, **QUICK)
    done = wait_for(run, "succeeded")
    assert (effects_of(run.pk), done.sla_breached_at) == (["work", "after"], None)
    assert kinds(run).count("sla.extended") == 1
