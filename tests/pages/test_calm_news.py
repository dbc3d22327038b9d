"""Open lists of holds, freezes and audit lines are told what has changed, and stay where they are."""

import re

import pytest

from executions import commands
from tests.domain import story
from tests.pages.test_execution_page import said

pytestmark = pytest.mark.django_db


def keys(client, url: str) -> list[str]:
    return re.findall(r'data-news-row="([^"]+)"', client.get(url).content.decode())


def test_an_open_list_of_holds_is_told_of_new_ones_and_of_those_that_were_released(cast):
    client = cast.client("reviewer")
    first, second = story.launch(cast), story.launch(cast)
    hold = commands.pause(cast.actor("operator"), first.pk, reason="Totals differ")
    shown = keys(client, "/holds")
    assert said(client.get("/holds/news", {"rows": ",".join(shown)}).content.decode()) == "On single runs 1 Freezes 0"

    commands.release(cast.actor("operator"), hold.pk, reason="They agree")
    commands.pause(cast.actor("operator"), second.pk, reason="<b>Wait</b>")
    news = client.get("/holds/news", {"rows": ",".join(shown)}).content.decode()

    assert "released by operator" in said(news)
    assert "1 new" in said(news)
    assert f'id="row-hold-{hold.pk}"' in news
    assert "Wait" not in news, "what is new waits behind the pill"
    assert "1 new" not in client.get("/holds/news", {"cursor": "holds:1:" + str(hold.pk)}).content.decode()
    assert client.get("/holds/news", {"rows": "hold-x:1,,:,hold-1"}).status_code == 200


def test_an_open_list_of_freezes_is_told_of_new_and_lifted_ones(cast):
    reviewer = cast.actor("reviewer")
    client = cast.client("reviewer")
    first = commands.freeze(reviewer, workflow="noop", reason="Stock-taking")
    shown = ",".join(keys(client, "/holds/freezes"))
    assert "new" not in said(client.get("/holds/freezes/news", {"rows": shown}).content.decode())
    commands.freeze(reviewer, workflow="noop", labels={"desk": "a"}, reason="Also")
    commands.lift(reviewer, first.pk, reason="Over")
    assert "1 new and 1 lifted" in said(client.get("/holds/freezes/news", {"rows": shown}).content.decode())


def test_an_open_audit_is_told_how_many_lines_have_come_under_its_filter(cast):
    run = story.launch(cast)
    client = cast.client("auditor")
    page = client.get("/audit", {"kind": "hold"}).content.decode()
    news = re.search(r'data-news="([^"]+)"', page)[1].replace("&amp;", "&")
    assert "new" not in said(client.get(news).content.decode())
    commands.pause(cast.actor("operator"), run.pk, reason="Totals differ")
    commands.cancel(cast.actor("operator"), run.pk, reason="No")
    assert "1 new" in said(client.get(news).content.decode())
    assert 'data-news="' not in client.get("/audit", {"until": "2026-01-01T00:00"}).content.decode()
    assert cast.client("operator").get(news).status_code == 403
    for damaged in ("2026-13-45T00:00:00Z", "2026-01-01T00:00:00", "x"):
        assert client.get("/audit/news", {"newest": damaged}).status_code == 200
