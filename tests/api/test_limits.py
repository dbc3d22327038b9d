"""SLA, budgets and their extension, through the API."""

import pytest

from tests.domain import story
from tests.effects import effects_table  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("effects_table")]


@pytest.fixture
def operator(program):
    return program("operator")


def test_a5_a_run_says_what_is_left_and_whether_the_clock_runs(operator, launch, path):
    run = launch("hurried", {"seconds": 0})
    story.let_pass(run, 10)
    sla = operator.get(path(run)).json()["sla"]
    assert (sla["running"], sla["breached_at"]) == (True, None)
    assert 0 < sla["left_seconds"] < 20
    assert sla["due_at"]
    operator.post(path(run, "pause"), {"reason": "look"})
    story.let_pass(run, 7200)
    sla = operator.get(path(run)).json()["sla"]
    assert (sla["running"], sla["due_at"]) == (False, None)
    assert 0 < sla["left_seconds"] < 20


def test_a_run_without_limits_says_so(operator, launch, path):
    told = operator.get(path(launch())).json()
    assert (told["sla"], told["budgets"], told["errors"]) == (None, [], 0)


def test_a11_time_and_budgets_can_be_extended(operator, launch, path):
    run = launch("spending", {"amounts": [1]})
    answer = operator.post(path(run, "extend"), {"budgets": {"tokens": 500, "euros": 0.25}, "reason": "agreed"})
    assert (answer.status_code, "extend" in answer.json()["allowed"]) == (200, True)
    budgets = {each["name"]: each for each in operator.get(path(run)).json()["budgets"]}
    assert budgets["tokens"] == {"name": "tokens", "spent": 0, "limit": 10_500}
    assert budgets["euros"]["limit"] == 2.75
    hurried = launch("hurried", {"seconds": 0})
    assert operator.post(path(hurried, "extend"), {"seconds": 60, "reason": "agreed"}).status_code == 200
    assert 60 < operator.get(path(hurried)).json()["sla"]["left_seconds"] <= 90


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "agreed"}, "seconds"),
        ({"seconds": -1, "reason": "agreed"}, "seconds"),
        ({"seconds": "60", "reason": "agreed"}, "seconds"),
        ({"seconds": True, "reason": "agreed"}, "seconds"),
        ({"budgets": {"fuel": 1}, "reason": "agreed"}, "budgets"),
        ({"seconds": 60}, "reason"),
        ({"seconds": 60, "reason": " "}, "reason"),
    ],
)
def test_what_cannot_be_granted_names_the_field(operator, launch, path, body, field):
    answer = operator.post(path(launch("hurried", {"seconds": 0}), "extend"), body)
    assert answer.status_code == 422
    assert any(name.startswith(field) for name in answer.json()["errors"]), answer.json()


def test_a_run_that_has_ended_cannot_be_extended(operator, launch, path):
    run = story.work(launch("hurried", {"seconds": 0}))
    answer = operator.post(path(run, "extend"), {"seconds": 60, "reason": "agreed"})
    assert (answer.status_code, answer.json()["state"]) == (409, "succeeded")
