"""The audit page's search: every filter, pages in both directions, a constant number of queries."""

import datetime
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from executions.actors import Actor
from executions.commands.base import record_denial
from executions.errors import Invalid, NotAllowed, NotFound
from executions.models import SYSTEM_LEDGER
from executions.provenance import append
from executions.queries.audit import AuditFilter, find_line, ledger_called, people, search
from tests.provenance.chains import OPERATOR, lines, make_run, system_line

pytestmark = pytest.mark.django_db
ANNA = Actor("user:901", "anna", "reviewer", "console")
TOKEN = Actor("token:902", "anna (nightly)", "reviewer", "api")
ANNABEL = Actor("user:903", "annabel", "reviewer", "console")
WORKER = Actor.worker("w1")


@pytest.fixture
def run():
    ledger = make_run(1)
    append(ledger, "lease.acquired", WORKER, data={"step": "read"})
    append(ledger, "hold.placed", ANNA, reason="Totals differ on invoice 17", data={"hold": "h"})
    append(ledger, "hold.noted", TOKEN, reason="Asked the supplier", data={"hold": "h"})
    append(ledger, "hold.released", ANNABEL, reason="Corrected", data={"hold": "h"})
    refusal = NotAllowed("You may not do this: it needs the scope executions:cancel.")
    refusal.execution_id = ledger
    record_denial(ANNA, "cancel", refusal)
    return ledger


def kinds(ledger, **wanted) -> list[str]:
    return [line.kind for line in search(AuditFilter(**wanted)).rows if line.ledger == ledger]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["command.denied", "hold.released", "hold.noted", "hold.placed", "execution.launched"]),
        (
            {"routine": True},
            ["command.denied", "hold.released", "hold.noted", "hold.placed", "lease.acquired", "execution.launched"],
        ),
        ({"person": "anna"}, ["command.denied", "hold.noted", "hold.placed"]),
        ({"person": "annab"}, ["hold.released"]),
        ({"person": "ANN"}, ["command.denied", "hold.released", "hold.noted", "hold.placed"]),
        ({"person": "token:902"}, ["hold.noted"]),
        ({"person": "worker:w1"}, ["lease.acquired"]),
        ({"person": "nobody of this name"}, []),
        ({"kind": "hold.noted"}, ["hold.noted"]),
        ({"kind": "lease.acquired"}, ["lease.acquired"]),
        ({"kind": "hold"}, ["hold.released", "hold.noted", "hold.placed"]),
        ({"kind": "hold", "person": "anna"}, ["hold.noted", "hold.placed"]),
        ({"refused": True}, ["command.denied"]),
        ({"refused": True, "person": "annabel"}, []),
        ({"workflow": "chain", "kind": "hold.placed"}, ["hold.placed"]),
        ({"workflow": "another"}, []),
        ({"text": "total invoice"}, ["hold.placed"]),
        ({"text": "scope executions"}, ["command.denied"]),
        ({"text": "!&|"}, []),
        ({"via": "api"}, ["hold.noted"]),
        ({"via": "engine"}, ["lease.acquired"]),
    ],
)
def test_each_filter_finds_its_lines_newest_first(run, wanted, expected):
    assert kinds(run, **wanted) == expected


def test_a_run_is_found_by_its_id_and_the_system_by_its_name(run):
    assert len(kinds(run, run=str(run))) == 5
    assert len(kinds(run, run=run.hex[:30])) == 5
    assert len(kinds(run, run=str(run), routine=True)) == 6
    system_line()
    assert search(AuditFilter(run="system")).rows[0].ledger == SYSTEM_LEDGER


def test_times_bound_the_search_from_the_first_to_before_the_last(run):
    at = [line.at for line in lines(run)]
    assert kinds(run, since=at[2], until=at[4]) == ["hold.noted", "hold.placed"]


def test_a_line_says_what_it_is_and_whose_run_it_is_of(run):
    line = search(AuditFilter(run=str(run))).rows[0]
    assert (line.title, line.refused, line.workflow, line.run_title) == ("Refused", True, "chain", "Chain")
    assert line.data["command"] == "cancel"
    assert line.ledger_name == str(run)


