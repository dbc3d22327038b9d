"""The vocabulary: facts → state, and who may do what when."""

import itertools
from pathlib import Path

import pytest
from django.db import connection

from executions import states
from executions.access import ROLES, SCOPES
from executions.models import Execution
from executions.models.execution import StateOfFacts
from executions.states import Facts, HoldFacts, allowed_commands, state_of

COMBINATIONS = list(
    itertools.product(
        (None, *states.OUTCOMES),  # outcome
        (False, True),  # cancel requested
        (False, True),  # leased
        (0, 1, 3),  # open holds
        ("none", "next", "later", "nothing ahead"),  # breakpoint
        (0, 2),  # open suspensions
    )
)


def _facts(outcome, cancel, leased, holds, point, questions) -> Facts:
    return Facts(outcome, cancel, leased, holds, point == "next", questions)


def test_sql_and_python_derive_the_same_state_from_every_combination_of_facts(db):
    """The expression of the generated column itself, over rows that constraints would refuse too."""
    table = ", ".join(
        ["(%s::text, %s::timestamptz, %s::timestamptz, %s::int, %s::text[], %s::text[], %s::int)"] * len(COMBINATIONS)
    )
    parameters = []
    for outcome, cancel, leased, holds, point, questions in COMBINATIONS:
        ahead = [] if point == "nothing ahead" else ["a", "b"]
        breakpoints = {"none": [], "next": ["x", "a"], "later": ["b"], "nothing ahead": ["a"]}[point]
        when = "2026-01-01Z"
        parameters += [
            outcome,
            when if cancel else None,
            when if leased else None,
            holds,
            ahead,
            breakpoints,
            questions,
        ]
    columns = "outcome, cancel_requested_at, lease_until, open_holds, ahead, breakpoints, open_suspensions"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {StateOfFacts.template} FROM (VALUES {table}) AS facts ({columns})", parameters)
        by_sql = [state for (state,) in cursor.fetchall()]
    assert by_sql == [state_of(_facts(*combination)) for combination in COMBINATIONS]
    assert set(by_sql) == set(states.STATES)


def test_the_column_in_the_database_is_generated_by_that_expression(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT is_generated FROM information_schema.columns"
            " WHERE table_name = 'executions_execution' AND column_name = 'state'"
        )
        assert cursor.fetchone() == ("ALWAYS",)
        cursor.execute(
            f"CREATE TEMP TABLE twin (LIKE executions_execution); ALTER TABLE twin DROP COLUMN state;"
            f" ALTER TABLE twin ADD COLUMN state text GENERATED ALWAYS AS ({StateOfFacts.template}) STORED"
        )
        shown = (
            "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_attribute a"
            " ON a.attrelid = adrelid AND a.attnum = adnum WHERE adrelid = %s::regclass AND attname = 'state'"
        )
        cursor.execute(shown, ["twin"])
        mine = cursor.fetchone()
        cursor.execute(shown, ["executions_execution"])
        assert cursor.fetchone() == mine


def test_nobody_can_write_the_state(db):
    with pytest.raises(Exception, match="can only be updated to DEFAULT"), connection.cursor() as cursor:
        cursor.execute("UPDATE executions_execution SET state = 'succeeded'")


SITUATIONS = {
    states.QUEUED: Facts(),
    states.PROCESSING: Facts(leased=True),
    states.PAUSING: Facts(leased=True, open_holds=1),
    states.PAUSED: Facts(open_holds=1),
    states.SUSPENDED: Facts(open_suspensions=1),
    states.CANCELLING: Facts(cancel_requested=True),
    states.SUCCEEDED: Facts(outcome="succeeded"),
    states.FAILED: Facts(outcome="failed"),
    states.CANCELLED: Facts(outcome="cancelled", cancel_requested=True),
}
TABLE = {
    #             pause  resume cancel retry  skip   fork  extend amend  label  place  answer
    "queued":     (True, False, True, False, False, True, True, False, True, True, False),
    "processing": (True, False, True, False, False, True, True, False, True, True, False),
    "pausing":    (True, True, True, False, False, True, True, False, True, True, False),
    "paused":     (True, True, True, True, True, True, True, True, True, True, False),
    "suspended":  (True, False, True, True, True, True, True, True, True, True, True),
    "cancelling": (False, False, False, False, False, True, False, False, True, False, False),
    "succeeded":  (False, False, False, False, False, True, False, False, False, False, False),
    "failed":     (False, False, False, True, True, True, False, True, True, False, False),
    "cancelled":  (False, False, False, False, False, True, False, False, False, False, False),
}  # fmt: skip
NAMES = ("pause", "resume", "cancel", "retry", "skip", "fork", "extend", "amend", "label", "place", "answer")


