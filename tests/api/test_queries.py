"""How many queries each request costs; constant, however much there is."""

import pytest

pytestmark = pytest.mark.django_db
RUNS = "/v1/async-executions"

# Bearer: the token with its owner, two for permissions, one for the role's name.
IDENTITY = 4
PAUSE = 11


@pytest.fixture
def operator(program):
    """A program whose token's last use has been noted this minute."""
    operator = program("operator")
    operator.get(RUNS)
    return operator


@pytest.fixture
def reviewer(program):
    reviewer = program("reviewer")
    reviewer.get(RUNS)
    return reviewer


def test_a_pause_costs_few_queries(operator, launch, path, django_assert_num_queries):
    run = launch()
    # savepoint, lock, hold, event, look for children, re-read, release of the savepoint, holds in force;
    # and for what may be done next: children, questions of the next step, freezes
    with django_assert_num_queries(IDENTITY + PAUSE):
        assert operator.post(path(run, "pause"), {"reason": "why"}).status_code == 200


def test_a_pause_with_a_key_costs_few_more(operator, launch, path, django_assert_num_queries):
    run = launch()
    # purge (3 with its savepoint); the key, look, insert with its savepoint, and the answer, in a savepoint of its own
    with django_assert_num_queries(IDENTITY + PAUSE + 3 + 8):
        operator.post(path(run, "pause"), {"reason": "why"}, headers={"Idempotency-Key": "one"})


@pytest.mark.parametrize("runs", [1, 20])
def test_a_list_costs_the_same_for_any_number(operator, launch, path, runs, django_assert_num_queries):
    for _ in range(runs):
        operator.post(path(launch(), "pause"), {"reason": "why"})
    # ids in their order, runs, their open holds, the conditions of those, open freezes; no run asks anything
    with django_assert_num_queries(IDENTITY + 5):
        assert len(operator.get(f"{RUNS}?workflow=noop&limit=200").json()["items"]) >= runs


@pytest.mark.parametrize("holds", [1, 20])
def test_a_run_costs_the_same_for_any_number_of_holds(operator, launch, path, holds, django_assert_num_queries):
    run = launch("filing", files=[(f"{number}.txt", b"one") for number in range(min(holds, 10))])
    for _ in range(holds):
        operator.post(path(run, "pause"), {"reason": "why"})
    # run, holds in force, freezes, what is below it, holds, notes, conditions, steps, questions, files; those of the
    # next step, for whether it may be skipped
    with django_assert_num_queries(IDENTITY + 11):
        assert len(operator.get(path(run)).json()["holds"]) == holds


def test_histories_checkpoints_and_open_work(reviewer, launch, path, ask, django_assert_num_queries):
    asked = ask()
    with django_assert_num_queries(IDENTITY + 2):
        reviewer.get(path(asked.execution, "events"))
    with django_assert_num_queries(IDENTITY + 10):
        reviewer.get(path(asked.execution, "checkpoint"))
    # questions with their runs, votes, messages, conditions
    with django_assert_num_queries(IDENTITY + 4):
        reviewer.get("/v1/suspensions")
    # the person, groups, own permissions, those of groups
    with django_assert_num_queries(IDENTITY + 4 + 4):
        assert reviewer.get("/v1/suspensions?mine=true").json()["items"]
    reviewer.post("/v1/holds", {"execution": str(asked.execution_id), "reason": "why"})
    with django_assert_num_queries(IDENTITY + 3):
        reviewer.get("/v1/holds")
