"""The system page: what is there, what is stuck and what to do; with the broker away or silent too."""

import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from executions import commands, queries
from executions.commands.audit import ask_for_verification
from executions.engine import broker
from executions.models import BulkJob, Execution, Worker
from executions.queries.system import system

pytestmark = pytest.mark.django_db
URL = "/system"


@pytest.fixture
def worker(request):
    def make(name="host-1", seconds_ago=0, **more):
        seen = timezone.now() - timedelta(seconds=seconds_ago)
        return Worker.objects.create(name=name, seen_at=seen, workflows=["noop"], version="0.1.0", **more)

    return make


@pytest.fixture
def launch(cast):
    return lambda workflow="noop", **more: commands.launch(cast.actor("operator"), workflow, **more)


def page_of(client) -> str:
    answer = client.get(URL)
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_a_worker_it_says_how_to_start_one(cast, launch):
    launch(priority=7)

    page = page_of(cast.client("auditor"))

    assert "No worker is alive." in page
    assert "celery -A console worker" in page
    assert '<th scope="row">7</th><td class="num">1</td>' in page


def test_workers_are_shown_with_what_they_do_and_the_silent_as_gone(cast, launch, worker):
    run = launch(title="March")
    Execution.objects.filter(pk=run.pk).update(
        owner="host-1", lease_until=timezone.now() + timedelta(seconds=9), epoch=1
    )
    worker(execution=run.pk)
    worker("host-2", seconds_ago=120)

    found = system()
    page = page_of(cast.client("operator"))

    assert [(view.worker.name, view.alive) for view in found.workers] == [("host-1", True), ("host-2", False)]
    assert found.workers[0].run == run
    assert f'href="/executions/{run.pk}">March</a>' in page
    assert ">gone<" in page
    assert "No worker is alive" not in page


def test_the_living_are_seen_however_many_have_died(worker, monkeypatch):
    """Workers that were killed leave their rows behind; on a platform that renames them they become many."""
    monkeypatch.setattr(queries.system, "MOST_WORKERS", 3)
    for number in range(5):
        worker(f"dead-{number}", seconds_ago=1000 - number)
    worker("living")

    assert [view.worker.name for view in system().workers] == ["living", "dead-3", "dead-4"]


def test_a_workflow_that_no_worker_knows_is_named(cast, launch, worker):
    worker()
    launch("asking")

    assert "No worker knows the workflow asking: 1 run waits for it." in page_of(cast.client("operator"))


def test_runs_that_do_not_get_on_are_listed_with_the_reason(cast, launch, worker):
    worker()
    lost, slow = launch(title="Lost its worker"), launch(title="Slow to pause")
    past = timezone.now() - timedelta(minutes=5)
    Execution.objects.filter(pk=lost.pk).update(owner="host-9", lease_until=past, epoch=1)
    Execution.objects.filter(pk=slow.pk).update(owner="host-1", lease_until=past + timedelta(hours=1), epoch=1)
    commands.pause(cast.actor("operator"), slow.pk, reason="Look")
    Execution.objects.filter(pk=slow.pk).update(state_since=past)

    page = page_of(cast.client("operator"))

    assert "1 run without a worker, and nobody took over." in page
    assert "its worker is silent, nobody took over" in page
    assert "pausing or cancelling for more than 60 s" in page


def test_a_broker_that_is_away_or_silent_is_told_of_quickly(cast, settings, worker):
    worker()
    client = cast.client("operator")
    settings.REDIS_URL = "unix:///nowhere/at-all.sock"
    assert "The broker is away. It cannot be reached." in page_of(client)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        assert "The broker is away. It does not answer in time." in page_of(client)
    assert "127.0.0.1" not in page_of(client), "no addresses on the page"


def test_the_broker_tells_its_version_and_what_waits():
    found = broker.look()

    assert found.answers
    assert found.version.startswith(("Valkey ", "Redis "))
    assert found.seconds > 0


def test_jobs_under_way_are_shown(cast, worker):
    worker()
    ask_for_verification(cast.actor("auditor"))
    job = BulkJob.objects.create(
        command="pause",
        requested_by="user:1",
        requested_by_name="operator",
        requested_by_role="operator",
        requested_via="console",
        total=300,
        done=7,
    )

    page = page_of(cast.client("operator"))

    assert "Verifying the record" in page
    assert f'href="/bulk/{job.pk}">Pause many runs</a></b> 7 of 300' in page


def test_the_part_is_fetched_alone_and_a_page_costs_a_constant_number_of_queries(
    cast, launch, worker, django_assert_num_queries
):
    client = cast.client("operator")
    worker(execution=launch().pk)
    with django_assert_num_queries(14) as few:
        part = client.get(URL, headers={"HX-Request": "true", "HX-Target": "system"}).content.decode()
    for number in range(5):
        run = launch()
        worker(f"other-{number}", execution=run.pk)
    with django_assert_num_queries(len(few)):
        client.get(URL, headers={"HX-Request": "true", "HX-Target": "system"})

    assert part.lstrip().startswith('<div id="system"')


def test_it_is_for_those_who_may_read_runs(cast, client):
    assert cast.client("outsider").get(URL).status_code == 403
    assert client.get(URL).status_code == 302
    assert cast.client("operator").post(URL).status_code == 405