def test_long_data_are_cut_in_the_list_and_whole_on_their_own(run):
    append(run, "step.logged", OPERATOR, data={"text": "x" * 5000, "step": "s"})
    line = search(AuditFilter(run=str(run), routine=True)).rows[0]
    assert (line.data_cut, line.data) == (True, {})
    assert len(find_line(run, line.seq).data) > 5000
    with pytest.raises(NotFound):
        find_line(run, 99)


@pytest.mark.parametrize(
    ("few", "looked_through"), [(5000, 1), (0, 1), (5000, 300), (0, 3)], ids=["few", "many", "soon", "some soon"]
)
@pytest.mark.parametrize(
    "wanted", [{}, {"person": "anna"}, {"kind": "hold"}, {"text": "t"}, {"text": "t", "via": "api"}]
)
def test_pages_meet_without_gap_or_overlap_in_both_directions(run, wanted, few, looked_through, monkeypatch):
    monkeypatch.setattr("executions.queries.audit.FEW", few)
    monkeypatch.setattr("executions.queries.audit.LOOKED_THROUGH", looked_through)
    for number in range(4):
        append(run, "hold.noted", TOKEN, reason="Asked them twice" if number % 2 else "Asked", data={"hold": "h"})
    wanted = AuditFilter(**wanted)
    whole = search(wanted, limit=200).rows
    every = search(replace(wanted, text=""), limit=200).rows
    assert whole == [line for line in every if f" {wanted.text}" in f" {line.reason.lower()}" or not wanted.text]
    forward, cursor = [], None
    while True:
        page = search(wanted, cursor, limit=2)
        forward += page.rows
        if page.next is None:
            break
        cursor = page.next
    assert forward == whole
    back = search(wanted, page.previous, limit=2)
    assert back.rows == whole[-len(page.rows) - 2 : -len(page.rows)]
    assert search(wanted, back.next, limit=2).rows == page.rows


def test_one_ledger_is_paged_by_its_own_numbers(run):
    first = search(AuditFilter(run=str(run), routine=True), limit=4)
    second = search(AuditFilter(run=str(run), routine=True), first.next, limit=4)
    assert [line.seq for line in first.rows + second.rows] == [6, 5, 4, 3, 2, 1]
    assert second.next is None


def test_a_search_costs_six_queries_at_most_however_many_lines(run):
    def cost(wanted: AuditFilter) -> int:
        with CaptureQueriesContext(connection) as queries:
            search(wanted)
        return len(queries)

    filters = [
        AuditFilter(),
        AuditFilter(person="anna", text="totals"),
        AuditFilter(person="anna", text="totals", workflow="chain"),
        AuditFilter(kind="hold", workflow="chain"),
    ]
    before = [cost(wanted) for wanted in filters]
    for _ in range(5):
        ledger = make_run(5)
        append(ledger, "hold.placed", ANNA, reason="Totals differ", data={"hold": "h"})
    assert [cost(wanted) for wanted in filters] == before
    assert max(before) <= 6


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "no.such"),
        ("via", "window"),
        ("run", "xyz"),
        ("since", datetime.datetime(2026, 1, 1)),  # noqa: DTZ001  (without a zone on purpose)
    ],
)
def test_a_wrong_filter_is_refused_with_its_field_named(field, value):
    with pytest.raises(Invalid) as refused:
        search(AuditFilter(**{field: value}))
    assert list(refused.value.errors) == [field]


@pytest.mark.parametrize("cursor", ["x", "older:", "older:a~b~c", "older:2026-01-01T00:00:00~" + "0" * 32 + "~1"])
def test_a_damaged_cursor_is_refused(cursor):
    with pytest.raises(Invalid):
        search(AuditFilter(), cursor)


def test_people_lists_who_ever_acted_but_not_the_engine(run):
    known = dict(people())
    assert known["user:901"] == "anna"
    assert "worker:w1" not in known
    assert ledger_called("system") == SYSTEM_LEDGER
