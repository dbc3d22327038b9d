"""Every page, in every state: clean for axe in light and dark, within its CSP, on a phone, without a script."""

import datetime
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from django.urls import resolve
from django.utils import timezone
from playwright.sync_api import Page

from console.stack.people import COLLEAGUES, ensure_demo_people
from executions import commands
from executions.models import Execution, Freeze
from executions.past import Past
from tests.support.browser import watch
from tests.support.pages import crawl
from workflows.demo.stories import STORIES
from workflows.demo.stories.standing import STANDING
from workflows.demo.team import Team
from workflows.demo.teller import StillToCome, Teller

pytestmark = pytest.mark.before_verification
START = ("/executions", "/inbox", "/holds", "/holds/freezes?all=on", "/holds/new", "/holds/new?by=many", "/workflows",
         "/launch", "/audit", "/system", "/settings", "/bulk", "/help/reviewer")  # fmt: skip
NARROW = ("executions", "execution", "inbox")
"""Pages that must be of use at 320 pixels."""
SETTLE_MILLISECONDS = 120
MOST = 40
"""Pages, one of each kind and a run in each state."""
FADED = """() => Promise.all(
  document.getAnimations().filter((each) => each instanceof CSSTransition).map((each) => each.finished.catch(() => 0))
)"""
TOO_WIDE = """() => [...document.querySelectorAll('#main *')]
  .filter((each) => each.getBoundingClientRect().right > 320 && !each.closest('.table-scroll, [tabindex="0"]'))
  .slice(-1).map((each) => [each.outerHTML.slice(0, 60), each.closest('li, div, p, section').outerHTML.slice(0, 99)])"""
"""The innermost of what sticks out, so that a failure says what to mend."""
_pages: list[str] = []


@pytest.fixture
def world(cast, live_db, encoded_password, settings) -> list[str]:
    """Runs in every state, made once for the session's database; addresses of all pages, a few of each kind."""
    settings.HOLDPOINT_DEMO = True
    ensure_demo_people(encoded_password, COLLEAGUES)
    team = Team.of_database()
    assert team is not None
    if not Execution.objects.filter(title="April, new suppliers").exists():
        hours = {**dict.fromkeys(STORIES, 30.0), **STANDING}
        with Past() as past:
            for seed, (story, ago) in enumerate(hours.items()):
                teller = Teller(past, team, random.Random(seed), timezone.now())
                with past.at(timezone.now() - datetime.timedelta(hours=ago)), suppress(StillToCome):
                    story(teller)
    frozen = commands.freeze(team.reviewers[0], reason="For the pictures.", labels={"no": "run"})
    runs = Execution.objects.filter(launched_by_user__in=[actor.user_id for actor in team.everybody])
    newest = [runs.filter(state=state).latest("pk") for state in set(runs.values_list("state", flat=True))]
    payload = f"/executions/{newest[0].pk}/payload"
    start = (*(f"/executions/{run.pk}" for run in newest), payload, f"{payload}?against=1", *START)
    if not _pages:
        _pages.extend(in_a_thread(lambda: list(crawl(cast.client("admin"), start, each=1, most=MOST))))
    yield _pages
    if Freeze.objects.get(pk=frozen.pk).lifted_at is None:
        commands.lift(team.reviewers[0], frozen.pk, reason="Done.")


def in_a_thread[T](work: Callable[[], T]) -> T:
    """Do something beside Playwright, which keeps an event loop in this thread."""

    def beside() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(beside).result()


def test_axe_finds_nothing_on_any_page(world, browser, web, sign_in):
    context = browser.new_context(base_url=web.url, color_scheme="light", reduced_motion="reduce", locale="en-GB")
    sign_in(context, "admin")
    page, complaints, axe, found = context.new_page(), [], Axe(), {}
    watch(page, complaints)
    for address in world:
        page.goto(address)
        page.wait_for_timeout(SETTLE_MILLISECONDS)
        found |= violations(axe, page, f"{address} light", {})
        # Nothing but the colours differs in the dark.
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(SETTLE_MILLISECONDS)
        page.evaluate(FADED)
        found |= violations(axe, page, f"{address} dark", {"runOnly": ["color-contrast"]})
        page.emulate_media(color_scheme="light")
    context.close()
    assert found == {}
    assert complaints == []


def violations(axe: Axe, page: Page, where: str, options: dict) -> dict[str, list]:
    results = axe.run(page, options=options).response["violations"]
    told = [(violation["id"], [node["target"] for node in violation["nodes"]][:4]) for violation in results]
    return {where: told} if told else {}


def test_the_list_the_inbox_and_a_run_fit_a_phone_of_320_pixels(world, browser, web, sign_in):
    context = browser.new_context(base_url=web.url, viewport={"width": 320, "height": 640}, locale="en-GB")
    sign_in(context, "admin")
    page, wide = context.new_page(), {}
    for address in world:
        if resolve(address.split("?")[0]).url_name in NARROW:
            page.goto(address)
            if page.evaluate("document.documentElement.scrollWidth") > 320:
                wide[address] = page.evaluate(TOO_WIDE)
    context.close()
    assert wide == {}
