"""What a run was: boundaries, payloads at them and what changed since, its life, its evidence."""

import pytest

from executions import commands
from tests.api.conftest import problem
from tests.domain import story

pytestmark = pytest.mark.django_db


@pytest.fixture
def corrected(cast, launch):
    """A run whose payload was corrected while it was paused."""
    run = launch(payload={"total": 10})
    commands.pause(cast.actor("operator"), run.pk, reason="Totals differ")
    commands.amend_payload(
        cast.actor("reviewer"), run.pk, changes={"total": 12, "note": "x"}, reason="As invoiced", version=None
    )
    return story.fresh(run)


def test_a_boundary_has_its_payload_and_what_changed_since(program, corrected, path):
    operator = program("operator")
    (launched,) = operator.get(path(corrected, "boundaries")).json()["items"]
    then = operator.get(path(corrected, "boundaries", str(launched["seq"]))).json()
    assert (launched["kind"], then["payload"], then["position"]) == ("execution.launched", {"total": 10}, 0)
    changes = operator.get(path(corrected, "boundaries", str(launched["seq"]), "changes")).json()["changes"]
    told = {change["path"]: (change["kind"], change["before"], change["after"]) for change in changes}
    assert all(change["lines"] == [] for change in changes)
    assert told == {"/note": ("added", "", '"x"'), "/total": ("changed", "10", "12")}
    assert operator.get(path(corrected, "boundaries", "1", "changes?to=1")).json()["changes"] == []
    assert "no boundary" in problem(operator.get(path(corrected, "boundaries", "2")), 422)["detail"]


def test_a_life_and_its_evidence(program, corrected, path):
    reader = program("auditor")
    life = reader.get(path(corrected, "timeline")).json()
    assert [band["state"] for band in life["bands"]] == ["queued", "paused"]
    assert life["holds"][0]["why"] == "Totals differ"
    assert [act["kind"] for act in life["acts"]] == ["execution.launched", "hold.placed", "payload.amended"]
    evidence = reader.get(path(corrected, "evidence")).json()
    assert evidence["verified"]["whole"]
    assert {each["name"]: each["after"] for each in evidence["corrections"]} == {"total": "12", "note": '"x"'}
    line = reader.get(path(corrected, "events", str(evidence["lines"]))).json()
    assert line["digest"] == evidence["digest"]
    assert reader.get(evidence["export"]).status_code == 200
    problem(reader.get(path(corrected, "events", "99")), 404)
