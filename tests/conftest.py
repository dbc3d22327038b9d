"""Real services for the whole session, started before Django reads its settings. No fakes, no eager mode.

db           ordinary tests: rolled back
live_db      tests with real workers or a real web server: committed, never flushed, isolated by their own runs
cast         the people of every story
worker       one shared Celery worker; `workers(n)` starts some of the test's own
web          a real uvicorn on the test database
page         a Chromium tab that fails the test on console errors and CSP violations
valkey, postgres           the session's services, whole again after each test
own_valkey, own_postgres   separate instances for tests that break them
"""

import os
import sys
from pathlib import Path

import django
import pytest

from tests.support.services import NOWHERE, SERVICES

# With `-n` this process only hands out tests: each that runs them has services of its own.
HANDS_OUT = "PYTEST_XDIST_WORKER" not in os.environ and any(argument.startswith("-n") for argument in sys.argv)
if not HANDS_OUT:
    SERVICES.start()
os.environ.update(NOWHERE if HANDS_OUT else SERVICES.environment)
os.environ["DJANGO_SETTINGS_MODULE"] = "console.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's sync API keeps an asyncio loop in this thread
django.setup()
if HANDS_OUT:
    for name in (*NOWHERE, "DJANGO_SETTINGS_MODULE"):
        del os.environ[name]  # its children would read their settings before they come here

pytest_plugins = [
    "tests.support.services",
    "tests.support.database",
    "tests.support.people",
    "tests.support.workers",
    "tests.support.web",
    "tests.support.browser",
]


TESTS = Path(__file__).parent


def pytest_configure(config):
    config.addinivalue_line("markers", "rolled_back: leaves nothing behind")
    config.addinivalue_line("markers", "live: real workers or a real web server, committed")
    config.addinivalue_line("markers", "browser: drives Chromium; these tests want the machine for themselves")
    config.addinivalue_line("markers", "before_verification: writes a past, which a verified record takes no more")
    config.addinivalue_line("markers", "console_errors(pattern): console errors that the page may print in this test")


KINDS = ("rolled_back", "live", "browser")
"""In this order: what is rolled back comes before what leaves rows behind; and Playwright keeps an event loop in its
thread, beside which no async view can run."""
LONGEST_FIRST = ("engine", "concurrency", "acceptance", "domain", "provenance", "workflows", "client", "stack")
"""Folders whose tests take longest: begun first, so that processes that share the tests end at about the same time."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark tests with their kinds, which ``scripts/suite.py`` runs one after the other, and put them in that order."""
    for item in items:
        item.add_marker(_kind(item))
    items.sort(key=_place)


def _place(item):
    late = item.get_closest_marker("before_verification") is None
    # In each file those with the shared worker come first, so that it is begun and stopped once.
    shared = "worker" in getattr(item, "fixturenames", ())
    return KINDS.index(_kind(item)), late, _folder(item), str(item.path), not shared


def _kind(item):
    fixtures = set(getattr(item, "fixturenames", ()))
    if {"browser", "page", "context"} & fixtures:
        return "browser"
    return "live" if {"live_db", "web", "worker", "workers"} & fixtures else "rolled_back"


def _folder(item):
    folder = item.path.relative_to(TESTS).parts[0]
    return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)
