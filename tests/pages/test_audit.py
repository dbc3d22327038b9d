"""The audit page: who did what, when, why and through which door; refused attempts; verification and export."""

import html
import json
import re

import pytest
from django.db import connection

from console.pages.audit_form import kinds
from executions import commands
from executions.errors import NotAllowed
from executions.models import Event
from executions.provenance.kinds import KINDS

pytestmark = pytest.mark.django_db
URL = "/audit"
ATTACK = "<script>alert(1)</script>"


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def lines_in(response) -> int:
    return response.content.decode().count("<tr data-row")


@pytest.fixture
def run(cast):
    """A run that was launched, paused and, in vain, cancelled."""
    run = commands.launch(cast.actor("operator"), "noop", {}, title="Nightly")
    commands.pause(cast.actor("reviewer", via="api"), run.pk, reason=f"Totals differ {ATTACK}")
    with pytest.raises(NotAllowed):
        commands.cancel(cast.actor("auditor"), run.pk, reason="I want to")
    return run


def test_a_line_says_who_in_which_role_when_by_which_door_what_why_and_where(cast, run):
    page = text_of(cast.client("auditor").get(URL, {"kind": "hold.placed"}))

    for words in ("reviewer", "· API", "Hold placed", "hold.placed", "Totals differ", "Nightly", "UTC"):
        assert words in page, words
    assert re.search(r"\b(now|\d+ s ago)\b", page)


def test_refused_attempts_stand_out_and_can_be_listed_alone(cast, run):
    page = cast.client("auditor").get(URL, {"refused": "on"})

    assert lines_in(page) == 1
    assert "is-refused" in page.content.decode()
    assert "Refused cancel" in text_of(page)
    assert "executions:cancel" in text_of(page)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"person": "reviewer"}, 1),
        ({"kind": "execution.launched"}, 1),
        ({"kind": "hold"}, 1),
        ({"run": "RUN"}, 3),
        ({"run": "system"}, 0),
        ({"workflow": "noop"}, 3),
        ({"workflow": "slow"}, 0),
        ({"text": "totals"}, 1),
        ({"via": "api"}, 1),
        ({"since": "2020-01-01T00:00"}, 3),
        ({"until": "2020-01-01T00:00"}, 0),
        ({"person": "nobody-of-that-name"}, 0),
    ],
)
def test_the_record_is_searched_by_each_of_its_columns(cast, run, query, found):
    query = {name: str(run.pk) if value == "RUN" else value for name, value in query.items()}

    page = cast.client("auditor").get(URL, query)

    assert page.status_code == 200
    assert lines_in(page) == found
    if not found:
        assert "Nothing matches" in text_of(page)


def test_where_nobody_was_refused_the_page_says_so(cast):
    page = cast.client("auditor").get(URL, {"refused": "on"})

    assert "Nobody was refused anything" in text_of(page)


def test_a_line_about_no_run_says_what_it_is_about(cast):
    commands.add_reason(cast.actor("admin"), text="The bank is closed.", reason_code="", commands=[])

    assert "The bank is closed." in text_of(cast.client("auditor").get(URL, {"run": "system"}))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"run": "xyz"}, "first eight digits"),
        ({"since": "yesterday"}, "Enter a valid date/time"),
        ({"via": "window"}, "is not one of the available choices"),
        ({"kind": "nosuch.kind"}, "There is no kind of event"),
        ({"cursor": "broken"}, "Start again from the first page"),
    ],
)
def test_a_filter_that_is_not_right_says_so_beside_its_field(cast, query, words):
    page = cast.client("auditor").get(URL, query)

    assert page.status_code == 422
    assert words in text_of(page)


def test_what_people_typed_is_never_markup(cast, run):
    for query in ({}, {"text": ATTACK}, {"person": ATTACK}, {"run": ATTACK}):
        assert ATTACK not in cast.client("auditor").get(URL, query).content.decode()


def test_pages_follow_each_other(cast, monkeypatch):
    monkeypatch.setattr("console.pages.audit.PAGE_SIZE", 2)
    for number in range(3):
        commands.launch(cast.actor("operator"), "noop", {}, title=f"Run {number}")
    first = cast.client("auditor").get(URL, {"person": "operator"})
    following = re.search(r'href="([^"]+)" rel="next"', first.content.decode()).group(1).replace("&amp;", "&")

    second = cast.client("auditor").get(following)

    assert "person=operator" in following
    assert (lines_in(first), lines_in(second)) == (2, 1)
    assert "Run 0" in text_of(second)