@pytest.mark.parametrize("state", states.STATES)
def test_allowed_commands_for_somebody_who_may_everything(state):
    assert state_of(SITUATIONS[state]) == state
    judged = allowed_commands(SITUATIONS[state], SCOPES)
    assert {name: its.allowed for name, its in judged.items()} == dict(zip(NAMES, TABLE[state], strict=True))
    assert all(its.why and its.code == "state" for its in judged.values() if not its.allowed)


def test_h12_an_open_question_can_be_answered_while_the_run_is_paused():
    assert allowed_commands(Facts(open_holds=1, open_suspensions=1), SCOPES)["answer"].allowed


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("state", states.STATES)
def test_h6_without_its_scope_no_command_is_allowed_in_any_state(state, name):
    others = set(SCOPES) - {states.COMMAND_SCOPE[name]}
    verdict = allowed_commands(SITUATIONS[state], others)[name]
    assert (verdict.allowed, verdict.code) == (False, "permission")
    assert states.COMMAND_SCOPE[name] in verdict.why


@pytest.mark.parametrize(
    ("role", "kind", "blocks_cancel", "command", "allowed"),
    [
        ("operator", "operator", False, "resume", True),
        ("operator", "policy", False, "resume", True),
        ("operator", "compliance", False, "resume", False),
        ("operator", "compliance", False, "cancel", True),
        ("operator", "compliance", True, "cancel", False),
        ("operator", "compliance", True, "pause", True),
        ("reviewer", "compliance", True, "resume", True),
        ("reviewer", "compliance", True, "amend", True),
        ("admin", "compliance", True, "cancel", True),
        ("admin", "compliance", True, "resume", True),
        ("auditor", "operator", False, "resume", False),
    ],
)
def test_holds_stand_in_the_way_of_those_who_may_not_release_them(role, kind, blocks_cancel, command, allowed):
    hold = HoldFacts("h1", kind, "Rita", "totals differ", blocks_cancel)
    verdict = allowed_commands(Facts(open_holds=1), ROLES[role], [hold])[command]
    assert verdict.allowed is allowed
    if verdict.code == "held":
        assert verdict.holds == ("h1",)
        assert "Rita" in verdict.why
        assert "totals differ" in verdict.why


def test_one_foreign_hold_among_many_is_enough_and_all_foreign_ones_are_named():
    holds = [
        HoldFacts("mine", "operator", "Otto", "x"),
        HoldFacts("a", "compliance", "Rita", "x"),
        HoldFacts("b", "compliance", "Rob", "x"),
    ]
    verdict = allowed_commands(Facts(open_holds=3), ROLES["operator"], holds)["resume"]
    assert (verdict.code, verdict.holds) == ("held", ("a", "b"))


def test_the_vocabulary_is_in_one_place():
    """No other module of the domain lists states; they use the names of `states`."""
    root = Path(states.__file__).parent
    listing = [f'"{one}", "{two}"' for one in states.STATES for two in states.STATES]
    for path in root.rglob("*.py"):
        if path.name == "states.py" or "migrations" in path.parts:
            continue
        text = path.read_text()
        assert not [pair for pair in listing if pair in text], path


def test_every_rule_speaks_of_known_states_and_scopes():
    for allowed in states.ALLOWED_STATES.values():
        assert allowed <= set(states.STATES)
    assert set(states.ALLOWED_STATES) == set(states.COMMAND_SCOPE) == set(states.STATE_HINT)
    assert set(states.STATE_SENTENCE) == set(states.STATES)
    used = {*states.COMMAND_SCOPE.values(), *states.RELEASE_SCOPE.values(), *states.PLACE_SCOPE.values()}
    assert used <= set(SCOPES)
    assert set(states.RELEASE_SCOPE) == set(states.HOLD_KINDS)
    assert set().union(*ROLES.values()) <= set(SCOPES)


def test_facts_of_a_row_are_the_facts_of_the_rules():
    run = Execution(ahead=["a"], breakpoints=["a"], open_holds=2, open_suspensions=1)
    assert run.facts == Facts(open_holds=2, at_breakpoint=True, open_suspensions=1)
    assert Execution(ahead=[], breakpoints=["a"]).facts.at_breakpoint is False
