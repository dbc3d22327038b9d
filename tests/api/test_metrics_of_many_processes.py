"""Two real web processes: what each did is counted once, and both tell the same."""

import time

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from executions import commands
from tests.engine.watching import wait_until
from tests.support.web import Web

SECRET = "a-secret-of-twenty-characters-or-more"


@pytest.fixture
def pair(live_db):
    servers = [Web(HOLDPOINT_METRICS_TOKEN=SECRET) for _ in range(2)]
    for server in servers:
        server.launch()
    for server in servers:
        server.wait_until_ready()
    yield servers
    for server in servers:
        server.stop()


def scrape(server):
    answer = httpx.get(f"{server.url}/metrics", headers={"Authorization": f"Bearer {SECRET}"}, timeout=30)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name.removeprefix("holdpoint_"), *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def requests(samples):
    """Return how often the route was asked for."""
    return sum(
        value
        for (name, *labels), value in samples.items()
        if name == "http_request_duration_seconds_count" and dict(labels)["route"].startswith("v1/workflows/<")
    )


def launched(samples):
    return samples.get(("runs_launched_total", ("workflow", "noop")), 0)


def test_both_tell_what_both_did(cast, pair):
    _, token = commands.create_token(cast.actor("admin"), cast.admin, name="program")
    began = time.time()
    wait_until(lambda: scrape(pair[0])[("record_folded_timestamp_seconds",)] > began, "all that others did is counted")
    before = scrape(pair[0])
    for server, times in zip(pair, (3, 2), strict=True):
        with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as program:
            for _ in range(times):
                assert program.get("/v1/workflows/noop").status_code == 200
                assert program.post("/v1/async-executions", json={"workflow": "noop", "payload": {}}).status_code == 201
    for server in pair:
        wait_until(lambda server=server: requests(scrape(server)) == requests(before) + 5, "five requests are told")
        wait_until(lambda server=server: launched(scrape(server)) == launched(before) + 5, "five runs are told")
