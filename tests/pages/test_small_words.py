"""Small things that pages share: relative times, the way on from an end, names that are offered."""

import re

import pytest

from console.pages import bulk_words
from console.templatetags.wording import relative
from executions import commands
from tests.domain import story
from tests.pages.test_execution_page import part, said, see


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "now"),
        (59.4, "59 s ago"),
        (59.6, "1 min ago"),
        (3599, "1 h ago"),
        (23.6 * 3600, "1 d ago"),
        (-90 * 86400 + 5, "in 90 d"),
    ],
)
def test_relative_times_are_rounded_to_the_nearest_unit(seconds, words):
    assert relative(seconds) == words


def test_how_long_many_runs_take_is_said_only_where_it_is_long():
    assert bulk_words.pace(12) == "Empty: as fast as it goes. A number goes gradually."
    assert bulk_words.pace(12480).endswith("At 5 a second, 12,480 runs take about 42 min.")


def test_an_end_leads_on_to_what_one_may_see(db, cast):
    lost = cast.client("operator").get("/executions/none").content.decode()
    ways = re.search(r'<nav class="ways-on".*?</nav>', lost, re.DOTALL)[0]
    assert ("/inbox" in ways, "/holds" in ways, "/audit" in ways) == (True, True, False)
    assert 'name="q"' in lost
    assert "/audit" in cast.client("auditor").get("/executions/none").content.decode()


def test_without_recovery_codes_one_is_led_to_where_they_come_from(db, cast):
    client = cast.client("operator")
    for path in ("", "download/"):
        there = client.get(f"/settings/security/recovery-codes/{path}", follow=True)
        assert there.redirect_chain == [("/settings/security/", 303)]
        assert "Set up a passkey or an app first." in there.content.decode()


def test_whoever_may_have_a_hold_is_offered_by_name(db, cast):
    run = story.launch(cast)
    commands.place(cast.actor("reviewer"), run.pk, reason="Totals differ")
    offered = re.findall(
        r'<option value="([^"]+)">', re.search(r"<datalist.*?</datalist>", see(cast, "reviewer", run))[0]
    )
    assert "auditor" not in offered
    assert "reviewer" not in offered, "looks after it already"
    assert "admin" in offered


def test_an_ordinary_hold_says_no_kind(db, cast):
    run = story.launch(cast)
    commands.pause(cast.actor("operator"), run.pk, reason="Totals differ")
    assert not re.search(r'class="badge"[^>]*>operator<', see(cast, "operator", run))
    assert "operator" in said(part(see(cast, "operator", run), "holds"))
