"""With JavaScript off: the list, a run's page with every command, the desk, settings and audit, by links and forms."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from executions import commands
from executions.engine import bulk
from executions.models import BulkJob, Execution, Hold
from tests.domain import story
from tests.effects import effects_table  # noqa: F401  (a fixture)
from tests.support.forms import fill, give, press, unfold

pytestmark = pytest.mark.usefixtures("live_db", "effects_table")


@pytest.fixture
def page(browser, web, sign_in):
    """A tab without a script, signed in as somebody who may do everything."""
    context = browser.new_context(base_url=web.url, java_script_enabled=False, locale="en-GB")
    context.set_default_timeout(30_000)
    sign_in(context, "admin")
    yield context.new_page()
    context.close()


def launch(cast, workflow: str = "noop", payload: dict | None = None, **more) -> Execution:
    return commands.launch(cast.actor("admin"), workflow, payload or {}, **more)


def show(page: Page, run: Execution, query: str = "") -> None:
    page.goto(f"/executions/{run.pk}{query}")


def said(page: Page, text: str) -> None:
    expect(page.locator("#messages")).to_contain_text(text)


def test_the_list_is_filtered_sorted_and_paged_and_its_runs_are_paused_together(page, cast):
    label = uuid.uuid4().hex[:8]
    runs = [launch(cast, title=f"Letter {number:02}", labels={"batch": label}) for number in range(52)]
    page.goto("/executions")
    page.get_by_role("searchbox").fill("Letter")
    page.locator("#filter-menu > summary").click()
    page.get_by_label("Label", exact=True).fill(f"batch:{label}")
    page.get_by_role("button", name="Apply").first.click()
    expect(page.locator(".runs-chips")).to_contain_text(label)
    expect(page.locator("[data-row]")).to_have_count(50)
    expect(page.locator("[data-row]").first).to_contain_text("Letter 51")

    page.locator("#sort-menu > summary").click()
    page.locator("#sort-menu").get_by_role("link", name="Longest in state").click()
    expect(page.locator("[data-row]").first).to_contain_text("Letter 00")
    page.locator(".pager").get_by_role("link", name="Next").click()
    expect(page.locator("[data-row]")).to_have_count(2)

    page.locator("#view-menu > summary").click()
    page.get_by_label("Name of the new view").fill(f"Letters {label}")
    page.locator("#view-menu").get_by_role("button", name="Save").click()
    expect(page.locator(".views [aria-current=page]")).to_have_text(f"Letters {label}")

    for run in runs[:2]:
        page.locator(f"#run-{run.pk} [data-pick]").check()
    page.locator("#bulk").get_by_role("button", name="Pause").click()
    expect(page.locator("h1")).to_have_text("Pause 2 runs?")
    page.locator("#begin-form button[type=submit]").click()
    expect(page.locator(".error")).to_contain_text("Say why")
    page.get_by_label("Reason", exact=True).fill("The bank is down")
    page.locator("#begin-form button[type=submit]").click()

    job = BulkJob.objects.order_by("requested_at").last()
    expect(page).to_have_url(re.compile(f"/bulk/{job.pk}"))
    while job.is_open and bulk.work():
        job.refresh_from_db()
    page.reload()
    expect(page.locator("h1")).to_have_text("Paused 2 runs")
    page.get_by_role("link", name="Letter 00").click()
    expect(page.locator("#run-head")).to_contain_text("Paused by admin")


def test_what_stops_a_run_and_lets_it_go_on(page, cast):
    run = launch(cast, "hurried", {"seconds": 0})
    show(page, run)
    give(page, "pause", ticket="INV-7")
    expect(page.locator("#id_pause_reason_error")).to_contain_text("Say why")
    expect(page.locator("#id_pause_ticket")).to_have_value("INV-7")
    shipped = {"resume_event": f"shipped.{run.pk.hex[:8]}", "resume_match": '{"order": 7}'}
    fill(page.locator("#form-pause"), reason="Totals differ", reason_code="data", **shipped)
    press(page.locator("#form-pause"))
    said(page, "Paused.")
    expect(page.locator("#run-holds")).to_contain_text("INV-7")
    condition = run.holds.get().conditions.get()
    give(page, f"emit-{condition.pk}", data='{"order": 7}')
    expect(page.locator("#run-head")).to_contain_text("Queued")

    give(page, "pause", reason="Once more", resume_webhook=True)
    expect(page.locator("#main")).to_contain_text("Copy this address now")
    show(page, run)
    give(page, "resume", note="All fine")
    said(page, "Resumed.")

    page.get_by_role("link", name="Stop before after").click()
    press(page.locator("#form-stop"), "Set breakpoint")
    expect(page.locator("#id_pause_reason_error")).to_contain_text("Say why")
    expect(page.locator("#id_pause_before_step")).to_have_value("after")
    give(page, "pause", reason="Look at the figures first")
    expect(page.locator("#run-steps")).to_contain_text("Breakpoint by admin: Look at the figures first")

    give(page, "place", reason="Under review", review_by="2031-01-31T10:00", blocks_cancel=True)
    said(page, "Held")
    hold = Hold.objects.get(execution=run, kind="compliance")
    give(page, f"annotate-{hold.pk}", text="Supplier called")
    expect(page.locator("#run-holds")).to_contain_text("Supplier called")
    give(page, f"hand-over-{hold.pk}", to="reviewer2", reason="On leave")
    expect(page.locator("#run-holds")).to_contain_text("reviewer2 is responsible")
    give(page, f"release-{hold.pk}", reason="Looked at")
    expect(page.locator("#run-head")).to_contain_text("Queued")

    give(page, "extend", seconds="5", reason="More to read")
    give(page, "label", labels="customer=acme", reason="So that it is found")
    said(page, "Labels changed.")
    expect(page.locator("#run-head")).to_contain_text("customer: acme")
    give(page, "cancel", reason="Not needed")
    expect(page.locator("#run-head")).to_contain_text("Cancelled by admin")


def test_what_corrects_a_run_and_sends_it_elsewhere(page, cast):
    run = launch(cast, "filing", files=[("invoice.txt", b"4711")])
    show(page, run)
    give(page, "pause", reason="Wrong file")
    page.get_by_role("link", name="Replace invoice.txt").click()
    form = page.locator("#form-replace")
    right = [{"name": "right.txt", "mimeType": "text/plain", "buffer": b"4712"}]
    fill(form, file=right, reason="The right one")
    press(form)
    expect(page.locator("#run-files")).to_contain_text("version 2")
    give(page, "amend", button="Check what it does", changes='{"note": "checked"}', reason="Noted")
    expect(page.locator("#amend-preview")).to_contain_text("/note")
    commands.amend_payload(cast.actor("reviewer"), run.pk, changes={"note": "mine"}, reason="Noted too")
    press(page.locator("#form-amend"), "Amend the payload")
    expect(page.locator("#form-amend")).to_contain_text("The payload has changed since you looked")
    expect(page.locator("#id_amend_reason")).to_have_value("Noted")
    press(page.locator("#form-amend"), "Amend the payload")
    expect(page.locator("#run-payload")).to_contain_text("checked")
    give(page, "skip", result='{"last_seen": []}', reason="Read by hand")
    said(page, "Step skipped.")

    run = story.work(launch(cast, "journey", {"load": "tea"}))
    show(page, run)
    give(page, "pause", reason="Wrong load")
    form = unfold(page, "retry")
    fill(form, place="0", reason="Load again")
    press(form)
    said(page, "Sent back.")
    give(page, "fork", title="The other load", reason="To compare")
    expect(page.locator("h1")).to_have_text("The other load")

    run = story.work(launch(cast, "failing", {"failures": 9, "message": "no bank"}))
    show(page, run)
    give(page, "retry", reason="The bank is back")
    said(page, "Taken up again.")


def test_a_form_gone_stale_shows_the_new_truth(page, cast):
    run = launch(cast)
    hold = commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")
    show(page, run)
    form = unfold(page, "resume")
    fill(form, note="All fine")
    commands.release(cast.actor("reviewer"), hold.pk, reason="Looked at")
    press(form)
    alert = page.locator("[role=alert]")
    expect(alert).to_contain_text("All fine")
    expect(page.locator("#run-head")).to_contain_text("Queued")

    form = unfold(page, "label")
    fill(form, labels="customer=acme", reason="So that it is found")
    commands.label(cast.actor("reviewer"), run.pk, set={"customer": "other"}, reason="Mine")
    press(form)
    expect(page.locator("#form-label")).to_contain_text("has changed")
    expect(page.locator("#id_label_reason")).to_have_value("So that it is found")


def test_questions_are_answered_on_the_run_and_in_the_inbox(page, cast):
    text = story.work(launch(cast, "questions"))
    show(page, text)
    answer = page.locator(".answer-form")
    press(answer, "Answer")
    expect(answer.locator(".error").first).to_be_visible()
    fill(answer, **{"answer-answer": "green"})
    press(answer, "Answer")
    said(page, "Answered: Which colour?")

    asked = story.work(launch(cast, "asking"))
    show(page, asked)
    fill(page.locator(".answer-form"), **{"answer-decision": "yes", "comment": "Both agree"})
    press(page.locator(".answer-form"), "Answer")
    said(page, "Answered: Go on?")
    expect(page.locator("#closed-questions")).to_contain_text("Both agree")

    gate = story.work(launch(cast, "gated", {}))
    show(page, gate)
    fill(page.locator(".answer-form"), **{"answer-decision": "reject", "answer-reason": "Too much"})
    press(page.locator(".answer-form"), "Answer")
    said(page, "Answered")

    signed = story.work(launch(cast, "signing", title="Sign it"))
    held = launch(cast, title="Hold it")
    hold = commands.place(cast.actor("reviewer"), held.pk, reason="Under review")
    question = signed.suspensions.get()
    page.goto("/inbox")
    page.get_by_label("Workflow").select_option("signing")
    page.get_by_role("button", name="Filter").click()
    page.locator(f"#open-question-{question.pk}").click()
    form = page.locator(f"#form-answer-{question.pk}")
    fill(form, **{"answer-decision": "approve"})
    press(form, "Answer")
    said(page, "Answered: Sign?")
    page.goto("/inbox?workflow=noop&kind=hold")
    page.locator(f"#open-hold-{hold.pk}").click()
    give(page, f"release-{hold.pk}")
    expect(page.locator(f"#form-release-{hold.pk} .error")).to_contain_text("Say why")
    give(page, f"release-{hold.pk}", reason="Looked at")
    said(page, "eleased")


def test_runs_are_frozen_after_a_look_and_let_go(page, cast):
    label = uuid.uuid4().hex[:8]
    run = launch(cast, labels={"batch": label})
    page.goto("/holds")
    page.get_by_role("link", name="Place a hold or freeze").click()
    page.get_by_role("link", name="Many runs: a freeze").click()
    fill(page.locator("#new form"), labels=f"batch={label}")
    press(page.locator("#new form"))
    freeze = page.get_by_role("region", name="Freeze").locator("form")
    expect(page.get_by_role("region", name="Freeze").get_by_role("status")).to_contain_text(re.compile(r"queued\s*1"))
    press(freeze, "Freeze")
    expect(freeze.locator(".error").first).to_contain_text("Say why")
    fill(freeze, reason="The bank is down", ticket="INC-9")
    press(freeze, "Freeze")
    line = page.locator(".hold", has_text=label)
    expect(line).to_contain_text("The bank is down")
    show(page, run)
    expect(page.locator("#run-head")).to_contain_text("Frozen by admin")
    page.goto("/holds/freezes")
    line.get_by_text("Lift", exact=True).click()
    fill(line.locator("form"), reason="The bank is back")
    press(line.locator("form"))
    show(page, run)
    expect(page.locator("#run-head")).not_to_contain_text("Frozen by")


def test_settings_and_audit(page, cast):
    mark = uuid.uuid4().hex[:8]
    page.goto("/settings/profile")
    form = page.locator("form[action$='profile/save']")
    fill(form, time_zone="Europe/Nowhere")
    press(form)
    expect(form.locator(".error")).to_be_visible()
    fill(form, time_zone="Europe/Berlin", theme="dark")
    press(form)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("[data-theme-switch] button").click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")

    page.goto("/settings/tokens")
    page.get_by_role("link", name="New token").first.click()
    page.get_by_label("Password").fill(cast.password)
    page.locator("form button[type=submit]").last.click()
    form = page.locator("form[action$='tokens/create']")
    fill(form, name=f"CI {mark}")
    form.get_by_role("checkbox").first.check()
    press(form)
    expect(page.locator("h1")).to_have_text("Copy it now")
    assert page.locator(".secret").inner_text().strip().startswith("hp_")
    page.get_by_role("link", name="I have copied it").click()
    row = page.locator("tr", has_text=mark)
    row.locator("summary", has_text="Revoke").click()
    press(row.locator(".ask-form"))
    expect(row).to_contain_text("revoked")

    page.goto("/settings/reasons")
    fill(page.locator("form[action$='reasons/add']"), text=f"Usual {mark}")
    press(page.locator("form[action$='reasons/add']"))
    page.get_by_role("link", name=f"Edit: Usual {mark}").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#main")).not_to_contain_text(mark)
    page.goto("/settings/labels")
    fill(page.locator("#rule form"), name=f"l-{mark}", values="a, b")
    press(page.locator("#rule form"))
    page.get_by_role("button", name=f"Remove the rule for l-{mark}").click()
    expect(page.locator("#main table, #main .empty").first).not_to_contain_text(f"l-{mark}")

    run = launch(cast, title=f"Audited {mark}")
    page.goto("/audit")
    fill(page.locator("#filter"), run=str(run.pk))
    press(page.locator("#filter"))
    expect(page.locator("[data-row]")).to_have_count(1)
    with page.expect_download() as export:
        page.get_by_role("button", name=re.compile("[Ee]xport")).click()
    assert str(run.pk) in export.value.path().read_text()
    page.get_by_role("button", name="Verify the whole record").click()
    expect(page.locator("#verification")).to_contain_text("by admin")
