"""The list of open holds: overdue first, filters, one of them open beside it, and where new ones are placed."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from executions import commands
from executions.models import Execution, Hold
from executions.queries.holdlist import HoldFilter, list_open_holds
from tests.domain import story
from tests.domain.test_holds_whole import let_pass, soon
from tests.effects import effects_table  # noqa: F401  (a fixture)
from tests.pages.test_inbox import see, words
from tests.pages.test_inbox_answers import HTMX, act

pytestmark = pytest.mark.usefixtures("db", "effects_table")


def place(cast, reason="Under review", who="reviewer", *, title="", **more):
    return commands.place(cast.actor(who), story.launch(cast, title=title).pk, reason=reason, **more)


def test_overdue_ones_come_first_and_stand_out(cast):
    place(cast, "The older one")
    late = place(cast, "Forgotten", review_by=soon())
    let_pass(late)
    page = see(cast, "auditor", "/holds").content.decode()
    assert page.index("Forgotten") < page.index("The older one")
    assert page.count("data-overdue") == 1
    assert "Overdue 1" in words(see(cast, "auditor", "/holds"))


def test_filters_by_everything_a_hold_is_known_by(cast):
    place(cast, "Totals differ", ticket="CASE-4711")
    commands.pause(cast.actor("operator"), story.launch(cast, "journey", title="Lisbon").pk, reason="Lunch")
    for query, found, missing in (
        ("q=totals", "Totals differ", "Lunch"),
        ("q=case-47", "Totals differ", "Lunch"),
        ("q=lisb", "Lunch", "Totals differ"),
        ("workflow=journey", "Lunch", "Totals differ"),
        ("placed_by=operator", "Lunch", "Totals differ"),
        ("responsible=reviewer", "Totals differ", "Lunch"),
        ("kind=compliance", "Totals differ", "Lunch"),
    ):
        page = words(see(cast, "auditor", f"/holds?{query}"))
        assert (found in page, missing in page) == (True, False), query
    assert "Nothing matches this filter" in words(see(cast, "auditor", "/holds?q=%00zebra"))


def test_pages_follow_each_other(cast):
    holds = [place(cast) for _ in range(5)]
    let_pass(late := place(cast, review_by=soon()))
    found, cursor = [], None
    while True:
        page = list_open_holds(HoldFilter(), cursor=cursor, limit=2)
        found += [hold.pk for hold in page.rows]
        if (cursor := page.next) is None:
            break
    assert found == [late.pk, *(hold.pk for hold in holds)]


def test_a_hold_opens_beside_the_list_and_is_acted_on_there(cast):
    hold = place(cast, review_by=timezone.now() + datetime.timedelta(days=1))
    item = f"&kind=compliance&item=hold-{hold.pk}"
    desk = see(cast, "reviewer", f"/holds?item=hold-{hold.pk}", HTTP_HX_TARGET="desk", **HTMX).content.decode()
    assert desk.lstrip().startswith('<div class="desk is-table" id="desk" data-chosen')
    assert f'id="form-release-{hold.pk}"' in desk
    noted = act(cast, "reviewer", hold, "annotate", {"text": "Called them"}, item, desk="holds")
    assert (noted.status_code, noted.headers["Location"]) == (303, f"/holds?kind=compliance&item=hold-{hold.pk}")
    moved = act(
        cast, "reviewer", hold, "hand-over", {"to": "reviewer2", "reason": "Shift ends"}, item, desk="holds", **HTMX
    )
    assert "Handed over to reviewer2." in words(moved)
    refused = act(cast, "operator", hold, "release", {"reason": "I think so"}, item, desk="holds", **HTMX)
    assert refused.status_code == 403
    assert "You had written: I think so" in words(refused)
    done = act(cast, "reviewer2", hold, "release", {"reason": "Cleared"}, item, desk="holds")
    page = words(cast.client("reviewer2").get(done.headers["Location"]))
    assert "Released hold" in page
    assert "Cleared" in page
    assert "No such hold is open" in page


def test_what_was_spread_from_a_run_above_is_listed_once_and_says_whole_tree_only_where_there_is_one(cast):
    alone = place(cast)
    assert "whole tree" not in words(see(cast, "reviewer", f"/holds?item=hold-{alone.pk}"))
    parent = story.work(story.launch(cast, "family", {"children": 2}))
    assert Execution.objects.filter(parent=parent).exists()
    hold = commands.place(cast.actor("reviewer"), parent.pk, reason="All of them")
    assert Hold.objects.filter(spread_from=hold).exists()
    page = see(cast, "reviewer", f"/holds?item=hold-{hold.pk}")
    assert "whole tree" in words(page)
    assert page.content.decode().count('class="title" id="open-hold-') == 2


def test_a_hold_is_placed_on_a_run_that_was_found_and_looked_at(cast):
    run = story.launch(cast, title="Prepayments, second look")
    finished = story.work(story.launch(cast, title="Prepayments, done"))
    assert finished.outcome
    page = words(see(cast, "reviewer", "/holds/new?q=prepay"))
    assert "second look" in page
    assert "Prepayments, done" not in page
    chosen = see(cast, "reviewer", f"/holds/new?run={run.pk}")
    assert f'action="/executions/{run.pk}/place"' in chosen.content.decode()
    assert "it needs the scope holds:place" in words(see(cast, "operator", f"/holds/new?run={run.pk}"))
    assert "Place a hold or freeze" not in words(see(cast, "auditor", "/holds"))
    assert see(cast, "reviewer", "/holds/new?run=odd").status_code == 200
    assert "No unfinished run matches" in words(see(cast, "reviewer", "/holds/new?q=nothing+like+it"))
    assert see(cast, "outsider", "/holds/new").status_code == 403


def test_the_list_costs_the_same_for_any_number(cast, django_assert_max_num_queries):
    counted = []
    for _ in range(2):
        for _ in range(4):
            hold = place(cast, review_by=timezone.now() + datetime.timedelta(days=1))
        client = cast.client("reviewer")
        client.get("/holds")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/holds?item=hold-{hold.pk}")
        counted.append(len(queries))
    assert counted[0] == counted[1]
    with django_assert_max_num_queries(11):
        client.get("/holds")


def test_a_list_of_thousands_reads_no_more_than_the_open_ones(cast):
    """An index of the open holds alone answers, however many were released."""
    place(cast)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM executions_hold WHERE released_at IS NULL AND spread_from_id IS NULL ORDER BY id"
        )
        plan = "".join(line for (line,) in cursor.fetchall())
    of_open = [each.name for each in Hold._meta.indexes if "released_at__isnull', True" in str(each.condition)]
    # With a handful of rows the planner may take any of them.
    assert "hold_worklist" in of_open
    assert any(name in plan for name in of_open), plan


def test_a_long_reason_scrolls_by_keyboard_at_the_desk_and_is_a_link_away_on_the_run(cast):
    long, short = place(cast, "All of the suppliers disagree. " * 20), place(cast, "Lunch")
    for hold, scrolls in ((long, True), (short, False)):
        desk = see(cast, "reviewer", f"/holds?item=hold-{hold.pk}").content.decode()
        assert ('desk-reason" tabindex="0"' in desk) == scrolls
        run = see(cast, "reviewer", f"/executions/{hold.execution_id}").content.decode()
        assert (f'<a href="#hold-{hold.pk}">The whole reason</a>' in run, f'id="hold-{hold.pk}"' in run) == (
            scrolls,
            True,
        )
