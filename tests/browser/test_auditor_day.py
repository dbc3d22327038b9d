"""An auditor's day: who paused what, a run's evidence, the record verified by a worker, an export checked alone."""

import json
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from console.stack.home import PROJECT
from executions import commands
from executions.models import Check, Event
from tests.engine.watching import launch, wait_until

pytestmark = pytest.mark.usefixtures("worker")
SCRIPT = PROJECT / "tools" / "verify_export.py"
REASON = "Totals differ from the supplier’s list"


@pytest.fixture
def paused(cast):
    """A run that the reviewer paused before anything of it had begun."""
    run = launch(cast, "noop", {}, title="Nightly totals", not_before=timezone.now() + timedelta(hours=1))
    commands.pause(cast.actor("reviewer"), run.pk, reason=REASON)
    return run


def verify_alone(path) -> str:
    """Check a file with nothing but the script that is handed out."""
    done = subprocess.run([sys.executable, "-I", "-S", str(SCRIPT), str(path)], capture_output=True, text=True)
    return f"{done.returncode} {done.stdout}"


def test_by_mouse(page: Page, sign_in, paused, tmp_path):
    sign_in(page.context, "auditor")

    # Who paused what?
    page.goto("/audit")
    page.get_by_label("Person").fill("reviewer")
    page.get_by_label("Action").select_option("hold.placed")
    expect(page.get_by_role("heading", name="“Hold placed” by reviewer")).to_be_visible()
    row = page.locator("tr[data-row]").filter(has_text="Nightly totals").first
    expect(row).to_contain_text(REASON)
    expect(page.locator(".shown-verified")).to_contain_text("recomputed just now")

    # The run's evidence, and its ledger checked without this system.
    row.get_by_role("link", name="evidence").click()
    expect(page.get_by_role("heading", name="Its record is whole")).to_be_visible()
    expect(page.locator(".sheet").first).to_contain_text(REASON)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download its ledger").click()
    download.value.save_as(tmp_path / "run.jsonl")
    assert re.fullmatch(r"0 Whole: \d+ lines in 1 ledgers\.\n", verify_alone(tmp_path / "run.jsonl"))

    # The whole record, recomputed by a worker while the page shows how far it is.
    page.goto("/audit")
    before = Check.objects.count()
    page.get_by_role("button", name="Verify the whole record").click()
    wait_until(lambda: Check.objects.filter(finished_at__isnull=False).count() == before + 1, "verified")
    asked = Check.objects.latest("requested_at")
    expect(page.locator("#verification a").first).to_have_attribute("href", re.compile(f"/{asked.line}$"))
    page.get_by_role("link", name="Every chain is whole").click()
    expect(page.get_by_role("heading", name="What was checked")).to_be_visible()
    assert json.loads(Event.objects.get(ledger="0" * 32, seq=asked.line).data)["outcome"] == "whole"

    # What a search finds, to take away: sound, and said to be an extract.
    page.goto(f"/audit?run={paused.pk}&kind=hold.placed")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export what is found").click()
    download.value.save_as(tmp_path / "found.jsonl")
    assert verify_alone(tmp_path / "found.jsonl").startswith("3 Sound: 1 lines in 1 ledgers.")


@pytest.mark.console_errors("htmx:(sendAbort|afterRequest)")  # a search overtaken by the next one
def test_by_keyboard_alone(page: Page, sign_in, paused, tmp_path):
    sign_in(page.context, "auditor")
    page.goto("/system")
    page.keyboard.press("Control+k")
    expect(page.get_by_label("Go to a page, or find runs")).to_be_focused()
    page.keyboard.type("audi")
    expect(page.locator("#go [data-next]")).to_have_text("Audit")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#go-find"), "what is no page may be a run").to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/audit$"))
    page.keyboard.press("/")
    expect(page.get_by_label("Words of a reason")).to_be_focused()
    page.keyboard.type("supplier")
    page.keyboard.press("Tab")
    page.keyboard.type("reviewer")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Everything reviewer did, with “supplier”")).to_be_visible()

    reach(
        page,
        lambda: page.evaluate("document.activeElement.getAttribute('href') || ''").endswith(f"{paused.pk}/evidence"),
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Its record is whole")).to_be_visible()
    reach(page, lambda: "Download its ledger" in page.evaluate("document.activeElement.textContent"))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    download.value.save_as(tmp_path / "run.jsonl")
    assert verify_alone(tmp_path / "run.jsonl").startswith("0 Whole")

    page.goto("/audit/verifications")
    reach(page, lambda: "Verify the whole record" in page.evaluate("document.activeElement.textContent"))
    before = Check.objects.count()
    page.keyboard.press("Enter")
    wait_until(lambda: Check.objects.filter(finished_at__isnull=False).count() == before + 1, "verified")
    expect(page.locator("#verification")).to_contain_text("Every chain is whole")


def reach(page: Page, there, most: int = 150) -> None:
    """Go on with Tab until the focus is where it should be."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if there():
            return
    raise AssertionError("the keyboard does not get there")
