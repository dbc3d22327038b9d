"""The demo workflows in memory: every way they can go, in milliseconds."""

import pytest

from executions import run_inline
from executions.forms import clean_input
from workflows.agent_loop import RequestForm, agent
from workflows.fleet_audit import FindingForm, FleetForm, SiteForm, fleet, order_repair, read_disks, site_audit
from workflows.models import Payout
from workflows.onboarding import DetailsForm, NewcomerForm, onboarding
from workflows.refund_approval import DecisionForm, RefundForm, refunds
from workflows.report_review import ReportForm, ReviewForm, reports, sure_reports

APPROVED, REJECTED = {"decision": "approve"}, {"decision": "reject", "reason": "Not before the move"}
SIGNED = {"contract.signed": {"name": "Mara Lindqvist", "document": "C-7"}}
DETAILS = {"first_day": "2026-12-01", "office": "lisbon", "mentor": "Jonas", "allergies": ""}


def filled(form, **fields):
    """Return what a launch page with its defaults would send, cleaned, with some fields changed."""
    return clean_input(form, fields)


@pytest.mark.parametrize("form", [RefundForm, ReportForm, NewcomerForm, RequestForm, FleetForm, SiteForm])
def test_every_launch_page_can_be_sent_as_it_stands_and_says_what_its_fields_mean(form):
    assert filled(form)
    assert all(field.label for field in form().fields.values())


