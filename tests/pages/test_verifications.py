"""Verifying the record from the console: asked for once, watched, kept, and said in plain words."""

import re

import pytest
from django.db import connection
from django.db.models.functions import Now

from executions import commands
from executions.commands.audit import ask_for_verification, verify_record
from executions.models import Check, Event, Worker
from tests.provenance.chains import tamper

pytestmark = pytest.mark.django_db
URL = "/audit/verifications"


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def has_worker() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO executions_worker (name, workflows) VALUES ('w1', '[]')")


def ask(client, headers):
    """Press the button, and see what comes."""
    answer = client.post("/audit/verify", headers=headers)
    return answer if headers else client.get(answer.headers["Location"])


def test_nobody_has_verified_the_record_yet(cast):
    page = cast.client("auditor").get(URL)

    assert "Not verified yet" in text_of(page)
    assert "Never verified" in text_of(page)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_asking_makes_one_and_the_second_asker_is_shown_it(cast, headers):
    has_worker()
    first = ask(cast.client("auditor"), headers)
    again = ask(cast.client("admin"), headers)

    assert Check.objects.count() == 1
    assert Event.objects.get(kind="audit.verification_requested").actor_name == "auditor"
    for answer in (first, again):
        assert "Verification asked for by auditor" in text_of(answer)
        assert "A worker takes it within seconds" in text_of(answer)
    if not headers:
        assert "auditor has asked for a verification already" in text_of(again)


def test_where_no_worker_is_alive_the_page_says_so(cast):
    ask_for_verification(cast.actor("auditor"))
    Worker.objects.all().delete()

    assert "No worker is alive" in text_of(cast.client("auditor").get("/audit"))


def test_progress_is_told_and_asked_for_again_until_it_ends(cast):
    asked = ask_for_verification(cast.actor("auditor"))
    Check.objects.filter(pk=asked.pk).update(owner="w1", lease_until=Now(), checked=400, total=1000)
    part = cast.client("auditor").get(URL, headers={"HX-Request": "true", "HX-Target": "verification"})

    assert "400 of 1,000 lines" in text_of(part)
    assert 'hx-trigger="every 1s"' in part.content.decode()
    assert "<html" not in part.content.decode()


def test_a_whole_record_is_told_with_what_was_checked(cast):
    commands.launch(cast.actor("operator"), "noop", {})
    verify_record(cast.actor("auditor"))
    seq = Event.objects.get(kind="audit.verified").seq
    client = cast.client("auditor")

    assert "Every chain is whole" in text_of(client.get("/audit"))
    assert re.search(r"Whole .* auditor auditor · Console 1 1", text_of(client.get(URL)))
    page = text_of(client.get(f"{URL}/{seq}"))
    for words in ("Every chain is whole", "1 line in 1 ledger", "recomputed from its own fields", "No earlier"):
        assert words in page, words
    assert client.get(f"{URL}/{seq + 1}").status_code == 404


def test_a_changed_record_names_the_first_bad_line(cast):
    run = commands.launch(cast.actor("operator"), "noop", {})
    commands.pause(cast.actor("operator"), run.pk, reason="Totals differ")
    tamper("UPDATE executions_event SET reason = 'forged' WHERE ledger = %s AND seq = 2", run.pk)
    verify_record(cast.actor("auditor"))
    seq = Event.objects.get(kind="audit.verified").seq
    client = cast.client("auditor")

    assert "The record has been changed" in text_of(client.get("/audit"))
    assert re.search(rf"{run.pk} 2 altered", text_of(client.get(f"{URL}/{seq}")))


def test_pages_of_verifications_follow_each_other(cast, monkeypatch):
    monkeypatch.setattr("console.pages.verifications.ROWS", 2)
    for _ in range(3):
        verify_record(cast.actor("auditor"))
    client = cast.client("auditor")
    first = client.get(URL).content.decode()
    second = client.get(re.search(r'href="([^"]+)" rel="next"', first).group(1)).content.decode()

    assert (first.count("<tr data-row"), second.count("<tr data-row")) == (2, 1)
    assert client.get(URL, {"cursor": "x"}).status_code == 422


@pytest.mark.parametrize("address", [URL, f"{URL}/1"])
def test_verifications_are_for_those_who_may_read_the_record(cast, address):
    assert cast.client("operator").get(address).status_code == 403