def test_a_line_has_an_address_with_all_its_data_and_digests(cast, run):
    event = Event.objects.get(ledger=run.pk, kind="hold.placed")

    page = cast.client("auditor").get(f"/audit/{run.pk}/{event.seq}")
    part = cast.client("auditor").get(f"/audit/{run.pk}/{event.seq}", headers={"HX-Request": "true"})

    for answer in (page, part):
        assert bytes(event.digest).hex() in answer.content.decode()
        assert json.loads(event.data)["hold"] in answer.content.decode()
    assert "<html" not in part.content.decode()
    assert cast.client("auditor").get(f"/audit/{run.pk}/99").status_code == 404


def test_a_line_with_ruined_data_is_still_listed(cast, run):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE executions_event SET data = 'no json' WHERE ledger = %s", [run.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")

    assert lines_in(cast.client("auditor").get(URL)) == 3
    assert "no json" in text_of(cast.client("auditor").get(f"/audit/{run.pk}/1"))


@pytest.mark.parametrize("address", [URL, f"{URL}/system/1"])
@pytest.mark.parametrize("name", ["operator", "reviewer", "outsider"])
def test_who_may_not_read_the_record_is_refused_and_that_is_on_record(cast, name, address):
    assert cast.client(name).get(address).status_code == 403
    assert Event.objects.filter(kind="command.denied", actor_name=name).count() == 1


@pytest.mark.parametrize("address", ["/audit/verify", "/audit/export"])
def test_commands_on_the_record_need_the_scope_and_a_post(cast, address):
    assert cast.client("auditor").get(address).status_code == 405
    assert cast.client("operator").post(address).status_code == 403
    assert Event.objects.filter(kind="command.denied", actor_name="operator").count() == 1


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ({}, "What people and programs did"),
        ({"person": "user:"}, "Everything user: did"),
        ({"refused": "on"}, "Refused attempts"),
        ({"refused": "on", "person": "auditor"}, "Refused attempts by auditor"),
        ({"kind": "hold.placed", "workflow": "noop"}, "“Hold placed”, in "),
        ({"kind": "hold", "text": "totals", "via": "api"}, "Holds, through the API, with “totals”"),
        ({"run": "system", "since": "2026-01-02T03:04"}, "concerning no single run, from 2 Jan 2026 03:04"),
    ],
)
def test_the_heading_says_in_words_what_is_listed(cast, run, query, heading):
    page = text_of(cast.client("auditor").get(URL, query))

    assert html.unescape(heading).lower() in html.unescape(page).lower()


def test_everything_one_person_did_is_a_link_away_and_names_them(cast, run):
    page = cast.client("auditor").get(URL, {"person": f"user:{cast.reviewer.pk}"})

    assert "Everything reviewer did" in text_of(page)
    assert lines_in(page) == 1


def test_the_lines_shown_are_recomputed_and_one_that_was_changed_stands_out(cast, run):
    whole = cast.client("auditor").get(URL)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE executions_event SET reason = 'forged' WHERE ledger = %s AND seq = 2", [run.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    changed = cast.client("auditor").get(URL)

    assert "These 3 lines were recomputed just now" in text_of(whole)
    assert "1 of these 3 lines has been changed" in text_of(changed)
    assert changed.content.decode().count("is-altered") == 1


def test_every_kind_of_line_is_offered_as_an_action():
    offered = {name for _, group in kinds() for name, _ in group}

    assert KINDS.keys() <= offered


def test_an_export_of_a_filter_that_is_not_right_is_refused(cast):
    assert cast.client("auditor").post("/audit/export", {"run": "xyz"}).status_code == 422


def test_the_page_costs_the_same_number_of_queries_however_long_it_is(cast, django_assert_num_queries):
    client = cast.client("auditor")
    commands.launch(cast.actor("operator"), "noop", {})
    with django_assert_num_queries(11):
        client.get(URL)
    for _ in range(30):
        commands.launch(cast.actor("operator"), "noop", {})
    with django_assert_num_queries(11):
        client.get(URL)
