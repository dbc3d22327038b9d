"""/metrics: who may, what is told, and that it is told right."""

import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from console import metrics
from console.stack.home import PROJECT
from executions import commands
from executions.engine import statements
from executions.engine.database import rows
from executions.meters import memory, record
from executions.meters.catalogue import CATALOGUE, PREFIX, as_markdown
from executions.models import SYSTEM_LEDGER, Event, Execution, Meter
from executions.provenance import append

pytestmark = pytest.mark.django_db
SECRET = "a-secret-of-twenty-characters-or-more"


@pytest.fixture(autouse=True)
def prometheus(settings):
    settings.HOLDPOINT_METRICS_TOKEN = SECRET
    metrics.kept.forget()
    memory.memory._tallies.clear()
    yield lambda: Client().get("/metrics", headers={"Authorization": f"Bearer {SECRET}"})
    metrics.kept.forget()


@pytest.fixture
def scrape(prometheus):
    """Return every sample by name and labels, as Prometheus' own parser reads them."""

    def look():
        metrics.kept.forget()
        memory.flush()
        answer = prometheus()
        assert answer.status_code == 200
        return {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.content.decode())
            for sample in family.samples
        }

    return look


def value(samples, name, **labels):
    return samples[(PREFIX + name, *sorted(labels.items()))]


def test_nobody_sees_it_without_leave(cast):
    assert Client().get("/metrics").status_code == 401
    assert "Bearer" in Client().get("/metrics")["WWW-Authenticate"]
    wrong = Client().get("/metrics", headers={"Authorization": "Bearer something-else-of-that-length"})
    assert wrong.status_code == 401
    assert b"holdpoint_" not in wrong.content
    assert cast.client("operator").get("/metrics").status_code == 403
    denied = Event.objects.filter(kind="command.denied").latest("at")
    assert "metrics:read" in denied.reason
    assert cast.client("admin").get("/metrics").status_code == 200
    assert cast.client("admin").post("/metrics").status_code == 405


def test_a_token_with_its_scope_sees_it(cast):
    admin = cast.actor("admin")
    _, good = commands.create_token(admin, cast.admin, name="prometheus", scopes=["metrics:read"])
    _, other = commands.create_token(admin, cast.admin, name="reader", scopes=["executions:read"])
    assert Client().get("/metrics", headers={"Authorization": f"Bearer {good}"}).status_code == 200
    assert Client().get("/metrics", headers={"Authorization": f"Bearer {other}"}).status_code == 403


def test_without_a_secret_an_empty_one_opens_nothing(settings):
    settings.HOLDPOINT_METRICS_TOKEN = ""
    for header in ("Bearer ", "Bearer", ""):
        assert Client().get("/metrics", headers={"Authorization": header}).status_code == 401


def test_what_happened_is_counted_once(cast, scrape):
    scrape()  # counting begins
    operator = cast.actor("operator")
    run = commands.launch(operator, "noop", {})
    commands.cancel(operator, run.pk, reason="not needed")
    first = scrape()
    assert value(first, "runs_launched_total", workflow="noop") == 1
    assert value(first, "runs_finished_total", workflow="noop", outcome="cancelled") == 1
    assert value(first, "events_total", kind="execution.launched") == 1
    again = scrape()
    assert value(again, "runs_launched_total", workflow="noop") == 1
    commands.launch(operator, "noop", {})
    assert value(scrape(), "runs_launched_total", workflow="noop") == 2


def test_a_long_record_is_counted_in_portions(cast, scrape, monkeypatch):
    scrape()
    monkeypatch.setattr(record, "PORTION", 2)
    for _ in range(5):
        commands.launch(cast.actor("operator"), "noop", {})
    while record.fold():
        pass
    assert value(scrape(), "runs_launched_total", workflow="noop") == 5


