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

import django

from tests.support.services import SERVICES

SERVICES.start()
os.environ.update(SERVICES.environment)
os.environ["DJANGO_SETTINGS_MODULE"] = "console.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's sync API keeps an asyncio loop in this thread
django.setup()

pytest_plugins = [
    "tests.support.services",
    "tests.support.database",
    "tests.support.people",
    "tests.support.workers",
    "tests.support.web",
    "tests.support.browser",
]


def pytest_configure(config):
    config.addinivalue_line("markers", "console_errors(pattern): console errors that the page may print in this test")


def pytest_collection_modifyitems(items):
    """Put browser tests last: Playwright keeps an event loop in this thread, beside which no async view can run."""
    items.sort(key=lambda item: bool({"browser", "page"} & set(getattr(item, "fixturenames", ()))))
