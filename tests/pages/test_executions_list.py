"""The list of runs: what its rows say, where its tabs and pages lead, who may look, and how little it costs."""

import re

import pytest
from django.urls import reverse

from executions import commands, queries
from executions.models import Event, Execution

pytestmark = pytest.mark.django_db
ATTACK = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
URL = "/executions"
HTMX = {"HX-Request": "true", "HX-Target": "list"}


@pytest.fixture
def launch(cast):
    """Launch a run as the operator."""

    def start(workflow: str = "noop", **options: object) -> Execution:
        return commands.launch(cast.actor("operator"), workflow, {}, **options)

    return start


def text_of(response) -> str:
    """The page's text without markup, white space folded."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def row_of(response, run: Execution) -> str:
    """The markup of one row."""
    found = re.search(rf'<tr id="run-{run.pk}".*?</tr>', response.content.decode(), re.S)
    assert found, "the run is not on the page"
    return found.group(0)


def test_the_root_leads_to_the_list(cast):
    assert cast.client("operator").get("/").url == URL


def test_a_row_says_state_title_workflow_progress_next_step_and_who(cast, launch):
    run = launch(title="Nightly count", labels={"region": "north"})

    row = row_of(cast.client("operator").get(URL), run)

    expected = "Queued|Nightly count|Nothing, many times|steps done|step 0|by operator|region: north"
    for words in expected.split("|"):
        assert words in row, words


def test_a_row_says_who_holds_the_run_and_why(cast, launch):
    run = launch()
    commands.pause(cast.actor("reviewer"), run.pk, reason="Totals differ on 4711")
    commands.pause(cast.actor("operator"), run.pk, reason="And once more")

    row = row_of(cast.client("operator").get(URL), run)

    assert "Paused" in row
    assert "reviewer" in row
    assert "Totals differ on 4711" in row
    assert "and 1 more hold" in row

    commands.place(cast.actor("reviewer2"), run.pk, reason="Not before the audit")
    assert "Not before the audit" in row_of(cast.client("operator").get(URL), run)


def test_a_row_says_with_whom_a_hold_is_now(cast, launch):
    run = launch()
    hold = commands.place(cast.actor("reviewer"), run.pk, reason="Totals differ")
    commands.hand_over(cast.actor("reviewer"), hold.pk, to="reviewer2", reason="On leave")

    page = cast.client("operator").get(URL, {"held_by": "reviewer2"})

    assert "reviewer now with reviewer2" in " ".join(re.sub(r"<[^>]+>", " ", row_of(page, run)).split())


def test_a_long_reason_is_cut_in_the_row(cast, launch):
    run = launch()
    commands.pause(cast.actor("reviewer"), run.pk, reason="word " * 390)

    assert len(row_of(cast.client("operator").get(URL), run)) < 6000


def test_what_people_typed_is_never_markup(cast, launch):
    run = launch(title=ATTACK, labels={"x": ATTACK[:90]})
    commands.pause(cast.actor("reviewer"), run.pk, reason=ATTACK)

    page = cast.client("operator").get(URL, {"q": ATTACK}).content.decode()
    page += cast.client("operator").get(URL).content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


def test_tabs_are_links_that_lead_to_exactly_what_they_count(cast, launch):
    for _ in range(3):
        launch()
    commands.pause(cast.actor("reviewer"), launch().pk, reason="wait")
    client = cast.client("operator")

    page = client.get(URL).content.decode()
    tabs = re.findall(r'<a href="([^"]+)"[^>]*data-state="(\w+)".*?class="count">(\d+)<', page, re.S)

    assert len(tabs) == 9
    assert {state: int(count) for _, state, count in tabs}["paused"] == 1
    for address, _, count in tabs:
        assert client.get(address).content.decode().count("<tr id=") == int(count)


def test_counts_beyond_the_cap_say_so(cast, launch, monkeypatch):
    monkeypatch.setattr("executions.queries.search.COUNT_CAP", 2)
    monkeypatch.setattr("executions.queries.COUNT_CAP", 2)
    for _ in range(4):
        launch()

    assert "Queued 2+" in text_of(cast.client("operator").get(URL))
    assert "Queued 2+" in text_of(cast.client("operator").get(URL, {"workflow": "noop"}))


@pytest.mark.parametrize(
    "how", ["id", "start of id", "word", "reason", "person", "label value", "label name", "label pair"]
)
def test_search_finds_by_id_words_reason_person_and_label(cast, launch, how):
    launch(title="Something else")
    run = commands.launch(cast.actor("admin"), "noop", {}, title="Quarterly close", labels={"region": "north"})
    commands.pause(cast.actor("reviewer"), run.pk, reason="Waiting for Pelican")
    query = {
        "id": str(run.pk),
        "start of id": str(run.pk)[:18],
        "word": "quarter",
        "reason": "pelican",
        "person": "admin",
        "label value": "north",
        "label name": "region",
        "label pair": "region=north",
    }[how]

    page = cast.client("operator").get(URL, {"q": query})

    assert f"run-{run.pk}" in page.content.decode()
    if how != "start of id":  # both were launched within the same moment
        assert "Something else" not in text_of(page)


@pytest.mark.parametrize("query", ["'", "\\", "a:b:c", "%", "(((", "-", "\x00", '"', "🦆", "x" * 5000, "' & !"])
def test_no_search_breaks_the_page(cast, launch, query):
    launch()

    for name in ("q", "label", "launched_by", "workflow"):
        assert cast.client("operator").get(URL, {name: query}).status_code == 200, name


def test_filters_compose_and_the_address_says_only_what_is_filtered(cast, launch):
    run = launch("counting")
    launch()

    page = cast.client("operator").get(URL, {"workflow": "counting", "q": "", "state": ""}, headers=HTMX)

    assert page.content.decode().count("<tr id=") == 1
    assert str(run.pk) in page.content.decode()
    assert page.headers["HX-Push-Url"] == "/executions?workflow=counting"
    assert "<html" not in page.content.decode()


def test_pages_follow_each_other_both_ways_and_miss_nothing(cast, launch, monkeypatch):
    monkeypatch.setattr("console.pages.executions.PAGE_SIZE", 2)
    runs = [str(launch().pk) for _ in range(5)][::-1]
    client, seen, address = cast.client("operator"), [], URL
    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r'<tr id="run-([^"]+)"', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        before = re.search(r'href="([^"]+)" rel="prev"', page)
        address = following.group(1).replace("&amp;", "&") if following else ""

    assert seen == runs
    back = client.get(before.group(1).replace("&amp;", "&")).content.decode()
    assert re.findall(r'<tr id="run-([^"]+)"', back) == runs[2:4]


@pytest.mark.parametrize("query", [{"cursor": "after:nonsense"}, {"cursor": "x"}, {"state": "asleep"}])
def test_a_damaged_address_is_refused_in_words(cast, query):
    page = cast.client("operator").get(URL, query)

    assert page.status_code == 422
    assert "Start again" in text_of(page) or "Unknown state" in text_of(page)


def test_empty_lists_say_why_they_are_empty(cast):
    client = cast.client("operator")

    assert "Nothing has run yet" in text_of(client.get(URL))
    assert "Launch the first run" in text_of(client.get(URL))
    assert "Launch the first run" not in text_of(cast.client("auditor").get(URL))
    assert "Clear the filter" in text_of(client.get(URL, {"q": "nosuchword"}))
    assert "No run is in this state" in text_of(client.get(URL, {"state": "paused"}))


def test_who_is_not_signed_in_signs_in_first(client):
    page = client.get(URL, {"state": "paused"})

    assert page.status_code == 302
    assert page.url == "/accounts/login/?next=/executions%3Fstate%3Dpaused"


def test_who_may_not_read_is_refused_in_words_and_on_record(cast):
    page = cast.client("outsider").get(URL)

    assert page.status_code == 403
    assert "executions:read" in text_of(page)
    denied = Event.objects.get(kind="command.denied", actor_name="outsider")
    assert "read executions" in denied.data


@pytest.mark.parametrize("address", [URL, "/executions/changes", "/launch", "/audit"])
def test_pages_take_no_other_method(cast, address):
    assert cast.client("admin").post(address).status_code == 405
    assert cast.client("admin").delete(address).status_code == 405


def test_the_list_costs_the_same_number_of_queries_however_long_it_is(cast, launch, django_assert_num_queries):
    client = cast.client("operator")
    commands.pause(cast.actor("reviewer"), launch().pk, reason="one")
    with django_assert_num_queries(14):
        client.get(URL)
    for number in range(30):
        commands.pause(cast.actor("reviewer"), launch(labels={"n": str(number)}).pk, reason=f"because {number}")
    with django_assert_num_queries(14):
        client.get(URL)


def test_changes_carry_the_rows_that_changed_and_nothing_else(cast, launch):
    changed, other = launch(), launch()
    commands.pause(cast.actor("reviewer"), changed.pk, reason="stop")

    part = cast.client("operator").get(reverse("executions-changes"), {"rows": f"{changed.pk},rubbish"})

    assert f'id="run-{changed.pk}"' in part.content.decode()
    assert 'hx-swap-oob="true"' in part.content.decode()
    assert str(other.pk) not in part.content.decode()
    assert "state-tabs" not in part.content.decode()


def test_changes_count_what_is_new_under_the_filter(cast, launch):
    oldest, newest = launch(), launch()
    launch()
    paused = launch()
    commands.pause(cast.actor("reviewer"), paused.pk, reason="stop")
    client, page = cast.client("operator"), {"first": "1", "newest": newest.pk, "oldest": oldest.pk}

    assert "2 new" in text_of(client.get(reverse("executions-changes"), page))
    assert "1 new" in text_of(client.get(reverse("executions-changes"), {**page, "state": "paused"}))
    assert "new" not in text_of(client.get(reverse("executions-changes"), {**page, "workflow": "slow"}))


def test_a_run_that_left_the_filter_stays_and_is_marked(cast, launch):
    run = launch()

    part = cast.client("operator").get(reverse("executions-changes"), {"rows": run.pk, "state": "paused"})

    assert "is-elsewhere" in part.content.decode()


def test_a_workflow_that_is_gone_is_still_listed(cast, launch):
    run = launch()
    Execution.objects.filter(pk=run.pk).update(workflow="gone-for-good", title="")

    assert "gone-for-good" in row_of(cast.client("operator").get(URL), run)


def test_few_and_many_matches_give_the_same_pages(cast, launch, monkeypatch):
    for number in range(6):
        launch(title=f"Batch {number}")
    wanted = queries.RunFilter(text="batch")
    few = queries.list_runs(wanted, None, 4)
    monkeypatch.setattr("executions.queries.search.COUNT_CAP", 2)
    many = queries.list_runs(wanted, None, 4)

    assert [run.pk for run in few.rows] == [run.pk for run in many.rows]
    assert (few.next, few.previous) == (many.next, many.previous)
    assert len(queries.list_runs(wanted, few.next, 4).rows) == 2
    back = queries.list_runs(wanted, f"before:{few.rows[-1].pk}", 4)
    monkeypatch.setattr("executions.queries.search.COUNT_CAP", 100)
    assert back == queries.list_runs(wanted, f"before:{few.rows[-1].pk}", 4)
    assert [run.pk for run in back.rows] == [run.pk for run in few.rows[:3]]


@pytest.mark.parametrize("word", ["batch", "even", "late", "noop", "region", "wait", "absent"])
@pytest.mark.parametrize("cap", [4, 100])
def test_words_are_counted_alike_however_frequent_they_are(cast, launch, monkeypatch, word, cap):
    monkeypatch.setattr("executions.queries.search.COUNT_CAP", cap)
    monkeypatch.setattr("executions.queries.search.PROBED", 4)
    monkeypatch.setattr("executions.queries.search.FREQUENT", 3)
    made = []
    for number in range(12):
        words = f"Batch {number}{' even' if number % 2 == 0 else ''}{' late' if number > 8 else ''}"
        made.append(launch(title=words, labels={"region": "north"} if number > 2 else {}))
    commands.pause(cast.actor("reviewer"), made[0].pk, reason="wait")
    found = [
        run
        for run in reversed(made)
        if word in f"{run.title} {run.workflow} {' '.join(run.labels)}".lower() or (word == "wait" and run is made[0])
    ]

    page, counts = queries.list_with_counts(queries.RunFilter(text=word), None, 50)

    assert [run.pk for run in page.rows] == [run.pk for run in found]
    assert counts == queries.count_by_state(queries.RunFilter(text=word))
    assert min(len(found), cap) <= sum(count.number for count in counts.values()) <= min(len(found), cap + 1)
    assert all(count.capped == (len(found) > cap) for count in counts.values())
    assert counts["paused"].number <= sum(run is made[0] for run in found)