def test_a_pause_tells_how_long_its_acknowledgement_and_its_worker_took(cast, scrape):
    scrape()
    operator = cast.actor("operator")
    run = commands.launch(operator, "noop", {})
    leased = {"id": run.pk, "owner": "w", "actor": "worker:w", "lease": 10, "through": "{}"}
    (claimed,) = rows(statements.CLAIM, leased)
    commands.pause(operator, run.pk, reason="look at this")
    left = {**leased, "epoch": claimed.epoch, "workflow": "noop", "because": "pause", "progress": None}
    rows(statements.YIELD, left)
    assert Execution.objects.get(pk=run.pk).state == "paused"
    told = scrape()
    assert value(told, "time_to_yield_seconds_count", workflow="noop") == 1
    assert value(told, "time_to_yield_seconds_bucket", workflow="noop", le="+Inf") == 1
    assert value(told, "command_duration_seconds_count", command="pause", result="done") == 1
    assert value(told, "holds_open", kind="operator", age="under_1h") >= 1
    assert value(told, "runs", state="paused", workflow="noop") >= 1


@pytest.mark.parametrize("kind", ["command.denied", "step.finished"])
def test_lines_that_were_forged_stop_no_counting(cast, scrape, kind):
    scrape()
    run = commands.launch(cast.actor("operator"), "noop")
    for data in ("{no JSON", '"\\u0000"', '{"ms":1.2.3}', '{"ms":' + "9" * 400 + "}"):
        Event.objects.create(
            ledger=run.pk, kind=kind, actor_id="user:0", actor_name="x", actor_role="", via="engine", reason="",
            data=data,
        )  # fmt: skip
    assert value(scrape(), "events_total", kind=kind) == 4


def test_a_refusal_is_counted_by_its_code(cast, scrape):
    before = scrape().get((PREFIX + "commands_denied_total", ("code", "not-allowed")), 0)
    assert cast.client("operator").get("/metrics").status_code == 403
    assert value(scrape(), "commands_denied_total", code="not-allowed") == before + 1
    append(SYSTEM_LEDGER, "command.denials_counted", cast.actor("operator"), data={"count": 40, "written": 200})
    assert value(scrape(), "denials_counted_total") >= 40


def test_a_request_is_timed_by_its_route_whatever_its_address_says(cast, scrape):
    run = commands.launch(cast.actor("operator"), "noop", {})
    assert cast.client("operator").get(f"/executions/{run.pk}").status_code == 200
    assert Client().get("/there/is/nothing/here").status_code == 404
    told = scrape()
    routes = {dict(labels)["route"] for name, *labels in told if name == PREFIX + "http_request_duration_seconds_count"}
    assert "unknown" in routes
    assert not any(str(run.pk) in route or "nothing" in route for route in routes)
    assert any(route.startswith("executions/<") for route in routes)
    assert value(told, "http_request_duration_seconds_count", method="GET", route="unknown", status="4xx") == 1


def test_the_reference_lists_every_metric_as_the_code_has_it():
    page = (PROJECT / "docs/reference/metrics.md").read_text()
    assert page.endswith(as_markdown())


def test_what_two_processes_measured_is_added_up(scrape):
    other = memory.Memory()
    for sums, seconds in ((memory.memory, 0.002), (other, 0.02), (other, 99.0)):
        sums.observe("sweep_duration_seconds", seconds)
    other.flush()
    told = scrape()
    assert value(told, "sweep_duration_seconds_count") == 3
    assert value(told, "sweep_duration_seconds_bucket", le="0.005") == 1
    assert value(told, "sweep_duration_seconds_bucket", le="0.025") == 2
    assert value(told, "sweep_duration_seconds_bucket", le="10.0") == 2
    assert value(told, "sweep_duration_seconds_sum") == pytest.approx(99.022)


