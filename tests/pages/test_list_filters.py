"""The list's filters and orders: each finds what it says, page by page, and its address says it again."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from executions import commands, queries
from executions.ids import earliest_id, new_id
from executions.models import Execution
from tests.domain.story import work
from tests.effects import effects_table  # noqa: F401  (a fixture)

pytestmark = pytest.mark.usefixtures("db", "effects_table")
URL = "/executions"


@pytest.fixture
def runs(cast):
    """One run of each fate: queued, paused, held by compliance, asking, succeeded, cancelled."""
    operator, reviewer = cast.actor("operator"), cast.actor("reviewer")
    made = {
        name: commands.launch(operator, "noop", {}, title=name, priority=priority)
        for priority, name in enumerate(("queued", "paused", "held", "cancelled"))
    }
    made["asking"] = commands.launch(cast.actor("admin"), "asking", {}, title="asking")
    made["succeeded"] = commands.launch(cast.actor("admin"), "counting", {"items": 1}, title="succeeded")
    commands.pause(operator, made["paused"].pk, reason="Wait")
    commands.place(reviewer, made["held"].pk, reason="Totals differ")
    commands.cancel(operator, made["cancelled"].pk, reason="Twice")
    work(made["asking"])
    work(made["succeeded"])
    return {name: Execution.objects.get(pk=run.pk) for name, run in made.items()}


def titles(response) -> list[str]:
    return re.findall(r'class="title" id="open-[^>]+>([^<]+)<', response.content.decode())


FILTERS = {
    "held_by=reviewer": {"held"},
    "held_by=operator": {"paused"},
    "held_by=nobody": set(),
    "hold=compliance": {"held"},
    "hold=operator": {"paused"},
    "hold=compliance&held_by=operator": set(),
    "needs=1": {"paused", "held", "asking"},
    "needs=1&state=suspended": {"asking"},
    "needs=1&state=succeeded": set(),
    "launched_by=admin": {"asking", "succeeded"},
    "launched_by=admin&workflow=asking": {"asking"},
    "launched=1h&state=queued": {"queued"},
    "launched_from={since}&workflow=asking": {"asking"},
    "launched_from={until}": set(),
    "launched_before={since}": set(),
    "finished=24h": {"succeeded", "cancelled"},
    "finished=24h&state=cancelled": {"cancelled"},
    "finished=24h&state=paused": set(),
    "finished_from={since}&finished_before={until}": {
        "succeeded",
        "cancelled",
    },
    "finished=1h&workflow=counting": {"succeeded"},
    "state=paused&state=queued": {"paused", "held", "queued"},
}


@pytest.mark.parametrize("written", FILTERS)
def test_a_filter_finds_what_it_says_and_its_tabs_count_it(cast, runs, written):
    now = datetime.now(UTC)
    moments = {"since": now - timedelta(minutes=5), "until": now + timedelta(minutes=5)}
    query = written.format(**{name: quote(moment.isoformat()) for name, moment in moments.items()})
    client = cast.client("operator")

    page = client.get(f"{URL}?{query}")

    assert set(titles(page)) == FILTERS[written]
    body = page.content.decode()
    tabs = re.findall(r'<a href="([^"]+)"[^>]*data-state="\w+".*?class="count">(\d+)<', body, re.S)
    for address, count in tabs:
        if count != "0":
            assert len(titles(client.get(address.replace("&amp;", "&")))) == int(count), address


def test_a_filter_stands_as_a_chip_that_removes_it(cast, runs):
    client = cast.client("operator")
    page = client.get(f"{URL}?needs=1&held_by=reviewer&sort=since").content.decode()

    chips = re.findall(r'class="chip" href="([^"]+)"', page)

    assert chips == ["/executions?needs=1&amp;sort=since", "/executions?held_by=reviewer&amp;sort=since"]
    assert "Clear all" in page


def test_children_of_a_run_are_listed_without_any_other(cast, runs):
    parent = runs["asking"]
    Execution.objects.filter(pk=runs["queued"].pk).update(parent=parent, parent_key="one", depth=1)

    assert titles(cast.client("operator").get(f"{URL}?parent={parent.pk}")) == ["queued"]


@pytest.mark.parametrize(
    "query",
    [
        "launched_from=yesterday",
        "finished_before=2026-13-01",
        "hold=friendly",
        "sort=sideways",
        "parent=none",
        "sort=since&cursor=after:01a1fe6e-2fc7-7a75-81a4-0b4866f00bb9",
        "sort=since&cursor=after:01a1fe6e-2fc7-7a75-81a4-0b4866f00bb9:2026-01-01",
        "sort=priority&cursor=after:01a1fe6e-2fc7-7a75-81a4-0b4866f00bb9:high",
        "cursor=after:01a1fe6e-2fc7-7a75-81a4-0b4866f00bb9:9",
    ],
)
def test_an_address_that_says_nonsense_is_refused_in_words(cast, query):
    page = cast.client("operator").get(f"{URL}?{query}")

    assert page.status_code == 422
    assert re.search("no date and time|no such|no run.{1,6}s id|damaged", page.content.decode())


def expected(runs: list[Execution], sort: str) -> list[Execution]:
    """Sort runs as the order says, in Python."""
    unfinished = [run for run in runs if run.outcome is None]
    return {
        "newest": lambda: sorted(runs, key=lambda run: run.pk, reverse=True),
        "oldest": lambda: sorted(runs, key=lambda run: run.pk),
        "since": lambda: sorted(unfinished, key=lambda run: (run.state_since, run.pk)),
        "priority": lambda: sorted(unfinished, key=lambda run: (run.priority, run.pk), reverse=True),
        "finished": lambda: sorted(
            (run for run in runs if run.outcome), key=lambda run: (run.finished_at, run.pk), reverse=True
        ),
    }[sort]()


@pytest.mark.parametrize("sort", queries.SORTS)
@pytest.mark.parametrize("wanted", [queries.RunFilter(), queries.RunFilter(text="noop")], ids=["all", "search"])
@pytest.mark.parametrize("cap", [2, 10_000], ids=["many", "few"])
def test_every_order_pages_forth_and_back_and_misses_nothing(cast, runs, monkeypatch, sort, wanted, cap):
    for number in range(3):
        commands.launch(cast.actor("operator"), "noop", {}, title=f"more {number}", priority=number % 2)
    monkeypatch.setattr("executions.queries.search.COUNT_CAP", cap)
    found = [run for run in Execution.objects.all() if not wanted.text or run.workflow == "noop"]
    forth, back, cursor = [], [], None
    while cursor or not forth:
        page = queries.list_runs(wanted, cursor, 2, sort)
        forth, last, cursor = [*forth, *page.rows], page, page.next
        assert len(forth) <= len(found)
    while last.previous:
        last = queries.list_runs(wanted, last.previous, 2, sort)
        back = [*last.rows, *back]

    assert [run.title for run in forth] == [run.title for run in expected(found, sort)]
    assert [run.title for run in back] == [run.title for run in forth[: len(back)]]
    assert len(back) == (len(forth) - 1) // 2 * 2


def test_an_order_that_the_filter_has_no_place_for_is_not_offered_and_gives_way(cast, runs):
    client = cast.client("operator")

    page = client.get(f"{URL}?state=succeeded&sort=priority").content.decode()

    assert "Newest first" in page
    assert "Highest priority" not in page
    assert "Highest priority" in client.get(URL).content.decode()
    assert queries.order_of(queries.RunFilter(finished_from=datetime.now(UTC)), "newest").name == "finished"


def test_the_order_that_lists_the_unfinished_says_so_and_selects_no_others(cast, runs):
    page = cast.client("operator").get(f"{URL}?sort=since").content.decode()

    assert "4 unfinished shown, longest in state" in page
    assert "All 4 that match" in page
    assert "state=queued" in re.search(r'name="filter" value="([^"]*)"', page).group(1)
    assert "state=succeeded" not in re.search(r'name="filter" value="([^"]*)"', page).group(1)


def test_in_another_order_new_runs_are_those_launched_since(cast, runs):
    client = cast.client("operator")
    page = client.get(f"{URL}?sort=oldest").content.decode()
    since = re.search(r'data-newest="([^"]+)"', page).group(1)
    asked = {"sort": "oldest", "first": "1", "newest": since, "others": str(runs["queued"].pk)}

    before = client.get("/executions/changes", asked).content.decode()
    commands.launch(cast.actor("operator"), "noop", {})
    after = client.get("/executions/changes", asked).content.decode()

    assert "new</a>" not in before
    assert "1 new" in after


def test_the_earliest_id_of_a_moment_sorts_before_those_made_from_then_on():
    assert (
        earliest_id(datetime.now(UTC) - timedelta(seconds=1))
        < new_id()
        < earliest_id(datetime.now(UTC) + timedelta(seconds=1))
    )
    assert earliest_id(datetime(1950, 1, 1, tzinfo=UTC)).int == 0
