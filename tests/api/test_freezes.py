"""Freezes by HTTP."""

import re

import pytest

from executions.models import Freeze
from tests.api.conftest import problem
from tests.domain import story

pytestmark = pytest.mark.django_db
FREEZES = "/v1/freezes"


def test_preview_place_list_lift(program, launch):
    run, operator = launch(labels={"bank": "north"}), program("operator")
    told = operator.get(f"{FREEZES}/preview?label=bank:north").json()
    assert told["queued"] == {"number": 1, "capped": False}
    assert (told["running"]["number"], told["waiting"]["number"], told["known"]) == (0, 0, True)

    body = {"labels": {"bank": "north"}, "reason": "The bank is down", "review_by": "2030-01-31T12:00:00Z"}
    placed = operator.post(FREEZES, body)
    assert placed.status_code == 201, placed.content
    freeze = placed.json()
    assert (freeze["kind"], freeze["labels"], freeze["everything"]) == ("operator", {"bank": "north"}, False)
    assert freeze["placed_by"]["name"] == "operator (test)"

    (listed,) = operator.get("/v1/async-executions?workflow=noop").json()["items"]
    assert [each["id"] for each in listed["freezes"]] == [freeze["id"]]
    shown = operator.get(f"/v1/async-executions/{run.pk}").json()
    assert [each["reason"] for each in shown["freezes"]] == ["The bank is down"]
    why = shown["commands"]["resume"]["why"]
    assert re.search(r"Frozen by operator \(test\) \(operator\) since .*: The bank is down\.", why)
    refused = problem(operator.post(f"/v1/async-executions/{run.pk}/resume", {}), 409)
    assert "It goes on when that freeze is lifted." in refused["detail"]

    slowly = operator.post(f"{FREEZES}/{freeze['id']}/lift", {"reason": "The bank is back", "rate": 5})
    assert (slowly.status_code, slowly.json()["lift_rate"], slowly.json()["lifted_at"]) == (200, 5.0, None)
    assert [each["id"] for each in operator.get(FREEZES).json()["items"]] == [freeze["id"]]
    lifted = operator.post(f"{FREEZES}/{freeze['id']}/lift", {"reason": "All at once"}).json()
    assert (lifted["release_reason"], lifted["lift_rate"]) == ("All at once", None)
    assert operator.get(FREEZES).json()["items"] == []
    assert len(operator.get(f"{FREEZES}?lifted=true").json()["items"]) == 1
    problem(operator.post(f"{FREEZES}/{freeze['id']}/lift", {"reason": "again"}), 409)
    shown = operator.get(f"/v1/async-executions/{run.pk}").json()
    assert shown["freezes"][0]["release_reason"] == "All at once"
    assert "Frozen" not in shown["commands"]["resume"]["why"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"workflow": "noop"}, "reason"),
        ({"reason": "why"}, "workflow"),
        ({"reason": "why", "everything": True, "workflow": "noop"}, "everything"),
        ({"reason": "why", "workflow": "noop", "kind": "policy"}, "kind"),
        ({"reason": "why", "labels": {"a": 1}}, "labels.a"),
        ({"reason": "why", "workflow": "noop", "dual_control": "yes"}, "dual_control"),
    ],
)
def test_bad_freezes_are_refused(program, body, field):
    assert field in problem(program("operator").post(FREEZES, body), 422)["errors"]
    assert not Freeze.objects.exists()


def test_a_preview_that_says_too_little_is_refused(program):
    operator = program("operator")
    problem(operator.get(f"{FREEZES}/preview"), 422)
    problem(operator.get(f"{FREEZES}/preview?label=north"), 422)
    assert operator.get(f"{FREEZES}/preview?everything=true").status_code == 200
    assert operator.get(f"{FREEZES}/preview?workflow=nobody").json()["known"] is False


def test_everything_is_said_to_be_so(program):
    assert program("operator").post(FREEZES, {"everything": True, "reason": "why"}).json()["everything"] is True


def test_a_run_that_was_frozen_before_it_was_launched_or_after_it_ended_lists_no_freeze(program, launch):
    operator = program("operator")
    early = operator.post(FREEZES, {"workflow": "noop", "reason": "early"}).json()
    operator.post(f"{FREEZES}/{early['id']}/lift", {"reason": "over"})
    # The test's transaction has one moment for all; the earlier freeze must have ended before the run began.
    run = launch()
    story.execute("UPDATE executions_execution SET created_at = now() + interval '1 s' WHERE id = %s", [run.pk])
    assert operator.get(f"/v1/async-executions/{run.pk}").json()["freezes"] == []


def test_pages_of_freezes(program):
    operator = program("operator")
    for number in range(3):
        operator.post(FREEZES, {"workflow": f"w{number}", "reason": "why"})
    first = operator.get(f"{FREEZES}?limit=2").json()
    assert [each["workflow"] for each in first["items"]] == ["w2", "w1"]
    second = operator.get(f"{FREEZES}?limit=2&cursor={first['next']}").json()
    assert ([each["workflow"] for each in second["items"]], second["next"]) == (["w0"], None)
    problem(operator.get(f"{FREEZES}?cursor=x"), 422)