def test_what_cannot_be_written_is_kept(monkeypatch):
    mine = memory.Memory()
    mine.observe("sweep_duration_seconds", 0.1)
    with monkeypatch.context() as broken:
        broken.setattr(memory, "ADD", "INSERT INTO nowhere VALUES (%s, %s, %s, %s, %s)")
        with pytest.raises(ProgrammingError, match="nowhere"), transaction.atomic():
            mine.flush()
    mine.observe("sweep_duration_seconds", 0.1)
    mine.flush()
    assert Meter.objects.get(name="sweep_duration_seconds").count == 2


def test_what_was_written_in_part_counts_once():
    mine = memory.Memory()
    mine.observe("sweep_duration_seconds", 0.1)
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(memory, "TELL", "INSERT INTO nowhere VALUES (%s, %s, %s)")
        mine.level("stream_listeners", lambda: 1.0)
        with pytest.raises(ProgrammingError, match="nowhere"):
            mine.flush()
    mine.flush()
    assert Meter.objects.get(name="sweep_duration_seconds").count == 1


def test_levels_of_processes_that_are_gone_no_longer_count(scrape):
    listening = memory.Memory()
    listening.level("stream_listeners", lambda: 7.0)
    listening.flush()
    Meter.objects.create(name="stream_listeners", labels='["another-1"]', total=3)
    told = scrape()
    assert (value(told, "stream_listeners"), value(told, "stream_listeners_busiest")) == (10, 7)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE executions_meter SET at = now() - interval '1 minute' WHERE name = 'stream_listeners'")
    assert value(scrape(), "stream_listeners") == 0


def test_while_the_database_is_away_it_says_so(scrape, monkeypatch):
    def refuse(*_, **__):
        raise OperationalError("connection refused")

    monkeypatch.setattr("console.metrics.figures", refuse)
    told = scrape()
    assert value(told, "database_up") == 0
    assert value(told, "broker_up") == 1
    assert (PREFIX + "workers",) not in {key[:1] for key in told}


def test_while_the_broker_is_away_it_says_so(scrape, settings):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    told = scrape()
    assert value(told, "broker_up") == 0
    assert value(told, "database_up") == 1


def test_the_text_keeps_to_the_conventions(prometheus, cast):
    """What promtool would complain of: help, types, names with their units, one family each."""
    commands.launch(cast.actor("operator"), "noop", {})
    families = list(text_string_to_metric_families(prometheus().content.decode()))
    assert len({family.name for family in families}) == len(families)
    for family in families:
        assert family.documentation, family.name
        assert family.type != "unknown", family.name
        assert family.name.startswith(PREFIX), family.name
    for name, metric in CATALOGUE.items():
        assert (metric.kind == "counter") == name.endswith("_total"), name
        assert not {"le", "quantile", "job", "instance"} & set(metric.labels), name
        assert (metric.kind == "histogram") == bool(metric.buckets), name
        assert list(metric.buckets) == sorted(metric.buckets), name
        if metric.kind == "histogram":
            assert name.endswith("_seconds"), name
        assert not any(unit in name for unit in ("_ms", "milliseconds", "minutes", "_hours")), name


def test_openmetrics_is_spoken_to_whoever_asks_for_it():
    answer = Client().get(
        "/metrics", headers={"Authorization": f"Bearer {SECRET}", "Accept": "application/openmetrics-text"}
    )
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    assert answer.content.rstrip().endswith(b"# EOF")


def test_queries_do_not_grow_with_what_there_is(cast, scrape):
    scrape()

    def look():
        metrics.kept.forget()
        with CaptureQueriesContext(connection) as caught:
            metrics.kept.samples()
        return len(caught)

    commands.launch(cast.actor("operator"), "noop", {})
    few = look()
    for number in range(10):
        run = commands.launch(cast.actor("operator"), "noop", {}, priority=number)
        commands.pause(cast.actor("operator"), run.pk, reason="later")
    assert look() <= few


def test_of_many_who_ask_at_once_one_asks_the_database(prometheus):
    assert prometheus().status_code == 200
    with CaptureQueriesContext(connection) as caught:
        assert prometheus().status_code == 200
    assert len(caught) == 0
