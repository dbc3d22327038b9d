"""A run's family on its page: parent, children, what is still at work, and commands that reach the whole tree."""

import pytest

from executions import commands
from tests.domain import story
from tests.domain.test_children import by_key, children_of, family
from tests.effects import effects_table  # noqa: F401
from tests.pages.test_execution_page import part

pytestmark = pytest.mark.usefixtures("effects_table")


@pytest.fixture
def run(db, cast):
    """A run that waits for its three children."""
    return story.work(family(cast))


def page_of(cast, run, person="operator") -> str:
    return cast.client(person).get(f"/executions/{run.pk}").content.decode()


def test_the_page_lists_the_children_with_their_states_and_leads_to_all_of_them(cast, run):
    client = cast.client("operator")
    shown = part(page_of(cast, run), "children")
    assert "3 of 3 unfinished" in shown
    for child in children_of(run):
        assert f'href="/executions/{child.pk}"' in shown
    assert "Quiescent: no worker is on any run of this tree." in shown
    assert f"/executions?parent={run.pk}" in shown
    listed = client.get(f"/executions?parent={run.pk}").content.decode()
    assert listed.count("data-row ") == 3
    assert "Children of" in listed
    assert client.get("/executions?parent=nonsense").status_code == 422


def test_a_child_names_its_parent(cast, run):
    child = by_key(run)["child-2"]
    head = part(page_of(cast, child), "head")
    assert f'Child of</dt> <dd><a href="/executions/{run.pk}">Family</a>' in head
    assert "child-2" in head


def test_who_is_still_at_work_is_named_with_step_and_worker(cast, run):
    child = by_key(run)["child-1"]
    story.claim(child)
    commands.pause(cast.actor("operator"), run.pk, reason="stop")
    shown = part(page_of(cast, run), "children")
    assert "Workers are on 1 run of this tree" in shown
    assert "Errand: child-1" in shown
    assert "<em>begin</em>" in shown
    assert "w1" in shown
    assert "from a run above" in part(page_of(cast, child), "holds")
    assert "whole tree" in part(page_of(cast, run), "holds")


def test_the_forms_ask_how_far_a_command_reaches_only_where_there_are_children(cast, run):
    commands_shown = part(page_of(cast, run, "admin"), "commands")
    assert commands_shown.count('name="scope"') == 3  # pause, place, cancel
    assert "This run and the 3 unfinished runs below it" in commands_shown
    assert 'name="scope"' not in part(page_of(cast, children_of(run)[0], "admin"), "commands")


@pytest.mark.parametrize(
    ("scope", "state"), [({}, "paused"), ({"scope": "tree"}, "paused"), ({"scope": "this"}, "queued")]
)
def test_a_pause_reaches_as_far_as_the_form_says(cast, run, scope, state):
    cast.client("operator").post(f"/executions/{run.pk}/pause", {"reason": "stop", **scope})
    assert story.fresh(run).state == "paused"
    assert {child.state for child in children_of(run)} == {state}


def test_a_cancel_of_the_run_alone_is_possible(cast, run):
    cast.client("admin").post(f"/executions/{run.pk}/cancel", {"reason": "stop", "scope": "this"})
    assert story.fresh(run).state == "cancelled"
    assert {child.state for child in children_of(run)} == {"queued"}


def test_a_compliance_hold_reaches_the_children_too(cast, run):
    cast.client("reviewer").post(f"/executions/{run.pk}/place", {"reason": "evidence", "scope": "tree"})
    assert {child.holds.get().kind for child in children_of(run)} == {"compliance"}


def test_a_thousand_children_make_no_long_page(cast, db):
    run = story.work(family(cast, children=1000))
    shown = part(page_of(cast, run), "children")
    assert "1,000 of 1,000 unfinished" in shown
    assert shown.count('data-state="queued"') <= 21 + 1
    assert shown.count("<li>") < 30
