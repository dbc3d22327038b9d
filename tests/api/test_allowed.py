"""`allowed` says what the buttons say, on a run and in every refusal: holds below, approvals and freezes included."""

import pytest

from executions import commands
from tests.api.conftest import problem
from tests.domain import story
from tests.domain.test_children import children_of, family
from tests.effects import effects_table

__all__ = ["effects_table"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("effects_table")]


def test_a_hold_below_is_told_and_cancelling_is_possible_in_part(program, cast, path):
    run = family(cast)
    story.work(run)
    commands.place(cast.actor("reviewer"), children_of(run)[0].pk, reason="sanctions", blocks_cancel=True)
    operator = program("operator")
    seen = operator.get(path(run)).json()
    assert "fork" not in seen["allowed"]
    assert (seen["commands"]["fork"]["code"], "sanctions" in seen["commands"]["fork"]["why"]) == ("held", True)
    cancel = seen["commands"]["cancel"]
    assert (cancel["allowed"], cancel["code"], cancel["why"][:25]) == (True, "part", "Only with the scope this.")
    refused = problem(operator.post(path(run, "cancel"), {"reason": "why"}), 409)
    assert refused["allowed"] == seen["allowed"]
    assert refused["commands"] == seen["commands"]


def test_a_question_put_to_others_leaves_answer_and_skip_out(program, cast, path):
    run = story.work(story.launch(cast, "signing", {"who": {"users": ["reviewer"]}}))
    for name in ("reviewer2", "admin"):
        seen = program(name).get(path(run)).json()
        assert "answer" not in seen["allowed"]
        assert "put to" in seen["commands"]["answer"]["why"]
    assert "answer" in program("reviewer").get(path(run)).json()["allowed"]
    refused = problem(program("operator").post(path(run, "skip"), {"reason": "why"}), 403)
    assert "skip" not in refused["allowed"]
    assert refused["state"] == "suspended"


def test_a_freeze_is_named_where_resume_is_refused(program, launch, path):
    run, operator = launch(labels={"freeze": "me"}), program("operator")
    operator.post("/v1/freezes", {"labels": {"freeze": "me"}, "reason": "Year end"})
    refused = problem(operator.post(path(run, "resume")), 409)
    assert "Year end" in refused["detail"]
    assert "Year end" in refused["commands"]["resume"]["why"]
    assert operator.get(path(run)).json()["commands"]["resume"] == refused["commands"]["resume"]


def test_what_comes_after_a_command_is_what_the_run_says(program, launch, path):
    run, operator = launch(), program("operator")
    after = operator.post(path(run, "pause"), {"reason": "why"}).json()
    assert after["allowed"] == operator.get(path(run)).json()["allowed"]
