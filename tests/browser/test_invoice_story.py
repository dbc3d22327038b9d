"""The story Holdpoint exists for, in Chromium, with a real web server, real workers and real invoices.

A batch runs; in mid-batch a reviewer sees totals that do not match and pauses it; the worker finishes the invoice it is
on and yields; she replaces the source file, notes it on the pause and resumes; the run goes on from where it was, reads
nothing again and posts nothing twice; an admin reads who did what, when and why, and verifies the record.
"""

import hashlib
import json
import re
import time
from collections import Counter

import pytest
from playwright.sync_api import Browser, Page, expect

from executions.models import Check, Event, Execution
from tests.engine.watching import settle, stand_still, wait_for, wait_until
from tests.support.browser import PATIENCE_MILLISECONDS, watch
from tests.support.people import PASSWORD
from tests.workflows.invoices import REAL_FILES, needs_real_invoices, value_of, with_value
from workflows.invoices.samples import WRONG, corrected, samples
from workflows.invoices.ubl import parse_invoice
from workflows.models import LedgerEntry

REASON = "The totals of one invoice do not match"
NOTE = "The supplier has sent a corrected file"
SECONDS = 2.0


def real_batch() -> tuple[dict[str, bytes], str, bytes]:
    """The published invoices, one copy changed: files as sent, name of the wrong one, its right bytes."""
    files = {path.name: path.read_bytes() for path in REAL_FILES}
    wrong = "guide-example1.xml"
    text = files[wrong].decode()
    total = value_of(text, "PayableAmount", "LegalMonetaryTotal") + 100
    sent = {**files, wrong: with_value(text, "PayableAmount", f"{total}", "LegalMonetaryTotal").encode()}
    return first(sent, wrong), wrong, files[wrong]


def sample_batch() -> tuple[dict[str, bytes], str, bytes]:
    """Our own samples, all right but one."""
    wrong = next(iter(WRONG))
    sent = {name: corrected(name) for name in samples()} | {wrong: samples()[wrong]}
    return first(sent, wrong), wrong, corrected(wrong)


def first(files: dict[str, bytes], wrong: str) -> dict[str, bytes]:
    """Put the wrong file second, so that much of the batch lies ahead when it is seen."""
    others = [name for name in files if name != wrong]
    return {name: files[name] for name in [others[0], wrong, *others[1:]]}


BATCHES = [pytest.param(real_batch, id="real", marks=needs_real_invoices), pytest.param(sample_batch, id="samples")]


def upload(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "application/xml", "buffer": content}


def lines(run: Execution, *, posted: bool) -> list[tuple[str, str]]:
    """Return file and digest of every document that the history says was posted, or read."""
    logged = Event.objects.filter(ledger=run.pk, kind="step.logged").order_by("seq").values_list("data", flat=True)
    told = [json.loads(text).get("data") or {} for text in logged]
    return [(line["file"], line["sha256"]) for line in told if "file" in line and ("status" not in line) == posted]


