"""An operator in an incident: finds the runs, stops them all, watches them drain, lets them go on little by little."""

import re
import uuid
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from executions import commands
from executions.models import BulkJob, Execution
from tests.effects import effects_table  # noqa: F401  (a fixture)
from tests.engine.watching import QUICK, nothing_waits, wait_for_effect

PATIENT = 60_000
"""Milliseconds; the machine may be busy."""
MOST_TABS = 60


@pytest.fixture
def incident(cast, workers, effects_table):  # noqa: F811
    """Make runs under one label, of which two workers are on two."""
    workers(2, **QUICK)
    nothing_waits()
    made: list[Execution] = []

    def begin(count: int) -> str:
        label = f"batch:{uuid.uuid4().hex[:8]}"
        name, _, value = label.partition(":")
        labels, operator = {name: value}, cast.actor("operator")
        later = timezone.now() + timedelta(days=1)
        with transaction.atomic():
            made.extend(
                commands.launch(operator, "noop", {}, title=f"Statement {number}", labels=labels, not_before=later)
                for number in range(count - 2)
            )
        busy = [
            commands.launch(operator, "obedient", {"seconds": 600}, title="Long one", labels=labels) for _ in range(2)
        ]
        made.extend(busy)
        for run in busy:
            wait_for_effect(run, "began")
        return label

    yield begin
    for run in Execution.objects.filter(pk__in=[run.pk for run in made[-2:]], outcome__isnull=True):
        commands.cancel(cast.actor("operator"), run.pk, reason="the incident is over")


def states_under(label: str) -> set[str]:
    name, _, value = label.partition(":")
    return set(Execution.objects.filter(labels__contains={name: value}).values_list("state", flat=True))


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until something has the focus."""
    expect(target).to_be_visible()
    page.wait_for_load_state()
    for _ in range(MOST_TABS):
        if target.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {target}")


def watch_them_drain(page: Page, count: int) -> None:
    expect(page.locator("h1")).to_have_text(f"Paused {count} runs", timeout=PATIENT)
    expect(page.locator(".bulk-draining")).to_have_count(0, timeout=PATIENT)


def test_by_mouse_with_300_runs(page: Page, sign_in, incident):
    label = incident(300)
    sign_in(page.context, "operator")
    page.goto("/executions")
    page.locator("#q").fill(label)
    page.wait_for_url("**q=batch**", timeout=PATIENT)
    expect(page.locator("#state-tabs [aria-current] .count")).to_have_text("300")

    page.locator("[data-pick-page]").check()
    page.locator("#bulk-all").check()
    page.locator("[data-bulk=pause]").click()
    expect(page.locator("h1")).to_have_text("Pause 300 runs?")
    expect(page.locator("#main")).to_contain_text("2 runs being worked on: the current step finishes first.")
    page.get_by_role("button", name="Pause 300 runs").click()
    expect(page.locator(".error")).to_contain_text("Say why. It is kept in the history.")
    page.get_by_label("Reason", exact=True).fill("The bank is down")
    page.get_by_role("button", name="Pause 300 runs").click()

    watch_them_drain(page, 300)
    assert states_under(label) == {"paused"}
    expect(page.locator(".bulk-items tbody tr").first).to_contain_text("Paused")

    page.get_by_role("link", name="Release the holds it placed").click()
    expect(page.locator("h1")).to_have_text("Release holds of 300 runs?")
    page.get_by_label("Reason", exact=True).fill("The bank is back")
    page.get_by_label("Runs per second").fill("30")
    page.get_by_role("button", name="Release holds of 300 runs").click()
    expect(page.locator("h1")).to_have_text("Releasing holds of 300 runs")
    expect(page.locator("h1")).to_have_text("Released holds of 300 runs", timeout=PATIENT)
    assert "paused" not in states_under(label)
    job = BulkJob.objects.order_by("requested_at").last()
    assert job.finished_at - job.requested_at > timedelta(seconds=2), "gradually"


def test_by_keyboard_alone(page: Page, sign_in, incident):
    label = incident(8)
    sign_in(page.context, "operator")
    page.goto("/executions")
    keys = page.keyboard
    keys.press("/")
    keys.type(label)
    # What was searched for while it was being typed may have found them too, and the last answer takes its place.
    expect(page).to_have_url(re.compile(f"q={quote(label)}$"), timeout=PATIENT)
    expect(page.locator("[data-row]")).to_have_count(8, timeout=PATIENT)

    keys.press("Escape")
    keys.press("j")
    keys.press("x")
    tab_to(page, page.locator("#bulk-all"))
    keys.press("Space")
    keys.press("p")
    expect(page.locator("h1")).to_have_text("Pause 8 runs?")
    expect(page.get_by_label("Reason", exact=True)).to_be_focused()
    keys.type("The bank is down")
    tab_to(page, page.get_by_role("button", name="Pause 8 runs"))
    keys.press("Enter")

    watch_them_drain(page, 8)
    tab_to(page, page.get_by_role("link", name="Release the holds it placed"))
    keys.press("Enter")
    expect(page.get_by_label("Reason", exact=True)).to_be_focused()
    keys.type("The bank is back")
    keys.press("Tab")
    keys.type("0.2")
    keys.press("Enter")
    stop = page.get_by_role("button", name="Stop")
    tab_to(page, stop)
    keys.press("Enter")
    expect(page.locator("#messages")).to_contain_text("left as they were")
    expect(page.locator("h1")).to_contain_text("of 8 runs")
    assert "paused" in states_under(label)
