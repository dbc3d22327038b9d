"""SLA spent, workflow changed, too much spent, too many errors, a step's own request: the run is held and says so."""

import pytest

from executions import Workflow, commands, states
from executions.authoring import registry
from executions.authoring.flow import LeaseLost
from executions.engine import sla
from executions.engine.sweeper import sweep
from tests.domain import story
from tests.effects import effects_of

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


def hold_of(run):
    """Return the one open hold of a run, which a rule must have placed, and which is in the history."""
    hold = run.holds.get(released_at=None)
    assert (hold.kind, run.state) == (states.POLICY, "paused")
    placed = [event for event in story.events(run) if event.kind == "hold.placed"][-1]
    assert (placed.actor_id, story.data_of(placed)["reason_code"]) == (hold.placed_by, hold.reason_code)
    return hold


# SLA


def test_a10_a_spent_sla_holds_the_run_before_its_next_step(cast, operator):
    run = story.launch(cast, "hurried", {"seconds": 0})
    story.let_pass(run, 31)
    held = story.work(run)
    assert (hold_of(held).reason_code, effects_of(run.pk)) == ("sla-breached", [])
    assert "resume to let the run finish without a limit" in hold_of(held).reason
    assert story.kinds(run)[-3:] == ["execution.yielded", "sla.breached", "hold.placed"]
    commands.resume(operator, run.pk)
    story.let_pass(run, 7200)
    sla.breach_overdue()
    done = story.work(run)
    assert (done.state, effects_of(run.pk)) == ("succeeded", ["work", "after"])
    assert story.kinds(run).count("sla.breached") == 1


def test_a_breached_run_that_is_given_more_time_can_breach_it_again(cast, operator):
    run = story.launch(cast, "hurried", {"seconds": 0})
    story.let_pass(run, 31)
    story.work(run)
    commands.extend(operator, run.pk, seconds=10, reason="a little more")
    commands.resume(operator, run.pk)
    story.let_pass(run, 11)
    assert hold_of(story.work(run)).reason_code == "sla-breached"
    assert story.kinds(run).count("sla.breached") == 2


def test_a10_a_spent_sla_fails_the_run_where_its_author_chose_so(cast, operator):
    run = story.launch(cast, "hurried-fails")
    story.let_pass(run, 31)
    failed = story.work(run)
    assert (failed.state, failed.error["type"], failed.error["step"]) == ("failed", "SlaBreached", "work")
    assert (effects_of(run.pk), failed.sla_due) == ([], None)
    assert story.kinds(run)[-2:] == ["sla.breached", "execution.failed"]
    commands.retry(operator, run.pk, reason="late is better than never")
    assert story.work(run).state == "succeeded"


def test_a10_a_spent_sla_sends_the_run_ahead_of_all_others_where_its_author_chose_so(cast):
    run = story.launch(cast, "hurried-escalates", priority=3)
    story.let_pass(run, 31)
    done = story.work(run)
    assert (done.state, done.priority, effects_of(run.pk)) == ("succeeded", 9, ["work", "after"])
    assert story.kinds(run).count("sla.breached") == 1


def test_the_worker_asks_between_two_steps_as_well(cast):
    run = story.launch(cast, "hurried-briefly")
    story.let_pass(run, 4)
    held = story.work(run)
    assert (hold_of(held).reason_code, held.steps_done, held.ahead) == ("sla-breached", 1, ["after"])
    assert effects_of(held.pk) == ["slow"]


def test_no_step_begins_where_the_sweeper_told_of_the_breach_just_after_the_claim(cast):
    run = story.launch(cast, "hurried", {"seconds": 0})
    claimed = story.claim(run)
    story.let_pass(run, 31)
    sla.breach_unless_extended(str(run.pk))
    assert story.fresh(run).state == "pausing"
    assert sla.sla_spent(story.lease_of(run, claimed), story.WORKER, registry.find("hurried").policies) is None
    assert (story.fresh(run).state, story.kinds(run).count("sla.breached")) == ("paused", 1)


