"""The workflows' pages: what can be launched, by which route, and how its runs went, counted by the database."""

import re
import zoneinfo

import pytest
from django.db import connection
from django.utils import timezone

from console import charts
from console.templatetags.wording import percent
from executions import commands
from executions.models import Preference
from executions.queries import workflows as numbers
from executions.queries.workflows import PERIODS

pytestmark = pytest.mark.django_db
DAY = PERIODS["24h"]


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def finish(run, outcome: str, *, began: str, ended: str) -> None:
    """Let a run have ended, at times told in the database's words."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"UPDATE executions_execution SET outcome = %s, ahead = '{{}}', created_at = {began}, finished_at = {ended}"
            " WHERE id = %s",
            [outcome, run.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def went(cast):
    """Four runs: two succeeded in ten and twenty seconds, one failed, one is under way, paused by somebody."""
    runs = [commands.launch(cast.actor("operator"), "noop", {}) for _ in range(4)]
    finish(runs[0], "succeeded", began="now() - interval '10 s'", ended="now()")
    finish(runs[1], "succeeded", began="now() - interval '20 s'", ended="now()")
    finish(runs[2], "failed", began="now() - interval '30 s'", ended="now()")
    commands.pause(cast.actor("operator"), runs[3].pk, reason="Totals differ")
    return runs


def test_the_figures_are_what_the_rows_say(cast, went):
    found = numbers.figures_of(["noop", "slow"], DAY)
    noop = found["noop"]

    assert (noop.runs, noop.succeeded, noop.failed, noop.cancelled, noop.ended) == (4, 2, 1, 0, 3)
    assert noop.p50 == pytest.approx(15, abs=0.1)
    assert noop.p95 == pytest.approx(19.5, abs=0.1)
    assert (noop.held, noop.waited, noop.counted_from) == (1, 0, None)
    assert noop.held_seconds is not None
    assert sum(part.runs for part in noop.parts) == 4
    assert [len(found["slow"].parts), found["slow"].runs] == [24, 0]


def test_time_held_twice_at_once_counts_once_and_ends_with_the_run(cast):
    run = commands.launch(cast.actor("operator"), "noop", {})
    for _ in range(2):
        commands.pause(cast.actor("operator"), run.pk, reason="Totals differ")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE executions_hold SET placed_at = now() - interval '100 s'")
        cursor.execute("SET LOCAL session_replication_role = origin")
    finish(run, "succeeded", began="now() - interval '200 s'", ended="now() - interval '40 s'")

    assert numbers.figures_of(["noop"], DAY)["noop"].held_seconds == pytest.approx(60, abs=0.1)


def test_only_the_newest_so_many_runs_are_looked_at_and_the_page_says_so(cast, went, monkeypatch):
    finish(went[0], "succeeded", began="now() - interval '5 hours'", ended="now()")
    found = numbers.figures_of(["noop"], DAY, most=3)["noop"]
    assert found.runs == 3
    assert found.counted_from is not None
    assert not found.parts[0].counted
    assert found.parts[-1].counted

    monkeypatch.setattr("executions.queries.workflows.MOST_RUNS", 3)
    page = text_of(cast.client("auditor").get("/workflows/noop"))
    assert "Counted are the newest 3" in page
    assert "not counted" in page


@pytest.mark.parametrize("name", PERIODS)
@pytest.mark.parametrize("zone", ["UTC", "America/St_Johns", "Pacific/Chatham"])
def test_every_run_of_a_period_falls_into_one_of_its_parts_in_any_zone(cast, name, zone):
    commands.launch(cast.actor("operator"), "noop", {})
    with timezone.override(zone):
        parts = numbers.figures_of(["noop"], PERIODS[name])["noop"].parts
    assert [part.runs for part in parts][-1] == 1
    assert len(parts) == PERIODS[name].parts
    assert len({part.begins for part in parts}) == len(parts)


def test_the_parts_are_hours_of_the_persons_zone(cast, went):
    Preference.objects.create(user_id=cast.auditor.pk, time_zone="Asia/Kathmandu")
    client = cast.client("auditor")
    here = timezone.now().astimezone(zoneinfo.ZoneInfo("Asia/Kathmandu"))
    page = text_of(client.get("/workflows/noop"))
    assert "Asia/Kathmandu" in page
    assert here.strftime("%a %-d %b, %H:00") in page


def test_the_list_offers_what_may_be_launched_and_tells_how_it_went(cast, went):
    page = cast.client("operator").get("/workflows")
    text = text_of(page)
    assert 'href="/launch/noop"' in page.content.decode()
    assert re.search(r"Failed 33 % 1 of 3", text)
    assert "Paused 25 % median" in text
    assert 'href="/launch/noop"' not in cast.client("auditor").get("/workflows").content.decode()


def test_one_that_only_has_runs_is_listed_last_and_cannot_be_launched(cast):
    run = commands.launch(cast.actor("operator"), "noop", {})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE executions_execution SET workflow = 'long-gone' WHERE id = %s", [run.pk])
    client = cast.client("operator")
    names = [name for name in numbers.workflow_names() if name == "long-gone"]
    assert names == ["long-gone"]
    page = text_of(client.get("/workflows/long-gone"))
    assert "this installation does not have its code" in page
    assert client.get("/workflows/never-was").status_code == 404
    last = client.get("/workflows", {"from": "50"})
    assert "not known here" in text_of(last) or "not known here" in text_of(client.get("/workflows"))


def test_a_page_says_who_may_not_launch_and_why(cast, went):
    assert "needs the scope executions:launch" in text_of(cast.client("auditor").get("/workflows/noop"))
    assert 'href="/launch/noop"' in cast.client("operator").get("/workflows/noop").content.decode()


def test_a_period_that_is_none_is_refused_and_the_old_address_leads_here(cast):
    client = cast.client("operator")
    assert client.get("/workflows", {"period": "1y"}).status_code == 422
    assert client.get("/launch").headers["Location"] == "/workflows"
    assert cast.client("outsider").get("/workflows").status_code == 403


def test_a_route_says_where_a_step_may_go(cast):
    page = text_of(cast.client("operator").get("/workflows/report-review"))
    assert "may go to draft" in page.lower()


def test_pages_cost_the_same_however_many_runs(cast, went, django_assert_max_num_queries):
    client = cast.client("operator")
    client.get("/workflows")
    for _ in range(10):
        commands.launch(cast.actor("operator"), "noop", {})
    with django_assert_max_num_queries(10):
        client.get("/workflows")
    with django_assert_max_num_queries(10):
        client.get("/workflows/noop")


def test_a_plot_reaches_to_a_round_number_and_shows_even_one_among_thousands():
    plot = charts.stacked([{"failed": 1, "succeeded": 4000}, {}], ["many", "none"], [True, True], ["a", "b"])
    failed, succeeded = plot.bars[0].pieces
    assert (plot.top, plot.width) == (5000, 20)
    assert failed.height == charts.LEAST
    assert succeeded.y + succeeded.height == failed.y
    assert plot.bars[1].pieces == ()
    assert [charts.round_up_seconds(value) for value in (0.05, 61, 200_000)] == [0.1, 120, 259_200]


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 0, "–"),
        (0, 9, "0 %"),
        (1, 3, "33 %"),
        (1, 40, "2.5 %"),
        (1, 5000, "< 0.1 %"),
        (4999, 5000, "> 99.9 %"),
        (2, 2, "100 %"),
    ],
)
def test_a_share_is_never_rounded_to_none_or_all(part, whole, said):
    assert percent(part, whole) == said
