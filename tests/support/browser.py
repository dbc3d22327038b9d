"""Chromium as people use it, strict about what pages may do."""

import os
import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

PATIENCE_MILLISECONDS = 30_000
"""Generous, because the machine may be busy; how quick pages are is measured, not tested."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A refused command is an answer that pages show; browsers log its status as an error all the same.
REFUSALS = re.compile(r"Failed to load resource: the server responded with a status of (403|409|412|422)")


def find_chromium() -> str | None:
    """Return the path of the system's Chromium: the one named by CHROMIUM, or the first that is installed."""
    named = os.environ.get("CHROMIUM")
    return named if named else next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the session, with a profile of its own."""
    path = find_chromium()
    if path is None:
        message = "No Chromium found: install the package chromium, or set CHROMIUM to its path."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        # The first page of a fresh installation builds caches of fonts and the like, which may take long.
        warming = chromium.new_page()
        warming.goto("data:text/html,<p>ready", timeout=120_000)
        warming.screenshot(timeout=120_000)
        warming.close()
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, web, live_db) -> Iterator[BrowserContext]:
    """A fresh set of cookies, with the console as base address."""
    context = browser.new_context(base_url=web.url, locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, context: BrowserContext) -> Iterator[Page]:
    """A tab. The test fails when the page logs an error, throws, or breaks the Content Security Policy."""
    complaints: list[str] = []
    page = context.new_page()
    watch(page, complaints)
    context.on("page", lambda popup: watch(popup, complaints))
    yield page
    allowed = [re.compile(mark.args[0]) for mark in request.node.iter_markers("console_errors")] + [REFUSALS]
    left = [text for text in complaints if not any(pattern.search(text) for pattern in allowed)]
    assert not left, "the page complained:\n" + "\n".join(left)


def watch(page: Page, complaints: list[str]) -> None:
    """Collect what goes wrong in a tab."""

    def on_console(message: ConsoleMessage) -> None:
        if str(message.location.get("url", "")).endswith("/favicon.ico"):
            return  # the browser asks for it on its own, whatever the page says
        if message.type == "error" or "Content Security Policy" in message.text:
            complaints.append(f"{message.text} ({message.location.get('url')})")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))


@pytest.fixture
def sign_in(web, cast) -> Callable[[BrowserContext, str], None]:
    """`sign_in(context, "reviewer")` gives a browser context that person's session without the sign-in page."""
    from django.conf import settings

    def with_session(context: BrowserContext, name: str) -> None:
        cookie = cast.client(name).cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": web.url, "httpOnly": True}])

    return with_session