def test_time_given_while_a_step_runs_counts_before_the_next(cast, operator):
    run = story.launch(cast, "hurried", {"seconds": 0})
    claimed = story.claim(run)
    lease = story.lease_of(run, claimed)
    story.let_pass(run, 40)
    commands.extend(operator, run.pk, seconds=100, reason="more")
    rules = registry.find("hurried").policies
    assert 99 < sla.sla_spent(lease, story.WORKER, rules) <= 100
    assert "sla.breached" not in story.kinds(run)


@pytest.mark.parametrize(
    ("workflow", "state", "code"),
    [("hurried", "paused", "sla-breached"), ("hurried-fails", "failed", None), ("hurried-escalates", "queued", None)],
)
def test_the_sweeper_finds_a_spent_sla_of_a_queued_run_once(cast, workflow, state, code):
    run = story.launch(cast, workflow, {"seconds": 0} if workflow == "hurried" else {})
    sla.breach_overdue()
    assert "sla.breached" not in story.kinds(run)
    story.let_pass(run, 31)
    sla.breach_overdue()
    sla.breach_overdue()
    now = story.fresh(run)
    assert (now.state, now.sla_breached_at is not None) == (state, True)
    assert story.kinds(run).count("sla.breached") == 1
    assert [hold.reason_code for hold in now.holds.all()] == ([code] if code else [])


@pytest.mark.parametrize(("workflow", "state"), [("hurried", "pausing"), ("hurried-fails", "processing")])
def test_the_sweeper_asks_a_long_step_to_stop_and_never_cuts_it_off(cast, workflow, state):
    run = story.launch(cast, workflow, {"seconds": 0} if workflow == "hurried" else {})
    claimed = story.claim(run)
    story.let_pass(run, 31)
    story.execute("UPDATE executions_execution SET lease_until = now() + interval '1 hour' WHERE id = %s", [run.pk])
    sla.breach_overdue()
    assert (story.fresh(run).state, story.fresh(run).epoch) == (state, claimed.epoch)


def test_a6_people_may_think_for_a_year(cast, operator):
    paused = story.launch(cast, "hurried", {"seconds": 0})
    commands.pause(operator, paused.pk, reason="think")
    asked = story.work(story.launch(cast, "hurried-asking"))
    for run in (paused, asked):
        before = story.snapshot(run).events
        story.let_pass(run, 366 * 24 * 3600)
        sweep()
        assert story.snapshot(run).events == before
    assert (story.fresh(paused).state, story.fresh(asked).state) == ("paused", "suspended")


# Workflow changed


@pytest.fixture
def forgotten_afterwards(monkeypatch):
    monkeypatch.setattr(registry, "_workflows", dict(registry._workflows))
    monkeypatch.setattr(registry, "_doubles", [])


def deploy(*names: str, gate: str | None = None, **rules) -> Workflow:
    """Make a workflow as newer code has it."""
    registry._workflows.pop("moving", None)
    flow = Workflow("moving", **rules)
    for name in names:
        flow.step(name=name, approval="executions.answer_suspension" if name == gate else None)(lambda ctx, payload: {})
    return flow


@pytest.mark.usefixtures("forgotten_afterwards")
def test_a_changed_route_holds_the_run_and_says_what_changed(cast, operator):
    deploy("draft", "review", "publish")
    run = story.launch(cast, "moving")
    deploy("draft", "check", "publish", "review_later")
    hold = hold_of(story.work(run))
    assert hold.reason_code == "workflow-changed"
    assert "Gone: review. New: check, review_later." in hold.reason
    assert "draft → review → publish" in hold.reason
    commands.resume(operator, run.pk)
    assert hold_of(story.work(run)).reason_code == "step-unknown"


