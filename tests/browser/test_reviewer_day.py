"""A reviewer's day in Chromium, by mouse and by keyboard alone, against a real web server and a real worker."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from executions import commands
from tests.effects import effects_table  # noqa: F401  (a fixture)
from tests.engine.watching import launch, wait_for

pytestmark = pytest.mark.usefixtures("effects_table", "worker")
TWO = {"who": {"group": "reviewer", "approvals": 2}}


@pytest.fixture
def asked(cast):
    """Launch a run with a file that needs two approvals; return it and its question."""

    def ask(title: str):
        run = launch(cast, "approving", TWO, title=title, files=[("invoice.txt", b"4,711")])
        wait_for(run, "suspended")
        return run, run.suspensions.get()

    return ask


@pytest.fixture
def second(browser, web, sign_in):
    """The second reviewer's own browser, on an address."""
    contexts = []

    def open_page(address: str) -> Page:
        context = browser.new_context(base_url=web.url)
        contexts.append(context)
        sign_in(context, "reviewer2")
        page = context.new_page()
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()


def row(page: Page, kind: str, key) -> Locator:
    return page.locator(f"#row-{kind}-{key}")


def approve(page: Page, question) -> None:
    row(page, "question", question.pk).locator("a").click()
    form = page.locator(f"#form-answer-{question.pk}")
    form.get_by_role("radio", name="Approve").check()
    form.get_by_role("button", name="Answer").click()


def test_by_mouse_from_the_inbox_to_the_release(page: Page, sign_in, asked, second, tmp_path):
    run, question = asked("Month's end, by mouse")
    sign_in(page.context, "reviewer")
    page.goto("/inbox?workflow=approving")
    expect(page.locator("#inbox-count")).to_be_visible()
    row(page, "question", question.pk).locator("a").click()
    expect(page.locator("#detail")).to_contain_text("2 people must approve")
    expect(page).to_have_url(re.compile(f"item=question-{question.pk}"))

    page.goto("/holds")
    page.get_by_role("link", name="Place a hold or freeze").click()
    page.get_by_label("Find a run").fill("end, by mouse")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Month's end, by mouse").click()
    hold_form = page.locator("#form-place")
    hold_form.get_by_label("Reason", exact=True).fill("Totals differ on one invoice")
    hold_form.get_by_role("button", name="Place compliance hold").click()
    expect(page.locator("#messages")).to_contain_text("Held.")
    hold = run.holds.get()

    page.goto("/holds?q=totals+differ+on+one")
    page.locator(f"#open-hold-{hold.pk}").click()
    page.get_by_text("Add a note").first.click()
    page.locator(f"#id_annotate-{hold.pk}_text").fill("The supplier sends a new file")
    page.locator(f"#form-annotate-{hold.pk} button[type=submit]").click()
    expect(page.locator("#detail")).to_contain_text("The supplier sends a new file")

    corrected = tmp_path / "invoice.txt"
    corrected.write_bytes(b"4,117")
    page.locator("#detail").get_by_role("link", name="Month's end, by mouse").click()
    page.get_by_role("link", name="Replace invoice.txt").click()
    page.locator("#id_replace_seen").select_option("invoice.txt")
    page.locator("#id_replace_file").set_input_files(corrected)
    page.locator("#id_replace_reason").fill("The supplier's correction")
    page.locator("#form-replace button[type=submit]").click()
    expect(page.locator("#run-files")).to_contain_text("version 2")

    page.goto("/inbox?workflow=approving")
    approve(page, question)
    expect(page.locator("#messages")).to_contain_text("Approved: Pay?")
    other = second("/inbox?workflow=approving")
    expect(row(other, "question", question.pk)).to_contain_text("1 of 2 approvals")
    approve(other, question)
    expect(other.locator("#messages")).to_contain_text("Answered: Pay?")

    row(page, "hold", hold.pk).locator("a").click()
    release = page.locator(f"#command-release-{hold.pk}")
    release.locator("summary").click()
    release.get_by_label("Reason").fill("The totals agree now")
    release.get_by_role("button", name="Release this hold").click()
    expect(page.locator("#messages")).to_contain_text("Released: Totals differ")
    wait_for(run, "succeeded")
    page.get_by_role("link", name="Answered by me").click()
    expect(row(page, "hold", hold.pk)).to_contain_text("Released by reviewer")
    expect(row(page, "question", question.pk)).to_contain_text("Answered by reviewer2")


def tab_to(page: Page, place: Locator, key: str = "Tab") -> None:
    """Press Tab until something has the focus, as people without a mouse do."""
    expect(place).to_be_attached()
    page.wait_for_load_state()
    for _ in range(80):
        if place.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{place} cannot be reached by {key}")


def choose_file(page, path):
    """Open the file chooser by key. A busy Chromium now and then swallows the first one."""
    for _ in range(3):
        try:
            with page.expect_file_chooser(timeout=5000) as chooser:
                page.keyboard.press("Enter")
        except PlaywrightTimeout:
            expect(page.locator("#id_replace_file")).to_be_focused()
            continue
        chooser.value.set_files(path)
        return
    raise AssertionError("Enter on the focused field opened no file chooser, three times")


