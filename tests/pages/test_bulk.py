"""Bulk commands in the console: the preview, beginning a job, its page, the list of jobs."""

import re
import uuid

import pytest
from django.urls import reverse

from executions import commands
from executions.engine import bulk
from executions.models import BulkJob
from tests.domain import story
from tests.effects import effects_table  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs(cast):
    """Make runs under one label, and the list's query for them."""

    def make(count: int, **more):
        label = uuid.uuid4().hex[:12]
        made = [story.launch(cast, "noop", labels={"batch": label}, title=f"run {n}") for n in range(count)]
        return made, f"label=batch%3A{label}"

    return make


def work(job: BulkJob) -> BulkJob:
    while job.is_open and bulk.work():
        job.refresh_from_db()
    return job


def text_of(response) -> str:
    """Return what a page says, tags and white space taken out."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def fields_of(response) -> dict:
    """Return the hidden fields of the form that begins a job."""
    html = response.content.decode()
    form = html[html.index('id="begin-form"') :]
    found: dict = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(value.replace("&amp;", "&"))
    return found


def test_a_preview_counts_what_will_and_what_will_not_be_paused(cast, runs):
    made, query = runs(4)
    commands.cancel(cast.actor("operator"), made[0].pk, reason="x")
    page = cast.client("operator").post("/bulk/preview", {"command": "pause", "all": "1", "filter": query})
    told = text_of(page)
    assert page.status_code == 200
    assert "Pause 3 runs?" in told
    assert "Left alone 1" in told
    assert "The run was cancelled. Only a run that has not finished can be paused." in told
    assert BulkJob.objects.count() == 0


def test_a_job_is_begun_watched_and_undone(cast, runs, django_assert_num_queries):
    made, query = runs(3)
    client = cast.client("operator")
    preview = client.post("/bulk/preview", {"command": "pause", "all": "1", "filter": query})
    sent = {**fields_of(preview), "reason": "The <b>bank</b> is down"}
    answer = client.post("/bulk/begin", sent)
    job = BulkJob.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/bulk/{job.pk}")
    assert client.post("/bulk/begin", sent)["Location"] == f"/bulk/{job.pk}", "sent twice, begun once"

    page = client.get(f"/bulk/{job.pk}")
    assert "Pausing 3 runs" in text_of(page)
    assert "The &lt;b&gt;bank&lt;/b&gt; is down" in page.content.decode()
    assert f"/executions?{query}" in page.content.decode()
    work(job)
    part = client.get(f"/bulk/{job.pk}", headers={"HX-Request": "true", "HX-Target": "bulk-live"})
    assert "Paused 3 runs" in text_of(part)
    assert b"<html" not in part.content
    assert "hx-trigger" not in part.content.decode(), "what has ended asks no more"

    history = client.get(f"/executions/{made[0].pk}").content.decode()
    assert f'href="/bulk/{job.pk}">in bulk</a>' in history

    undo = client.get(f"/bulk/preview?command=release&job={job.pk}")
    assert "Release holds of 3 runs?" in text_of(undo)
    client.post("/bulk/begin", {**fields_of(undo), "reason": "over", "rate": "0.5"})
    released = BulkJob.objects.get(command="release")
    assert released.rate == 0.5
    assert released.arguments == {"of_job": str(job.pk)}
    BulkJob.objects.filter(pk=released.pk).update(rate=None)
    work(released)
    assert {story.fresh(run).state for run in made} == {"queued"}


def test_runs_chosen_one_by_one_each_get_an_answer(cast, runs):
    made, _ = runs(3)
    commands.cancel(cast.actor("operator"), made[0].pk, reason="x")
    client = cast.client("reviewer")
    chosen = {"command": "place", "run": [str(run.pk) for run in made]}
    preview = client.post("/bulk/preview", chosen)
    sent = {**fields_of(preview), "reason": "Look", "dual_control": "on", "ticket": "OPS-7"}
    assert sent["run"] == chosen["run"]
    client.post("/bulk/begin", sent)
    job = work(BulkJob.objects.get())
    assert (job.done, job.refused) == (2, 1)
    assert job.arguments == {"dual_control": True, "ticket": "OPS-7"}
    page = client.get(f"/bulk/{job.pk}?outcome=refused")
    assert page.content.decode().count("<tr>") == 2
    assert "The run was cancelled." in text_of(page)


@pytest.mark.parametrize(
    ("changed", "status", "told"),
    [
        ({"reason": "  "}, 422, "Say why. It is kept in the history."),
        ({"rate": "fast"}, 422, "A number, such as 5 or 0.5."),
        ({"rate": "-1"}, 422, "Runs per second: a number from"),
        ({"expected": "-100"}, 412, "2 runs by now, not -100 as you were told. Look again."),
    ],
)
def test_what_is_refused_keeps_what_was_typed(cast, runs, changed, status, told):
    _, query = runs(2)
    client = cast.client("operator")
    sent = {"command": "pause", "all": "1", "filter": query, "reason": "typed", "rate": "7", **changed}
    answer = client.post("/bulk/begin", sent)
    assert answer.status_code == status
    assert told in text_of(answer)
    assert ("typed" if "reason" not in changed else 'value="7"') in answer.content.decode()
    assert not BulkJob.objects.exists()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"command": "pause"}, 422),
        ({"command": "pause", "run": "x"}, 422),
        ({"command": "pause", "run": str(uuid.uuid4())}, 422),
        ({"command": "launch", "all": "1"}, 422),
        ({"command": "place", "all": "1"}, 403),
        ({"command": "pause", "all": "1", "filter": "state=asleep"}, 422),
        ({"command": "pause", "all": "1", "filter": "status=queued"}, 422),
        ({"command": "pause", "all": "1", "state": "queued"}, 422),
        ({"command": "release", "job": str(uuid.uuid4())}, 422),
    ],
)
def test_nonsense_is_answered_in_words(cast, sent, status):
    for way in ("preview", "begin"):
        answer = cast.client("operator").post(f"/bulk/{way}", {"reason": "x", **sent})
        assert answer.status_code == status, way
    assert not BulkJob.objects.exists()


def test_a_job_is_stopped_by_whoever_may(cast, runs):
    _, query = runs(3)
    client = cast.client("operator")
    client.post("/bulk/begin", {"command": "pause", "all": "1", "filter": query, "reason": "x", "rate": "0.01"})
    job = BulkJob.objects.get()
    bulk.work()
    assert "Stop" in text_of(cast.client("auditor").get(f"/bulk/{job.pk}"))
    assert cast.client("auditor").post(f"/bulk/{job.pk}/stop").status_code == 403
    answer = client.get(client.post(f"/bulk/{job.pk}/stop")["Location"])
    assert "Stopped. 2 runs left as they were." in text_of(answer)
    assert "Paused 1 of 3 runs" in text_of(answer)
    assert client.post(f"/bulk/{job.pk}/stop").status_code == 409


def test_what_still_finishes_its_step_is_told_until_it_has(cast, runs):
    made, query = runs(2)
    claimed = story.claim(made[0])
    client = cast.client("operator")
    preview = client.post("/bulk/preview", {"command": "pause", "all": "1", "filter": query})
    assert "1 run being worked on: the current step finishes first." in text_of(preview)
    client.post("/bulk/begin", {**fields_of(preview), "reason": "x"})
    job = work(BulkJob.objects.get())
    page = client.get(f"/bulk/{job.pk}")
    assert "1 still pausing: the current step finishes first" in text_of(page)
    assert "every 1s" in page.content.decode()
    story.give_back(made[0], claimed.epoch)
    page = client.get(f"/bulk/{job.pk}")
    assert "still pausing" not in text_of(page)
    assert "hx-trigger" not in page.content.decode().split('id="bulk-live"')[1]


def test_pages_cost_the_same_however_many_there_are(cast, runs, django_assert_max_num_queries):
    client = cast.client("operator")
    for count in (1, 6):
        _, query = runs(count)
        client.post("/bulk/begin", {"command": "pause", "all": "1", "filter": query, "reason": "x"})
    for job in BulkJob.objects.all():
        with django_assert_max_num_queries(10):
            client.get(f"/bulk/{job.pk}")
    with django_assert_max_num_queries(9):
        client.get("/bulk")
    with django_assert_max_num_queries(12):
        client.post("/bulk/preview", {"command": "resume", "all": "1", "filter": query})


def test_jobs_are_paged_and_those_under_way_apart(cast, runs, monkeypatch):
    from console.pages import bulk as pages

    monkeypatch.setattr(pages, "JOBS", 1)
    monkeypatch.setattr(pages, "ROWS", 2)
    _, query = runs(3)
    client = cast.client("operator")
    assert "No bulk job yet" in text_of(client.get(reverse("bulk")))
    for reason in ("earlier", "later"):
        client.post("/bulk/begin", {"command": "pause", "all": "1", "filter": query, "reason": reason})
    page = client.get("/bulk")
    assert "later" in text_of(page)
    assert "earlier" not in text_of(page)
    (following,) = re.findall(r'href="(/bulk\?cursor=[^"]+)"', page.content.decode())
    assert "earlier" in text_of(client.get(following))
    for job in BulkJob.objects.all():
        work(job)
    assert "No job is under way" in text_of(client.get("/bulk?open=1"))
    own = f"/bulk/{BulkJob.objects.first().pk}"
    (following,) = re.findall(rf'href="({own}\?cursor=[^"]+)"', client.get(own).content.decode())
    assert "run 2" in text_of(client.get(following))
    assert client.get(f"{own}?cursor=x").status_code == 422
    assert client.get("/bulk?cursor=x").status_code == 422


def test_who_may_not_read_sees_none_of_it(cast, runs):
    _, query = runs(1)
    cast.client("operator").post("/bulk/begin", {"command": "pause", "all": "1", "filter": query, "reason": "x"})
    job = BulkJob.objects.get()
    client = cast.client("outsider")
    for way in ("/bulk", f"/bulk/{job.pk}", "/bulk/preview?command=pause&all=1"):
        assert client.get(way).status_code == 403, way
    assert client.post(f"/bulk/{job.pk}/stop").status_code == 403
    assert client.post("/bulk/begin", {"command": "pause", "all": "1", "reason": "x"}).status_code == 403
    assert client.get("/bulk/begin").status_code == 405


def test_the_system_page_lists_what_is_under_way(cast, runs):
    _, query = runs(2)
    sent = {"command": "pause", "all": "1", "filter": query, "reason": "x", "rate": "0.01"}
    cast.client("operator").post("/bulk/begin", sent)
    job = BulkJob.objects.get()
    client = cast.client("admin")
    assert "waits for a worker" in text_of(client.get("/system"))
    bulk.work()
    page = client.get("/system")
    assert f'href="/bulk/{job.pk}"' in page.content.decode()
    assert "Pause many runs 1 of 2 asked by operator" in text_of(page)
