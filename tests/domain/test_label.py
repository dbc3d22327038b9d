"""Labels that people set on runs that exist."""

import pytest

from executions import commands
from executions.errors import Conflict, Invalid, NotAllowed, Stale
from executions.models import LabelRule
from tests.domain import story
from tests.domain.refusal import refused

pytestmark = pytest.mark.usefixtures("db")
NORTH = {"team": "north"}


@pytest.fixture
def operator(cast):
    return cast.actor("operator")


def test_labels_are_set_changed_and_removed_in_one_act(cast, operator):
    run = story.launch(cast, labels={"team": "north", "batch": "7"})

    now = commands.label(operator, run.pk, set={"team": "south", "urgent": ""}, remove=["batch"], reason="Moved")

    assert now.labels == {"team": "south", "urgent": ""}
    event = story.events(run)[-1]
    assert (event.kind, event.actor_name, event.reason) == ("execution.labelled", "operator", "Moved")
    assert story.data_of(event) == {
        "set": {"team": "south", "urgent": ""},
        "removed": ["batch"],
        "before": {"team": "north", "batch": "7"},
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"set": NORTH, "reason": " "}, "Say why"),
        ({"set": NORTH}, "Nothing changes"),
        ({}, "Nothing changes"),
        ({"remove": ["absent"]}, "Nothing changes"),
        ({"set": {"team": "south"}, "remove": ["team"]}, "both set and removed"),
        ({"set": {"x" * 61: "1"}}, "short texts"),
        ({"set": {"team": 7}}, "short texts"),
        ({"set": {f"n{number}": "" for number in range(30)}}, "At most 30"),
    ],
)
def test_a_change_that_is_none_or_nonsense_is_refused(cast, operator, change, words):
    run = story.launch(cast, labels=NORTH)
    with refused(Invalid, run, match=words):
        commands.label(operator, run.pk, **{"reason": "why", **change})


def test_a_label_with_a_rule_takes_its_values_and_one_that_it_carried_before_may_stay(cast, operator):
    run = story.launch(cast, labels={"region": "atlantis"})
    LabelRule.objects.create(name="region", values=["emea", "apac"])

    with refused(Invalid, run, match="region takes one of: emea, apac", field="labels"):
        commands.label(operator, run.pk, set={"region": "mars"}, reason="why")
    assert commands.label(operator, run.pk, set={"team": "x", "region": "atlantis"}, reason="why").labels["team"] == "x"
    assert commands.label(operator, run.pk, set={"region": "emea"}, reason="why").labels["region"] == "emea"


def test_without_the_scope_or_the_newest_version_nothing_is_labelled(cast, operator):
    run = story.launch(cast)
    with refused(NotAllowed, run, match="executions:label"):
        commands.label(cast.actor("auditor"), run.pk, set=NORTH, reason="why")
    with refused(Stale, run):
        commands.label(operator, run.pk, set=NORTH, reason="why", version=run.version + 1)


def test_a_run_that_has_ended_for_ever_keeps_its_labels_and_a_failed_one_may_change_them(cast, operator):
    ended, failed = story.work(story.launch(cast)), story.work(story.launch(cast, "failing", {}))
    with refused(Conflict, ended, match="keeps its labels"):
        commands.label(operator, ended.pk, set=NORTH, reason="why")
    assert commands.label(operator, failed.pk, set=NORTH, reason="why").labels == NORTH


def test_nobody_labels_a_run_out_from_under_a_freeze_that_is_not_his_to_lift(cast, operator):
    run = story.launch(cast, labels=NORTH)
    frozen = commands.freeze(cast.actor("reviewer"), labels=NORTH, reason="Bank is down", kind="compliance")

    for change in ({"remove": ["team"]}, {"set": {"team": "south"}}):
        with refused(Conflict, run, match="Frozen by reviewer .compliance. since .*: Bank is down"):
            commands.label(operator, run.pk, **change, reason="why")
    assert commands.label(operator, run.pk, set={"other": "x"}, reason="why").labels == NORTH | {"other": "x"}

    freed = commands.label(cast.actor("reviewer2"), run.pk, remove=["team"], reason="Another bank")
    assert story.data_of(story.events(run)[-1])["left_freezes"] == [str(frozen.pk)]
    assert story.work(freed).state == "succeeded"


def test_a_label_that_brings_a_run_under_a_freeze_stops_it_at_its_next_boundary(cast, operator):
    run = story.launch(cast)
    commands.freeze(operator, labels=NORTH, reason="Bank is down")
    claimed = story.claim(run)

    commands.label(operator, run.pk, set=NORTH, reason="It is theirs")

    assert story.boundary(run, claimed.epoch, 0, ["step_1", "step_2"]) == "queued"
    assert story.kinds(run)[-1] == "freeze.applied"
    assert story.claim(run) is None


def test_a_run_that_leaves_a_freeze_by_its_label_keeps_the_time_it_was_given_back(cast, operator):
    run = story.launch(cast, "hurried", {"seconds": 0}, labels=NORTH)
    commands.freeze(operator, labels=NORTH, reason="Bank is down")
    story.let_pass(run, 3600)

    commands.label(operator, run.pk, remove=["team"], reason="Another bank")

    assert story.work(run).state == "succeeded"
    assert story.fresh(run).sla_breached_at is None
