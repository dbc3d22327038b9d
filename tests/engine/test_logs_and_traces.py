"""One request followed through the logs and the traces of a real web process and a real worker."""

import json
import os
import subprocess
import sys

import httpx
import pytest

from console.stack.home import PROJECT
from executions import commands
from tests.engine.watching import QUICK, launch, wait_for, wait_until
from tests.support.collector import Collector
from tests.support.services import SERVICES
from tests.support.web import Web

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
OURS = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "opentelemetry.proto")
"""What this project imports of OpenTelemetry. redis-py looks for some of the rest by itself."""
SECRET = "nobody-may-read-this-in-a-log"


def lines(process) -> list[dict]:
    """Return every line a process wrote, each of which must be JSON."""
    return [json.loads(line) for line in process.output.splitlines() if line.strip()]


def steps_of(collector, run):
    """Return the spans of the run's steps, in their order, once all three have been sent.

    The worker may take up what other tests have left behind as well, and their steps may be called the same.
    """
    found = [
        span
        for name in ("first", "second", "third")
        for span in collector.named(f"step {name}")
        if span.attributes["holdpoint.run"] == str(run.pk)
    ]
    return found if len(found) == 3 else []


def run_that_stepped(collector, run):
    """Return the span in which the run went its steps; a second message for it may have been taken up in vain."""
    inside = {span.parent for span in steps_of(collector, run)}
    return next((span for span in collector.named("run talking") if span.id in inside), None)


@pytest.fixture
def collector():
    with Collector() as collecting:
        yield collecting


@pytest.fixture
def traced(live_db, workers, collector):
    """A web process and a worker that write JSON and send their traces."""
    environment = {**collector.environment, "HOLDPOINT_LOG": "json"}
    # A sweeper that is quicker than the request's message takes up the run in a trace of its own.
    (worker,) = workers(1, **environment, HOLDPOINT_SWEEP_SECONDS="60")
    server = Web(**environment)
    server.start()
    yield server, worker
    server.stop()


@pytest.fixture
def program(cast, traced):
    _, token = commands.create_token(cast.actor("operator"), cast.operator, name="program")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=traced[0].url, headers=headers, timeout=60) as client:
        yield client


def test_from_the_request_to_the_last_step(cast, program, traced, collector):
    web, worker = traced
    answer = program.post(
        "/v1/async-executions",
        json={"workflow": "talking", "payload": {"secret": SECRET}},
        headers={"traceparent": f"00-{TRACE}-{CALLER}-01", "X-Request-ID": "from-the-proxy-1"},
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["X-Request-ID"] == "from-the-proxy-1"
    run = wait_for(answer.json()["id"], "failed")
    assert program.get("/v1/async-executions?q=nothing-of-the-query").status_code == 200
    wait_until(lambda: run_that_stepped(collector, run), "the worker's spans")
    wait_until(lambda: collector.named("POST v1/async-executions"), "the request's span")
    wait_until(lambda: [line for line in lines(web) if line.get("request_id") == "from-the-proxy-1"], "its line")

    (served,) = [line for line in lines(web) if line.get("request_id") == "from-the-proxy-1"]
    assert served["event"] == "request_finished"
    assert served["request"] == "POST /v1/async-executions"
    assert served["code"] == 201
    assert served["actor"].startswith("token:")
    assert {"timestamp", "level", "logger", "ip"} <= set(served)

    written = lines(worker)
    said = {line["event"]: line for line in written if line.get("run") == str(run.pk)}
    (ready,) = [line["event"] for line in written if " knows " in line["event"]]
    for event, step, attempt in (("plain words", "first", 1), ("structured", "first", 1), ("awaited", "second", 1)):
        line = said[event]
        assert (line["run"], line["workflow"], line["step"], line["attempt"]) == (str(run.pk), "talking", step, attempt)
        assert line["worker"] in ready
    assert said["structured"]["amount"] == 3
    assert said["structured"]["token"] == "…"
    assert said["called with Bearer …"]["step"] == "first"
    failed = next(line for event, line in said.items() if "raised ValueError" in event)
    assert (failed["step"], failed["level"]) == ("third", "warning")
    everything = web.output + worker.output
    for secret in (SECRET, "hp_abcdefgh", "nothing-of-the-query", program.headers["Authorization"].split("_", 1)[1]):
        assert secret not in everything

    (request,) = collector.named("POST v1/async-executions")
    assert (request.service, request.trace, request.parent, request.kind) == ("holdpoint-web", TRACE, CALLER, 2)
    assert request.attributes["http.response.status_code"] == 201
    assert request.attributes["holdpoint.actor"] == served["actor"]
    (launch,) = collector.named("command launch")
    assert launch.parent == request.id
    worked = run_that_stepped(collector, run)
    assert (worked.service, worked.kind, worked.trace) == ("holdpoint-worker", 5, TRACE)
    assert worked.parent in {span.id for span in collector.spans if span.service == "holdpoint-web"}
    steps = steps_of(collector, run)
    assert {span.parent for span in steps} == {worked.id}
    assert [span.links for span in steps] == [(), (steps[0].id,), (steps[1].id,)]
    assert steps[2].attributes["holdpoint.attempt"] == 1
    assert steps[2].failed == "ValueError"
    boundaries = [span.parent for span in collector.named("boundary")]
    assert [parent for parent in boundaries if parent in {step.id for step in steps}] == [steps[0].id, steps[1].id]
    # A second message for the same run may have been claimed in vain.
    assert worked.id in {span.parent for span in collector.named("claim")}
    assert said["plain words"]["trace_id"] == worked.trace
    assert said["plain words"]["span_id"] == steps[0].id
    assert not [span for span in collector.spans if SECRET in str(span)]


def test_without_an_endpoint_nothing_of_opentelemetry_is_imported():
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'console.settings';"
        "import console.asgi, console.celery; from executions import tracing;"
        "\nwith tracing.span('x', run='1'), tracing.continued({'traceparent': 'nonsense'}, 'y', kind='server'): pass"
        f"\nOURS = {OURS!r}"
        "\nprint(tracing.ids(), tracing.carrier(), [name for name in sys.modules if name.startswith(OURS)])"
    )
    environment = {**SERVICES.child_environment, "HOLDPOINT_PROCESS": "web", "PATH": os.environ["PATH"]}
    said = subprocess.run([sys.executable, "-c", code], env=environment, cwd=PROJECT, capture_output=True, text=True)
    assert said.stdout.strip() == "{} {} []", said.stderr


def test_a_collector_that_is_not_there_stops_nothing(cast, workers):
    (worker,) = workers(1, **QUICK, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_BSP_SCHEDULE_DELAY="100")
    for _ in range(3):
        wait_for(launch(cast, "noop"), "succeeded")
    assert worker.alive()
