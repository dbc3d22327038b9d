"""Freezes past their review date, dual control in words, and how far a lift is."""

import datetime

import pytest
from django.db import connection
from django.utils import timezone

from executions import commands
from executions.engine.reviews import mark_overdue
from executions.errors import Invalid
from executions.models import Event, Freeze
from executions.queries import kept_by_each
from tests.domain import story
from tests.pages.test_inbox import see, words

pytestmark = pytest.mark.django_db
URL = "/holds/freezes"


def freeze(cast, who="operator", *, late=False, **more):
    placed = commands.freeze(
        cast.actor(who),
        reason="Prices are wrong",
        workflow="noop",
        review_by=timezone.now() + datetime.timedelta(hours=1),
        **more,
    )
    if late:
        with connection.cursor() as cursor:
            # What was said when it was placed cannot change; a test may turn the clock.
            cursor.execute("ALTER TABLE executions_freeze DISABLE TRIGGER USER")
            Freeze.objects.filter(pk=placed.pk).update(review_by=timezone.now() - datetime.timedelta(hours=1))
            cursor.execute("ALTER TABLE executions_freeze ENABLE TRIGGER USER")
    return placed


def test_an_overdue_freeze_is_told_once_and_comes_first(cast):
    late, calm = freeze(cast, late=True), freeze(cast)
    mark_overdue()
    mark_overdue()
    (line,) = Event.objects.filter(kind="freeze.overdue")
    assert (line.ledger.int, line.actor_id) == (0, "policy:review")
    assert story.data_of(line)["freeze"] == str(late.pk)
    page = see(cast, "auditor", URL).content.decode()
    assert page.index(f"freeze-{late.pk}") < page.index(f"freeze-{calm.pk}")
    assert page.count("data-overdue") == 1


def test_a_lifted_freeze_is_never_overdue(cast):
    late = freeze(cast, late=True)
    commands.lift(cast.actor("operator"), late.pk, reason="x")
    mark_overdue()
    assert not Event.objects.filter(kind="freeze.overdue").exists()
    assert "data-overdue" not in see(cast, "auditor", f"{URL}?lifted=1").content.decode()


def test_the_review_date_of_a_freeze_lies_ahead(cast):
    with pytest.raises(Invalid, match="passed already"):
        commands.freeze(cast.actor("operator"), reason="x", workflow="noop", review_by=timezone.now())


def test_dual_control_is_explained_in_words(cast):
    freeze(cast, "reviewer", kind="compliance", dual_control=True)
    assert "you placed it; somebody else must lift it" in words(see(cast, "reviewer", URL))
    assert "reviewer placed it and cannot lift it. You can." in words(see(cast, "reviewer2", URL))
    assert "You can." not in words(see(cast, "operator", URL))


def test_how_far_a_lift_is_shows_until_it_is_done(cast):
    for _ in range(3):
        story.launch(cast)
    placed = freeze(cast)
    story.launch(cast, labels={"branch": "north", "desk": "a"})
    narrow = commands.freeze(cast.actor("operator"), reason="x", labels={"branch": "north", "desk": "a"})
    assert {key: count.number for key, count in kept_by_each([placed, narrow]).items()} == {placed.pk: 4, narrow.pk: 1}
    assert "Keeps 1 run from starting" in words(see(cast, "operator", URL))
    listed = cast.client("operator").get(f"/executions?freeze={narrow.pk}")
    assert (listed.status_code, listed.content.decode().count('<tr id="run-')) == (200, 1)
    assert cast.client("operator").get("/executions?freeze=nonsense").status_code == 422
    assert kept_by_each([commands.lift(cast.actor("operator"), narrow.pk, reason="Fixed")]) == {}
    assert '<tr id="run-' not in see(cast, "operator", f"/executions?freeze={narrow.pk}").content.decode()
    lifting = commands.lift(cast.actor("operator"), placed.pk, reason="Fixed", rate=5)
    assert kept_by_each([lifting])[placed.pk].number == 4
    page = see(cast, "operator", URL)
    assert "0 let go, 4 left, 5 a second" in words(page)
    address = f"{URL}/{placed.pk}/progress"
    assert f'hx-get="{address}"' in page.content.decode()
    assert 'hx-trigger="every 2s"' in see(cast, "auditor", address).content.decode()
    commands.lift(cast.actor("operator"), placed.pk, reason="Now")
    done = see(cast, "auditor", address)
    assert "hx-get" not in done.content.decode()
    assert "Lifted by operator" in words(done)
    assert see(cast, "auditor", f"{URL}/00000000-0000-0000-0000-000000000001/progress").status_code == 404
    assert see(cast, "outsider", address).status_code == 403
