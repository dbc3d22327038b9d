"""The page of a run in Chromium, against a real web server and real workers: live, and never under somebody's hands."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from executions import commands
from executions.models import ReasonTemplate
from tests.effects import effects_table  # noqa: F401
from tests.engine.watching import come_to_end, let_begin, wait_for

pytestmark = pytest.mark.usefixtures("live_db", "effects_table")


@pytest.fixture
def open_run(context: BrowserContext, page: Page, sign_in):
    """`open_run("reviewer", run)` shows a run to somebody and waits until the page is live."""

    def show(person: str, run, query: str = "") -> Page:
        sign_in(context, person)
        page.goto(f"/executions/{run.pk}{query}")
        expect(page.locator(".live")).to_have_attribute("data-live", "open")
        return page

    return show


def launch(cast, workflow: str = "noop", payload: dict | None = None, **more):
    return commands.launch(cast.actor("operator"), workflow, payload or {}, **more)


def head(page: Page):
    return page.locator("#run-head")


def test_two_people_see_each_others_acts_as_they_happen(cast, open_run):
    run = launch(cast)
    page = open_run("operator", run)
    expect(head(page)).to_contain_text("Queued")

    hold = commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")
    expect(head(page)).to_contain_text("Paused by reviewer")
    expect(page.locator("#run-steps")).to_contain_text("Hold by reviewer: Totals differ")
    commands.annotate(cast.actor("reviewer"), hold.pk, text="Supplier called")
    expect(page.locator("#run-holds")).to_contain_text("Supplier called")
    expect(page.locator("#announcer")).to_have_text("Paused by reviewer")


def test_what_is_being_typed_is_never_swapped_away_while_the_status_stays_live(cast, open_run):
    run = launch(cast)
    page = open_run("operator", run)
    page.keyboard.press("p")
    reason = page.get_by_label("Reason", exact=True).first
    expect(reason).to_be_focused()
    reason.type("Something looks ")

    commands.place(cast.actor("reviewer"), run.pk, reason="Under review")
    expect(head(page)).to_contain_text("Held by reviewer")
    expect(page.locator(".live")).to_have_attribute("data-live", "waiting")
    expect(reason).to_be_focused()
    reason.type("odd")
    expect(reason).to_have_value("Something looks odd")

    page.locator("#form-pause button[type=submit]").click()
    expect(page.locator("#messages")).to_contain_text("Paused.")
    expect(page.locator("#run-holds")).to_contain_text("Something looks odd")
    expect(page.locator("#command-pause")).not_to_have_attribute("open", "")
    expect(page.locator(".live")).to_have_attribute("data-live", "open")


def test_a_form_left_alone_lets_the_page_go_on(cast, open_run):
    run = launch(cast)
    page = open_run("operator", run)
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    commands.place(cast.actor("reviewer"), run.pk, reason="Under review")

    expect(page.locator("#run-commands")).to_contain_text("A reviewer can release it")


def test_a_blank_reason_is_answered_beside_its_field(cast, open_run):
    run = launch(cast)
    page = open_run("reviewer", run)
    page.keyboard.press("p")
    page.locator("#fold-pause-3 summary").click()
    page.get_by_label("Ticket").first.fill("INV-7")
    page.locator("#form-pause button[type=submit]").click()

    expect(page.locator("#id_pause_reason_error")).to_contain_text("Say why")
    expect(page.locator("#id_pause_reason")).to_be_focused()
    expect(page.locator("#id_pause_ticket")).to_have_value("INV-7")
    page.locator("#id_pause_reason").fill("Totals differ")
    page.locator("#form-pause button[type=submit]").click()
    expect(head(page)).to_contain_text("Paused by reviewer")


def test_a_template_fills_the_reason_and_a_key_opens_what_stands_under_more(cast, open_run):
    ReasonTemplate.objects.get_or_create(text="Bank is down.", reason_code="outage", commands=["pause"])
    run = launch(cast)
    commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")
    page = open_run("operator", run)
    page.keyboard.press("p")
    expect(page.locator("#command-more")).to_have_attribute("open", "")
    expect(page.locator("#id_pause_reason")).to_be_focused()
    page.keyboard.type("Twice now:")
    page.locator("#form-pause .reason-templates").select_option("Bank is down.")

    expect(page.locator("#id_pause_reason")).to_have_value("Twice now: Bank is down.")
    expect(page.locator("#id_pause_reason_code")).to_have_value("outage")
    page.locator("#form-pause button[type=submit]").click()
    expect(page.locator("#run-holds")).to_contain_text("Twice now: Bank is down.")


def test_a_resume_that_comes_second_is_shown_the_new_truth_in_place(cast, open_run):
    run = launch(cast)
    commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")
    page = open_run("operator", run)
    page.keyboard.press("r")
    page.locator("#id_resume_note").fill("All fine")
    commands.place(cast.actor("reviewer"), run.pk, reason="Under review")
    expect(head(page)).to_contain_text("And 1 more hold in force")
    page.locator("#form-resume button[type=submit]").click()

    refusal = page.locator("#run-commands [role=alert]")
    expect(refusal).to_contain_text("A reviewer can release it")
    expect(refusal).to_contain_text("All fine")
    expect(refusal).to_be_focused()


def test_a_question_answered_meanwhile_keeps_what_was_typed(cast, worker, open_run):
    run = launch(cast, "asking")
    page = open_run("reviewer", run)
    form = page.locator(".answer-form")
    expect(form).to_be_visible()
    form.get_by_label("Comment").type("I would say no")
    question = run.suspensions.get()
    commands.answer(
        cast.actor("reviewer2"), question.pk, data={"decision": "yes"}, context_digest=question.context_digest
    )
    expect(head(page)).to_contain_text("Succeeded")
    expect(form.get_by_label("Comment")).to_have_value("I would say no")
    form.get_by_role("button", name="Answer").click()

    alert = page.locator("#run-questions [role=alert]")
    expect(alert).to_contain_text("reviewer2 answered this question already")
    expect(alert).to_contain_text("I would say no")


def test_progress_moves_while_a_step_runs(cast, worker, open_run):
    run = launch(cast, "counting", {"items": 5000, "seconds": 0.1}, not_before=timezone.now() + timedelta(days=1))
    page = open_run("operator", run)
    let_begin(run)
    bar = page.locator("#run-steps progress")
    expect(bar).to_be_visible()
    first = float(bar.get_attribute("value"))
    page.wait_for_function("from => +(document.querySelector('#run-steps progress')?.value ?? 0) > from", arg=first)
    come_to_end(cast, run, items=1)
    expect(head(page)).to_contain_text("Succeeded")
    expect(page.locator("#run-steps [data-step=done]")).to_have_count(2)


def test_what_was_opened_stays_open_and_the_focus_stays_where_it_was(cast, open_run):
    run = launch(cast)
    page = open_run("operator", run)
    page.locator("#data-1 summary").click()
    page.locator("#data-1 summary").focus()
    commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")

    expect(page.locator("#event-2")).to_be_visible()
    expect(page.locator("#data-1")).to_have_attribute("open", "")
    expect(page.locator("#data-1 summary")).to_be_focused()


def test_the_history_keeps_its_page_while_new_lines_come_in(cast, open_run):
    run = launch(cast)
    hold = commands.pause(cast.actor("reviewer"), run.pk, reason="r")
    for number in range(60):
        commands.annotate(cast.actor("reviewer"), hold.pk, text=f"note {number}")
    page = open_run("operator", run)
    page.locator("#history-older").click()
    expect(page.locator("#event-1")).to_be_visible()

    commands.resume(cast.actor("reviewer"), run.pk)
    expect(head(page)).to_contain_text("Queued")
    expect(page.locator("#event-1")).to_be_visible()
    expect(page.locator("#event-62")).to_have_count(0)


def test_a_refused_button_says_why_to_the_keyboard(cast, open_run):
    page = open_run("auditor", launch(cast))
    page.keyboard.press("p")

    expect(page.locator("#why-pause")).to_be_visible()
    expect(page.locator("#why-pause")).to_contain_text("executions:pause")


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_nothing_runs_off_the_page(cast, open_run, page, width):
    long = "Supercalifragilistic" * 9
    page.set_viewport_size({"width": width, "height": 800})
    run = launch(cast, "filing", title=long, files=[(f"{long[:150]}.txt", b"x")], labels={long[:60]: long[:100]})
    hold = commands.pause(cast.actor("reviewer"), run.pk, reason=long, reason_code="data-error", ticket=long)
    commands.annotate(cast.actor("reviewer"), hold.pk, text=long)
    open_run("reviewer", run)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_session_that_has_ended_shows_the_sign_in_page(cast, open_run, context):
    run = launch(cast)
    page = open_run("operator", run)
    context.clear_cookies()
    commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ")

    expect(page).to_have_url(re.compile("/accounts/login/"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("person", ["operator", "reviewer"])
def test_axe_finds_nothing(cast, worker, open_run, person, scheme):
    run = launch(cast, "asking", {"a": {"b": [1, 2]}})
    wait_for(run, "suspended")
    hold = commands.place(cast.actor("reviewer"), run.pk, reason="Under review", blocks_cancel=True)
    commands.annotate(cast.actor("reviewer"), hold.pk, text="Look again")
    wait_for(run, "paused")
    page = open_run(person, run)
    page.emulate_media(color_scheme=scheme)
    for each in ("#data-1 summary", "#command-more > summary", "#command-pause > summary", "#fold-pause-2 summary"):
        page.locator(each).click()

    found = Axe().run(page).response["violations"]
    assert not found, [(each["id"], each["nodes"][0]["html"][:200]) for each in found]


def test_a_key_pressed_while_the_page_still_loads_counts(cast, context, page, sign_in):
    run = launch(cast)
    sign_in(context, "operator")

    late = []
    page.route("**/keys*.js", lambda route: late.append(route))
    with page.expect_request("**/keys*.js"):
        page.goto(f"/executions/{run.pk}", wait_until="commit")
    page.locator("#run-head").wait_for()
    page.keyboard.press("p")
    late[0].continue_()

    expect(page.locator("#id_pause_reason")).to_be_focused()


def test_nothing_is_swapped_from_under_a_pressed_button_and_the_focus_keeps_its_place(cast, open_run):
    run = launch(cast)
    page = open_run("operator", run)
    summary = page.locator("#command-pause > summary")
    summary.hover()
    page.mouse.down()
    hold = commands.place(cast.actor("reviewer"), run.pk, reason="Under review")
    expect(page.locator(".live")).to_have_attribute("data-live", "waiting")
    page.mouse.up()
    expect(page.locator("#id_pause_reason")).to_be_visible()
    expect(head(page)).to_contain_text("Held by reviewer")
    page.keyboard.press("Escape")

    more = page.locator("#command-more > summary")
    expect(page.locator(".live")).to_have_attribute("data-live", "open")
    more.focus()
    commands.release(cast.actor("reviewer"), hold.pk, reason="Looked at")
    expect(head(page)).to_contain_text("Queued")
    expect(page.locator("#command-pause")).to_have_count(1)
    expect(more).to_be_focused()
