"""Human input in routes: declared fields only, required and defaulted; list, inspect, abandon, remind."""

import pytest
from django.db.models.functions import Now

from executions import commands
from tests.engine.watching import QUICK, data, events, fresh, kinds, launch, wait_for, wait_until


@pytest.fixture
def program(cast):
    """The API as a reviewer's program sees it."""
    return cast.client("reviewer")


def answer(program, run, key, **given):
    address = f"/v1/async-executions/{run.pk}/answers/{key}"
    return program.post(address, {"data": given}, content_type="application/json")


def test_a3_a_field_that_was_not_declared_is_refused_by_name(cast, program, worker):
    run = launch(cast, "stages")
    wait_for(run, "suspended")
    refused = answer(program, run, "person", name="Ann", salary=1)
    assert refused.status_code == 422
    assert refused.json()["errors"] == {"salary": ["Unknown field. Known: name, nick, country."]}
    assert fresh(run).state == "suspended"


def test_a9_required_fields_and_defaults_are_enforced(cast, program, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "stages")
    wait_for(run, "suspended")
    worker.kill9()
    for missing in ({}, {"name": ""}, {"name": "x" * 41}):
        refused = answer(program, run, "person", **missing)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, ["name"])
    assert answer(program, run, "person", name="Ann").status_code == 200
    workers(1, **QUICK)
    lead = wait_until(lambda: run.suspensions.filter(key="lead").first(), "asks the lead")
    assert lead.title == "Hire Ann?"
    assert run.suspensions.get(key="person").answer == {"name": "Ann", "nick": "", "country": "DE"}


def test_a11_what_waits_is_listed_inspected_and_abandoned(cast, program, worker):
    run = launch(cast, "questions", {"urgency": "high", "title": "Abandon me?"})
    wait_for(run, "suspended")
    question = run.suspensions.get()
    listed = program.get("/v1/suspensions?mine=true&limit=200").json()["items"]
    assert str(question.pk) in [item["id"] for item in listed]
    urgencies = [item["urgency"] for item in listed]
    assert urgencies == sorted(urgencies, key=["high", "normal", "low"].index)
    assert "Abandon me?" in program.get("/inbox").content.decode()
    assert "Abandon me?" in program.get(f"/executions/{run.pk}").content.decode()
    commands.cancel(cast.actor("operator"), run.pk, reason="no longer needed")
    question.refresh_from_db()
    assert question.outcome == "withdrawn"
    assert "Abandon me?" not in program.get("/inbox").content.decode()
    assert answer(program, run, "question", answer="x").status_code == 409


def test_a11_people_are_reminded_by_whichever_worker_is_there(cast, workers):
    (worker,) = workers(1, **QUICK)
    run = launch(cast, "questions", {"remind": 3600})
    wait_for(run, "suspended")
    worker.kill9()
    run.suspensions.update(remind_at=Now())
    workers(1, **QUICK)
    wait_until(lambda: "suspension.reminded" in kinds(run), "reminded")
    (reminder,) = events(run, "suspension.reminded")
    assert (reminder.actor_id, data(reminder)["key"]) == ("policy:reminder", "question")
    assert fresh(run).state == "suspended"
