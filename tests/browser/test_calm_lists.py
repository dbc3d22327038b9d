"""Holds in Chromium: told what is new, never moved under the hand; and the keys of the timeline and of forms."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from executions import commands
from executions.models import Execution

pytestmark = pytest.mark.usefixtures("live_db")


def test_a_list_of_holds_changes_in_place_gathers_what_is_new_and_keeps_the_focus(page: Page, sign_in, cast):
    first, second = (commands.launch(cast.actor("operator"), "noop", {}, title=f"calm {n}") for n in (1, 2))
    hold = commands.pause(cast.actor("operator"), first.pk, reason="calm: totals differ")
    sign_in(page.context, "reviewer")
    page.goto("/holds?q=calm")
    expect(page.locator(".live")).to_contain_text("live")
    page.locator(f"#open-hold-{hold.pk}").focus()

    commands.pause(cast.actor("operator"), second.pk, reason="calm: also")
    expect(page.locator("#news")).to_have_text("1 new")
    commands.release(cast.actor("operator"), hold.pk, reason="They agree")

    expect(page.locator(f"#row-hold-{hold.pk}")).to_contain_text("released by operator")
    expect(page.locator(f"#open-hold-{hold.pk}")).to_be_focused()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.locator("#news a").click()
    expect(page.locator("[data-row]")).to_contain_text("calm: also")
    expect(page.locator("#news")).to_have_text("")


def show_once_it_can_be_zoomed(page: Page, run: Execution) -> None:
    """Show a run whose life has lasted for more than a second, which is the shortest that is drawn in parts."""
    page.wait_for_timeout(1100)
    page.goto(f"/executions/{run.pk}")
    expect(page.locator(".live")).to_have_attribute("data-live", "open")
    expect(page.locator("#run-timeline a[data-zoom=in]")).to_be_attached()


def test_the_timeline_is_zoomed_by_keys_and_by_a_drag_and_a_form_sent_by_keys(page: Page, sign_in, cast):
    run = commands.launch(cast.actor("operator"), "noop", {}, title="Zoomed")
    sign_in(page.context, "operator")
    page.goto(f"/executions/{run.pk}")
    expect(page.locator(".live")).to_have_attribute("data-live", "open")
    page.keyboard.press("p")
    page.keyboard.type("Looking at it")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#run-head")).to_contain_text("Paused by operator")

    show_once_it_can_be_zoomed(page, run)
    page.locator("#timeline-box").focus()
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile(r"\?life=\d+-\d+$"))
    expect(page.locator("#timeline-box")).to_be_focused()
    expect(page.locator("#timeline-box")).to_have_attribute("aria-label", re.compile("Timeline of the run, from"))
    page.keyboard.press("0")
    expect(page).to_have_url(re.compile(rf"/executions/{run.pk}/?$"))

    plot = page.locator(".life-plot").bounding_box()
    at = {part: plot["x"] + plot["width"] * part / 4 for part in (1, 2, 3)}
    page.mouse.move(at[3], plot["y"] + 40)
    page.mouse.down()
    page.mouse.move(at[2], plot["y"] + 40)
    expect(page.locator(".life-part rect"), "half of the way is covered so far").to_have_attribute("width", "25%")
    page.keyboard.press("Escape")
    expect(page.locator(".life-part")).to_have_count(0)
    page.mouse.up()
    page.mouse.down()
    page.mouse.move(at[1], plot["y"] + 40)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"\?life=\d+-\d+$"))
    expect(page.locator("#timeline-box"), "the keys go on from there").to_be_focused()
    page.keyboard.press("0")
    expect(page).to_have_url(re.compile(rf"/executions/{run.pk}/?$"))


def test_a_change_in_between_does_not_swallow_a_zoom(page: Page, sign_in, cast):
    run = commands.launch(cast.actor("operator"), "noop", {}, title="Zoomed slowly")
    sign_in(page.context, "operator")
    show_once_it_can_be_zoomed(page, run)
    zoom: list[Route] = []
    page.route(re.compile(r"\?life="), lambda route: zoom.append(route))
    page.locator("#timeline-box").focus()
    with page.expect_request(re.compile(r"\?life=")):
        page.keyboard.press("+")
    # While the zoom has no answer yet, somebody else acts: the change is told, and the page asks what it is.
    with page.expect_response(lambda answer: answer.request.headers.get("hx-trigger") == "run-live"):
        commands.pause(cast.actor("reviewer"), run.pk, reason="Seen by another")
    zoom[0].continue_()
    expect(page).to_have_url(re.compile(r"\?life=\d+-\d+$"))
    expect(page.locator("#timeline-box")).to_have_attribute("aria-label", re.compile("Timeline of the run, from"))
    expect(page.locator("#run-head")).to_contain_text("Paused by reviewer")
    expect(page.locator("#timeline-box")).to_be_focused()
