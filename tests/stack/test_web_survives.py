"""The web process after its database was away: connections broke all at once, and people must not notice for long."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.conf import settings
from django.db import connections

from executions import commands

AT_ONCE = 8


@pytest.fixture
def look(web, cast, live_db):
    """`look()` opens a run's page as the operator and returns the status."""
    run = commands.launch(cast.actor("operator"), "noop", {})
    cookies = {settings.SESSION_COOKIE_NAME: cast.client("operator").cookies[settings.SESSION_COOKIE_NAME].value}
    return lambda _=None: httpx.get(f"{web.url}/executions/{run.pk}", cookies=cookies, timeout=60).status_code


@pytest.mark.parametrize("trouble", ["cut", "restart"])
def test_every_page_is_answered_after_all_connections_broke(trouble, look, postgres):
    with ThreadPoolExecutor(AT_ONCE) as people:
        assert set(people.map(look, range(3 * AT_ONCE))) == {200}
        connections.close_all()
        if trouble == "cut":
            assert postgres.cut_connections() > 1
        else:
            postgres.restart()
        assert [look() for _ in range(3)] == [200, 200, 200]
        assert set(people.map(look, range(AT_ONCE))) == {200}
