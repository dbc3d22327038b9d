"""The demo workflows in a real worker, told from outside: launched and answered by HTTP, through their forms."""

import time

import pytest
from django.db.models.functions import Now

from executions.models import Event, Suspension
from tests.api.conftest import problem
from tests.engine.watching import wait_until
from workflows.models import Payout

PATIENCE_SECONDS = 60
APPROVED = {"decision": "approve"}
DETAILS = {"first_day": "2026-12-01", "office": "lisbon", "mentor": "Jonas"}


class Story:
    """One run, as programs with the tokens of the cast see it.

    Args:
        program: makes a program for a name of the cast.
        workflow: which one.
        payload: its input.
    """

    def __init__(self, program, workflow: str, payload: dict) -> None:
        self.people = {name: program(name) for name in ("operator", "reviewer", "reviewer2", "admin")}
        started = self.people["operator"].post("/v1/async-executions", {"workflow": workflow, "payload": payload})
        assert started.status_code == 201, started.content
        self.id = started.json()["id"]

    def run(self) -> dict:
        return self.people["operator"].get(f"/v1/async-executions/{self.id}").json()

    def reach(self, *states: str) -> dict:
        """Wait until the run is in one of these states; return it."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while (run := self.run())["state"] not in states:
            assert time.monotonic() < ends, f"{run['state']}, never {' or '.join(states)}: {run.get('error')}"
            time.sleep(0.03)
        return run

    def question(self, run_id: str = "") -> dict:
        """Return the one open question."""
        (asked,) = self.people["operator"].get(f"/v1/suspensions?execution={run_id or self.id}").json()["items"]
        return asked

    def answer(self, name: str, data: dict, asked: dict | None = None):
        """Answer the open question as somebody."""
        asked = asked or self.question()
        body = {"data": data, "context_digest": asked["context_digest"]}
        return self.people[name].post(f"/v1/suspensions/{asked['id']}/answer", body)

    def answered(self, name: str, data: dict) -> None:
        """Wait for a question, and answer it well."""
        self.reach("suspended")
        reply = self.answer(name, data)
        assert reply.status_code == 200, reply.content

    def send(self, event: str, data: dict) -> None:
        """Send an event from outside."""
        reply = self.people["operator"].post("/v1/events", {"name": event, "data": data})
        assert reply.status_code < 300, reply.content

    def let_time_pass(self) -> None:
        """Let the time of whatever the run waits for be over."""
        Suspension.objects.filter(execution=self.id, closed_at=None, deadline__gt=Now()).update(deadline=Now())

    def kinds(self) -> list[str]:
        return list(Event.objects.filter(ledger=self.id).order_by("seq").values_list("kind", flat=True))


@pytest.fixture
def launched(cast, worker, program):
    """`launched("onboarding", {})` launches a run, by HTTP, that a real worker carries on."""
    return lambda workflow, payload: Story(program, workflow, payload)


def test_p1_a_refund_is_decided_in_part_and_paid_once(launched):
    story = launched("refund-approval", {"order": "OR-31415", "amount": "250.00"})
    story.reach("suspended")
    assert problem(story.answer("reviewer", {"decision": "part"}), 422)["errors"].keys() == {"amount", "why"}
    assert problem(story.answer("operator", {"decision": "full"}), 403)
    story.answered("reviewer", {"decision": "part", "amount": "400", "why": "Half was kept"})
    story.answered("reviewer", {"decision": "part", "amount": "125", "why": "Half was kept"})
    payload = story.reach("succeeded")["payload"]
    assert (payload["refund"], payload["decided_by"]) == ("125.00", "reviewer (test)")
    assert [payout.amount for payout in Payout.objects.filter(order="OR-31415")] == [125]


def test_a1_a_report_waits_in_its_route_and_goes_round_once(launched):
    story = launched("report-review", {"region": "Alps"})
    story.answered("reviewer", {"verdict": "rework", "remark": "Say that Bern is closed."})
    story.answered("reviewer", {"verdict": "publish"})
    run = story.reach("succeeded")
    assert run["payload"]["report"].endswith("Say that Bern is closed.")
    assert run["steps_done"] == 6


@pytest.mark.parametrize(("reported", "asked"), [(12, 0), (6, 1)])
def test_a2_a_report_is_reviewed_only_when_unsure(launched, reported, asked):
    story = launched("report-by-confidence", {"branches": 12, "reported": reported})
    if asked:
        story.answered("reviewer", {"verdict": "publish"})
    story.reach("succeeded")
    assert story.kinds().count("suspension.opened") == asked


def test_s5_onboarding_has_access_approved_in_stages_by_two_people(launched):
    story = launched("onboarding", {"hours": 0.05})
    story.answered("reviewer", DETAILS)
    story.answered("reviewer", {"answer": "strong"})
    story.answered("reviewer", APPROVED)
    story.answered("reviewer", APPROVED)
    assert story.run()["state"] == "suspended", "one of two"
    assert problem(story.answer("reviewer", APPROVED), 409)
    story.answered("reviewer2", APPROVED)
    story.send("contract.signed", {"name": "Mara Lindqvist", "document": "C-7", "pages": 3})
    payload = story.reach("succeeded")["payload"]
    assert payload["approved_by"]["production"] == "reviewer (test), reviewer2 (test)"
    assert payload["summary"] == "Mara Lindqvist starts on 2026-12-01, Lisbon."
    assert payload["contract"] == "C-7"


def test_s6_onboarding_goes_on_when_nobody_answers(launched):
    story = launched("onboarding", {"hours": 0.05, "production": False})
    story.reach("suspended")
    story.let_time_pass()
    wait_until(lambda: story.question()["who"]["group"] == "admin", "escalated")
    story.answered("admin", DETAILS)
    wait_until(lambda: story.let_time_pass() or story.run()["state"] == "succeeded", "nobody answered")
    payload = story.run()["payload"]
    assert (payload["laptop"], payload["laptop_chosen_by"]) == ("light", "deadline")
    assert payload["refused"]["why"] == "Nobody decided in time.", "silence is no approval"
    assert "suspension.escalated" in story.kinds()


def test_f8_the_agent_asks_is_refused_comes_to_its_budget_and_tries_another_release(launched):
    story = launched("release-agent", {})
    story.answered("reviewer", {"answer": "4.2.0"})
    story.reach("suspended")
    assert story.question()["context"]["arguments"] == {"release": "4.2.0", "environment": "production"}
    story.answered("reviewer", {"decision": "reject", "reason": "It slows the checkout down. Take 4.1.9."})
    assert story.reach("paused")["allowed"].count("resume") == 1
    story.people["operator"].post(f"/v1/async-executions/{story.id}/resume", {"note": "It may spend more."})
    story.answered("reviewer", APPROVED)
    payload = story.reach("succeeded")["payload"]
    assert payload["outcome"] == "4.1.9 runs on production."
    assert [event["type"] for event in payload["thread"]].count("deploy") == 4


def test_f7_only_the_site_that_needs_a_person_waits(launched, program):
    story = launched("fleet-audit", {"sites": "hamburg\nlisbon\nunreachable-tromso"})
    story.reach("suspended")
    asked = Suspension.objects.filter(execution__parent=story.id, closed_at=None, title__startswith="lisbon")
    lisbon = story.question(str(wait_until(asked.first, "lisbon asks").execution_id))
    story.answer("reviewer", {"verdict": "to repair", "note": "Ana orders a disk"}, lisbon)
    wait_until(lambda: story.run()["steps_done"] >= 2, "summed up")
    story.answered("reviewer", {**APPROVED, "changes": {"repairs": ["lisbon", "osaka"]}})
    payload = story.reach("succeeded")["payload"]
    assert payload["summary"] == "1 failed, 1 in order, 1 to repair"
    assert set(payload["orders"]) == {"lisbon", "osaka"}