@pytest.mark.parametrize(
    ("form", "given", "wrong"),
    [
        (RefundForm, {"order": "20817"}, "order"),
        (RefundForm, {"amount": "0"}, "amount"),
        (RefundForm, {"amount": "1.005"}, "amount"),
        (RefundForm, {"reason": "boredom"}, "reason"),
        (DecisionForm, {"decision": "part", "why": "Half"}, "amount"),
        (DecisionForm, {"decision": "none"}, "why"),
        (ReportForm, {"quarter": "Q5 2026"}, "quarter"),
        (ReportForm, {"branches": 3, "reported": 4}, "reported"),
        (ReviewForm, {"verdict": "rework"}, "remark"),
        (NewcomerForm, {"hours": 0}, "hours"),
        (DetailsForm, {**DETAILS, "office": "moon"}, "office"),
        (DetailsForm, {**DETAILS, "first_day": "soon"}, "first_day"),
        (RequestForm, {"request": " "}, "request"),
        (FleetForm, {"sites": "\n \n"}, "sites"),
        (FleetForm, {"sites": "x" * 61}, "sites"),
        (FindingForm, {"verdict": "accepted"}, "note"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(form, given, wrong):
    bound = form({**{name: field.initial for name, field in form().fields.items()}, **given})
    assert list(bound.errors) == [wrong]


# Refund approval


@pytest.mark.django_db
def test_p1_a_small_refund_is_paid_without_asking():
    done = run_inline(refunds, filled(RefundForm, amount="99.99"))
    assert (done.state, done.steps, done.asked) == ("succeeded", ["decide", "pay", "tell_customer"], {})
    assert done.payload["decided_by"] == "the rule for small refunds"
    assert [str(amount) for amount in Payout.objects.values_list("amount", flat=True)] == ["99.99"]


@pytest.mark.django_db
def test_p1_a_large_refund_waits_and_the_handler_takes_the_answer():
    payload = filled(RefundForm, amount="480")
    waiting = run_inline(refunds, payload)
    assert (waiting.state, waiting.steps) == ("suspended", [])
    assert waiting.asked["ask:1"].context["reason"] == "Arrived damaged"
    part = {"decision": "part", "amount": "120.50", "why": "Half of it was kept"}
    done = run_inline(refunds, payload, answers={"decide": part})
    assert (done.payload["refund"], done.payload["decided_by"]) == ("120.50", "inline")
    assert "We have paid 120.50 euros back" in done.payload["letter"]
    assert Payout.objects.get().order == "OR-20817"


def test_a_refused_refund_is_not_paid_and_the_customer_is_told_why():
    refusal = {"decision": "none", "why": "The order was never paid.", "amount": None}
    done = run_inline(refunds, filled(RefundForm, amount="480"), answers={"decide": refusal})
    assert done.steps == ["decide", "tell_customer"]
    assert done.payload["letter"] == "We cannot pay order OR-20817 back. The order was never paid."


@pytest.mark.django_db
def test_p6_a_part_larger_than_the_whole_is_asked_about_again():
    part = {"decision": "part", "amount": "500.00", "why": "Half"}
    done = run_inline(
        refunds, filled(RefundForm, amount="480"), answers={"decide": part, "ask:2": {**part, "amount": "50.00"}}
    )
    assert "500.00 is more than" in done.asked["ask:2"].prompt
    assert done.payload["refund"] == "50.00"


# Report review


def test_a_report_is_always_reviewed_and_the_remark_is_printed():
    payload = filled(ReportForm)
    assert run_inline(reports, payload).steps == ["draft"]
    done = run_inline(reports, payload, answers={"review": {"verdict": "publish", "remark": "Seen by finance."}})
    assert done.steps == ["draft", "review", "publish"]
    assert done.payload["report"].endswith("Reviewer's remark: Seen by finance.")
    assert "3.4 % more" in done.payload["report"]


def test_a8_a_report_goes_round_until_the_reviewer_is_content():
    verdicts = [{"verdict": "rework", "remark": "Say that Bremen moved."}, {"verdict": "publish", "remark": ""}]
    done = run_inline(reports, filled(ReportForm), answers={"review": verdicts})
    assert done.steps == ["draft", "review", "publish", "draft", "review", "publish"]
    assert done.payload["drafts"] == 2
    assert done.payload["report"].endswith("Say that Bremen moved.")


@pytest.mark.parametrize(
    ("figures", "confidence", "steps"),
    [
        ({"branches": 10, "reported": 9}, 90, ["draft", "publish"]),
        ({"branches": 100, "reported": 89}, 89, ["draft"]),
        ({"branches": 10, "reported": 10, "revenue": 900_000}, 70, ["draft"]),
        ({"branches": 10, "reported": 0, "revenue": 1}, 0, ["draft"]),
    ],
)
def test_a2_a_report_that_is_sure_of_itself_is_published_without_a_review(figures, confidence, steps):
    result = run_inline(sure_reports, filled(ReportForm, **figures))
    assert (result.payload["confidence"], result.steps) == (confidence, steps)
    assert result.open_question == (None if confidence >= 90 else "pause")


# Onboarding


def test_s5_onboarding_collects_details_and_has_access_approved_in_stages():
    answers = {"details": DETAILS, "laptop": {"answer": "strong"}, "office systems": APPROVED, "production": APPROVED}
    waiting = run_inline(onboarding, filled(NewcomerForm), answers=answers)
    assert (waiting.steps, waiting.open_question) == (["collect", "approve"], "contract.signed")
    answers |= SIGNED
    done = run_inline(onboarding, filled(NewcomerForm), answers=answers)
    assert done.state == "succeeded"
    assert done.payload["accounts"] == {
        "office systems": "mara.lindqvist@office-systems.example",
        "production": "mara.lindqvist@production.example",
    }
    assert done.payload["summary"] == "Mara Lindqvist starts on 2026-12-01, Lisbon."
    assert done.asked["production"].who["approvals"] == 2
    assert done.asked["details"].escalate["who"]["group"] == "admin"


def test_s5_the_first_no_ends_the_stages_and_nothing_is_made():
    answers = {"details": DETAILS, "laptop": {"answer": "none"}, "office systems": REJECTED}
    done = run_inline(onboarding, filled(NewcomerForm), answers=answers)
    assert "production" not in done.asked
    assert "accounts" not in done.payload
    assert done.payload["refused"] == {"stage": "office systems", "by": "inline", "why": "Not before the move"}


def test_s6_a_laptop_that_nobody_chooses_is_the_light_one_and_silence_on_access_is_a_no():
    answers = {"details": DETAILS, "laptop": "expired", "office systems": APPROVED, "production": "expired"}
    done = run_inline(onboarding, filled(NewcomerForm), answers=answers)
    assert done.payload["laptop"] == "light"
    assert done.payload["refused"]["why"] == "Nobody decided in time."


def test_without_production_there_is_one_stage():
    answers = {"details": DETAILS, "laptop": {"answer": "light"}, "office systems": APPROVED, **SIGNED}
    done = run_inline(onboarding, filled(NewcomerForm, production=False), answers=answers)
    assert list(done.payload["accounts"]) == ["office systems"]


# Agent loop


def moves(result):
    """Return what the thread tells, in a word each."""
    return [event["type"] + ("!" if "refused" in event else "") for event in result.payload["thread"]]


def test_f8_the_agent_tries_on_staging_and_deploys_to_production_only_when_allowed():
    payload = filled(RequestForm, request="Deploy 4.2.0")
    waiting = run_inline(agent, payload)
    assert (waiting.state, moves(waiting)) == ("suspended", ["request", "list_releases", "deploy", "run_checks"])
    assert waiting.asked["tool:deploy:1"].context["arguments"] == {"release": "4.2.0", "environment": "production"}
    done = run_inline(agent, payload, answers={"deploy": APPROVED})
    assert (done.state, done.payload["outcome"]) == ("succeeded", "4.2.0 runs on production.")


def test_the_agent_asks_which_release_when_the_request_names_none():
    done = run_inline(agent, filled(RequestForm), answers={"question": {"answer": "4.1.9"}, "deploy": APPROVED})
    assert done.payload["outcome"] == "4.1.9 runs on production."


def test_f8_a_refusal_comes_back_as_feedback_and_the_tool_does_not_run():
    payload = filled(RequestForm, request="Deploy 4.2.0")
    no = {"decision": "reject", "reason": "Not on a Friday."}
    done = run_inline(agent, payload, answers={"deploy": no})
    assert moves(done)[-1] == "deploy!"
    assert done.payload["outcome"] == "Nothing was deployed to production. I was told: Not on a Friday."


def test_f6_an_agent_that_is_sent_back_comes_to_its_budget_and_is_held():
    other = {"decision": "reject", "reason": "4.2.0 slows the checkout down. Take 4.1.9."}
    held = run_inline(
        agent, filled(RequestForm), answers={"question": {"answer": "4.2.0"}, "deploy": [other, APPROVED]}
    )
    assert held.state == "paused"
    assert held.held.startswith("Spent 894 of 800 tokens.")
    assert moves(held)[5:] == ["deploy!", "deploy"], "4.1.9 is on staging, and in production it is not"


def test_f8_arguments_changed_by_a_person_are_what_is_deployed():
    changed = {**APPROVED, "arguments": {"release": "4.1.9", "environment": "production"}}
    done = run_inline(agent, filled(RequestForm, request="Deploy 4.2.0"), answers={"deploy": changed})
    assert done.payload["outcome"] == "4.1.9 runs on production."


def test_a_release_that_fails_its_checks_never_comes_near_production():
    done = run_inline(agent, filled(RequestForm, request="Deploy 4.2.1"))
    assert (done.state, done.asked) == ("succeeded", {})
    assert done.payload["outcome"] == "4.2.1 failed its checks on staging; production is as it was."


# Fleet audit


def test_a_fleet_audit_sums_up_what_its_sites_found():
    sites = {"sites": ["hamburg", "lisbon", "unreachable-tromso"]}
    waiting = run_inline(fleet, sites)
    assert (waiting.state, waiting.open_question) == ("suspended", "lisbon/full")
    found = {"lisbon/full": {"verdict": "to repair", "note": "Ana orders a disk"}}
    gated = run_inline(fleet, sites, answers=found)
    assert (gated.open_question, gated.steps) == ("gate", ["audit", "sum_up"])
    assert gated.payload["summary"] == "1 failed, 1 in order, 1 to repair"
    assert gated.payload["findings"]["lisbon"] == {"state": "to repair", "note": "Ana orders a disk", "by": "inline"}
    assert gated.payload["findings"]["unreachable-tromso"]["note"] == "unreachable-tromso does not answer."
    done = run_inline(fleet, sites, answers={**found, "order_repairs": APPROVED})
    assert list(done.payload["orders"]) == ["lisbon"]


@pytest.mark.parametrize(
    ("gate", "ordered"), [(REJECTED, None), ({**APPROVED, "changes": {"repairs": ["hamburg"]}}, ["hamburg"])]
)
def test_repairs_are_ordered_as_a_person_allows_them(gate, ordered):
    answers = {"lisbon/full": {"verdict": "to repair", "note": "Old"}, "order_repairs": gate}
    done = run_inline(fleet, {"sites": ["hamburg", "lisbon"]}, answers=answers)
    assert done.state == "succeeded"
    assert done.payload.get("orders") == (ordered and {site: order_repair(site) for site in ordered})


def test_an_audit_with_nothing_to_repair_asks_nobody():
    done = run_inline(fleet, {"sites": ["hamburg", "osaka"]})
    assert (done.steps, done.payload["repairs"]) == (["audit", "sum_up"], [])


def test_a_site_in_order_needs_nobody():
    assert run_inline(site_audit, {"site": "osaka"}).payload["finding"] == {"state": "in order"}
    assert max(read_disks("lisbon").values()) == 83