@pytest.fixture
def person(browser: Browser, web, page):
    """`person("reviewer")` signs somebody in by the sign-in page, in a browser of their own."""
    contexts, complaints = [], []

    def sign_in(name: str) -> Page:
        context = browser.new_context(base_url=web.url, locale="en-GB", timezone_id="UTC")
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        tab = context.new_page()
        watch(tab, complaints)
        tab.goto("/accounts/login/")
        tab.locator("[name=login]").fill(name)
        tab.locator("[name=password]").fill(PASSWORD)
        tab.get_by_role("button", name="Sign in", exact=True).click()
        tab.wait_for_url("**/executions")
        return tab

    yield sign_in
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("batch", BATCHES)
def test_h11_the_story(cast, worker, person, batch):
    sent, wrong, right = batch()
    title = f"Batch of {len(sent)} ({time.monotonic_ns()})"

    # An operator launches the batch by its form.
    operator = person("operator")
    operator.goto("/launch/invoice-batch")
    operator.locator("input[type=file]").set_input_files([upload(*file) for file in sent.items()])
    operator.get_by_label("Seconds per invoice").fill(f"{SECONDS}")
    operator.get_by_label("Title").fill(title)
    operator.get_by_role("button", name="Launch").click()
    expect(operator.get_by_role("heading", level=1)).to_have_text(title)
    expect(operator.locator("#run-head")).to_contain_text("Running Read the invoices")
    run = Execution.objects.get(title=title)

    # In mid-batch the reviewer sees that totals do not match, and pauses with a reason.
    reviewer = person("reviewer")
    reviewer.get_by_role("link", name=title).click()
    seen = reviewer.locator("#run-history li", has_text=wrong).filter(has_text=" too ")
    expect(seen.first).to_be_visible()
    reviewer.keyboard.press("p")
    reviewer.locator("#id_pause_reason").fill(REASON)
    already = len(lines(run, posted=False))
    wait_until(lambda: len(lines(run, posted=False)) > already, "the worker begins another invoice")
    stand_still(worker)  # in the middle of it, until this has been seen
    reviewer.locator("#form-pause button[type=submit]").click()

    # The worker finishes the invoice it is on and yields; both people see it, and never see more than is true.
    head = reviewer.locator("#run-head")
    expect(head).to_contain_text("Pausing: finishing Read the invoices")
    worker.thaw()
    expect(head).to_contain_text("Paused by reviewer")
    expect(operator.locator("#run-head")).to_contain_text("Paused by reviewer")
    expect(operator.locator("#run-head")).to_contain_text(REASON)
    wait_for(run, "paused")
    read_before = lines(run, posted=False)
    assert (wrong, hashlib.sha256(sent[wrong]).hexdigest()) in read_before
    assert len(read_before) < len(sent) - 1, "paused in mid-batch"
    count = Event.objects.filter(ledger=run.pk).count()
    settle(cast)
    assert Event.objects.filter(ledger=run.pk).count() == count, "nothing happens in a paused run"

    # She replaces the source file, notes it on the pause, makes the batch quick, and resumes.
    reviewer.get_by_role("link", name=f"Replace {wrong}").click()
    reviewer.locator("#id_replace_file").set_input_files([upload("by-mail.xml", right)])
    reviewer.locator("#id_replace_reason").fill("Corrected by the supplier")
    reviewer.locator("#form-replace button[type=submit]").click()
    expect(reviewer.locator("#messages")).to_contain_text(f"{wrong} replaced; version 2 is in use.")
    expect(reviewer.locator("#run-files")).to_contain_text("version 2")

    reviewer.locator("#run-holds summary", has_text="Add a note").click()
    reviewer.locator("#run-holds form[id^=form-annotate] textarea").fill(NOTE)
    reviewer.locator("#run-holds form[id^=form-annotate] button[type=submit]").click()
    expect(reviewer.locator("#run-holds .notes")).to_contain_text(NOTE)

    reviewer.locator("#command-amend > summary").click()
    reviewer.get_by_label("Field to change").select_option("seconds_per_invoice")
    changes = reviewer.locator("#id_amend_changes")
    expect(changes, "as it stands, to be edited").to_have_value(
        re.compile(r'^\{\s*"seconds_per_invoice": [\d.]+\s*\}$')
    )
    changes.fill('{"seconds_per_invoice": 0.02}')
    reviewer.locator("#id_amend_reason").fill("Nobody needs to watch it any more")
    reviewer.get_by_role("button", name="Check what it does").click()
    expect(reviewer.locator("#amend-preview")).to_contain_text("/seconds_per_invoice")
    reviewer.get_by_role("button", name="Amend the payload").click()
    expect(reviewer.locator("#messages")).to_contain_text("Payload amended")

    reviewer.keyboard.press("r")
    reviewer.locator("#id_resume_note").fill("Corrected")
    reviewer.locator("#form-resume button[type=submit]").click()
    expect(head).to_contain_text("Succeeded")
    expect(operator.locator("#run-head")).to_contain_text("Succeeded")
    expect(reviewer.locator("#run-steps [data-step=done]")).to_have_count(4)

    # Nothing was read again, nothing posted twice, and the corrected file is what counts.
    read, posted = lines(run, posted=False), lines(run, posted=True)
    newest = {**{name: hashlib.sha256(content).hexdigest() for name, content in sent.items()}}
    newest[wrong] = hashlib.sha256(right).hexdigest()
    assert read[: len(read_before)] == read_before
    assert max(Counter(read).values()) == 1
    assert Counter(name for name, _ in read) == {**dict.fromkeys(sent, 1), wrong: 2}
    assert sorted(posted) == sorted(newest.items())
    entries = LedgerEntry.objects.filter(execution_id=run.pk)
    expected = {name: parse_invoice(content).signed_payable for name, content in {**sent, wrong: right}.items()}
    assert entries.count() == len(sent)
    assert dict(entries.values_list("file_name", "amount")) == expected
    assert not run.suspensions.exists(), "the corrected file needed no question"

    # An admin reads who did what, when and why, and verifies the record.
    admin = person("admin")
    for who, what, why in [
        ("operator", "Launched", ""),
        ("reviewer", "Hold placed", REASON),
        ("reviewer", "File replaced", "Corrected by the supplier"),
        ("reviewer", "Hold noted", NOTE),
        ("reviewer", "Payload amended", "Nobody needs to watch it any more"),
        ("reviewer", "Resumed", "Corrected"),
    ]:
        if f"person={who}" not in admin.url:
            admin.goto(f"/audit?run={run.pk}&person={who}")
        row = admin.locator("tr[data-row]").filter(has=admin.get_by_text(what, exact=True)).filter(has_text=why)
        expect(row.first).to_contain_text("UTC")
    before = Check.objects.count()
    admin.get_by_role("button", name="Verify the whole record").click()
    wait_until(lambda: Check.objects.filter(finished_at__isnull=False).count() == before + 1, "verified")
    expect(admin.locator("#verification")).to_contain_text("verified for admin")
    expect(admin.locator("#verification")).to_contain_text("Every chain is whole")