def test_by_keyboard_alone(page: Page, sign_in, asked, second, tmp_path):
    run, question = asked("Month's end, by keyboard")
    corrected = tmp_path / "invoice.txt"
    corrected.write_bytes(b"4,117")
    sign_in(page.context, "reviewer")
    page.goto("/holds/new")
    page.keyboard.press("/")
    page.keyboard.type("end, by keyboard")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=end"))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#id_place_reason"))
    page.keyboard.type("Totals differ on another invoice")
    tab_to(page, page.locator("#form-place button[type=submit]"))
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Held.")
    hold = run.holds.get()

    page.goto("/holds?q=totals+differ+on+another")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    tab_to(page, page.locator(f"#command-annotate-{hold.pk} > summary"))
    page.keyboard.press("Enter")
    tab_to(page, page.locator(f"#id_annotate-{hold.pk}_text"))
    page.keyboard.type("Asked for a new file")
    tab_to(page, page.locator(f"#form-annotate-{hold.pk} button[type=submit]"))
    page.keyboard.press("Enter")
    expect(page.locator("#detail .notes")).to_contain_text("Asked for a new file")

    page.goto(f"/executions/{run.pk}")
    tab_to(page, page.get_by_label("Replace invoice.txt"))
    page.keyboard.press("Enter")
    expect(page.locator("#id_replace_file"), "the link leads into the form").to_be_focused()
    choose_file(page, corrected)
    tab_to(page, page.locator("#id_replace_reason"))
    page.keyboard.type("The supplier's correction")
    tab_to(page, page.locator("#form-replace button[type=submit]"))
    page.keyboard.press("Enter")
    expect(page.locator("#run-files")).to_contain_text("version 2")

    page.goto("/inbox?workflow=approving&kind=question")
    page.keyboard.press("k")
    expect(page.locator(f"#form-answer-{question.pk}")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator(f"#form-answer-{question.pk} [type=submit]")).to_be_focused()
    question.refresh_from_db()
    assert not question.votes.exists(), "one key sends nothing"
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Approved: Pay?")
    other = second(f"/inbox?item=question-{question.pk}")
    other.keyboard.press("a")
    other.keyboard.press("Enter")
    expect(other.locator("#messages")).to_contain_text("Answered: Pay?")

    page.goto(f"/inbox?workflow=approving&kind=hold&item=hold-{hold.pk}")
    page.keyboard.press("a")
    expect(page.locator(f"#id_release-{hold.pk}_reason")).to_be_focused()
    page.keyboard.type("The totals agree now")
    tab_to(page, page.locator(f"#form-release-{hold.pk} button[type=submit]"))
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Released: Totals differ")
    wait_for(run, "succeeded")


def test_a_stale_form_is_refused_with_the_new_truth_and_what_is_written_is_never_swapped(page: Page, sign_in, cast):
    first, later = (launch(cast, "questions", {"title": f"Stale {number}?"}) for number in (1, 2))
    for run in (first, later):
        wait_for(run, "suspended")
    question, following = first.suspensions.get(), later.suspensions.get()
    sign_in(page.context, "reviewer")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/inbox?workflow=questions&item=question-{question.pk}")
    expect(page.locator(".live")).to_have_attribute("data-live", "open")
    written = page.locator(f"#id_answer_{question.pk}_answer-answer")
    written.fill("I would say blue")
    row(page, "question", following.pk).locator("a").click()
    expect(page.locator(f"#form-answer-{following.pk}")).to_be_visible()
    row(page, "question", question.pk).locator("a").click()
    expect(written).to_have_value("I would say blue")

    fresh = launch(cast, "questions", {"title": "Came later?"})
    wait_for(fresh, "suspended")
    expect(page.locator("#inbox-news")).to_contain_text("1 new")
    commands.answer(
        cast.actor("reviewer2"), question.pk, data={"answer": "red"}, context_digest=question.context_digest
    )
    expect(page.locator("#detail-news")).to_contain_text("Answered by reviewer2 meanwhile.")
    expect(written).to_have_value("I would say blue")
    page.locator(f"#form-answer-{question.pk} [type=submit]").click()
    refusal = page.locator("#detail [role=alert]")
    expect(refusal).to_contain_text("reviewer2 answered this question already")
    expect(refusal).to_contain_text("I would say blue")
    expect(row(page, "question", fresh.suspensions.get().pk)).to_be_visible()

    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 800})
        for address in ("/inbox", f"/inbox?item=question-{following.pk}", "/holds", "/holds/new", "/holds/freezes"):
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    page.goto("/inbox?workflow=questions")
    expect(page.locator("#detail")).to_be_hidden()
    row(page, "question", following.pk).locator("a").click()
    expect(page.locator("#detail")).to_be_visible()
    expect(page.locator(".desk-list")).to_be_hidden()
    page.keyboard.press("d")
    page.get_by_role("link", name="Inbox").last.click()
    expect(page.locator(".desk-list")).to_be_visible()
