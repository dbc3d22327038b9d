"""The list in Chromium: it changes in place, gathers what is new, keeps the focus, and works by keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from executions import commands


@pytest.fixture
def listed(page: Page, sign_in, cast):
    """A run on an open list, under a label of its own."""

    def open_list(label: str):
        runs = [
            commands.launch(cast.actor("operator"), "noop", {}, title=f"{label} {number}", labels={"test": label})
            for number in (1, 2)
        ]
        sign_in(page.context, "reviewer")
        page.goto(f"/executions?label=test:{label}")
        expect(page.locator(".live")).to_contain_text("live")
        return runs

    return open_list


def test_rows_change_in_place_and_the_focus_stays(page: Page, listed, cast):
    first, second = listed("in-place")
    page.locator(f"#open-{first.pk}").focus()

    commands.pause(cast.actor("reviewer"), first.pk, reason="Totals differ on 4711")

    row = page.locator(f"#run-{first.pk}")
    expect(row).to_contain_text("Paused")
    expect(row).to_contain_text("Totals differ on 4711")
    expect(page.locator(f"#open-{first.pk}")).to_be_focused()
    assert page.locator("[data-row]").first.get_attribute("id") == f"run-{second.pk}"
    expect(page.locator("#state-tabs [data-state=paused] .count")).to_have_text("1")


def test_new_runs_gather_in_a_pill_and_nothing_jumps(page: Page, listed, cast):
    listed("gather")
    before = page.locator("[data-row]").first.bounding_box()

    for number in (3, 4):
        commands.launch(cast.actor("operator"), "noop", {}, title=f"gather {number}", labels={"test": "gather"})

    expect(page.locator("#news")).to_have_text("2 new")
    assert page.locator("[data-row]").first.bounding_box() == before
    page.locator("#news a").click()
    expect(page.locator("[data-row]")).to_have_count(4)
    expect(page.locator("#news")).to_have_text("")
    assert "label=test%3Agather" in page.url


def test_search_narrows_while_one_types_and_has_an_address(page: Page, listed):
    first, _ = listed("typed")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()

    page.keyboard.type(f"{first.pk}")

    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("#q")).to_be_focused()
    expect(page).to_have_url(re.compile(f"q={first.pk}"))
    page.keyboard.press("Enter")  # sends it and hands the keys to the rows
    page.keyboard.press("j")
    expect(page.locator(f"#open-{first.pk}")).to_be_focused()
    page.reload()
    expect(page.locator("[data-row]")).to_have_count(1)


def test_rows_are_walked_by_keyboard(page: Page, listed):
    first, second = listed("walked")

    page.keyboard.press("j")
    expect(page.locator(f"#open-{second.pk}")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(f"#open-{first.pk}")).to_be_focused()


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_the_list_never_scrolls_sideways(page: Page, listed, cast, width):
    first, _ = listed(f"narrow-{width}")
    commands.pause(cast.actor("reviewer"), first.pk, reason="W" * 1500)
    page.set_viewport_size({"width": width, "height": 800})
    page.reload()

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_auditor_unfolds_a_line(page: Page, sign_in, cast):
    run = commands.launch(cast.actor("operator"), "noop", {}, title="to be audited")
    sign_in(page.context, "auditor")
    page.goto(f"/audit?run={run.pk}")
    page.locator("summary", has_text="Line 1").click()
    expect(page.locator(".line-data")).to_contain_text("to be audited")


def test_a_selection_by_keyboard_stays_while_runs_change_and_leads_to_a_preview(page: Page, listed, cast):
    first, _ = listed("selected")
    page.keyboard.press("x")
    expect(page.locator("[data-picked]")).to_have_text("1 selected")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-picked]")).to_have_text("2 selected")
    expect(page.locator("[data-pick-page]")).to_be_checked()

    commands.pause(cast.actor("reviewer"), first.pk, reason="Meanwhile")

    expect(page.locator(".live")).to_contain_text("waits for your selection")
    expect(page.locator(f"#run-{first.pk} .pill")).to_have_text("Queued")
    page.keyboard.press("Escape")
    expect(page.locator(f"#run-{first.pk} .pill")).to_have_text("Paused")
    expect(page.locator("#bulk")).to_be_hidden()
    page.locator("[data-pick]").first.check()
    page.locator("[data-pick]").last.click(modifiers=["Shift"])
    expect(page.locator("[data-picked]")).to_have_text("2 selected")
    page.keyboard.press("k")
    expect(page.locator("[data-row] a.title").first, "from a box the keys go on to its rows").to_be_focused()
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile("/bulk/preview"))
    expect(page.locator("main")).to_contain_text("Pause")


def test_filters_apply_from_their_menu_and_a_search_keeps_them(page: Page, listed, cast):
    first, _ = listed("filtered")
    commands.pause(cast.actor("reviewer"), first.pk, reason="Held for the filter")
    page.reload()
    page.locator("#filter-menu summary").click()
    page.locator("#held_by").fill("reviewer")
    page.locator("#filter-menu").get_by_role("button", name="Apply").click()

    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator(".chip")).to_have_count(2)
    assert "held_by=reviewer" in page.url
    page.locator("#q").fill("filtered")
    expect(page).to_have_url(re.compile(r"q=filtered.*held_by=reviewer|held_by=reviewer.*q=filtered"))
    page.locator(".chip", has_text="Held by").click()
    expect(page.locator("[data-row]")).to_have_count(2)
    assert page.locator("#q").input_value() == "filtered"