@pytest.mark.usefixtures("forgotten_afterwards")
def test_a_changed_route_is_held_once_and_a_resume_goes_on_with_the_new_code(cast, operator):
    deploy("draft", "publish")
    run = story.launch(cast, "moving")
    deploy("publish", "draft")
    assert "order" in hold_of(story.work(run)).reason
    commands.resume(operator, run.pk)
    assert story.work(run).state == "succeeded"


@pytest.mark.usefixtures("forgotten_afterwards")
def test_a_gate_that_is_new_is_a_change(cast):
    deploy("draft", "publish")
    run = story.launch(cast, "moving")
    deploy("draft", "publish", gate="publish")
    assert "has a gate" in hold_of(story.work(run)).reason


@pytest.mark.usefixtures("forgotten_afterwards")
def test_a_changed_route_does_not_matter_where_the_author_says_so_or_nothing_is_known(cast):
    deploy("draft", "publish")
    careless, old = story.launch(cast, "moving"), story.launch(cast, "moving")
    story.execute("UPDATE executions_execution SET fingerprint = '' WHERE id = %s", [old.pk])
    deploy("draft", "publish", "celebrate")
    assert story.work(old).state == "succeeded"
    deploy("draft", "publish", "celebrate", on_change="go-on")
    assert story.work(careless).state == "succeeded"


@pytest.mark.usefixtures("forgotten_afterwards")
def test_an_unknown_workflow_holds_the_run(cast, operator):
    deploy("draft")
    run = story.launch(cast, "moving")
    registry._workflows.pop("moving")
    hold = hold_of(story.work(run))
    assert (hold.reason_code, "HOLDPOINT_WORKFLOWS" in hold.reason) == ("workflow-unknown", True)
    deploy("draft")
    commands.resume(operator, run.pk)
    assert story.work(run).state == "succeeded"


# Budgets


def test_f6_a_budget_that_is_exceeded_holds_the_run_and_a_resume_grants_as_much_again(cast, operator):
    run = story.launch(cast, "spending", {"amounts": [4000, 6000, 400, 100]})
    held = story.work(run)
    hold = hold_of(held)
    assert hold.reason_code == "budget-exceeded"
    assert hold.reason == "Spent 10,400 of 10,000 tokens. Resuming lets it spend up to 20,000."
    assert (held.spent, held.budgets) == ({"tokens": 10_400}, {"tokens": 20_000, "euros": 2.5})
    assert effects_of(run.pk) == ["turn 0, 6000 left", "turn 1, 0 left"]
    assert story.kinds(run)[-3:] == ["budget.exceeded", "hold.placed", "execution.paused"]
    commands.resume(operator, run.pk)
    done = story.work(run)
    assert (done.state, done.spent, done.payload["left"]) == ("succeeded", {"tokens": 10_500}, 9500)
    assert effects_of(run.pk)[2:] == ["turn 2, 9600 left", "turn 3, 9500 left"]


def test_one_huge_spending_raises_the_limit_until_it_covers_it(cast):
    held = story.work(story.launch(cast, "spending", {"amounts": [52_000]}))
    assert held.budgets["tokens"] == 60_000
    assert "up to 60,000" in hold_of(held).reason


def test_spending_without_a_key_counts_every_call(cast, operator):
    run = story.launch(cast, "careless")
    claimed_once = story.work(run)
    assert (claimed_once.state, claimed_once.payload["left"]) == ("succeeded", 40)
    run = story.launch(cast, "careless", {"amount": 101})
    assert hold_of(story.work(run)).reason_code == "budget-exceeded"
    commands.resume(operator, run.pk)
    assert hold_of(story.work(run)).reason == "Spent 202 of 200 tokens. Resuming lets it spend up to 300."


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"budget": "fuel"}, "careless has no budget called 'fuel'. It has: tokens."),
        ({"amount": -1}, "must be a number from 0"),
        ({"amount": "5"}, "must be a number from 0"),
        ({"amount": True}, "must be a number from 0"),
    ],
)
def test_what_cannot_be_spent_fails_the_step_and_says_why(cast, payload, message):
    failed = story.work(story.launch(cast, "careless", payload))
    assert (failed.state, failed.error["type"], failed.spent) == ("failed", "ValueError", None)
    assert message in failed.error["message"]


def test_a_worker_that_lost_its_lease_spends_nothing(cast):
    run = story.launch(cast, "spending", {"amounts": [1]})
    claimed = story.claim(run)
    backing = story.backing_of(run, claimed, "turns")
    story.execute("UPDATE executions_execution SET lease_until = now() - interval '1 s' WHERE id = %s", [run.pk])
    story.expire()
    for act in (
        lambda: backing.spend("tokens", 5, None),
        lambda: backing.item_failed("a", "b"),
        lambda: backing.hold("a", "b", "c"),
    ):
        with pytest.raises(LeaseLost):
            act()
    now = story.fresh(run)
    assert (now.spent, now.errors, now.open_holds, now.state) == (None, 0, 0, "queued")


# Errors


def test_f6_more_item_errors_than_the_threshold_hold_the_run(cast, operator):
    run = story.launch(cast, "faulty", {"items": ["bad 1", "a", "bad 2", "bad 3", "bad 4", "b"]})
    held = story.work(run)
    hold = hold_of(held)
    assert hold.reason_code == "error-threshold"
    assert hold.reason == "3 errors, and its workflow allows 2. Resuming allows it 2 more."
    assert (held.errors, effects_of(run.pk)) == (0, ["bad 1", "a", "bad 2"])
    failed = [story.data_of(event) for event in story.events(run) if event.kind == "item.failed"]
    assert [item["key"] for item in failed] == ["bad 1", "bad 2", "bad 3"]
    assert failed[0] == {"step": "sift", "key": "bad 1", "what": "ValueError: bad 1 is bad"}
    commands.resume(operator, run.pk)
    done = story.work(run)
    assert (done.state, done.errors) == ("succeeded", 1)
    assert effects_of(run.pk) == ["bad 1", "a", "bad 2", "bad 3", "bad 4", "b"]


def test_f6_failed_attempts_count_and_the_hold_comes_instead_of_the_next_retry(cast, operator):
    run = story.launch(cast, "shaky", {"failures": 4})
    for _ in range(2):
        assert story.work(run).state == "queued"
    held = story.work(run)
    assert (hold_of(held).reason_code, held.attempt, held.not_before) == ("error-threshold", 3, None)
    commands.resume(operator, run.pk)
    assert story.work(run).state == "queued"
    assert story.work(run).payload["attempts"] == 4


def test_without_a_threshold_errors_are_counted_and_nothing_is_held(cast):
    run = story.work(story.launch(cast, "retrying", {"failures": 1, "message": "x"}))
    assert (run.state, run.errors) == ("queued", 1)


# The step's own request


def test_f6_a_step_that_needs_another_system_has_its_run_held_once(cast, operator):
    run = story.launch(cast, "dependent")
    held = story.work(run)
    assert (hold_of(held).reason_code, hold_of(held).reason) == (
        "external-dependency",
        "The bank's gateway is closed until Monday.",
    )
    assert effects_of(run.pk) == ["before"]
    commands.resume(operator, run.pk)
    assert (story.work(run).state, effects_of(run.pk)) == ("succeeded", ["before", "leaned"])
    assert story.kinds(run).count("hold.placed") == 1


def test_a_cancel_that_came_first_wins_over_every_rule(cast, operator):
    run = story.launch(cast, "spending", {"amounts": [1]})
    claimed = story.claim(run)
    backing = story.backing_of(run, claimed, "turns")
    commands.cancel(operator, run.pk, reason="no more")
    assert backing.spend("tokens", 50_000, None) == -40_000
    backing.hold("bank", "closed", "external-dependency")
    assert (story.fresh(run).state, story.fresh(run).open_holds) == ("cancelling", 0)
